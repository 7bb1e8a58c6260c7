/**
 * The end of a lesson: what one did, what comes next, the progress as a file, and starting again, which asks first.
 *
 * @import { Lesson } from "../lib/contract.js"
 * @import { Progress } from "./course.js"
 * @import { ProgressStore } from "./progress.js"
 */

import { button, element } from "../lib/dom.js";
import { download } from "../lib/export.js";
import { t } from "../lib/words.js";
import { letterOf } from "./course.js";

/**
 * What a visitor did, one sentence each.
 *
 * @param {Lesson} lesson
 * @param {Progress} progress
 */
export function deeds({ answer, steps, transfer }, { predicted, transferred }) {
  const own = predicted === null ? "" : letterOf(predicted);
  return [
    answer === null || predicted === null
      ? t`You predicted ${own}, and looked for yourself.`
      : t`You predicted ${own}; what happened was ${letterOf(answer)}.`,
    t`You went through ${steps.length} steps of the experiment.`,
    ...(transfer && transferred !== null && transfer.answer !== null
      ? [t`You answered one more question: ${letterOf(transferred)}; right is ${letterOf(transfer.answer)}.`]
      : []),
  ];
}

/**
 * The lesson after this one; null where there is none.
 *
 * @param {readonly {name: string, title: string, problem: string | null}[]} lessons in their order
 * @param {string} name
 */
export function lessonAfter(lessons, name) {
  const at = lessons.findIndex((lesson) => lesson.name === name);
  return lessons.slice(at + 1).find(({ problem }) => problem === null) ?? null;
}

export class Ending {
  next = element("p", { className: "lesson-next", hidden: true });
  confirm = element("div", { className: "lesson-confirm", role: "group", hidden: true });

  /**
   * @param {Lesson} lesson
   * @param {Progress} progress
   * @param {{store: ProgressStore, onRestart: () => void}} how
   */
  constructor(lesson, progress, { store, onRestart }) {
    const list = element("ul", {}, ...deeds(lesson, progress).map((sentence) => element("li", {}, sentence)));
    const save = button(t("Save my progress"), t("All lessons that you have taken here, as a file"), () =>
      download(store.file(), "latent-lab-lessons.json"),
    );
    this.again = button(t("Start again"), t("Forgets what you did in this lesson"), () => this.ask(true));
    this.again.ariaExpanded = "false";
    const [yes, no] = [
      button(t("Yes, forget it"), t("Starts this lesson again"), onRestart),
      button(t("No, keep it"), t("Changes nothing"), () => this.ask(false)),
    ];
    this.no = no;
    this.confirm.append(element("p", {}, t("Your prediction in this lesson will be forgotten. Start again?")), yes, no);
    this.confirm.ariaLabel = t("Start again?");
    const kept = element("p", { className: "lesson-small" }, t("Your progress is kept in this browser alone."));
    const tools = element("div", { className: "lesson-tools" }, save, this.again);
    this.element = element("div", { className: "lesson-ending" }, list, this.next, tools, this.confirm, kept);
  }

  /** @param {boolean} isAsked */
  ask(isAsked) {
    this.confirm.hidden = !isAsked;
    this.again.ariaExpanded = `${isAsked}`;
    (isAsked ? this.no : this.again).focus();
  }

  /**
   * @param {{title: string} | null} lesson
   * @param {string} href
   */
  offer(lesson, href) {
    if (!lesson) return;
    const link = element("a", { href, target: "_self", className: "lesson-link" }, t`Next lesson: ${lesson.title}`);
    link.dataset.full = "";
    this.next.replaceChildren(link);
    this.next.hidden = false;
  }
}
