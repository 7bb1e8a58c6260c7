/**
 * A lesson of one's own: its text, and beside it what becomes of it, or the mistake in it. The text is kept in this browser.
 *
 * @import { Checked } from "./requests.js"
 */

import { button, element, messageOf, select } from "../../lib/dom.js";
import { LESSON_BYTES } from "../../lib/contract.js";
import { download } from "../../lib/export.js";
import { keepForClass, keepOwnLesson, OWN_NAME, ownLesson } from "../../lib/own-lesson.js";
import { ENGLISH } from "../../lib/lesson-words.js";
import { takeLessonHome } from "../../lib/take-home.js";
import { linksOf } from "./links.js";
import { checkLesson, fetchText } from "./requests.js";
import { fileName, placeOf, TEMPLATE } from "./template.js";
import { beginningOf, restOf } from "./whole.js";

const BLANK = "template";
const PAUSE_MS = 400; // after the last letter, before the text is checked

export class Editor {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  /** @type {AbortController | null} */
  asking = null;
  /** Of the text as it is; null while it is not checked. @type {Checked | null} */
  checked = null;
  /** Whether another file may take the place of the text without loss. */
  saved = true;

  /**
   * @param {string} base the app's address
   * @param {readonly {name: string, title: string}[]} lessons that one's own may start from
   * @param {{onBack: () => void, go?: (address: string) => void}} calls go: opens a page of the app
   */
  constructor(base, lessons, { onBack, go = (address) => location.assign(address) }) {
    this.base = base;
    this.go = go;
    this.text = element("textarea", { ariaLabel: "Text of the lesson", spellcheck: false, rows: 20 });
    this.text.value = ownLesson() ?? TEMPLATE;
    this.text.addEventListener("input", () => this.onInput());
    this.mistake = element("div", { className: "mistake", role: "status" });
    this.before = element("p", { className: "notice" }, "As it was before the mistake:");
    this.shown = element("div", { className: "content" });
    this.preview = element("article", { className: "whole", ariaLabel: "Preview" }, this.before, this.shown);
    this.title = element("h2", { tabIndex: -1 }, "Write your own");
    this.file = element("input", { type: "file", accept: ".md,.markdown,text/markdown,text/plain", hidden: true });
    this.file.addEventListener("change", () => void this.open(this.file.files?.[0]));
    this.back = button("All lessons", "Back to the list; what you wrote stays in this browser", onBack);
    this.play = button("Play it", "Play the lesson as a student does", () => void this.leave("play"));
    this.play.className = "primary";
    const teach = button("Open a class with it", "On the Class page", () => void this.leave("class"));
    const home = button("Take it home", "One HTML file with the lesson and its models", () => void this.takeHome());
    const open = button("Open a file…", "A lesson that was saved as a file", () => this.file.click());
    const save = button("Save as a file", "The text as one .md file", () => this.save());
    const ready = lessons.map(({ name, title }) => /** @type {const} */ ([name, title]));
    this.start = select("Start from", [["", "Start from…"], [BLANK, "the template"], ...ready], (name) => {
      void this.startFrom(name);
    });
    this.sure = element("div", { className: "sure notice", role: "group", ariaLabel: "Replace the text" });
    this.before.hidden = this.sure.hidden = true;
    const head = element("div", { className: "row" }, this.back, this.title);
    const actions = element("div", { className: "row" }, this.play, teach, home, save, open, this.start, this.file);
    const writing = element("div", { className: "writing" }, this.text, this.mistake);
    const panes = element("div", { className: "panes" }, writing, this.preview);
    this.element = element("section", { className: "editor", ariaLabel: "Write your own" });
    this.element.append(head, actions, this.sure, panes);
    void this.check();
  }

  /** A shared lesson is written in one language: links say the page's. @param {string} language */
  setLanguage(language) {
    this.language = language;
  }

  language = ENGLISH;

  onInput() {
    this.saved = false;
    this.checked = null;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.check(), PAUSE_MS);
    if (!keepOwnLesson(this.text.value)) this.say("This browser keeps nothing: save your text as a file.");
  }

  /** Has the text checked by the server, and shows what becomes of it. */
  async check() {
    clearTimeout(this.timer);
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    try {
      const checked = await this.ask(asking.signal);
      if (!asking.signal.aborted) this.show(checked);
    } catch (error) {
      if (!asking.signal.aborted) this.say(messageOf(error));
    }
  }

  /** @param {AbortSignal} signal @returns {Promise<Checked>} */
  ask(signal) {
    const { value } = this.text;
    if (new Blob([value]).size > LESSON_BYTES) {
      const problem = `A lesson has at most ${LESSON_BYTES / 1024} KiB of text. Make two of it.`;
      return Promise.resolve({ problem, line: 1 });
    }
    return checkLesson(this.base, value, this.language, signal);
  }

  /** @param {Checked} checked */
  show(checked) {
    this.checked = checked;
    if ("lesson" in checked) {
      this.say("");
      const open = this.preview.querySelector("details")?.open ?? true;
      const rest = restOf(this.base, checked.lesson);
      rest.open = open;
      this.shown.replaceChildren(...beginningOf(checked.lesson), rest);
    } else {
      this.sayMistake(checked);
    }
    this.element.dataset.checked = "lesson" in checked ? "right" : "wrong"; // for tests
    this.before.hidden = "lesson" in checked || !this.shown.children.length;
  }

  /** @param {{problem: string, line: number}} checked */
  sayMistake({ problem, line }) {
    const words = element("p", {}, problem);
    const there = button(`Go to line ${line}`, "Select the line", () => this.select(line));
    this.mistake.replaceChildren(words, there);
  }

  /** @param {string} sentence */
  say(sentence) {
    this.mistake.replaceChildren(...(sentence ? [element("p", {}, sentence)] : []));
  }

  /** Selects a line and brings it into view. @param {number} line */
  select(line) {
    const { text } = this;
    const [start, end] = placeOf(text.value, line);
    const all = text.value;
    text.focus();
    text.value = all.slice(0, end); // a browser scrolls to where the text ends
    text.scrollTop = text.scrollHeight;
    const reach = text.scrollTop + text.clientHeight / 2;
    text.value = all;
    text.setSelectionRange(start, end);
    text.scrollTop = Math.max(0, reach - text.clientHeight);
  }

  /**
   * Plays the lesson, or opens a class with it; where it has a mistake, shows that.
   *
   * @param {"play" | "class"} where
   */
  async leave(where) {
    if (!this.checked) await this.check();
    if (!this.checked) return;
    if ("problem" in this.checked) return this.select(this.checked.line);
    const kept = where === "play" ? keepOwnLesson(this.text.value) : keepForClass(this.text.value);
    if (kept) this.go(linksOf(this.base, OWN_NAME, this.language)[where]);
    else this.say("This browser keeps nothing for another page. Save the text as a file, and use another window.");
  }

  /** Saves the lesson with its models as a page of its own; where it has a mistake, shows that. */
  async takeHome() {
    if (!this.checked) await this.check();
    if (!this.checked) return;
    if ("problem" in this.checked) return this.select(this.checked.line);
    this.say("The file is being made…");
    try {
      await takeLessonHome(`${this.base}/`, this.text.value, this.language);
      this.say("");
    } catch (error) {
      this.say(messageOf(error));
    }
  }

  save() {
    download(new Blob([this.text.value], { type: "text/markdown" }), fileName(this.text.value));
    this.saved = true;
  }

  /** @param {File | undefined} file */
  async open(file) {
    this.file.value = ""; // so that the same file can be chosen again
    if (!file) return;
    if (file.size > LESSON_BYTES) {
      this.say(`${file.name} is larger than ${LESSON_BYTES / 1024} KiB: it is no lesson.`);
      return;
    }
    this.replace(await file.text());
  }

  /** Shows the template, or the text of a lesson. @param {string} name */
  async startFrom(name) {
    this.start.value = ""; // the text goes its own way from here
    if (!name) return;
    try {
      this.replace(name === BLANK ? TEMPLATE : await fetchText(this.base, name));
    } catch (error) {
      this.say(messageOf(error));
    }
  }

  /** Shows this text; asks first where what is written would be lost. @param {string} text */
  replace(text) {
    if (this.saved || this.text.value === text) return this.take(text);
    const end = () => {
      this.sure.hidden = true;
      this.text.focus();
    };
    const replace = button("Replace it", "What is written here is lost", () => {
      this.take(text);
      end();
    });
    const keep = button("Keep my text", "Nothing is changed", end);
    this.sure.replaceChildren("What you have written is not saved as a file. ", replace, keep);
    this.sure.hidden = false;
    keep.focus();
  }

  /** @param {string} text */
  take(text) {
    this.text.value = text;
    this.onInput();
    this.saved = true;
    void this.check();
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }
}
