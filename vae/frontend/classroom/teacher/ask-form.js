/** A new question, the teacher's own; those of lessons are asked on the tab Lesson. */

/** @import { Desk } from "./desk.js" */
/** @import { Draft } from "./questions.js" */

import { element, say } from "../../lib/dom.js";
import { letterOf } from "../histogram.js";
import { draftOf, MOST_OPTIONS } from "./questions.js";

const FIRST_OPTIONS = 4;

export class AskForm {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.text = element("textarea", { rows: 2, maxLength: 300, ariaLabel: "Question" });
    this.none = element("input", { type: "radio", name: "right", checked: true, ariaLabel: "No option is right" });
    this.rows = Array.from({ length: MOST_OPTIONS }, (_, place) => this.row(place));
    this.problem = element("p", { className: "problem", role: "alert" });
    const none = element("label", { className: "none" }, this.none, "none is marked as right");
    const legend = element("legend", {}, "Options, the right one marked");
    const options = element("fieldset", {}, legend, ...this.rows.map(({ element: node }) => node), none);
    this.submit = element("button", { type: "submit", className: "primary" }, "Ask the class");
    this.form = element("form", { className: "ask" });
    const text = element("label", { className: "field" }, element("span", {}, "Question"), this.text);
    this.form.append(text, options, this.submit, this.problem);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.ask();
    });
    this.form.addEventListener("input", () => this.grow());
    this.grow();
  }

  /** @param {number} place */
  row(place) {
    const name = letterOf(place);
    const right = element("input", { type: "radio", name: "right", ariaLabel: `Option ${name} is right` });
    const field = element("input", { type: "text", maxLength: 120, ariaLabel: `Option ${name}`, autocomplete: "off" });
    const node = element("div", { className: "option" }, right, element("b", {}, name), field);
    return { element: node, right, field };
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
    if (await this.desk.command("ask", draft)) this.clear();
  }

  /** The next question is another one. */
  clear() {
    for (const field of [this.text, ...this.rows.map((row) => row.field)]) field.value = "";
    this.none.checked = true;
    this.grow();
  }
}
