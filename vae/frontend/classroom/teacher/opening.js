/** The page before a class: a form with one button, and the classes that this browser teaches already. */

/** @import { KnownClass } from "./requests.js" */
/** @import { TeacherData } from "./desk.js" */

import { button, element, messageOf, say, select } from "../../lib/dom.js";
import { aboutOf, ENGLISH, missingWords } from "../../lib/lesson-words.js";
import { keepForClass, lessonForClass, OWN_NAME, ownLesson, ownOption } from "../../lib/own-lesson.js";
import { roomAdvice, addressesOf } from "./addresses.js";
import { lessonsIn, openClass, ownClasses } from "./requests.js";

const STEPS = [
  "The projector shows a code. Students scan it with their phones, or type it: no account, no app.",
  "Ask what they expect, and let them vote: first alone, then once more after they have talked to each other.",
  "Show it. Their phones follow your page, or each explores, draws and hands in.",
];
const KEPT = "No accounts. Everything is deleted after 24 hours, or when you delete it, unless you export it.";
const REHEARSAL = 30; // simulated students
const NONE = ""; // no lesson

/** "Class of 30 November" */
export function proposedName(now = new Date()) {
  return `Class of ${now.toLocaleDateString("en-GB", { day: "numeric", month: "long" })}`;
}

export class Opening {
  /** The text of one's own lesson: the Lessons page has left it for a class, or it was written there before. */
  ownText = lessonForClass() ?? ownLesson();

  /**
   * @param {TeacherData} data
   * @param {{onOpen: (code: string, rehearse: number) => void}} calls onOpen: with how many simulated students are to join
   */
  constructor(data, { onOpen }) {
    this.data = data;
    this.onOpen = onOpen;
    this.lessons = data.lessons;
    const { lesson, language, rehearse } = data.wanted ?? { lesson: NONE, language: ENGLISH, rehearse: 0 };
    this.students = rehearse || REHEARSAL;
    this.name = element("input", { type: "text", maxLength: 60, value: proposedName(), autocomplete: "off" });
    this.lesson = select("Lesson", [], () => this.describe());
    this.language = select("Language", data.languages, () => void this.setLanguage());
    this.rehearse = element("input", { type: "checkbox", checked: rehearse > 0 });
    this.open = element("button", { type: "submit", className: "primary" }, "Open the class");
    this.about = element("p", { className: "quiet" });
    this.model = element("p", { className: "quiet" });
    this.problem = element("p", { className: "problem", role: "alert" });
    this.network = element("p", { className: "notice" });
    this.known = element("div", { className: "known" });
    this.element = element("div", { className: "opening" }, this.known, this.form(), stepList());
    this.language.value = data.languages.some(([code]) => code === language) ? language : ENGLISH;
    this.fill(lesson);
    this.update(data);
    if (this.language.value !== ENGLISH) void this.setLanguage();
    void this.findKnown();
  }

  form() {
    const simulated = `Rehearse it first, with ${this.students} simulated students`;
    const form = element("form", { className: "opening-form" });
    form.append(
      field("Name", this.name),
      field("Lesson", this.lesson),
      this.about,
      field("Language", this.language),
      element("label", { className: "tick" }, this.rehearse, element("span", {}, simulated)),
      this.model,
      this.open,
      this.problem,
      this.network,
      element("p", { className: "quiet" }, KEPT),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.start();
    });
    return form;
  }

  /** @param {TeacherData} data */
  update(data) {
    this.data = data;
    const { model, words, base, server } = data;
    const addresses = addressesOf(base, server);
    this.open.disabled = model === null;
    const without = "There is no model yet: train one on the Training page.";
    say(this.model, model === null ? without : `The model is ${words}: choose another one in the bar above.`);
    say(this.network, addresses.length ? "" : roomAdvice(addresses, server, { reports: [], joined: 0, waited: 0 }));
    this.network.hidden = !this.network.textContent;
    this.describe();
  }

  /** Offers the lessons, this one chosen. @param {string} lesson */
  fill(lesson) {
    const usable = this.lessons.filter(({ problem }) => !problem);
    const ready = usable.map(({ name, title, minutes }) => /** @type {const} */ ([name, `${title} · ${minutes} min`]));
    const own = this.ownText === null ? [] : [ownOption(this.ownText)];
    this.lesson.fill([[NONE, "no lesson: ask your own questions"], ...own, ...ready]);
    const names = [...this.lesson.options].map(({ value }) => value);
    this.lesson.value = names.includes(lesson) ? lesson : NONE;
    this.describe();
  }

  describe() {
    const chosen = this.lessons.find(({ name }) => name === this.lesson.value);
    const words = chosen ? [`${aboutOf(chosen)}.`, chosen.question, missingWords(chosen)] : [];
    say(this.about, words.filter(Boolean).join(" "));
    this.about.hidden = !chosen;
  }

  /** Shows the titles in the chosen language; where they do not come, they stay as they are. */
  async setLanguage() {
    const language = this.language.value;
    const found = await lessonsIn(this.data.base, language).catch(() => null);
    if (!found || language !== this.language.value) return;
    this.lessons = found;
    this.fill(this.lesson.value);
  }

  async findKnown() {
    /** @type {KnownClass[]} */
    const found = await ownClasses(this.data.base).catch(() => []);
    this.known.replaceChildren(
      ...found.map(({ code, name }) => {
        const node = button(`Go on with “${name}”`, `Class ${code}`, () => this.onOpen(code, 0));
        node.append(element("b", { className: "code" }, code));
        node.ariaLabel = `Go on with “${name}”, class ${code}`;
        return node;
      }),
    );
  }

  async start() {
    const { model, base } = this.data;
    if (model === null || this.open.disabled) return;
    this.open.disabled = true;
    say(this.problem, "");
    try {
      const fields = { name: this.name.value.trim() || proposedName(), model, language: this.language.value };
      const code = await openClass(base, { ...fields, ...this.lessonField() });
      keepForClass(null);
      this.onOpen(code, this.rehearse.checked ? this.students : 0);
    } catch (error) {
      say(this.problem, messageOf(error));
    } finally {
      this.open.disabled = false;
    }
  }

  /** The lesson as the server takes it. @returns {{lesson?: {name: string} | {text: string}}} */
  lessonField() {
    const { value } = this.lesson;
    if (value === NONE) return {};
    return { lesson: value === OWN_NAME ? { text: this.ownText ?? "" } : { name: value } };
  }

  /** @param {string} sentence */
  say(sentence) {
    say(this.problem, sentence);
  }

  close() {
    this.element.remove();
  }
}

/**
 * @param {string} label
 * @param {HTMLElement} control
 */
function field(label, control) {
  return element("label", { className: "field" }, element("span", {}, label), control);
}

function stepList() {
  const steps = STEPS.map((text, i) => element("li", {}, element("b", {}, `${i + 1}`), text));
  return element("ol", { className: "steps", ariaLabel: "What comes then" }, ...steps);
}
