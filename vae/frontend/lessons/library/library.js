/**
 * The Lessons page's component: all lessons, the chosen one to be read, and an editor for one's own.
 *
 * @import { Lesson, LessonSummary } from "../../lib/contract.js"
 * @import { Send } from "../../lib/view.js"
 *
 * What Python sends, see vae/ui/pages/teaching/lessons.py. languages: codes and their own
 * names; lesson: the link's, null without one.
 *
 * @typedef {object} LibraryData
 * @property {string} base the app's address
 * @property {LessonSummary[]} lessons
 * @property {string} language
 * @property {[code: string, name: string][]} languages
 * @property {string | null} lesson
 */

import { button, element, messageOf, say, select } from "../../lib/dom.js";
import { componentOf } from "../../lib/view.js";
import { Editor } from "./editor.js";
import { Gallery } from "./gallery.js";
import { ProgressStore } from "../progress.js";
import { marksIn, ProgressLine } from "./kept.js";
import { linksOf } from "./links.js";
import { fetchLesson, fetchLessons } from "./requests.js";
import { beginningOf, optionList, restOf } from "./whole.js";

const UNKNOWN = "\u00a0"; // in place of the reason for an option: it has its line
const STREAMLITS = "a, button, input, select, textarea, summary, h2"; // r and c are Streamlit's, but not in these

export class Library {
  /** @type {Editor | null} */
  editor = null;
  /** What is asked for last. */
  asked = 0;
  restOpen = false; // a teacher who has opened the answer of one lesson reads the next one with it

  /**
   * @param {HTMLElement} parent
   * @param {Send} send
   * @param {LibraryData} data
   */
  constructor(parent, send, data) {
    this.send = send;
    this.data = data;
    this.language = data.language;
    this.lessons = data.lessons;
    const store = new ProgressStore(() => localStorage);
    this.gallery = new Gallery(new Map(data.languages), {
      onChoose: (name) => this.choose(name),
      marks: () => marksIn(store),
    });
    this.languages = select("Language of the lessons", data.languages, (code) => void this.setLanguage(code));
    this.write = button("Write your own", "A lesson of your own, in one text file", () => this.openEditor());
    this.progress = new ProgressLine(store, () => this.draw());
    this.back = button("All lessons", "Back to the list", () => this.leaveLesson());
    this.back.classList.add("back");
    this.content = element("div", { className: "content" });
    this.waiting = element("p", { className: "quiet", role: "status" }, "Its numbers are being measured…");
    this.problem = element("p", { className: "notice", role: "alert" });
    this.whole = element("article", { className: "whole" }, this.back, this.problem, this.content);
    const language = element("label", { className: "field" }, element("span", {}, "Language"), this.languages);
    const tools = element("div", { className: "tools" }, this.gallery.level.element, language, this.write);
    const list = element("div", { className: "side" }, this.gallery.element, this.progress.element);
    this.reading = element("div", { className: "reading" }, tools, list, this.whole);
    this.root = element("div", { className: "library" }, this.reading);
    this.root.addEventListener("keydown", (event) => {
      const [target] = event.composedPath();
      if (target instanceof Element && target.matches(STREAMLITS)) event.stopPropagation();
    });
    parent.append(this.root);
    this.chosen = this.known(data.lesson);
    this.root.dataset.view = this.chosen ? "lesson" : "list"; // of a narrow page
    this.draw();
    void this.read();
  }

  /** @param {LibraryData} data */
  update(data) {
    const { lesson, language } = this.data;
    this.data = data;
    if (data.language !== language && data.language !== this.language) void this.setLanguage(data.language, false);
    if (data.lesson === lesson || data.lesson === this.chosen) return; // what was chosen here comes back, maybe late
    this.chosen = this.known(data.lesson) ?? this.chosen;
    this.gallery.choose(this.chosen);
    void this.read();
  }

  /** A lesson that is here. @param {string | null} name */
  known(name) {
    return this.lessons.find((each) => each.name === name && !each.problem)?.name ?? null;
  }

  draw() {
    this.languages.value = this.language;
    this.gallery.show(this.lessons, this.chosen ?? this.first(), this.language);
    this.progress.show();
  }

  /** The lesson that a wide page shows where none is chosen. */
  first() {
    return this.lessons.find(({ problem }) => !problem)?.name ?? null;
  }

  /** @param {string} name */
  choose(name) {
    this.chosen = name;
    this.gallery.choose(name);
    this.root.dataset.view = "lesson";
    this.send("chosen", { lesson: name, language: this.language });
    void this.read();
    this.content.querySelector("h2")?.focus();
  }

  leaveLesson() {
    this.root.dataset.view = "list";
    this.gallery.focus();
  }

  /**
   * @param {string} language
   * @param {boolean} [byUser]
   */
  async setLanguage(language, byUser = true) {
    this.language = language;
    this.editor?.setLanguage(language);
    if (byUser) this.send("chosen", { lesson: this.chosen, language });
    try {
      const lessons = await fetchLessons(this.data.base, language);
      if (language !== this.language) return;
      this.lessons = lessons;
    } catch (error) {
      return this.say(messageOf(error));
    }
    this.draw();
    await this.read();
  }

  /** Shows the chosen lesson: at once what its summary says, the rest when it has come. */
  async read() {
    const name = this.chosen ?? this.first(),
      summary = this.lessons.find((each) => each.name === name),
      asked = ++this.asked;
    this.say("");
    delete this.root.dataset.lesson;
    if (name === null || !summary) return this.content.replaceChildren();
    this.begin(summary);
    try {
      const lesson = await fetchLesson(this.data.base, name, this.language);
      if (asked === this.asked) this.finish(lesson);
    } catch (error) {
      if (asked === this.asked) this.say(messageOf(error));
    }
    if (asked === this.asked) this.waiting.remove();
  }

  /** @param {LessonSummary} summary */
  begin(summary) {
    const options = summary.options.map((text) => ({ text, because: UNKNOWN }));
    this.content.replaceChildren(...beginningOf({ ...summary, options }), this.actionsOf(summary), this.waiting);
  }

  /** @param {Lesson} lesson */
  finish(lesson) {
    const rest = restOf(this.data.base, lesson);
    rest.open = this.restOpen;
    rest.addEventListener("toggle", () => {
      this.restOpen = rest.open;
    });
    this.content.querySelector(".options")?.replaceWith(optionList(lesson.options, null));
    this.content.append(rest);
    this.root.dataset.lesson = lesson.name; // for tests
  }

  /** @param {Pick<LessonSummary, "name" | "language" | "missing">} lesson */
  actionsOf({ name, language, missing }) {
    const links = linksOf(this.data.base, name, language);
    /** @type {[text: string, address: string, className: string][]} */
    const actions = [
      ["Play it", links.play, "button primary"],
      ["Open a class with it", links.class, "button"],
      ["Rehearse it", links.rehearsal, "button"],
      ["Take it home", links.file, "button"],
    ];
    const nodes = actions.map(([text, href, className]) => element("a", { href, className, target: "_self" }, text));
    const row = element("div", { className: "row actions" }, ...nodes);
    row.hidden = missing.length > 0;
    return row;
  }

  openEditor() {
    this.editor = new Editor(
      this.data.base,
      this.lessons.filter(({ problem }) => !problem),
      { onBack: () => this.closeEditor() },
    );
    this.editor.setLanguage(this.language);
    this.root.replaceChildren(this.editor.element);
    this.editor.title.focus();
  }

  closeEditor() {
    this.editor?.close();
    this.editor = null;
    this.root.replaceChildren(this.reading);
    this.write.focus();
  }

  /** @param {string} sentence */
  say(sentence) {
    say(this.problem, sentence);
    this.problem.hidden = !sentence;
  }

  close() {
    this.editor?.close();
    this.root.remove();
  }
}

export default componentOf(Library);
