/**
 * The class's lesson for its teacher: where the class is, the way to each place, and what is to be said there, which students
 * do not see. Without a lesson, the choice of one.
 */

/** @import { Lesson, LessonQuestion, LessonStep } from "../../lib/contract.js" */
/** @import { Term } from "../../lib/terms.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Place } from "./lesson-steps.js" */

import { button, element, say } from "../../lib/dom.js";
import { help } from "../../lib/glossary.js";
import { aboutOf, missingWords } from "../../lib/lesson-words.js";
import { richNodes } from "../../lib/rich.js";
import { TERMS } from "../../lib/terms.js";
import { letterOf } from "../histogram.js";
import { confirmed } from "./confirm.js";
import { hasFocus } from "./focus.js";
import { LessonChoice } from "./lesson-choice.js";
import { nameOf, placeOf, placesOf } from "./lesson-steps.js";

export class LessonTab {
  shown = ""; // what is shown, as JSON

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.choice = new LessonChoice(desk);
    this.title = element("h2", { tabIndex: -1 });
    this.about = element("p", { className: "quiet" });
    this.rail = element("ol", { className: "lesson-rail", ariaLabel: "Places of the lesson" });
    this.notes = element("section", { className: "lesson-notes", ariaLabel: "For you alone" });
    const answers = { yes: "End it now", no: "Go on with it" };
    const leave = confirmed("Another lesson, or none", "The class begins another lesson, or none", answers, () =>
      desk.command("lesson"),
    );
    this.plan = element("div", { className: "lesson-plan" }, this.title, this.about, this.rail, this.notes, leave);
    this.element = element("div", { className: "lesson-tab" }, this.choice.form, this.plan);
  }

  show() {
    const { lesson, plan, class: about } = this.desk.state;
    const isClosed = about?.closed === true;
    const gone = plan ? this.choice.form : this.plan;
    const moves = !gone.hidden && hasFocus(gone);
    this.choice.form.hidden = plan !== null;
    this.plan.hidden = plan === null;
    this.choice.show();
    if (plan && lesson) this.showPlan(plan, lesson, isClosed);
    if (moves) (plan ? this.title : this.choice.lesson).focus();
  }

  /**
   * @param {Lesson} plan
   * @param {Place} at
   * @param {boolean} isClosed
   */
  showPlan(plan, at, isClosed) {
    const shown = JSON.stringify([plan.title, plan.language, at.phase, at.step, isClosed]);
    if (shown === this.shown) return;
    this.shown = shown;
    say(this.title, plan.title);
    say(this.about, [`${aboutOf(plan)}.`, missingWords(plan)].filter(Boolean).join(" "));
    const focused = hasFocus(this.rail),
      places = placesOf(plan),
      now = placeOf(places, at);
    this.rail.replaceChildren(...places.map((place, i) => this.placeNode(place, i, now)));
    for (const node of this.plan.querySelectorAll("button")) node.disabled = isClosed;
    if (focused) this.rail.querySelector("button")?.focus();
    this.notes.replaceChildren(element("h2", {}, "For you"), ...notesOf(plan, at, this.desk.base), ...wordsOf(plan));
  }

  /**
   * @param {Place} place
   * @param {number} i
   * @param {number} now
   */
  placeNode(place, i, now) {
    const go = () => this.desk.command("phase", place);
    const node = button(nameOf(place), i < now ? "Go back to this" : "Go to this", go, nameOf(place));
    if (i === now) node.setAttribute("aria-current", "step");
    return element("li", { className: i < now ? "gone" : "" }, node);
  }
}

/** The words that the lesson explains, each with its formula and code. @param {Lesson} plan @returns {Node[]} */
function wordsOf({ terms }) {
  const known = /** @type {Term[]} */ (Object.keys(TERMS).filter((term) => terms.includes(term)));
  const words = known.map((term) => element("span", {}, TERMS[term].name, help(term)));
  return words.length ? [element("p", { className: "quiet lesson-words" }, ...words)] : [];
}

/**
 * What a teacher should know at a place.
 *
 * @param {Lesson} plan
 * @param {Place} at
 * @param {string} base
 * @returns {Node[]}
 */
function notesOf(plan, { phase, step }, base) {
  if (phase === "experiment") return stepNotes(plan.steps[step - 1], base);
  if (phase === "explain") return [element("div", { className: "why" }, ...richNodes(plan.explanation, base))];
  if (phase === "transfer" && plan.transfer) return questionNotes(plan.transfer);
  return phase === "predict"
    ? questionNotes(plan)
    : [element("p", {}, "The lesson is over: its votes are in the export.")];
}

/**
 * @param {LessonStep} step
 * @param {string} base
 */
function stepNotes({ do: sentence, see, link, checks }, base) {
  const measured = checks.map(({ text, measured: value, unit, holds }) => {
    const words = holds ? "" : " — not so on this model";
    return element("li", {}, `${text}: `, element("b", {}, `${value} ${unit}`.trim()), words);
  });
  const open = element("a", { className: "button", target: "_self", href: `${base}/${link}` }, "Show it on your page");
  return [
    element("div", { className: "do" }, ...richNodes(sentence, base)),
    element("h3", {}, "What they should see"),
    element("div", {}, ...richNodes(see, base)),
    element("ul", { className: "measured", hidden: !measured.length }, ...measured),
    open,
  ];
}

/** @param {LessonQuestion} question */
function questionNotes({ question, options, answer }) {
  const lines = options.map(({ text, because }, i) => {
    const reason = because ? element("span", { className: "quiet" }, because) : "";
    const words = element("span", {}, text, i === answer ? element("em", {}, " — right") : "");
    return element("li", {}, element("b", {}, letterOf(i)), element("div", {}, words, reason));
  });
  const open =
    answer === null ? [element("p", { className: "quiet" }, "The class finds out: no option is marked.")] : [];
  return [
    element("p", { className: "question-text" }, question),
    element("h3", {}, "Why somebody would choose each"),
    element("ol", { className: "reasons" }, ...lines),
    ...open,
  ];
}
