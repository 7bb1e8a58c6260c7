/**
 * What the server knows of the films on this page: how their runs stand, and the films' bytes as they come to be.
 *
 *   const feed = new Feed(base, [{kind: "run" | "checkpoint", name, state}], {onChange, onState});
 *
 * onChange(): something is new in feed.items, or feed.lost has changed; onState(name, state): a run has come to another
 * state than the page was made for. A film may be cut and grow again, when a run resumes: it is then read anew.
 */

import { Film, FilmError } from "./film.js";

const POLL_MS = 400,
  SLOW_MS = 2000;
const FIRST_RETRY_MS = 500,
  LAST_RETRY_MS = 8000;
const MOST_MISSES = 3; // a run that has left the list may be a moment away from being a checkpoint
const FETCH_MS = 15_000; // a server that keeps us waiting longer is taken for gone
const BUSY = ["starting", "running", "saving"];
const ALIVE = [...BUSY, "queued", "paused"];

export class Feed {
  lost = false;
  attempt = 0;
  closing = new AbortController();

  constructor(base, films, { onChange, onState }) {
    Object.assign(this, { base, onChange, onState });
    this.items = films.map((film) => new Item(film));
    this.onVisible = () => document.hidden || this.hurry?.();
    document.addEventListener("visibilitychange", this.onVisible);
    this.watch();
  }

  /** Whether these are the films it has, so that it goes on with them; a run that has been saved meanwhile is. */
  goesOnWith(films) {
    const same = ({ kind, name }, item) => item?.name === name && (item.asked === kind || kind === "checkpoint");
    const all = films.length === this.items.length && films.every((film, i) => same(film, this.items[i]));
    if (all) films.forEach(({ kind }, i) => (this.items[i].asked = kind));
    return all;
  }

  close() {
    this.closing.abort();
    document.removeEventListener("visibilitychange", this.onVisible);
    this.hurry?.();
  }

  async watch() {
    while (!this.closing.signal.aborted) {
      const before = this.lost;
      try {
        await this.poll();
        Object.assign(this, { lost: false, attempt: 0 });
      } catch {
        this.lost = true;
      }
      if (this.closing.signal.aborted) return;
      if (this.lost !== before) this.onChange();
      if (!this.lost && this.items.every((item) => item.finished)) return;
      await this.rest(this.lost ? this.retryMs() : this.pollMs());
    }
  }

  rest(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The jitter keeps a class from knocking all at once on a server that has just come back. */
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
      if (item.kind === "run" && item.run.film_bytes === item.film.size) continue;
      await this.read(item);
      this.onChange();
    }
  }

  async getRuns() {
    const response = await this.get("/live/runs");
    if (!response.ok) throw new Error(response.statusText);
    return (await response.json()).runs;
  }

  takeRuns(runs) {
    for (const item of this.items) {
      if (item.kind !== "run") continue;
      const run = runs.find(({ name }) => name === item.name) ?? { ...item.run, state: "done", sentence: "" };
      item.run = run;
      if (run.state === "done") item.kind = "checkpoint";
      const first = item.state === undefined && run.state !== "done";
      if (!first && item.state !== run.state) this.onState(item.name, run.state);
      item.state = run.state;
    }
    this.onChange();
  }

  async read(item) {
    item.problem = "";
    try {
      if (item.kind === "run" && item.run.film_bytes < item.film.size) throw item.film.torn();
      await this.readOn(item, item.film);
    } catch (error) {
      if (!(error instanceof FilmError)) throw error;
      if (error.torn) await this.readAnew(item);
      else item.problem = error.message;
    }
    item.finished = item.kind === "checkpoint" && !(item.misses && item.misses < MOST_MISSES);
    if (item.finished && !item.film.frames.length) item.problem ||= "This film has no pictures.";
  }

  /** What is shown stays until there is the other. */
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

  async readOn(item, film) {
    for (let first = true; ; first = false) {
      const name = encodeURIComponent(item.name);
      const response = await this.get(`/live/film?kind=${item.kind}&name=${name}&from=${film.size}`);
      if (response.status === 416 && !first) break;
      if (response.status === 416) throw new FilmError("The film has become shorter.", true);
      if (response.status === 404) return this.miss(item, await response.text());
      if (!response.ok) throw new Error(response.statusText);
      item.misses = 0;
      const bytes = new Uint8Array(await response.arrayBuffer());
      film.take(bytes);
      if (!bytes.length) break;
      if (item.kind === "run" && film.size >= item.run.film_bytes) return;
    }
    // A saved film has no half-written end: what was read of it before was cut since.
    if (film.rest.length && item.kind === "checkpoint") throw film.torn();
  }

  /** A run that waits has no film yet; a checkpoint without one stays so, and a run that has left none was discarded. */
  miss(item, sentence) {
    if (item.kind === "run" || (item.run && ++item.misses < MOST_MISSES)) return;
    if (!item.film.frames.length) item.problem = sentence || "There is no film of this name.";
    else item.run = { ...item.run, state: "gone", sentence };
  }

  get(path) {
    const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(FETCH_MS)]);
    return fetch(`${this.base}${path}`, { signal, cache: "no-store" });
  }
}

/** One film of the page: {name, kind, run: as the server last told it or null, film, problem: a sentence or ""}. */
class Item {
  run = null;
  film = new Film();
  problem = "";
  misses = 0; // how often a saved run's film was not there
  finished = false; // nothing more will come

  constructor({ kind, name, state }) {
    Object.assign(this, { kind, name, state, asked: kind });
  }

  get alive() {
    return this.run !== null && ALIVE.includes(this.run.state);
  }
}
