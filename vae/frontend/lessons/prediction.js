/**
 * A question of a lesson, answered by a visitor who is alone: choose, commit, locked for good. After the commitment each option
 * has the reason why somebody would choose it.
 *
 * @import { LessonQuestion } from "../lib/contract.js"
 */

import { button, element, say } from "../lib/dom.js";
import { t } from "../lib/words.js";
import { letterOf } from "./course.js";

export class Prediction {
  /** @type {HTMLInputElement[]} */
  inputs = [];
  words = element("p", { className: "lesson-locked-in", role: "status", tabIndex: -1 });

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
    /** Why somebody would choose each, where the lesson says it. */
    this.reasons = question.options.map(({ because = "" }) => element("small", {}, because));
    const labels = question.options.map(({ text }, i) =>
      element("label", {}, this.inputs[i], element("b", {}, letterOf(i)), element("span", {}, text, this.reasons[i])),
    );
    this.fields = element(
      "fieldset",
      { className: "lesson-options" },
      element("legend", {}, question.question),
      this.words,
      ...labels,
    );
    this.fields.addEventListener("change", () => this.show());
    this.button = button(commit, t("A committed answer is never changed"), () => this.commit(), commit);
    this.button.className = "primary";
    this.element = element("div", { className: "lesson-question" }, this.fields, this.button);
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
    this.words.focus(); // the button that had the focus is gone
  }

  show() {
    const { committed, chosen } = this,
      isLocked = committed !== null;
    if (isLocked) this.inputs[committed].checked = true;
    for (const input of this.inputs) input.disabled = isLocked;
    this.fields.classList.toggle("locked", isLocked);
    this.button.hidden = isLocked;
    this.button.disabled = chosen === null;
    say(this.words, isLocked ? this.lockedWords(committed) : "");
    this.words.hidden = !isLocked;
    for (const reason of this.reasons) reason.hidden = !isLocked || !reason.textContent;
  }

  /** @param {number} committed */
  lockedWords(committed) {
    const words = t`Your answer ${letterOf(committed)} is committed and locked.`;
    const hasReasons = this.question.options.some(({ because }) => because);
    return hasReasons ? `${words} ${t("Each answer has the reason why people choose it.")}` : words;
  }
}
