/** "Train on our drawings": a run with the class's drawings as its data set. */

/** @import { Desk } from "./desk.js" */

import { element, say } from "../../lib/dom.js";
import { numberField } from "../../lib/fields.js";
import { help } from "../../lib/glossary.js";

const FEWEST = 10; // drawings: fewer teach a model nothing

/** A run's time for the formula; null while the field has no number. @param {number} minutes */
function budgetOf(minutes) {
  return Number.isNaN(minutes) ? null : { budget: `${60 * minutes} s` };
}

/** @param {Desk} desk */
export function trainForm(desk) {
  const minutes = numberField({ min: 0.5, max: 60, value: 2, ariaLabel: "Minutes of training" });
  const start = element("button", { type: "submit" }, "Train on our drawings");
  const note = element("p", { className: "quiet", role: "status" });
  const field = element("label", { className: "field short" }, element("span", {}, "Minutes"), minutes);
  const sign = help("time budget", () => budgetOf(minutes.read()));
  const form = element("form", { className: "row train" }, start, field, sign);
  let count = 0;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void train();
  });
  const train = async () => {
    const length = minutes.read();
    if (Number.isNaN(length)) return;
    start.disabled = true;
    const reply = await desk.command("train", { name: `class-${desk.code.toLowerCase()}`, minutes: length });
    show(count);
    if (!reply) return;
    const href = `${desk.base}/Training?film=${encodeURIComponent(reply.run)}`;
    note.replaceChildren("It trains. ", element("a", { href, target: "_self" }, "Watch it learn"));
  };
  /** @param {number} approved drawings on the map */
  const show = (approved) => {
    count = approved;
    start.disabled = approved < FEWEST;
    if (!note.querySelector("a"))
      say(note, start.disabled ? `${approved} of at least ${FEWEST} drawings are on the map.` : "");
  };
  return { element: element("div", { className: "training-place" }, form, note), show };
}
