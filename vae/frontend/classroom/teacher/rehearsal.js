/** A rehearsal: simulated students that join, drag, vote and draw. */

/** @import { Desk } from "./desk.js" */

import { CLASS_LIMITS } from "../../lib/contract.js";
import { button, element, say } from "../../lib/dom.js";
import { numberField } from "../../lib/fields.js";

/** @param {Desk} desk */
export function rehearsalForm(desk) {
  const count = numberField({
    min: 1,
    max: CLASS_LIMITS.rehearsal,
    value: 30,
    whole: true,
    by: 10,
    ariaLabel: "Simulated students",
  });
  const start = element("button", { type: "submit" }, "Rehearse");
  const end = button("End the rehearsal", "The simulated students leave, with all they did", () =>
    desk.command("rehearse", { students: 0 }),
  );
  const now = element("p", { className: "quiet", role: "status" });
  const field = element("label", { className: "field short" }, element("span", {}, "Students"), count);
  const form = element("form", { className: "row" }, field, start, end);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const students = count.read();
    if (!Number.isNaN(students)) void desk.command("rehearse", { students });
  });
  const about = "Simulated students join, drag, vote and draw, so that you can try a lesson alone.";
  const card = element("section", { className: "card" }, element("h2", {}, "Rehearsal"));
  card.append(element("p", { className: "quiet" }, about), form, now);
  const show = () => {
    const students = desk.state.rehearsal?.students ?? 0;
    say(now, students ? `${students} simulated students take part.` : "");
    end.hidden = !students;
    start.disabled = desk.state.class?.closed === true;
  };
  return { element: card, show };
}
