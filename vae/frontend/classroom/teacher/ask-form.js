/** A new question: one of the ready ones, changed or not, or the teacher's own. */

/** @import { Desk } from "./desk.js" */
/** @import { Draft } from "./questions.js" */

import { element, say, select } from "../../lib/dom.js";
import { letterOf } from "../histogram.js";
import { draftOf, MOST_OPTIONS } from "./questions.js";

const FIRST_OPTIONS = 4;

export class AskForm {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    const ready = desk.data.questions.map(({ title }) => /** @type {const} */ ([title, title]));
    this.ready = select("Start from", [["", "your own question"], ...ready], (title) => this.choose(title));
    this.text = element("textarea", { rows: 2, maxLength: 300, ariaLabel: "Question" });
    this.none = element("input", { type: "radio", name: "right", checked: true, ariaLabel: "No option is right" });
    this.rows = Array.from({ length: MOST_OPTIONS }, (_, place) => this.row(place));
    this.problem = element("p", { className: "problem", role: "alert" });
    this.experiment = element("p", { className: "quiet" });
    const none = element("label", { className: "none" }, this.none, "none is marked as right");
    const legend = element("legend", {}, "Options, the right one marked");
    const options = element("fieldset", {}, legend, ...this.rows.map(({ element: node }) => node), none);
    this.submit = element("button", { type: "submit", className: "primary" }, "Ask the class");
    this.form = element("form", { className: "ask" });
    const start = element("label", { className: "field" }, element("span", {}, "Start from"), this.ready);
    const text = element("label", { className: "field" }, element("span", {}, "Question"), this.text);
    this.form.append(start, text, options, this.experiment, this.submit, this.problem);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.ask();
    });
    this.form.addEventListener("input", () => this.grow());
    this.choose(desk.lesson?.title ?? "");
  }

  /** @param {number} place */
  row(place) {
    const name = letterOf(place);
    const right = element("input", { type: "radio", name: "right", ariaLabel: `Option ${name} is right` });
    const field = element("input", { type: "text", maxLength: 120, ariaLabel: `Option ${name}`, autocomplete: "off" });
    const node = element("div", { className: "option" }, right, element("b", {}, name), field);
    return { element: node, right, field };
  }

  /** Shows a ready question's fields; "" for an own one. @param {string} title */
  choose(title) {
    const found = this.desk.data.questions.find((question) => question.title === title);
    this.ready.value = title;
    this.text.value = found?.text ?? "";
    this.rows.forEach(({ right, field }, place) => {
      field.value = found?.options[place] ?? "";
      right.checked = found?.correct === place;
    });
    this.none.checked = !found || found.correct === null;
    say(this.experiment, found ? `Experiment: ${found.experiment} ${found.explanation}` : "");
    this.experiment.hidden = !found;
    say(this.problem, "");
    this.grow();
    if (title !== (this.desk.lesson?.title ?? "")) this.desk.setLesson(title);
  }

  /** Always one empty option after those that are written. */
  grow() {
    const last = this.rows.findLastIndex(({ field }) => field.value.trim());
    this.rows.forEach(({ element: node }, place) => {
      node.hidden = place >= FIRST_OPTIONS && place > last + 1;
    });
  }

  async ask() {
    const right = this.rows.findIndex((row) => row.right.checked);
    const options = this.rows.map(({ field }) => field.value);
    const draft = draftOf(this.text.value, options, this.none.checked || right < 0 ? null : right);
    say(this.problem, typeof draft === "string" ? draft : "");
    if (typeof draft !== "string") await this.send(draft);
  }

  /** @param {Draft} draft */
  async send(draft) {
    await this.desk.command("ask", draft);
  }
}
