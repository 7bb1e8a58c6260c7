/** Two ends and the paths between them: straight, spherical, the shortest in pixels, and pixel by pixel. */

import { drawPicture, fitPicture } from "../lib/canvas.js";
import { element, figure, say, segmented } from "../lib/dom.js";
import { rangeField, slider } from "../lib/fields.js";
import { norm } from "../lib/math.js";
import { t } from "../lib/words.js";
import { Downloads } from "./downloads.js";
import { shareText } from "./following.js";
import { Geometry } from "./geometry.js";
import { Player } from "./player.js";
import { pathSides } from "./sizes.js";
import { blend, shares } from "./space.js";
import { Strips } from "./strips.js";

/** @import { Pixels } from "../lib/canvas.js" */
/** @import { Option } from "../lib/dom.js" */
/** @import { Beside } from "./beside.js" */
/** @import { End, Page, State } from "./ends.js" */
/** @import { Curve, Space } from "./space.js" */

const LEAST_STEPS = 3,
  MOST_STEPS = 25,
  STEPS = 13;
const KEY_STEP = 0.02;
const CAPTION = 3.2, // em of the text under a large picture, with the gaps
  NARROW_SHARE = 0.3; // of the window's height that a large picture has where the page is one column
const CHANGE = t("Δ: mean change of a pixel from one picture to the next.");
const NOTE = t`All decoded now. The rows share their ends, the reconstructions of A and B: only the paths differ. ${CHANGE}`;
const BESIDE_NOTE = t`All decoded now. Each model has the pictures A and B at its own codes, and follows its own path. ${CHANGE}`;
/** @type {Option<Curve>[]} */
const CURVES = [
  ["linear", t("Linear")],
  ["spherical", t("Spherical")],
  ["shortest", t("Shortest")],
];

/** @type {Record<Curve, string>} */
const CURVE_WORDS = { linear: t("linear"), spherical: t("spherical"), shortest: t("shortest") };

export class PathView {
  name = "ends";

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.t = 0.5;
    /** @type {Curve} */
    this.curve = "linear";
    this.steps = STEPS;
    this.stripWidth = 0; // CSS pixels
    /** @type {Pixels[] | null} */
    this.endPictures = null;
    this.from = page.card("A", "from");
    this.to = page.card("B", "to");
    this.hero = figure("hero", t("Picture decoded at t on the path through latent space"));
    this.ghost = figure("ghost", t("The decoded ends mixed pixel by pixel at t"));
    this.stage = element("div", { className: "stage" });
    this.rows = element("div", { className: "rows" });
    this.heroPlace = element("div", { className: "heroes" }, this.hero.element, this.ghost.element);
    const range = { min: 0, max: 1, step: 0.001, value: 0.5, className: "scrubber" };
    this.scrubber = rangeField({ ...range, ariaLabel: t("t: from A at 0 to B at 1") });
    this.scrubLabel = element("span", { className: "row-label number" });
    this.scrubPlace = element("div", { className: "scrub-place" }, this.scrubber);
    this.cursor = element("div", { className: "cursor" });
    this.strips = new Strips(page.palette, (along) => this.jump(along));
    this.geometry = new Geometry(page, {
      onFound: () => this.takeShortest(),
      onMove: () => this.player.stop(),
      codes: (curve, count) => this.codes(curve, count),
    });
    this.curves = segmented(t("Follow the path"), CURVES, (curve) => this.follow(curve));
    this.curves.element.title = t("The large picture and the downloads follow this path");
    this.player = new Player({
      now: () => ({ t: this.t, steps: this.steps, seconds: this.downloads.seconds }),
      onMove: (along) => this.scrub(along),
      onStop: () => this.release(),
    });
    const steps = { min: LEAST_STEPS, max: MOST_STEPS, step: 1, value: STEPS };
    this.stepsSlider = slider(t("Pictures"), steps, {
      onInput: (count) => this.setSteps(count),
      onChange: (count) => page.remember({ steps: `${count}` }),
    });
    this.downloads = new Downloads(() => this.chosenPath());
    this.note = element("p", { className: "quiet small-print" }, NOTE);
    /** The models beside the page's own, null for none. @type {Beside | null} */
    this.beside = null;
    this.element = this.build();
    this.tools = this.buildTools();
    this.listen();
  }

  /** @param {State} state */
  takeState({ t: along, steps, path }) {
    this.t = inside(Number(along ?? 0.5), 0, 1, 0.5);
    this.steps = Math.round(inside(Number(steps ?? STEPS), LEAST_STEPS, MOST_STEPS, STEPS));
    this.curve = CURVES.find(([curve]) => curve === path)?.[0] ?? "linear";
    this.stepsSlider.set(this.steps);
    this.scrubber.value = `${this.t}`;
    this.curves.choose(this.curve);
  }

  /** New ends or a new model: everything is decoded anew. */
  refresh() {
    const { space, ends } = this.page;
    this.from.show(ends.from, space);
    this.to.show(ends.to, space);
    this.strips.reserve(space, this.steps);
    this.showGeometry();
    this.endPictures = null;
    this.beside?.refresh();
    this.scrub(this.t);
    void this.decodeEnds();
    void this.decodeStrips();
  }

  /** Follows the host's data. The models beside the page's own have a module that is loaded with the first of them. */
  async compare() {
    const { page } = this;
    if (!page.data.compare && !this.beside) return;
    const { Beside: Models } = await import("./beside.js");
    const { data } = page; // there may be newer ones
    if (data.compare) {
      this.beside ??= new Models(page, this.strips, () => ({ curve: this.curve, t: this.t, steps: this.steps }));
      if (!this.beside.update(data)) return;
      this.note.before(this.beside.differences);
    } else {
      this.beside?.close();
      this.beside = null;
    }
    this.heroPlace.replaceChildren(...this.heroes.map((each) => each.element));
    this.element.classList.toggle("comparing", this.beside !== null);
    this.note.textContent = this.beside ? BESIDE_NOTE : NOTE;
    if (page.isReady) {
      this.beside?.refresh();
      this.showNumbers();
      page.resize();
    }
  }

  /** The large pictures: of each model, of one alone also the ends mixed. */
  get heroes() {
    return this.beside ? [this.hero, ...this.beside.figures] : [this.hero, this.ghost];
  }

  async decodeEnds() {
    const {
      space,
      ends: { from, to },
    } = this.page;
    const pictures = await space.decode([space.code(from), space.code(to)], { slot: "ends" });
    if (!pictures || !this.isCurrent(space, from, to)) return;
    this.endPictures = pictures;
    this.drawBlend(this.t);
  }

  async decodeStrips() {
    const {
      space,
      ends: { from, to },
    } = this.page;
    const { steps } = this;
    const curves = this.rowCurves.map(
      (curve) => /** @type {[Curve, number[][]]} */ ([curve, this.codes(curve, steps)]),
    );
    const codes = curves.flatMap(([, each]) => each);
    const pictures = await space.decode(codes, { slot: "rows", background: true });
    if (!pictures || !this.isCurrent(space, from, to) || steps !== this.steps) return;
    this.strips.show(space, curves, pictures);
  }

  /** The curves that have a strip. @returns {Curve[]} */
  get rowCurves() {
    const found = this.curve === "shortest" && this.geometry.shortest.points;
    return found ? ["linear", "spherical", "shortest"] : ["linear", "spherical"];
  }

  /** Map, lengths and strip of the shortest path, while that is followed. */
  showGeometry() {
    const shown = this.curve === "shortest";
    this.strips.follow(this.curve);
    if (shown) this.geometry.show();
    else this.geometry.hide();
  }

  /** There is a shorter path than before. */
  takeShortest() {
    this.scrub(this.t);
    void this.decodeStrips();
  }

  /**
   * @param {Space} space
   * @param {End} from
   * @param {End} to
   */
  isCurrent(space, from, to) {
    const { page } = this;
    return page.space === space && page.ends.from === from && page.ends.to === to;
  }

  /**
   * @param {Curve} curve
   * @param {number} count
   */
  codes(curve, count) {
    const {
      space,
      ends: { from, to },
    } = this.page;
    return shares(count).map((along) => this.codeAt(curve, along, { space, from, to }));
  }

  /**
   * @param {Curve} curve
   * @param {number} along
   * @param {{space: Space, from: End, to: End}} [between]
   */
  codeAt(curve, along, { space, from, to } = { space: this.page.space, ...this.page.ends }) {
    if (curve !== "shortest") return space.between(curve, from, to, along);
    return space.codeOn(this.geometry.shortest.at(from, to, along), from, to, along);
  }

  /**
   * Every change of t comes here, by pointer, keys and play.
   *
   * @param {number} along
   */
  scrub(along) {
    const inputAt = performance.now();
    this.t = along;
    this.scrubber.value = `${along}`;
    this.placeCursor();
    void this.decodeAt(this.page.space, this.codeAt(this.curve, along), along, inputAt);
    this.beside?.scrub();
    this.page.announce(() => ({ t: shareText(along) }));
  }

  /** @param {State} state of another page, of which only the place is new */
  moveTo({ t: along }) {
    this.player.stop();
    this.scrub(inside(Number(along ?? 0.5), 0, 1, 0.5));
  }

  /**
   * @param {Space} space
   * @param {number[]} code
   * @param {number} along
   * @param {number} inputAt
   */
  async decodeAt(space, code, along, inputAt) {
    const pictures = await space.decode([code]);
    if (!pictures) return;
    const { canvas } = this.hero;
    drawPicture(canvas, pictures[0], space.imageShape);
    this.drawBlend(along);
    this.page.tookFrame(canvas, performance.now() - inputAt);
  }

  /** @param {number} along */
  drawBlend(along) {
    if (!this.endPictures) return;
    const [from, to] = this.endPictures;
    const mixed = blend([
      [from, 1 - along],
      [to, along],
    ]);
    drawPicture(this.ghost.canvas, mixed, this.page.space.imageShape);
  }

  /** A line through the strips and charts at t; its ends lie over the middle of the first and last picture. */
  placeCursor() {
    const place = (this.t * (this.steps - 1) + 0.5) / this.steps;
    this.cursor.style.transform = `translateX(${(place * this.stripWidth).toFixed(1)}px)`;
  }

  /**
   * Stops play and moves to t for good.
   *
   * @param {number} along
   */
  jump(along) {
    this.player.stop();
    this.scrub(along);
    this.release();
  }

  release() {
    this.page.remember({ t: shareText(this.t) });
  }

  hide() {
    this.player.stop();
    this.geometry.hide();
    this.beside?.stop();
  }

  close() {
    this.hide();
    this.beside?.close();
  }

  // — the page —

  /** @param {number} room height of the view, in CSS pixels; 0 where it is as high as it needs */
  resize(room) {
    const width = this.scrubPlace.clientWidth;
    if (!width) return; // hidden
    this.stripWidth = width;
    this.scrubPlace.style.setProperty("--columns", `${this.steps}`);
    this.placeCursor();
    this.strips.resize(width);
    this.resizePictures(room);
  }

  /**
   * The large pictures have the height that the rows leave, with as many pictures as a strip has at first: they keep their
   * size when the user changes this number.
   *
   * @param {number} room
   */
  resizePictures(room) {
    const { imageShape } = this.page.space;
    const [, height, width] = imageShape;
    const em = Number.parseFloat(getComputedStyle(this.stage).fontSize);
    const strips = this.strips.shown.map(({ canvas }) => canvas),
      charts = this.rows.offsetHeight - strips.reduce((sum, canvas) => sum + canvas.offsetHeight, 0);
    const left = room - charts - (strips.length * this.stripWidth * height) / width / STEPS - CAPTION * em;
    const { heroes } = this;
    const { hero, card } = pathSides({
      count: heroes.length,
      stage: this.stage.clientWidth,
      heroes: this.heroPlace.clientWidth,
      height: room ? left : NARROW_SHARE * innerHeight,
      em,
    });
    this.from.resize(card);
    this.to.resize(card);
    for (const { canvas, caption } of heroes) {
      caption.style.maxWidth = `${fitPicture(canvas, imageShape, hero)}px`;
    }
  }

  /** The z of the large picture. */
  place() {
    return this.codeAt(this.curve, this.t).slice(0, this.page.space.latentDim);
  }

  showNumbers() {
    const length = norm(this.place());
    say(this.scrubLabel, `t = ${this.t.toFixed(2)}`);
    const what = this.beside ? this.page.data.words : t("Through latent space");
    say(this.hero.caption, `${what}, ${CURVE_WORDS[this.curve]} · |z| = ${length.toFixed(2)}`);
    const share = Math.round(100 * this.t);
    say(this.ghost.caption, t`Through pixels: ${100 - share} % of A + ${share} % of B`);
  }

  build() {
    this.stage.append(this.from.element, this.heroPlace, this.to.element);
    const overlay = element("div", { className: "cursor-place" }, this.cursor);
    this.rows.append(this.scrubLabel, this.scrubPlace, ...this.strips.cells, overlay);
    const summary = element("summary", { className: "button" }, t("Numbers of every step"));
    const numbers = element("details", { className: "details numbers" }, summary, this.strips.table);
    return element("div", { className: "path" }, this.stage, this.rows, numbers);
  }

  buildTools() {
    const title = t("Play forward and back, without end; a GIF, which always repeats, then goes back, too");
    const loop = element("label", { className: "tick", title }, this.player.loop, t(" Loop"));
    const curves = element("div", { className: "labelled" }, t("Path"), this.curves.element);
    const parts = [
      this.player.button,
      loop,
      this.downloads.element,
      this.stepsSlider.element,
      curves,
      this.geometry.element,
      this.note,
    ];
    return element("div", { className: "tools" }, ...parts);
  }

  listen() {
    this.scrubber.addEventListener("input", () => {
      this.player.stop();
      this.scrub(this.scrubber.valueAsNumber);
    });
    this.scrubber.addEventListener("change", () => this.release());
    this.scrubber.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** What is played and saved. */
  chosenPath() {
    this.player.stop();
    const { curve, player, page } = this;
    return {
      space: page.space,
      codes: (/** @type {number} */ count) => this.codes(curve, count),
      back: player.loop.checked,
      name: `${page.data.model}-${curve}`,
    };
  }

  /** @param {Curve} curve */
  follow(curve) {
    const rows = this.rowCurves.length;
    this.curve = curve;
    this.showGeometry();
    this.scrub(this.t);
    if (rows !== this.rowCurves.length) void this.decodeStrips();
    this.beside?.redrawAll();
    this.page.remember({ path: curve });
  }

  /** @param {number} steps */
  setSteps(steps) {
    this.steps = steps;
    this.scrubPlace.style.setProperty("--columns", `${steps}`);
    this.placeCursor();
    void this.decodeStrips();
    this.beside?.redrawAll();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const { key, shiftKey } = event;
    const picture = 1 / (this.steps - 1);
    const small = shiftKey ? picture : KEY_STEP;
    /** @type {Record<string, number>} */
    const steps = {
      ...{ ArrowRight: small, ArrowUp: small, PageUp: picture },
      ...{ ArrowLeft: -small, ArrowDown: -small, PageDown: -picture },
    };
    const step = steps[key];
    if (step === undefined) return;
    event.preventDefault();
    this.jump(Math.max(0, Math.min(1, this.t + step)));
  }
}

/**
 * The value, or where it is outside of the limits the other one.
 *
 * @param {number} value
 * @param {number} low
 * @param {number} high
 * @param {number} otherwise
 */
function inside(value, low, high, otherwise) {
  return value >= low && value <= high ? value : otherwise; // also for NaN
}
