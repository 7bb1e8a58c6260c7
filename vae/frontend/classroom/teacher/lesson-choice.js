/** The choice of a lesson for a class that has none. */

/** @import { Desk } from "./desk.js" */

import { element, say, select } from "../../lib/dom.js";
import { aboutOf, ENGLISH, missingWords } from "../../lib/lesson-words.js";
import { OWN_NAME, ownLesson, ownOption } from "../../lib/own-lesson.js";

const OWN = "As it was last written on the Lessons page of this browser.";

export class LessonChoice {
  shown = ""; // the lessons that are offered, as JSON
  /** The text of the lesson that was written in this browser. @type {string | null} */
  ownText = null;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.lesson = select("Lesson", [], () => this.describe());
    this.language = select("Language", desk.data.languages, () => {});
    this.about = element("p", { className: "quiet" });
    this.submit = element("button", { type: "submit", className: "primary" }, "Take this lesson");
    this.form = element("form", { className: "lesson-choice" });
    const lesson = element("label", { className: "field" }, element("span", {}, "Lesson"), this.lesson);
    const language = element("label", { className: "field" }, element("span", {}, "Language"), this.language);
    this.form.append(lesson, this.about, language, this.submit);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { value: name } = this.lesson,
        text = name === OWN_NAME ? this.ownText : null;
      void desk.command("lesson", { ...(text === null ? { name } : { text }), language: this.language.value });
    });
  }

  show() {
    const { data, state } = this.desk;
    const usable = data.lessons.filter(({ problem }) => !problem);
    this.ownText = ownLesson();
    const own = this.ownText === null ? [] : [ownOption(this.ownText)];
    const shown = JSON.stringify([usable, own]);
    this.submit.disabled = state.class?.closed === true || usable.length + own.length === 0;
    if (shown === this.shown) return;
    this.shown = shown;
    const { value } = this.lesson,
      offered = [...usable.map(wordsOf), ...own];
    this.lesson.fill(offered);
    this.lesson.value = (offered.find(([name]) => name === value) ?? offered[0] ?? [""])[0];
    this.language.value = state.class?.language ?? ENGLISH;
    this.describe();
  }

  describe() {
    const chosen = this.desk.data.lessons.find(({ name }) => name === this.lesson.value);
    const none = this.lesson.value === OWN_NAME ? OWN : "This app has no lessons.";
    const words = chosen ? [`${aboutOf(chosen)}.`, chosen.question, missingWords(chosen)] : [none];
    say(this.about, words.filter(Boolean).join(" "));
  }
}

/** @param {{name: string, title: string, minutes: number}} lesson @returns {[name: string, words: string]} */
function wordsOf({ name, title, minutes }) {
  return [name, `${title} · ${minutes} min`];
}
