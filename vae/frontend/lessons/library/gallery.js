/**
 * The lessons as a list of buttons, one of them chosen; a level filters it.
 *
 * @import { LessonSummary } from "../../lib/contract.js"
 */

import { element, say, segmented } from "../../lib/dom.js";
import { aboutOf, LEVEL_NAMES, missingWords } from "../../lib/lesson-words.js";

const EVERY = "all";

export class Gallery {
  /** @type {readonly LessonSummary[]} */
  lessons = [];
  /** @type {string | null} */
  chosen = null;
  /** @type {Map<string, HTMLElement>} */
  items = new Map();
  language = "";

  /**
   * @param {Map<string, string>} languages their names by their codes
   * @param {{onChoose: (name: string) => void, marks: () => Record<string, string>}} calls marks: what this browser has
   *   done of each lesson, in words
   */
  constructor(languages, calls) {
    this.languages = languages;
    this.calls = calls;
    this.level = segmented("Level", [[EVERY, "All"], .../** @type {[string, string][]} */ (LEVEL_NAMES)], (level) => {
      this.shownLevel = level;
      this.draw();
    });
    this.shownLevel = EVERY;
    this.level.choose(EVERY);
    this.list = element("ul", { className: "lessons", ariaLabel: "Lessons" });
    this.none = element("p", { className: "quiet", role: "status" });
    this.element = element("div", { className: "gallery" }, this.list, this.none);
  }

  /**
   * @param {readonly LessonSummary[]} lessons
   * @param {string | null} chosen
   * @param {string} language the one that was asked for
   */
  show(lessons, chosen, language) {
    this.lessons = lessons;
    this.language = language;
    this.chosen = chosen;
    this.draw();
  }

  /** @param {string | null} name */
  choose(name) {
    this.chosen = name;
    for (const [own, item] of this.items) mark(item, own === name);
  }

  draw() {
    const marks = this.calls.marks();
    const shown = this.lessons.filter(({ level }) => this.shownLevel === EVERY || level === this.shownLevel);
    this.items = new Map(shown.map((lesson) => [lesson.name, this.item(lesson, marks[lesson.name] ?? "")]));
    this.list.replaceChildren(...this.items.values());
    say(this.none, shown.length ? "" : "No lesson has this level. Choose another one.");
    this.choose(this.chosen);
  }

  /**
   * @param {LessonSummary} lesson
   * @param {string} done
   */
  item(lesson, done) {
    const { name, title, question, own, problem, language } = lesson;
    if (problem) return element("li", { className: "broken" }, element("b", {}, name), element("p", {}, problem));
    const other = language === this.language ? "" : `in ${this.languages.get(language) ?? language}`;
    const about = [aboutOf(lesson), other, own ? "your own" : "", done].filter(Boolean).join(" · ");
    const choose = element("button", { type: "button", className: "lesson" });
    choose.append(
      element("span", { className: "title" }, title),
      element("span", { className: "quiet" }, about),
      element("span", { className: "asks" }, question),
    );
    const missing = missingWords(lesson);
    if (missing) choose.append(element("span", { className: "missing" }, missing));
    choose.addEventListener("click", () => this.calls.onChoose(name));
    return element("li", {}, choose);
  }

  /** Moves the focus to the chosen lesson's button. */
  focus() {
    this.items
      .get(this.chosen ?? "")
      ?.querySelector("button")
      ?.focus();
  }
}

/**
 * @param {HTMLElement} item
 * @param {boolean} chosen
 */
function mark(item, chosen) {
  const button = item.querySelector("button");
  if (chosen) button?.setAttribute("aria-current", "true");
  else button?.removeAttribute("aria-current");
}
