/**
 * A lesson to be read before it is played: its question and options, and, on demand, all that comes after the prediction.
 *
 * @import { Lesson } from "../../lib/contract.js"
 * @import { Term } from "../../lib/terms.js"
 */

import { element } from "../../lib/dom.js";
import { explained } from "../../lib/explained.js";
import { richNodes } from "../../lib/rich.js";
import { TERMS } from "../../lib/terms.js";
import { aboutOf, letter, missingWords } from "../../lib/lesson-words.js";

const REST = "All of it, with the answer";

/**
 * The lesson's beginning: title, length, question, options with the reasons for them.
 *
 * @param {Pick<Lesson, "title" | "question" | "options" | "minutes" | "level" | "missing">} lesson
 */
export function beginningOf(lesson) {
  const { title, question, options } = lesson;
  return [
    element("h2", { tabIndex: -1 }, title),
    element("p", { className: "quiet" }, aboutOf(lesson)),
    ...whereSome(missingWords(lesson), (words) => element("p", { className: "notice" }, words)),
    element("p", { className: "question" }, question),
    optionList(options, null),
  ];
}

/**
 * What comes after the prediction: it tells the answer, so it is closed at first.
 *
 * @param {string} base the app's address
 * @param {Lesson} lesson
 */
export function restOf(base, lesson) {
  const rest = element("details", { className: "rest" }, element("summary", { className: "button" }, REST));
  const { answer, options, steps, explanation, terms, transfer, references } = lesson;
  const known = /** @type {Term[]} */ (Object.keys(TERMS)).filter((term) => terms.includes(term));
  const right = answer === null ? "The class finds out." : `${letter(answer)}: ${options[answer].text}`;
  rest.append(
    part("Answer", element("p", {}, right)),
    part("Steps", element("ol", { className: "steps" }, ...steps.map((step) => stepOf(base, step)))),
    part("Explanation", ...richNodes(explanation, base)),
    ...(known.length ? [part("Formulas", ...known.map((term) => explained(term, { base })))] : []),
    ...(transfer
      ? [part("Transfer", element("p", {}, transfer.question), optionList(transfer.options, transfer.answer))]
      : []),
    ...(references.length ? [part("References", element("ul", {}, ...references.map(referenceOf)))] : []),
  );
  return rest;
}

/**
 * Options with their letters and reasons.
 *
 * @param {readonly {text: string, because?: string | null}[]} options
 * @param {number | null} answer the right one, null where it is not to be marked
 */
export function optionList(options, answer) {
  const items = options.map(({ text, because }, i) => {
    const words = [element("span", {}, text), ...(i === answer ? [element("b", { className: "right" }, "right")] : [])];
    const reason = because ? [element("span", { className: "quiet because" }, because)] : [];
    return element("li", {}, element("b", { className: "letter" }, letter(i)), element("div", {}, ...words, ...reason));
  });
  return element("ol", { className: "options" }, ...items);
}

/**
 * @param {string} base
 * @param {Lesson["steps"][number]} step
 */
function stepOf(base, { do: task, link, see, checks }) {
  const open = element("a", { href: `${base}/${link}`, target: "_blank", rel: "noopener" }, "Open its page");
  open.ariaLabel = `Open the page of this step: ${link.split("?")[0].replace("_", " ")}`;
  const found = checks.map(({ text, measured, unit, holds }) =>
    element("li", { className: holds ? "holds" : "fails" }, `${text}: measured ${measured} ${unit}`.trim()),
  );
  return element(
    "li",
    {},
    element("div", { className: "do" }, ...richNodes(task, base), " ", open),
    ...(see.length
      ? [element("div", { className: "see" }, element("b", {}, "You should see "), ...richNodes(see, base))]
      : []),
    ...(found.length ? [element("ul", { className: "checks quiet" }, ...found)] : []),
  );
}

/** @param {{text: string, link: string | null}} reference */
function referenceOf({ text, link }) {
  if (!link) return element("li", {}, text);
  return element("li", {}, element("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, text));
}

/**
 * @param {string} title
 * @param {...(Node | string)} content
 */
function part(title, ...content) {
  return element("section", {}, element("h3", {}, title), ...content);
}

/**
 * @template T
 * @param {string} text
 * @param {(text: string) => T} make
 */
function whereSome(text, make) {
  return text ? [make(text)] : [];
}
