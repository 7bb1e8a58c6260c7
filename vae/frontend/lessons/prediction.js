/**
 * A question of a lesson, answered by a visitor who is alone: choose, commit, locked for good. The reasons why somebody would
 * choose each option come after the commitment.
 *
 * @import { LessonQuestion } from "./course.js"
 */

import { button, element, say } from "../lib/dom.js";
import { t } from "../lib/words.js";
import { letterOf } from "./course.js";

export class Prediction {
  /** @type {HTMLInputElement[]} */
  inputs = [];
  words = element("p", { className: "lesson-locked-in", role: "status", tabIndex: -1 });
  reasons = element("div", { className: "lesson-reasons" });

  /**
   * @param {LessonQuestion} question
   * @param {number | null} committed
   * @param {{name: string, commit: string, onCommit: (option: number) => void}} how name: of the radio buttons; commit: what
   *   the button says
   */
  constructor(question, committed, { name, commit, onCommit }) {
    this.question = question;
    this.onCommit = onCommit;
    this.committed = committed;
    this.inputs = question.options.map((_, i) => element("input", { type: "radio", name, value: i }));
    const labels = this.inputs.map((input, i) =>
      element("label", {}, input, element("b", {}, letterOf(i)), element("span", {}, question.options[i].text)),
    );
    this.fields = element(
      "fieldset",
      { className: "lesson-options" },
      element("legend", {}, question.question),
      ...labels,
    );
    this.fields.addEventListener("change", () => this.show());
    this.button = button(commit, t("A committed answer is never changed"), () => this.commit(), commit);
    this.button.className = "primary";
    this.element = element("div", { className: "lesson-question" }, this.fields, this.button, this.words, this.reasons);
    this.show();
  }

  /** The option that is marked and not yet committed. */
  get chosen() {
    const i = this.inputs.findIndex(({ checked }) => checked);
    return i < 0 ? null : i;
  }

  commit() {
    const { chosen } = this;
    if (chosen === null || this.committed !== null) return;
    this.committed = chosen;
    this.show();
    this.onCommit(chosen);
    this.words.focus({ preventScroll: true }); // the button that had the focus is gone
  }

  show() {
    const { committed, chosen } = this,
      isLocked = committed !== null;
    if (isLocked) this.inputs[committed].checked = true;
    for (const input of this.inputs) input.disabled = isLocked;
    this.fields.classList.toggle("locked", isLocked);
    this.button.hidden = isLocked;
    this.button.disabled = chosen === null;
    say(this.words, isLocked ? t`Your answer ${letterOf(committed)} is committed and locked.` : "");
    this.words.hidden = !isLocked;
    this.reasons.replaceChildren(...(isLocked ? reasonsOf(this.question, committed) : []));
  }
}

/**
 * Why others choose each option.
 *
 * @param {LessonQuestion} question
 * @param {number} committed
 */
function reasonsOf({ options }, committed) {
  const items = options.flatMap(({ because }, i) => {
    if (!because) return [];
    const letter = element("b", {}, letterOf(i));
    return [element("li", { className: i === committed ? "own" : "" }, letter, element("span", {}, because))];
  });
  return items.length ? [element("h4", {}, t("Why people choose each")), element("ul", {}, ...items)] : [];
}
