/** The choice of a lesson for a class that has none. */

/** @import { Desk } from "./desk.js" */

import { element, say, select } from "../../lib/dom.js";
import { aboutOf, ENGLISH, missingWords } from "../../lib/lesson-words.js";

export class LessonChoice {
  shown = ""; // the lessons that are offered, as JSON

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
      void desk.command("lesson", { name: this.lesson.value, language: this.language.value });
    });
  }

  show() {
    const { data, state } = this.desk;
    const usable = data.lessons.filter(({ problem }) => !problem);
    const shown = JSON.stringify(usable);
    this.submit.disabled = state.class?.closed === true || !usable.length;
    if (shown === this.shown) return;
    this.shown = shown;
    this.lesson.fill(usable.map(({ name, title, minutes }) => [name, `${title} · ${minutes} min`]));
    this.language.value = state.class?.language ?? ENGLISH;
    this.describe();
  }

  describe() {
    const chosen = this.desk.data.lessons.find(({ name }) => name === this.lesson.value);
    const words = chosen
      ? [`${aboutOf(chosen)}.`, chosen.question, missingWords(chosen)]
      : ["This app has no lessons."];
    say(this.about, words.filter(Boolean).join(" "));
  }
}
