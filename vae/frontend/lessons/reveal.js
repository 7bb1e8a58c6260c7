/**
 * What a visitor predicted beside what happened; then the explanation, its formulas and code, the references.
 *
 * @import { Lesson, LessonQuestion } from "../lib/contract.js"
 * @import { Term } from "../lib/terms.js"
 */

import { element } from "../lib/dom.js";
import { explained } from "../lib/explained.js";
import { linkTo, richNodes } from "../lib/rich.js";
import { TERMS } from "../lib/terms.js";
import { t } from "../lib/words.js";
import { letterOf } from "./course.js";
import { checkList } from "./steps.js";

/**
 * Whether an answer was the right one: "open" where those who take the lesson find out.
 *
 * @param {LessonQuestion} question
 * @param {number} given
 * @returns {"right" | "other" | "open"}
 */
export function verdictOf({ answer }, given) {
  if (answer === null) return "open";
  return answer === given ? "right" : "other";
}

/** What is said of an answer. @param {"right" | "other" | "open"} verdict */
export function verdictWords(verdict) {
  const words = {
    right: t("It happened as you predicted."),
    other: t("It happened otherwise than you predicted. That is where one learns most."),
    open: t("This lesson promises no answer: compare your prediction with what you saw."),
  };
  return words[verdict];
}

/**
 * The prediction beside what happened.
 *
 * @param {Lesson} lesson
 * @param {number} predicted
 * @param {string} base
 */
export function outcome(lesson, predicted, base) {
  const { answer, steps } = lesson,
    verdict = verdictOf(lesson, predicted);
  const seen = steps.at(-1)?.see ?? [];
  const happened = answer === null ? richNodes(seen, base) : [optionWords(lesson, answer)];
  const both = element(
    "div",
    { className: "lesson-pair" },
    card(t("You predicted"), optionWords(lesson, predicted)),
    card(t("What happened"), element("div", {}, ...happened)),
  );
  const checks = checkList(steps.flatMap((step) => step.checks));
  const words = element("p", { className: "lesson-verdict" }, verdictWords(verdict));
  words.dataset.verdict = verdict;
  return element("div", { className: "lesson-outcome" }, both, checks, words);
}

/**
 * What is said after a question that carries the lesson over.
 *
 * @param {LessonQuestion} question
 * @param {number} given
 */
export function answerTo(question, given) {
  const { answer } = question;
  if (answer === null) return element("p", { className: "lesson-verdict" }, verdictWords("open"));
  const isRight = answer === given;
  const words = element("p", { className: "lesson-verdict" }, isRight ? t("Right.") : t("Not quite. The answer is:"));
  words.dataset.verdict = isRight ? "right" : "other";
  return element("div", { className: "lesson-outcome" }, words, card(t("The answer"), optionWords(question, answer)));
}

/**
 * The explanation with all that belongs to it.
 *
 * @param {Lesson} lesson
 * @param {string} base
 */
export function explanation({ explanation: nodes, terms, references }, base) {
  const text = element("div", { className: "lesson-explanation" }, ...richNodes(nodes, base));
  const known = Object.keys(TERMS).filter((term) => terms.includes(term));
  const words = known.map((term) => explained(/** @type {Term} */ (term), { base }));
  const parts = [
    ...section(t("The words and their formulas"), words),
    ...section(t("To read on"), references.map(referenceOf(base))),
  ];
  return element("div", { className: "lesson-why" }, text, ...parts);
}

/**
 * @param {string} title
 * @param {Node[]} nodes
 */
function section(title, nodes) {
  return nodes.length ? [element("h4", {}, title), ...nodes] : [];
}

/** @param {string} base */
function referenceOf(base) {
  return (/** @type {{text: string, link: string | null}} */ { text, link }) => {
    const anchor = link ? linkTo(link, base) : null;
    anchor?.append(text);
    return element("p", { className: "lesson-reference" }, anchor ?? text);
  };
}

/**
 * @param {LessonQuestion} question
 * @param {number} option
 */
function optionWords({ options }, option) {
  return element("p", {}, element("b", {}, letterOf(option)), ` ${options[option].text}`);
}

/**
 * @param {string} title
 * @param {...Node | string} nodes
 */
function card(title, ...nodes) {
  return element("div", { className: "lesson-card" }, element("h4", {}, title), ...nodes);
}
