/**
 * The teacher's side of following: tells the class which page and link this tab shows, and what moves on it.
 *
 * @import { Live } from "../lib/following.js"
 * @import { ConnectionOptions } from "./connection.js"
 * @import { Shown } from "./state.js"
 *
 * What it uses of the window.
 *
 * @typedef {Pick<Window, "location" | "history" | "addEventListener" | "removeEventListener"> &
 *           {document: Pick<Document, "hidden" | "addEventListener" | "removeEventListener">}} Page
 */

import { messageOf } from "../lib/dom.js";
import { listen } from "../lib/following.js";
import { watchAddress } from "../lib/history.js";
import { Connection } from "./connection.js";

const LIVE_MS = 50; // between two frames
const BYTES_PER_MS = 80; // of frames, to each student: a larger one takes its time
const SHOW_MS = 100; // Python writes a link in several steps
const AGAIN_MS = 1000; // from a student who has come to the newest frame, which that one has missed
/** The pages whose links name a model, in lower case the views that the students' page has. */
const VIEWS = ["Explore", "Latent_map", "Sampling", "Interpolation", "Reconstruction", "Compare", "Training"];

/**
 * What an address of the app or of the light page shows; null for what is no part of a lesson: the teacher's own page and
 * the students'.
 *
 * @param {string} href
 * @param {string} base the app's address, without a slash at its end
 * @returns {Shown | null}
 */
export function placeOf(href, base) {
  const { origin, pathname, searchParams } = new URL(href);
  const path = `${origin}${pathname}`.slice(base.length + 1);
  const { page = VIEWS[0], ...own } = Object.fromEntries(searchParams);
  if (/^lab\/?$/.test(path)) return { page, params: own };
  if (path === "Class" || path.includes("/")) return null;
  return { page: path || "Home", params: Object.fromEntries(searchParams) };
}

export class Broadcast {
  /** Called when the class or the connection is another. @type {Set<() => void>} */
  listeners = new Set();
  ended = false;
  /** What the class is being told to show, until it is. @type {Shown | null} */
  telling = null;
  /** The newest frame of what this tab shows. @type {Live | null} */
  newest = null;
  liveAt = Number.NEGATIVE_INFINITY;
  pause = LIVE_MS;
  problem = "";
  wasFollowed = false;
  here = 0; // students
  /** @type {Record<string, ReturnType<typeof setTimeout> | undefined>} */
  timers = {};

  /**
   * @param {string} base the app's address, without a slash at its end
   * @param {string} code of the class
   * @param {Page} page
   * @param {(options: ConnectionOptions) => Pick<Connection, "state" | "status" | "command" | "tell" | "close">} [connect]
   */
  constructor(base, code, page, connect = (options) => new Connection(options)) {
    this.base = base;
    this.code = code;
    this.page = page;
    const look = () => this.showSoon();
    page.document.addEventListener("visibilitychange", look);
    const unwatch = watchAddress(page, look);
    const deafen = listen(/** @type {any} */ (page), (live) => this.move(live));
    this.stop = () => {
      page.document.removeEventListener("visibilitychange", look);
      unwatch();
      deafen();
    };
    this.connection = connect({
      base,
      code,
      role: "presenter",
      onState: () => this.take(),
      onStatus: ({ final }) => (final ? this.end() : this.tell()),
    });
    look();
  }

  /** Whether the students follow right now. */
  get isFollowed() {
    const about = this.connection.state.class;
    return about !== null && about.mode === "follow" && !about.frozen;
  }

  /** What this tab says to the teacher about the class; "" for nothing. */
  get sentence() {
    return this.problem || (this.connection.status.connected ? "" : this.connection.status.sentence);
  }

  take() {
    const { class: about, people } = this.connection.state;
    if (about?.closed) return this.end();
    const { isFollowed, wasFollowed } = this,
      here = people?.connected ?? 0;
    const isNew = here > this.here || (isFollowed && !wasFollowed);
    this.here = here;
    this.wasFollowed = isFollowed;
    if (isFollowed && !wasFollowed) this.showSoon();
    if (isNew && this.newest) this.after("again", AGAIN_MS, () => this.newest && this.move(this.newest));
    this.tell();
  }

  // — at rest —

  showSoon() {
    this.timers.show ??= setTimeout(() => {
      this.timers.show = undefined;
      void this.show();
    }, SHOW_MS);
  }

  /** Tells the class what this tab shows, if it is in view and that is news. What is frozen stays what it was. */
  async show() {
    const place = placeOf(this.page.location.href, this.base);
    if (!place || this.ended || this.page.document.hidden || this.connection.state.class?.frozen) return;
    const { page, params } = place;
    if (VIEWS.includes(page) && !params.checkpoint) return; // Python has not written the link yet
    const isOfNewest = this.newest?.view === page.toLowerCase() && this.newest.model === params.checkpoint;
    if (!isOfNewest) this.newest = null;
    if (isSame(place, this.telling ?? this.connection.state.shown)) return;
    this.telling = place;
    await this.command("show", place);
    if (this.telling === place) this.telling = null;
  }

  /**
   * Has a command done, and says why it was not.
   *
   * @param {string} name
   * @param {object} fields
   */
  async command(name, fields) {
    try {
      await this.connection.command(name, fields);
      this.problem = "";
    } catch (error) {
      this.problem = messageOf(error);
    }
    this.tell();
  }

  // — what moves —

  /** @param {Live} live */
  move(live) {
    this.newest = live;
    if (!this.isFollowed || this.page.document.hidden || this.timers.live !== undefined) return;
    const wait = this.liveAt + this.pause - performance.now();
    if (wait <= 0) this.send();
    else this.after("live", wait, () => this.send());
  }

  send() {
    const { newest, connection } = this;
    if (!newest || !this.isFollowed) return;
    this.liveAt = performance.now();
    this.pause = Math.max(LIVE_MS, JSON.stringify(newest).length / BYTES_PER_MS);
    connection.tell("live", newest);
  }

  // — the end —

  end() {
    if (this.ended) return;
    this.ended = true;
    this.stop();
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    this.connection.close();
    this.tell();
  }

  tell() {
    for (const call of this.listeners) call();
  }

  /**
   * @param {string} name
   * @param {number} ms
   * @param {() => void} then
   */
  after(name, ms, then) {
    clearTimeout(this.timers[name]);
    this.timers[name] = setTimeout(() => {
      this.timers[name] = undefined;
      then();
    }, ms);
  }
}

/**
 * @param {Shown} place
 * @param {Shown | null} other
 */
function isSame({ page, params }, other) {
  if (!other || page !== other.page) return false;
  const names = Object.keys({ ...params, ...other.params });
  return names.every((name) => params[name] === other.params[name]);
}
