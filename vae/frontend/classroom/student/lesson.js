/**
 * The class's lesson on a student's page: the step's sentence, with a way to its page where the class explores; what was to
 * be seen in it; then the own prediction beside what happened, and why.
 *
 * @import { ClassLesson, Lesson, LessonOutcome } from "../../lib/contract.js"
 * @import { ClassState } from "../state.js"
 *
 * What it needs of the page. has: whether it has a view of this address; open: shows a step's link.
 *
 * @typedef {{has: (page: string) => boolean, open: (link: string) => void}} Stage
 */

import { button, element, messageOf } from "../../lib/dom.js";
import { plainRich, richNodes } from "../../lib/rich.js";
import { t } from "../../lib/words.js";
import { letterOf } from "./words.js";

/** Shows what has been explained; loaded when a class comes to it. */
const loadReveal = () => import("../../lessons/reveal.js");

/**
 * What is said when the class comes to another place; "" where the vote says it, or nothing.
 *
 * @param {ClassLesson | null} lesson
 */
export function newsOf(lesson) {
  if (!lesson) return "";
  const { phase, step, steps } = lesson;
  if (phase === "experiment") return t`Step ${step} of ${steps}: ${plainRich(lesson.do ?? [])}`;
  if (phase === "explain") return t("What happened, and why");
  return phase === "end" ? t("The lesson is over.") : "";
}

/**
 * An outcome as the lessons' own modules take it.
 *
 * @param {LessonOutcome} outcome
 * @returns {Lesson}
 */
export function lessonOf({ options, seen, ...outcome }) {
  const found = { ...outcome, options: options.map((text) => ({ text })), steps: seen };
  return /** @type {Lesson} */ (/** @type {unknown} */ (found));
}

export class LessonPanel {
  shown = ""; // what is shown, as JSON
  element = element("div", { className: "class-lesson" });

  /**
   * @param {Stage} stage
   * @param {typeof loadReveal} [load]
   */
  constructor(stage, load = loadReveal) {
    this.stage = stage;
    this.load = load;
  }

  /**
   * @param {Pick<ClassState, "lesson" | "me" | "class">} state
   * @param {string} base the app's address
   */
  show({ lesson, me, class: about }, base) {
    const explores = about?.mode === "explore" && !about.frozen;
    const shown = JSON.stringify([lesson, me?.predicted, me?.transferred, explores]);
    if (shown === this.shown) return;
    this.shown = shown;
    if (!lesson) {
      this.element.replaceChildren();
      return;
    }
    const title = element("p", { className: "class-lesson-title" }, lesson.title);
    this.element.replaceChildren(title, ...this.contentOf(lesson, explores, base));
    const { outcome, transfer } = lesson;
    if (transfer) this.element.append(...last(transfer, me?.transferred ?? null));
    if (outcome) void this.explain(outcome, me?.predicted ?? null, base);
  }

  /**
   * @param {ClassLesson} lesson
   * @param {boolean} explores
   * @param {string} base
   * @returns {Node[]}
   */
  contentOf({ phase, step, steps, do: sentence, see, link, page }, explores, base) {
    if (phase === "predict")
      return [element("p", {}, t("Predict first: your teacher asks, and each of you answers alone."))];
    if (phase !== "experiment") return [];
    /** @type {HTMLElement[]} */
    const parts = [
      element("h3", {}, t`Step ${step} of ${steps}`),
      element("div", { className: "class-lesson-do" }, ...richNodes(sentence ?? [], base)),
    ];
    if (link && page && explores) parts.push(this.wayTo(link, page));
    if (see?.length) {
      parts.push(element("h3", {}, t("What there was to see")));
      parts.push(element("div", {}, ...richNodes(see, base)));
    }
    return parts;
  }

  /**
   * @param {string} link
   * @param {string} page
   */
  wayTo(link, page) {
    if (!this.stage.has(page)) return element("p", {}, t("Look at the front: your phone does not have this page."));
    const node = button(t("Show me"), t("Brings the page to this step"), () => this.stage.open(link));
    node.className = "primary";
    return node;
  }

  /**
   * @param {LessonOutcome} outcome
   * @param {number | null} predicted
   * @param {string} base
   */
  async explain(outcome, predicted, base) {
    const { shown } = this,
      place = element("div", { className: "class-lesson-why" });
    this.element.append(place);
    try {
      const reveal = await this.load();
      if (shown !== this.shown) return;
      const lesson = lessonOf(outcome);
      const own = predicted === null ? missed(outcome) : [reveal.outcome(lesson, predicted, base)];
      place.replaceChildren(...own, reveal.explanation(lesson, base));
    } catch (error) {
      place.replaceChildren(element("p", {}, messageOf(error)));
      this.shown = ""; // the next news tries again
    }
  }
}

/** What someone sees who has predicted nothing. @param {LessonOutcome} outcome */
function missed({ answer, options }) {
  if (answer === null) return [];
  return [element("p", {}, t`What happened was ${letterOf(answer)}: ${options[answer]}`)];
}

/**
 * The last question's answer, beside the own one.
 *
 * @param {NonNullable<ClassLesson["transfer"]>} transfer
 * @param {number | null} own
 */
function last({ question, options, answer }, own) {
  const lines = [element("h3", {}, t("One more question")), element("p", {}, question)];
  if (own !== null) lines.push(element("p", {}, t`You answered ${letterOf(own)}: ${options[own] ?? ""}`));
  if (answer !== null) lines.push(element("p", {}, t`The answer is ${letterOf(answer)}: ${options[answer]}`));
  return lines;
}
