/** The map of a film's test images: points that move from frame to frame. */

import { drawingScale, paintDots } from "../lib/canvas.js";
import { contextOf, element } from "../lib/dom.js";
import { ClassMarks } from "../lib/palette.js";
import { t } from "../lib/words.js";
import { epochsOf } from "./words.js";

/** @import { FilmWithFrames, Frame, Head } from "../lib/film.js" */
/** @typedef {{ places: Float32Array, half: number }} View places: latent units, x and y of each; half: the view's side */
/**
 * ratio: canvas pixels per CSS pixel. scale: of text, lines and dots, 1 on a laptop.
 *
 * @typedef {{ palette: string[], ink: string, paper: string, ratio: number, scale: number }} Look
 */
/** @typedef {{ width: number, height: number }} Size */

const PRIOR_REACH = 3.5; // prior standard deviations to either side: the circles and their labels fit
const MARGIN = 1.06;
const OUTLIER = 3; // a frame that reaches so many times as far as the others does not set the view
const TWEEN_MS = 220;
const SMALL = 300,
  RADIUS = 1.9,
  SMALL_RADIUS = 1.5,
  TEXT = 12; // CSS pixels on a laptop
const PLANES = {
  line: t("z across; the height means nothing"),
  latent: t("the latent plane: z₀ across, z₁ up"),
  principal: t("the plane of the two principal components, in latent units"),
};

/**
 * Half the side of the square in which a film's points are shown, in latent units; the same for all its frames.
 *
 * @param {FilmWithFrames} film
 */
function halfOf({ head, frames }) {
  const reaches = frames.map(({ reach }) => reach);
  const typical = Math.max(reaches.toSorted((a, b) => a - b)[reaches.length >> 1] ?? 0, reaches.at(-1) ?? 0);
  const half = MARGIN * Math.min(Math.max(0, ...reaches), OUTLIER * typical) || 1;
  return hasCircles(head) ? Math.max(PRIOR_REACH, half) : half;
}

/**
 * The same of several films: all latent planes are shown at one scale, so that they can be compared.
 *
 * @param {FilmWithFrames[]} films
 */
export function halvesOf(films) {
  const halves = films.map(halfOf),
    ofPlanes = halves.filter((_, i) => films[i].head.plane === "latent");
  return films.map(({ head }, i) => (head.plane === "latent" ? Math.max(...ofPlanes) : halves[i]));
}

/**
 * The points of a frame in latent units: x and y of each.
 *
 * @param {Frame} frame
 */
export function placesOf({ points, scale }) {
  return Float32Array.from(points, (value) => value * scale);
}

/**
 * Whether the map shows the prior. A plain autoencoder has none, and no samples either.
 *
 * @param {Head} head
 */
function hasCircles({ plane, samples }) {
  return plane === "latent" && samples > 0;
}

/** Paints points on a canvas. */
export class Painter {
  dots = element("canvas");
  /** @type {ImageData | null} */
  image = null;
  /** Whose classes these are. @type {Head | null} */
  head = null;
  /** @type {string[]} */
  palette = [];
  marks = new ClassMarks([], 0);

  /** @param {Head} head @param {string[]} palette */
  takeClasses(head, palette) {
    const count = head.classes.reduce((most, label) => Math.max(most, label + 1), head.classNames.length);
    Object.assign(this, { head, palette, marks: new ClassMarks(palette, count) });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {View & { head: Head }} view
   * @param {Size} size in CSS pixels
   * @param {Omit<Look, "paper">} look
   */
  paint(context, { head, places, half }, { width, height }, { palette, ink, ratio, scale }) {
    const unit = Math.min(width, height) / 2 / half;
    if (hasCircles(head)) paintCircles(context, unit, { width, height }, { ink, scale });
    const screen = new Float32Array(places.length);
    const lift = head.plane === "line" ? (0.9 * height) / unit : 1; // heights from −0.5 to 0.5
    for (let i = 0; i < places.length; i += 2) {
      screen[i] = width / 2 + places[i] * unit;
      screen[i + 1] = height / 2 - places[i + 1] * unit * lift;
    }
    const [columns, rows] = [width, height].map((side) => Math.round(side * ratio));
    if (this.dots.width !== columns || this.dots.height !== rows) {
      Object.assign(this.dots, { width: columns, height: rows });
      this.image = null;
    }
    const dots = contextOf(this.dots);
    this.image ??= dots.createImageData(columns, rows);
    if (head !== this.head || palette !== this.palette) this.takeClasses(head, palette);
    const stamps = this.marks.stamps((Math.min(width, height) < SMALL * scale ? SMALL_RADIUS : RADIUS) * scale * ratio);
    const all = { visible: new Uint8Array(head.classes.length).fill(1), bright: null, depths: null };
    paintDots(this.image, ratio, stamps, { screen, colours: head.classes, palette: this.marks.rgb, ...all });
    dots.putImageData(this.image, 0, 0);
    context.drawImage(this.dots, 0, 0, width, height);
  }
}

/**
 * One, two and three standard deviations of the prior.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} unit CSS pixels per latent unit
 * @param {Size} size
 * @param {Pick<Look, "ink" | "scale">} look
 */
function paintCircles(context, unit, { width, height }, { ink, scale }) {
  Object.assign(context, { strokeStyle: ink, fillStyle: ink, lineWidth: scale });
  Object.assign(context, { font: `${TEXT * scale}px sans-serif`, textAlign: "center" });
  for (const reach of [1, 2, 3]) {
    context.globalAlpha = 0.35;
    context.beginPath();
    context.arc(width / 2, height / 2, reach * unit, 0, 2 * Math.PI);
    context.stroke();
    context.globalAlpha = 0.8;
    context.fillText(`${reach} σ`, width / 2, height / 2 - reach * unit - 3 * scale);
  }
  context.globalAlpha = 1;
}

export class FilmMap {
  painter = new Painter();
  canvas = element("canvas", { className: "points", role: "img" });
  reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {string[]} */
  palette = [];
  /** @type {(View & { head: Head }) | null} */
  goal = null;
  /** @type {View | null} where the points were when they began to move to the goal */
  from = null;
  started = 0; // ms: when they began
  animation = 0; // request of the next frame

  /**
   * Moves to a frame of the film.
   *
   * @param {FilmWithFrames} film
   * @param {Frame} frame
   * @param {number} half of the view's side
   */
  show(film, frame, half) {
    const goal = { head: film.head, places: placesOf(frame), half };
    this.from = this.goal?.head !== film.head || this.reducedMotion.matches ? goal : this.now();
    this.goal = goal;
    this.started = performance.now();
    this.describe(film, frame);
    this.paint();
  }

  /**
   * @param {FilmWithFrames} film
   * @param {Frame} frame
   */
  describe({ head }, frame) {
    const count = head.points.toLocaleString("en"),
      plane = PLANES[head.plane];
    const epoch = epochsOf(frame.epoch),
      reach = frame.reach.toPrecision(2);
    this.canvas.ariaLabel = t`${count} test images on ${plane}, coloured by class, at epoch ${epoch}; 99 % lie within ${reach} of the middle`;
    this.canvas.title = plane;
  }

  /**
   * Where the points are on their way; the goal itself once they are there.
   *
   * @returns {View | null}
   */
  now() {
    const { from, goal } = this;
    const passed = Math.min(1, (performance.now() - this.started) / TWEEN_MS);
    if (passed === 1 || !from || !goal || from === goal) return goal;
    const between = (/** @type {number} */ a, /** @type {number} */ b) => a + passed * (b - a);
    return { places: goal.places.map((b, i) => between(from.places[i], b)), half: between(from.half, goal.half) };
  }

  paint() {
    cancelAnimationFrame(this.animation);
    const { goal } = this,
      { clientWidth: width, clientHeight: height } = this.canvas;
    if (!goal || !width || !height) return;
    const ratio = devicePixelRatio,
      sides = [width, height].map((side) => Math.round(side * ratio));
    if (this.canvas.width !== sides[0] || this.canvas.height !== sides[1]) {
      [this.canvas.width, this.canvas.height] = sides;
    }
    const context = contextOf(this.canvas),
      view = this.now() ?? goal;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const ink = getComputedStyle(this.canvas).color;
    const shown = { head: goal.head, places: view.places, half: view.half };
    const look = { palette: this.palette, ink, ratio, scale: drawingScale() / ratio };
    this.painter.paint(context, shown, { width, height }, look);
    if (view === goal) this.from = goal;
    else this.animation = requestAnimationFrame(() => this.paint());
  }

  close() {
    cancelAnimationFrame(this.animation);
  }
}
