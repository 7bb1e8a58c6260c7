/**
 * Where a class is in its lesson, on the projector: the step's sentence large, what was to be seen in it; then what the class
 * predicted beside what happened, and why. There is never a name in it.
 *
 * @import { ClassLesson, LessonOutcome } from "../../lib/contract.js"
 */

import { element } from "../../lib/dom.js";
import { richNodes } from "../../lib/rich.js";
import { t } from "../../lib/words.js";
import { letterOf } from "../histogram.js";

/**
 * @param {ClassLesson} lesson
 * @param {string} base the app's address
 * @returns {Node[]}
 */
export function lessonNodes({ title, step, steps, do: sentence, see, outcome }, base) {
  if (outcome) return outcomeNodes(outcome, base);
  const parts = [
    element("p", { className: "step" }, t`${title} · step ${step} of ${steps}`),
    element("h2", {}, ...richNodes(sentence ?? [], base)),
  ];
  if (see?.length) parts.push(element("div", { className: "seen" }, ...richNodes(see, base)));
  return parts;
}

/**
 * @param {LessonOutcome} outcome
 * @param {string} base
 * @returns {Node[]}
 */
function outcomeNodes({ question, options, answer, predictions, explanation }, base) {
  const lines = options.map((text, option) => {
    const count = predictions ? element("i", {}, `${predictions[option]}`) : "";
    const node = element("li", {}, element("b", {}, letterOf(option)), element("span", {}, text), count);
    if (option === answer) node.className = "happened";
    return node;
  });
  return [
    element("h2", {}, question),
    element("ol", { className: "predictions" }, ...lines),
    element("p", { className: "step" }, legendOf(answer !== null, predictions !== null)),
    element("div", { className: "why" }, ...richNodes(explanation.slice(0, 1), base)), // its first paragraph can be read
  ];
}

/**
 * What the marks and numbers beside the options mean.
 *
 * @param {boolean} isKnown whether one of them is right
 * @param {boolean} isCounted
 */
function legendOf(isKnown, isCounted) {
  if (isKnown) return isCounted ? t("What we predicted; marked is what happened.") : t("Marked is what happened.");
  return isCounted ? t("What we predicted") : "";
}
