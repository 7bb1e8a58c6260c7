/**
 * The small map: the test images' codes in the plane of a model's first two principal components. Its points move to their
 * places under another model, unless the user wants less motion.
 *
 * @import { ClassMarks } from "../lib/palette.js"
 *
 * A model's cloud. half: of the side of the square that shows it; prior: whether it has one.
 *
 * @typedef {{points: Float32Array, half: number, prior: boolean}} Cloud
 */

import { drawingScale, paintDots } from "../lib/canvas.js";
import { contextOf, element } from "../lib/dom.js";
import { watchSize } from "../lib/view.js";

const MORPH_MS = 350;
const DOT = 1.9; // radius at drawingScale()

export class CloudMap {
  /** @type {Cloud | null} */
  cloud = null;
  /** What is drawn, on its way to the cloud. @type {Cloud | null} */
  drawn = null;
  /** This image. @type {number[] | null} */
  place = null;
  /** @type {ArrayLike<number>} */
  labels = [];
  /** @type {ClassMarks | null} */
  marks = null;
  frame = 0;

  constructor() {
    this.dots = element("canvas");
    this.canvas = element("canvas", { role: "img" });
    this.element = element("div", { className: "cloud" }, this.canvas);
    this.unwatch = watchSize(this.element, () => this.paint());
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.unwatch();
  }

  /**
   * @param {ArrayLike<number>} labels
   * @param {ClassMarks} marks
   */
  setClasses(labels, marks) {
    this.labels = labels;
    this.marks = marks;
  }

  /**
   * @param {Cloud} cloud
   * @param {string} description
   */
  show(cloud, description) {
    this.canvas.ariaLabel = description;
    if (cloud === this.cloud) return;
    const from = this.drawn;
    this.cloud = cloud;
    cancelAnimationFrame(this.frame);
    if (!from || from.points.length !== cloud.points.length || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.drawn = cloud;
      this.paint();
      return;
    }
    const start = performance.now();
    const step = (/** @type {number} */ now) => {
      const t = Math.min(1, Math.max(0, (now - start) / MORPH_MS));
      this.drawn = t < 1 ? between(from, cloud, eased(t)) : cloud;
      this.paint();
      if (t < 1) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  /** This image's place in the cloud. @param {number[] | null} place */
  showPlace(place) {
    this.place = place;
    this.mark();
  }

  paint() {
    const { drawn, marks, labels } = this;
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!side || !drawn || !marks) return; // not on the page yet
    for (const canvas of [this.canvas, this.dots]) Object.assign(canvas, { width: side, height: side });
    const screen = drawn.points.map((value, i) => (0.5 + (i % 2 ? -value : value) / drawn.half / 2) * side);
    const context = contextOf(this.dots),
      image = context.createImageData(side, side);
    const all = { visible: new Uint8Array(screen.length / 2).fill(1), bright: null, depths: null };
    const stamps = marks.stamps(DOT * drawingScale());
    paintDots(image, 1, stamps, { screen, colours: labels, palette: marks.rgb, ...all });
    context.putImageData(image, 0, 0);
    this.mark();
  }

  /** The points, the prior's circles, and this image over them. */
  mark() {
    const { drawn, place } = this,
      { width: side } = this.canvas;
    if (!drawn || side !== this.dots.width || !side) return;
    const context = contextOf(this.canvas);
    context.clearRect(0, 0, side, side);
    if (drawn.prior) this.drawPrior(context, side / 2 / drawn.half);
    context.drawImage(this.dots, 0, 0);
    const at = place && ringAt(place, drawn.half, side);
    this.canvas.dataset.at = at ? `${at}` : ""; // for tests
    if (!at) return;
    for (const [strokeStyle, width] of /** @type {const} */ ([
      ["#000", 6],
      ["#fff", 2.5],
    ])) {
      Object.assign(context, { strokeStyle, lineWidth: width * drawingScale() });
      context.beginPath();
      context.arc(at[0], at[1], 7 * drawingScale(), 0, 2 * Math.PI);
      context.stroke();
    }
  }

  /**
   * N(0, I) at one and two standard deviations.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} unit pixels of one unit of z
   */
  drawPrior(context, unit) {
    const middle = this.canvas.width / 2;
    Object.assign(context, { strokeStyle: getComputedStyle(this.canvas).color, lineWidth: drawingScale() });
    context.globalAlpha = 0.45;
    for (const radius of [1, 2]) {
      context.beginPath();
      context.arc(middle, middle, radius * unit, 0, 2 * Math.PI);
      context.stroke();
    }
    context.globalAlpha = 1;
  }
}

/**
 * The points on their way from one cloud to another.
 *
 * @param {Cloud} from
 * @param {Cloud} to
 * @param {number} t 0 to 1
 * @returns {Cloud}
 */
export function between(from, to, t) {
  const mix = (/** @type {number} */ a, /** @type {number} */ b) => (1 - t) * a + t * b;
  return {
    points: to.points.map((value, i) => mix(from.points[i], value)),
    half: mix(from.half, to.half),
    prior: to.prior,
  };
}

/**
 * Where a place is on the canvas, at its edge where it lies outside.
 *
 * @param {number[]} place
 * @param {number} half
 * @param {number} side
 */
export function ringAt([across, up], half, side) {
  const clamp = (/** @type {number} */ value) => Math.max(-0.96, Math.min(0.96, value / half));
  return [((1 + clamp(across)) * side) / 2, ((1 - clamp(up)) * side) / 2];
}

function eased(/** @type {number} */ t) {
  return t * t * (3 - 2 * t);
}
