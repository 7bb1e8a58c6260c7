/**
 * Plays a lesson beside the page that it drives: predict, experiment step by step, what happened and why, one more question.
 * Mounted once by hosts/lab/lesson.js.
 *
 * @import { Lesson } from "../lib/contract.js"
 * @import { Place, Progress } from "./course.js"
 * @import { ProgressStore } from "./progress.js"
 * @import { Stage } from "./steps.js"
 *
 * What it does with the page around it. hold: makes the page's own view idle until a prediction is committed.
 *
 * @typedef {Stage & {hold: (held: boolean) => void}} Host
 *
 * lesson: null where there is none, for the reason in `problem`. key: under which the progress is kept. isOpened: whether the
 * page's link said what to show, as after a reload. findNext: the lesson after this one.
 *
 * @typedef {object} PlayerData
 * @property {string} base the app's address
 * @property {Lesson | null} lesson
 * @property {string} problem
 * @property {string} key
 * @property {boolean} isOpened
 * @property {Host} host
 * @property {ProgressStore} store
 * @property {() => Promise<{title: string, href: string} | null>} findNext
 */

import { button, element, say } from "../lib/dom.js";
import { t } from "../lib/words.js";
import { freshProgress, indexOf, mayGoOn, nameOf, placesOf, progressIn } from "./course.js";
import { Ending } from "./ending.js";
import { Prediction } from "./prediction.js";
import { answerTo, explanation, outcome } from "./reveal.js";
import { StepPanel } from "./steps.js";

export default class Player {
  /** @type {PlayerData | null} */
  data = null;
  progress = freshProgress();
  /** @type {Place[]} */
  places = [];
  /** The steps whose state was shown. @type {Set<number>} */
  opened = new Set();
  title = element("h2", { id: "lesson-title" });
  about = element("p", { className: "lesson-about" });
  bar = element("i");
  heading = element("h3", { tabIndex: -1 });
  content = element("div", { className: "lesson-content" });
  back = button(t("Back"), t("To what came before"), () => this.go(-1));
  next = button(t("Next"), t("To what comes next"), () => this.go(1));
  news = element("p", { className: "lesson-news", role: "status" });

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.fold = button(t("Hide"), t("Hides or shows the lesson's text"), () => this.toggle());
    this.fold.className = "lesson-fold";
    this.fold.ariaExpanded = "true";
    const track = element("div", { className: "lesson-bar" }, this.bar);
    track.ariaHidden = "true"; // the text above says it
    const words = element("div", {}, this.title, this.about);
    const head = element("div", { className: "lesson-head" }, words, this.fold, track);
    this.foot = element("div", { className: "lesson-foot" }, this.back, this.next);
    this.body = element("div", { className: "lesson-body", id: "lesson-body" }, this.heading, this.content, this.foot);
    this.fold.setAttribute("aria-controls", this.body.id);
    this.element = element("section", { className: "lesson-panel" }, head, this.body, this.news);
    this.element.setAttribute("aria-labelledby", this.title.id);
    parent.append(this.element);
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(this.element);
  }

  /** Says how high it is, so that the page begins beneath it where it stands above. */
  measure() {
    document.documentElement.style.setProperty("--lesson-top", `${this.element.offsetHeight}px`);
  }

  /** Starts, or resumes; later calls change nothing. @param {PlayerData} data */
  update(data) {
    if (this.data) return;
    this.data = data;
    const { lesson, problem, store, key, isOpened } = data;
    if (!lesson) {
      this.refuse(problem);
      return;
    }
    this.places = placesOf(lesson);
    this.progress = progressIn(store.get(key), lesson);
    const { phase, step } = this.progress;
    const passed = phase === "experiment" ? step + (isOpened ? 1 : 0) : indexOf(this.places, this.progress);
    this.opened = new Set([...lesson.steps.keys()].slice(0, passed));
    for (const node of [this.title, this.content]) node.lang = lesson.language;
    say(this.title, lesson.title);
    this.show();
  }

  /** There is no lesson. @param {string} problem */
  refuse(problem) {
    say(this.title, t("No lesson"));
    this.content.replaceChildren(element("p", { className: "lesson-note", role: "alert" }, problem));
    this.heading.hidden = this.foot.hidden = true;
    this.data?.host.hold(false);
  }

  get at() {
    return indexOf(this.places, this.progress);
  }

  /** To another place. @param {number} by 1 for the next one, -1 for the one before */
  go(by) {
    const place = this.places[this.at + by];
    if (!place || (by > 0 && !mayGoOn(this.progress))) return;
    this.keep({ ...this.progress, ...place, done: this.progress.done || place.phase === "end" });
    this.show();
    this.element.scrollTop = this.body.scrollTop = 0;
    this.heading.focus({ preventScroll: true });
  }

  /** @param {Progress} progress */
  keep(progress) {
    this.progress = progress;
    this.data?.store.set(this.data.key, progress);
  }

  show() {
    const { data, progress, places, at } = this;
    if (!data?.lesson) return;
    const { lesson, host } = data,
      name = nameOf(progress, lesson);
    say(this.about, t`${lesson.minutes} minutes · part ${at + 1} of ${places.length}`);
    say(this.heading, name);
    say(this.news, name);
    this.bar.style.width = `${(100 * (at + 1)) / places.length}%`;
    this.content.replaceChildren(...this.contentOf(lesson, host));
    host.hold(progress.predicted === null);
    document.documentElement.dataset.lessonPhase = progress.phase;
    this.showFoot();
  }

  showFoot() {
    const { at, places, progress } = this,
      may = mayGoOn(progress);
    this.back.hidden = at === 0;
    this.next.hidden = !may || at === places.length - 1;
    this.foot.hidden = this.back.hidden && this.next.hidden;
    this.next.classList.toggle("primary", progress.phase !== "experiment" || this.opened.has(progress.step));
  }

  /**
   * What stands at the present place.
   *
   * @param {Lesson} lesson
   * @param {Host} host
   * @returns {Node[]}
   */
  contentOf(lesson, host) {
    const { progress } = this,
      { base } = host;
    switch (progress.phase) {
      case "predict":
        return this.predict(lesson);
      case "experiment":
        return [this.step(lesson, host).element];
      case "explain":
        return [outcome(lesson, progress.predicted ?? 0, base), explanation(lesson, base)];
      case "transfer":
        return this.transfer(lesson);
      case "end":
        return [this.end(lesson).element];
    }
  }

  /** @param {Lesson} lesson */
  predict(lesson) {
    const { missing } = lesson;
    const lacking = t`Not here: ${missing.join(", ")}. The steps that need it cannot be shown.`;
    const commit = t("Commit my prediction");
    const onCommit = (/** @type {number} */ predicted) => {
      this.keep({ ...this.progress, predicted });
      this.data?.host.hold(false);
      this.showFoot();
    };
    const { element: node } = new Prediction(lesson, this.progress.predicted, { name: "prediction", commit, onCommit });
    return [...(missing.length ? [element("p", { className: "lesson-note" }, lacking)] : []), node];
  }

  /**
   * @param {Lesson} lesson
   * @param {Host} host
   */
  step(lesson, host) {
    const { step } = this.progress;
    const onOpen = () => {
      this.opened.add(step);
      this.showFoot();
    };
    return new StepPanel(lesson.steps[step], host, { wasOpened: this.opened.has(step), onOpen });
  }

  /** @param {Lesson} lesson */
  transfer({ transfer }) {
    if (!transfer) return [];
    const answer = element("div", { className: "lesson-answer" });
    const reveal = (/** @type {number} */ given) => answer.replaceChildren(answerTo(transfer, given));
    const onCommit = (/** @type {number} */ given) => {
      this.keep({ ...this.progress, transferred: given });
      reveal(given);
      this.showFoot();
    };
    const commit = t("Commit my answer");
    const { transferred } = this.progress;
    if (transferred !== null) reveal(transferred);
    return [new Prediction(transfer, transferred, { name: "transfer", commit, onCommit }).element, answer];
  }

  /** @param {Lesson} lesson */
  end(lesson) {
    const { store, findNext, key } = /** @type {PlayerData} */ (this.data);
    const onRestart = () => {
      store.set(key, null);
      this.progress = freshProgress();
      this.opened.clear();
      this.show();
      this.heading.focus({ preventScroll: true });
    };
    const ending = new Ending(lesson, this.progress, { store, onRestart });
    findNext().then((next) => next && ending.offer(next, next.href), console.warn);
    return ending;
  }

  /** Hides the text, or shows it again: on a phone the view then has the room. */
  toggle() {
    const isOpen = this.body.hidden;
    this.body.hidden = !isOpen;
    this.fold.ariaExpanded = `${isOpen}`;
    const words = isOpen ? t("Hide") : t("Show");
    say(this.fold, words);
    this.fold.ariaLabel = words;
  }

  close() {
    this.sizes.disconnect();
  }
}
