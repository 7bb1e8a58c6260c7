/** The film of a latent plane in training, again and again; touched, it rests, and each place is decoded live. */

import { drawPicture } from "../lib/canvas.js";
import { messageOf, say } from "../lib/dom.js";
import { Film, hasFrames } from "../lib/film.js";
import { LiveClient, liveUrl, noticeOf } from "../lib/live-client.js";
import { ClassMarks } from "../lib/palette.js";
import { epochText, momentAt, PlanePainter, withinReach, zAt } from "./plane.js";
import { Playback } from "./playback.js";
import { drawPairs, fetchFilm, Sheets } from "./sheets.js";
import { Stage } from "./stage.js";

/** @import { FilmWithFrames } from "../lib/film.js" */
/** @import { Place } from "./plane.js" */
/** @import { Originals } from "./sheets.js" */

const PAINT_MS = 40; // between two pictures of the film, at least: the server often runs on the same computer
const MOST_PIXELS = 1000; // of the plane's side
const PAIRS = 2,
  PAIRS_BELOW = 5; // in a row, beside the plane and below it

export class PlaneFilm {
  film = new Film();
  whole = false; // nothing more will come
  /** Once there are frames. @type {{film: FilmWithFrames, painter: PlanePainter, sheets: Sheets} | null} */
  loaded = null;
  /** The test images in one row. @type {HTMLCanvasElement | null} */
  originals = null;
  /** @type {(images: Originals | null) => void} */
  giveImages = () => {};
  /** The test images' pixels, null without. @type {Promise<Originals | null>} */
  images = new Promise((resolve) => {
    this.giveImages = resolve;
  });
  /** The reconstructions that are shown. @type {HTMLCanvasElement | null} */
  copies = null;
  across = 0;
  /** @type {LiveClient | undefined} */
  client;
  closing = new AbortController();
  seen = true; // by who looks at the page
  animation = 0; // request of the next picture
  movedAt = 0; // ms: when the film was last moved on
  /** @type {Place} */
  place = [0.5, 0.5];
  reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  playback = new Playback(() => this.onPlayback());
  stage = new Stage({
    onToggle: () => (this.playback.playing ? this.playback.pause() : this.playback.play()),
    onPlace: (place) => this.moveTo(place),
    onStep: ([across, down]) => this.moveTo([this.place[0] + across, this.place[1] + down]),
    onRelease: () => this.release(),
  });

  /**
   * @param {string} base the app's address
   * @param {{name: string, class_names: string[], version: string}} checkpoint whose film it is
   * @param {string[]} palette
   */
  constructor(base, { name, class_names: classNames, version }, palette) {
    this.base = base;
    this.name = name;
    this.version = version;
    this.palette = palette;
    this.stage.showClasses(classNames, new ClassMarks(palette, classNames.length));
    this.stage.describe(zAt(this.place));
    this.sizes = new ResizeObserver(() => this.paint());
    this.sizes.observe(this.stage.pad);
    this.sight = new IntersectionObserver((entries) => {
      this.seen = entries.at(-1)?.isIntersecting ?? true;
      this.run();
    });
    this.sight.observe(this.stage.pad);
    document.addEventListener("visibilitychange", () => this.run(), { signal: this.closing.signal });
    void this.load();
  }

  // — loading —

  async load() {
    const query = new URLSearchParams({ kind: "checkpoint", name: this.name, from: "0", v: this.version });
    const address = `${this.base}/live/film?${query}`;
    try {
      await fetchFilm(address, this.film, () => this.onFrames(), this.closing.signal);
      if (!this.loaded) throw new Error("it has no pictures");
    } catch (error) {
      if (this.closing.signal.aborted) return;
      this.stage.complain(`The film of ${this.name} could not be loaded (${messageOf(error)}). Reload the page.`);
    }
    if (!this.loaded) this.giveImages(null);
    this.whole = true;
    this.paint();
  }

  /** The first frames are shown long before the last have come. */
  onFrames() {
    if (!hasFrames(this.film)) return;
    if (this.loaded === null) this.begin(this.film);
    else if (!this.playback.playing) this.paint();
  }

  /** @param {FilmWithFrames} film */
  begin(film) {
    const sheets = new Sheets(film.head, () => this.paint());
    this.loaded = { film, sheets, painter: new PlanePainter(film, this.palette) };
    this.stage.hint.hidden = false;
    void sheets.originalRow().then((row) => {
      this.originals = row;
      this.paint();
    });
    void sheets.originalPixels().then(this.giveImages);
    this.client = new LiveClient(liveUrl(this.base), this.name, {
      onStatus: (status) => {
        if (status.state !== "connecting") this.stage.complain(noticeOf(status));
      },
    });
    if (this.reducedMotion.matches) this.playback.place = 1;
    else this.playback.play();
  }

  // — playing —

  onPlayback() {
    const { playing } = this.playback;
    this.stage.showPlaying(playing);
    if (playing) this.stage.showLive(false);
    this.run();
  }

  /** Moves on with the screen's pictures while the film plays and is seen. */
  run() {
    cancelAnimationFrame(this.animation);
    this.paint();
    if (!this.playback.playing || !this.seen || document.hidden) return;
    this.movedAt = performance.now();
    this.animation = requestAnimationFrame((now) => this.step(now));
  }

  /** @param {number} now ms */
  step(now) {
    this.animation = requestAnimationFrame((next) => this.step(next));
    if (now - this.movedAt < PAINT_MS) return;
    this.playback.advance(now - this.movedAt, this.end);
    this.movedAt = now;
    this.paint();
  }

  /** How far the film is loaded, on its time line. */
  get end() {
    return this.whole ? 1 : Math.sqrt(this.film.frames.at(-1)?.share ?? 0);
  }

  paint() {
    const { loaded, originals } = this,
      { canvas, pad, epoch, narrow } = this.stage;
    const side = Math.min(MOST_PIXELS, Math.round(pad.clientWidth * devicePixelRatio));
    if (!loaded || !side) return; // nothing is there yet, or not on the page
    const { film, painter, sheets } = loaded;
    if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
    const moment = momentAt(film, Math.min(1, this.playback.place));
    const [before, after] = [moment.before, moment.after].map((i) => sheets.get(film.frames[i]));
    painter.paint(canvas, moment, [before?.grid ?? null, after?.grid ?? null]);
    if (before && originals) this.showPairs(film, originals, before.copies, narrow ? PAIRS_BELOW : PAIRS);
    say(epoch, `epoch ${epochText(moment.epoch)} of ${film.head.epochs}`);
    canvas.dataset.frame = "1"; // for tests: there is a picture, of this epoch
    canvas.dataset.epoch = `${moment.epoch}`;
  }

  /**
   * Draws the test images beside their reconstructions, where these are others than before.
   *
   * @param {FilmWithFrames} film
   * @param {HTMLCanvasElement} originals
   * @param {HTMLCanvasElement} copies
   * @param {number} across pairs in a row
   */
  showPairs({ head }, originals, copies, across) {
    if (this.copies === copies && this.across === across) return;
    Object.assign(this, { copies, across });
    drawPairs(this.stage.pairs.canvas, originals, copies, head.imageShape, across);
  }

  // — a place —

  /** Every movement comes here: the film rests, and the place is decoded at once. @param {Place} place */
  moveTo(place) {
    if (!this.loaded) return;
    this.place = withinReach(place);
    const z = zAt(this.place);
    void this.client?.decode([z]).then((reply) => {
      if (reply) drawPicture(this.stage.live.canvas, reply.pixels, reply.imageShape);
    });
    this.playback.rest();
    this.stage.showLive(true);
    this.stage.showPlace(this.place, z);
  }

  release() {
    this.playback.release();
    this.stage.describe(zAt(this.place));
  }

  close() {
    this.closing.abort();
    cancelAnimationFrame(this.animation);
    this.playback.close();
    this.client?.close();
    this.sizes.disconnect();
    this.sight.disconnect();
  }
}
