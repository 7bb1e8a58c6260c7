/**
 * A student's side of following: the host of the light page shows what the teacher shows, at rest and while it moves.
 *
 * At rest a state says it, as the link of the teacher's page: the host opens that link in place of its own. What moves comes
 * in frames that are not kept: the shown component follows each at once, if it is of the same view and model.
 *
 * @import { Live } from "../lib/following.js"
 *
 * What it uses of the host, see hosts/lab/lab.js. runs: called after each run of the host.
 *
 * @typedef {object} Host
 * @property {string} model
 * @property {string[]} models
 * @property {{settings: {views: readonly {name: string, address: string}[]}}} environment
 * @property {Set<() => void>} runs
 * @property {(link: URLSearchParams, afresh: boolean) => void} replace
 * @property {(view: string, model: string) => {follow?: (live: Live) => void} | null} shownAs
 *
 * What it uses of a class' state.
 *
 * @typedef {{page: string, params: Record<string, string>}} Shown
 * @typedef {object} Followed
 * @property {{model: string, mode: "follow" | "explore", frozen: boolean, closed: boolean} | null} class
 * @property {Shown | null} shown
 * @property {{phase: string, link?: string | null} | null} lesson
 */

import { t, translate } from "../lib/words.js";

// A frame goes straight to the students, what is at rest by way of the teacher's page and the class' file: a frame that came
// this shortly before it is as new, or newer.
const NEWER_MS = 1000;

export class Follower {
  following = false;
  /** What to tell the student besides: where the teacher is, if not on one of the views here. "" for nothing. */
  sentence = "";
  /** What is shown at rest. @type {Shown | null} */
  shown = null;
  /** The newest frame since then. @type {Live | null} */
  newest = null;
  newestAt = Number.NEGATIVE_INFINITY;

  /**
   * @param {Host} lab
   * @param {() => number} [now] in ms
   */
  constructor(lab, now = () => performance.now()) {
    this.lab = lab;
    this.now = now;
    lab.runs.add(() => this.showAll());
  }

  /**
   * Takes what is new of the class.
   *
   * @param {Followed} state
   */
  take({ class: about, shown, lesson }) {
    const before = this.following;
    const follows = about?.mode === "follow" && !about.closed;
    this.following = follows && !about.frozen;
    if (!follows) {
      this.sentence = "";
      this.shown = null;
    }
    if (!this.following) this.newest = null;
    const isLate = follows && about.frozen && !this.shown; // then the frozen view is to come yet
    const isNews = this.following && (!before || !isSame(shown, this.shown));
    if (shown && about && (isLate || isNews)) this.open(shown, about.model, isStep(shown, lesson));
  }

  /**
   * @param {Shown} shown
   * @param {string} model of the class, for a link without one
   * @param {boolean} [afresh] with nothing that the student has done in the view before, as in a lesson's step
   */
  open(shown, model, afresh = false) {
    this.shown = shown;
    const { lab } = this,
      { page, params } = shown;
    const isHere = lab.environment.settings.views.some(({ address }) => address === page);
    this.sentence = isHere ? "" : t`Your teacher is on ${translate(page.replaceAll("_", " "))}.`;
    if (!isHere) return;
    if (this.now() - this.newestAt > NEWER_MS) this.newest = null;
    const link = new URLSearchParams({ page, checkpoint: model, ...params });
    const name = link.get("checkpoint") ?? model;
    if (!lab.models.includes(name)) lab.models.push(name); // trained since this page was opened
    lab.replace(link, afresh);
  }

  /** Shows it again: the student was without a connection, and may have gone elsewhere. */
  again() {
    if (this.following && this.shown) this.open(this.shown, this.lab.model);
  }

  /**
   * Takes a frame. One of another view or model waits until the host shows that.
   *
   * @param {Live} live
   */
  live(live) {
    if (!this.following) return;
    this.newest = live;
    this.newestAt = this.now();
    this.show(live);
  }

  /** The host has shown a link, or something that the student chose: the frame is newer. */
  showAll() {
    const { lab, shown, newest } = this;
    if (!shown) return;
    const view = lab.environment.settings.views.find(({ address }) => address === shown.page);
    // A component keeps its own state when only the link is another one.
    if (view) this.show({ view: view.name, model: lab.model, params: shown.params });
    if (newest) this.show(newest);
  }

  /** @param {Live} live */
  show(live) {
    this.lab.shownAs(live.view, live.model)?.follow?.(live);
  }
}

/**
 * Whether it is what the class's lesson has come to.
 *
 * @param {Shown} shown
 * @param {Followed["lesson"]} lesson
 */
function isStep({ page, params }, lesson) {
  if (lesson?.phase !== "experiment" || !lesson.link) return false;
  const [own, query] = lesson.link.split("?");
  const linked = new URLSearchParams(query);
  return own === page && linked.size === Object.keys(params).length && [...linked].every(([k, v]) => params[k] === v);
}

/**
 * @param {Shown | null} shown
 * @param {Shown | null} before
 */
function isSame(shown, before) {
  return JSON.stringify(shown) === JSON.stringify(before);
}
