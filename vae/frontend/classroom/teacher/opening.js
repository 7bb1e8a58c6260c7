/** The page before a class: a form with one button, and the classes that this browser teaches already. */

/** @import { KnownClass } from "./requests.js" */
/** @import { TeacherData } from "./desk.js" */

import { button, element, messageOf, say, select } from "../../lib/dom.js";
import { roomAdvice, addressesOf } from "./addresses.js";
import { openClass, ownClasses } from "./requests.js";

const STEPS = [
  "The projector shows a code. Students scan it with their phones, or type it: no account, no app.",
  "Ask what they expect, and let them vote: first alone, then once more after they have talked to each other.",
  "Show it. Their phones follow your page, or each explores, draws and hands in.",
];
const KEPT = "No accounts. Everything is deleted after 24 hours, or when you delete it, unless you export it.";

/** "Class of 30 November" */
export function proposedName(now = new Date()) {
  return `Class of ${now.toLocaleDateString("en-GB", { day: "numeric", month: "long" })}`;
}

export class Opening {
  /**
   * @param {TeacherData} data
   * @param {{onOpen: (code: string, lesson: string) => void}} calls onOpen: with the title of the lesson, "" for none
   */
  constructor(data, { onOpen }) {
    this.data = data;
    this.onOpen = onOpen;
    this.name = element("input", { type: "text", maxLength: 60, value: proposedName(), autocomplete: "off" });
    const lessons = data.questions.map(({ title }) => /** @type {const} */ ([title, title]));
    this.lesson = select("Begin with", [["", "no question yet"], ...lessons], () => this.describe());
    this.open = element("button", { type: "submit", className: "primary" }, "Open the class");
    this.about = element("p", { className: "quiet" });
    this.model = element("p", { className: "quiet" });
    this.problem = element("p", { className: "problem", role: "alert" });
    this.network = element("p", { className: "notice" });
    this.known = element("div", { className: "known" });
    this.form = element("form", { className: "opening-form" });
    this.form.append(
      element("label", { className: "field" }, element("span", {}, "Name"), this.name),
      element("label", { className: "field" }, element("span", {}, "Begin with"), this.lesson),
      this.about,
      this.model,
      this.open,
      this.problem,
      this.network,
      element("p", { className: "quiet" }, KEPT),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.start();
    });
    const steps = STEPS.map((text, i) => element("li", {}, element("b", {}, `${i + 1}`), text));
    const then = element("ol", { className: "steps", ariaLabel: "What comes then" }, ...steps);
    this.element = element("div", { className: "opening" }, this.known, this.form, then);
    this.update(data);
    void this.findKnown();
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

  describe() {
    const chosen = this.data.questions.find(({ title }) => title === this.lesson.value);
    say(this.about, chosen ? `${chosen.text} ${chosen.options.join(" · ")}` : "");
    this.about.hidden = !chosen;
  }

  async findKnown() {
    /** @type {KnownClass[]} */
    const found = await ownClasses(this.data.base).catch(() => []);
    this.known.replaceChildren(
      ...found.map(({ code, name }) => {
        const node = button(`Go on with “${name}”`, `Class ${code}`, () => this.onOpen(code, ""));
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
      const code = await openClass(base, { name: this.name.value.trim() || proposedName(), model });
      this.onOpen(code, this.lesson.value);
    } catch (error) {
      say(this.problem, messageOf(error));
    } finally {
      this.open.disabled = false;
    }
  }

  /** @param {string} sentence */
  say(sentence) {
    say(this.problem, sentence);
  }

  close() {
    this.element.remove();
  }
}
