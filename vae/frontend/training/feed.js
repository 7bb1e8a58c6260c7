/**
 * What the server knows of the films on this page: how their runs stand, and the films' bytes while they are written.
 *
 *   const feed = new Feed(base, [{kind: "run" | "checkpoint", name, state}], {onChange, onState});
 *
 * onChange(): feed.items or feed.lost have changed; onState(name, state): a run has changed to another state than the one
 * the page was made for. When a run resumes from an earlier state, its film is cut and grows again: the feed then reads
 * it from its beginning.
 */

import { ALIVE_RUN_STATES } from "../lib/contract.js";
import { load } from "../lib/files.js";
import { Film, FilmError } from "../lib/film.js";
import { t, translate } from "../lib/words.js";

/** @import { RunState, RunStatus } from "../lib/contract.js" */

/**
 * A run, as the server lists it. It no longer lists a run that has become a checkpoint or was discarded: "done" and
 * "gone" are this page's words for these two, and of such a run perhaps nothing else is known.
 *
 * @typedef {Partial<Omit<RunStatus, "state">> & { state: RunState | "done" | "gone", sentence: string }} Run
 */

/** @typedef {"run" | "checkpoint"} Kind */

/**
 * A film that the page shows. version: of a checkpoint's, with which browsers keep it.
 *
 * @typedef {{ kind: Kind, name: string, state?: Run["state"] | null, version?: string }} FilmChoice
 */

const POLL_MS = 400,
  SLOW_MS = 2000;
const FIRST_RETRY_MS = 500,
  LAST_RETRY_MS = 8000;
const MAX_MISSES = 3; // a run that has left the list may be a moment away from being a checkpoint
const FETCH_MS = 15_000; // after that, the connection counts as lost
/** @type {readonly Run["state"][]} */
const BUSY = ALIVE_RUN_STATES.filter((state) => state !== "queued");
/** @type {readonly Run["state"][]} */
const UNFINISHED = [...ALIVE_RUN_STATES, "paused"]; // the film may grow

export class Feed {
  lost = false; // whether the connection is
  attempt = 0; // at reconnecting
  closing = new AbortController();
  /** @type {(() => void) | undefined} polls at once, while the feed waits for the next poll */
  pollNow;

  /**
   * @param {string} base the app's address
   * @param {FilmChoice[]} films
   * @param {{ onChange: () => void, onState: (name: string, state: Run["state"]) => void }} listeners
   */
  constructor(base, films, { onChange, onState }) {
    this.base = base;
    this.onChange = onChange;
    this.onState = onState;
    this.items = films.map((film) => new Item(film));
    this.onVisible = () => {
      if (!document.hidden) this.pollNow?.();
    };
    document.addEventListener("visibilitychange", this.onVisible);
    void this.watch(); // catches what a poll throws
  }

  /**
   * Whether these are the films it has, so that it goes on with them; a run that has been saved since then counts as the
   * same film.
   *
   * @param {FilmChoice[]} films
   */
  goesOnWith(films) {
    const same =
      films.length === this.items.length && films.every((film, i) => this.items[i].isFilmOf(film.kind, film.name));
    if (same) for (const [i, { kind }] of films.entries()) this.items[i].chosenKind = kind;
    return same;
  }

  close() {
    this.closing.abort();
    document.removeEventListener("visibilitychange", this.onVisible);
    this.pollNow?.();
  }

  async watch() {
    while (!this.closing.signal.aborted) {
      const before = this.lost;
      try {
        await this.poll();
        this.lost = false;
        this.attempt = 0;
      } catch {
        this.lost = true;
      }
      if (this.closing.signal.aborted) return;
      if (this.lost !== before) this.onChange();
      if (!this.lost && this.items.every((item) => item.finished)) return;
      await this.rest(this.lost ? this.retryMs() : this.pollMs());
    }
  }

  /**
   * @param {number} ms
   * @returns {Promise<void>}
   */
  rest(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.pollNow = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Random, so that the browsers of a class do not all reconnect at once to a server that has just come back. */
  retryMs() {
    return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.attempt++) * (0.75 + Math.random() / 4);
  }

  pollMs() {
    const busy = this.items.some(({ run }) => run && BUSY.includes(run.state));
    return busy && !document.hidden ? POLL_MS : SLOW_MS;
  }

  async poll() {
    const open = this.items.filter((item) => !item.finished);
    if (open.some(({ kind }) => kind === "run")) this.takeRuns(await this.getRuns());
    for (const item of open) {
      if (item.kind === "run" && item.filmBytes === item.film.size) continue;
      await this.read(item);
      this.onChange();
    }
  }

  /** @returns {Promise<RunStatus[]>} */
  async getRuns() {
    const response = await this.get("/live/runs");
    if (!response.ok) throw new Error(response.statusText);
    return (await response.json()).runs;
  }

  /** @param {RunStatus[]} runs */
  takeRuns(runs) {
    for (const item of this.items) {
      if (item.kind !== "run") continue;
      /** @type {Run} */
      const run = runs.find(({ name }) => name === item.name) ?? { ...item.run, state: "done", sentence: "" };
      item.run = run;
      if (run.state === "done") item.kind = "checkpoint";
      const first = item.state === undefined && run.state !== "done";
      if (!first && item.state !== run.state) this.onState(item.name, run.state);
      item.state = run.state;
    }
    this.onChange();
  }

  /** @param {Item} item */
  async read(item) {
    item.problem = "";
    try {
      if (item.kind === "run" && item.filmBytes < item.film.size) throw item.film.torn();
      await this.readOn(item, item.film);
    } catch (error) {
      if (!(error instanceof FilmError)) throw error;
      if (error.torn) await this.readAnew(item);
      else item.problem = error.message;
    }
    item.finished = item.kind === "checkpoint" && !(item.misses && item.misses < MAX_MISSES);
    if (item.finished && !item.film.frames.length) item.problem ||= t("This film has no pictures.");
  }

  /**
   * Reads the film from its beginning; the page shows the old one until then.
   *
   * @param {Item} item
   */
  async readAnew(item) {
    const film = new Film();
    try {
      await this.readOn(item, film);
    } catch (error) {
      if (!(error instanceof FilmError)) throw error;
      item.problem = error.message;
    }
    item.film = film;
  }

  /**
   * @param {Item} item
   * @param {Film} film
   */
  async readOn(item, film) {
    for (let first = true; ; first = false) {
      const name = encodeURIComponent(item.name);
      const kept = item.kind === "checkpoint" && item.version ? `&v=${item.version}` : "";
      const address = `/live/film?kind=${item.kind}&name=${name}&from=${film.size}${kept}`;
      const response = await this.get(address, kept ? "default" : "no-store");
      if (response.status === 416 && !first) break;
      if (response.status === 416) throw new FilmError(t("The film has become shorter."), true);
      if (response.status === 404) return item.miss(await response.text());
      if (!response.ok) throw new Error(response.statusText);
      item.misses = 0;
      const bytes = new Uint8Array(await response.arrayBuffer());
      film.take(bytes);
      if (!bytes.length) break;
      if (item.kind === "run" && film.size >= item.filmBytes) return;
    }
    // A saved film ends with a whole record: if there is half a record here, the film was cut after we read that half.
    if (film.rest.length && item.kind === "checkpoint") throw film.torn();
  }

  /**
   * @param {string} path
   * @param {RequestCache} cache
   */
  get(path, cache = "no-store") {
    const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(FETCH_MS)]);
    return load(`${this.base}${path}`, { signal, cache });
  }
}

/** One film of the page. */
export class Item {
  /** @type {Run | null} as the server last listed it */
  run = null;
  film = new Film();
  problem = ""; // a sentence
  misses = 0; // how often a saved run's film was not there
  finished = false; // nothing more will come

  /** @param {FilmChoice} choice */
  constructor({ kind, name, state, version = "" }) {
    this.kind = kind;
    this.name = name;
    this.version = version;
    this.state = state;
    this.chosenKind = kind; // this.kind changes when the run is saved
  }

  /** Whether the run may still go on, and its film grow. */
  get unfinished() {
    return this.run !== null && UNFINISHED.includes(this.run.state);
  }

  /** The length of a run's film, as the server last said. */
  get filmBytes() {
    return this.run?.film_bytes ?? 0;
  }

  /**
   * @param {Kind} kind
   * @param {string} name
   */
  isFilmOf(kind, name) {
    return this.name === name && (this.chosenKind === kind || kind === "checkpoint");
  }

  /**
   * The server has no such film: a run that waits has none yet, a checkpoint without one stays without, and a run that
   * left no checkpoint was discarded.
   *
   * @param {string} sentence the server's
   */
  miss(sentence) {
    if (this.kind === "run" || (this.run && ++this.misses < MAX_MISSES)) return;
    if (!this.film.frames.length) this.problem = translate(sentence) || t("There is no film of this name.");
    else this.run = { ...this.run, state: "gone", sentence };
  }
}
