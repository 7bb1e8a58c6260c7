/**
 * The map of Explore: encoded test images as coloured points, the current z as a marker that can be dragged.
 *
 * @import { DecodeReply } from "../lib/live-client.js"
 *
 * points: k × 2; labels: k; projection: origin and axes of the plane; range: half the plane shown of a 2-D latent space.
 *
 * @typedef {{points: Float32Array, labels: Uint16Array, classNames: string[], palette: string[],
 *            projection: {mean: number[], components: number[][]}, latentDim: number, range: number}} MapData
 */

import { drawingScale, drawPicture, paintDots } from "../lib/canvas.js";
import { contextOf, element, onDrag } from "../lib/dom.js";
import { countOutside, frameOf } from "../lib/frame.js";
import { classHeight } from "../lib/math.js";
import { ClassMarks, MOST_NAMES } from "../lib/palette.js";
import { t } from "../lib/words.js";

const DOT = 1.9,
  DOT_ON_PICTURES = 1.3; // radius at drawingScale()
const GRID = 15; // pictures per side of the manifold under a 2-D latent space
const KEY_STEP = 0.05,
  BIG_KEY_STEP = 0.5;
/** Colours and widths of a marker's lines at drawingScale(). @type {[string, number][]} */
const OUTLINE = [
  ["#000", 6],
  ["#fff", 2.5],
];
/** @type {Map<string, [number, number]>} */
const ARROWS = new Map([
  ["ArrowLeft", [-1, 0]],
  ["ArrowRight", [1, 0]],
  ["ArrowUp", [0, 1]],
  ["ArrowDown", [0, -1]],
]);

/**
 * Shows (z - mean)·components, so the marker is exact. Dragging moves z within the plane of the two components; in a
 * 2-D latent space that plane is all there is, and the decoded manifold lies under the points.
 */
export class SmallMap {
  /** @type {number[]} */
  z = [];
  /** @type {number[] | null} */
  start = null;
  /** @type {Float32Array | null} */
  points = null;
  labels = new Uint16Array(0);
  marks = new ClassMarks([], 0);
  /** @type {MapData["projection"]} */
  projection = { mean: [], components: [] };
  latentDim = 0;
  isPlane = false;
  bounds = { x: 0, y: 0, half: 1 };
  /** Decoded pictures under the points. @type {HTMLCanvasElement | null} */
  manifold = null;

  /**
   * @param {object} calls
   * @param {(z: number[]) => void} calls.onMove at each input event
   * @param {() => void} calls.onRelease when the user lets the marker go
   */
  constructor({ onMove, onRelease }) {
    this.onMove = onMove;
    this.onRelease = onRelease;
    this.background = element("canvas"); // manifold and points: painted once, copied for every frame
    this.dots = element("canvas");
    this.canvas = element("canvas");
    this.pad = element("div", { className: "pad", tabIndex: 0, role: "application" }, this.canvas);
    this.caption = element("p", { className: "caption" });
    this.legend = element("ul", { className: "legend" });
    this.element = element("div", { className: "map" }, this.pad);
    this.listen();
    const sizes = new ResizeObserver(() => this.paint());
    sizes.observe(this.pad); // ends with the pad when the component unmounts
  }

  /**
   * @param {number[]} z
   * @param {MapData} data
   */
  setData(z, { points, labels, classNames, palette, projection, latentDim, range }) {
    Object.assign(this, { z, start: null, labels, projection, manifold: null });
    this.points = latentDim === 1 ? spreadByClass(points, labels, classNames.length) : points;
    this.marks = new ClassMarks(palette, classNames.length);
    this.latentDim = latentDim;
    this.isPlane = latentDim === 2;
    this.setRange(range);
    this.fillLegend(classNames);
    this.paint();
  }

  /** @param {number} range */
  setRange(range) {
    this.bounds = this.isPlane ? { x: 0, y: 0, half: range } : squareAround(this.points ?? new Float32Array(0));
    this.manifold = null;
    const { x, y, half } = this.bounds;
    const bounds = { low: [x - half, y - half], high: [x + half, y + half] };
    const outside = this.points ? countOutside(this.points, bounds) : 0;
    this.caption.textContent = captionOf(this.latentDim, this.labels.length, outside);
    this.paint();
  }

  /** The z of the manifold's pictures, row by row from the top left. */
  manifoldVectors() {
    const { half } = this.bounds;
    const at = (/** @type {number} */ i) => ((2 * i + 1) / GRID - 1) * half;
    return Array.from({ length: GRID * GRID }, (_, i) => [at(i % GRID), -at(Math.floor(i / GRID))]);
  }

  /** @param {DecodeReply} reply */
  drawManifold({ pixels, imageShape }) {
    const [, height, width] = imageShape;
    const row = element("canvas");
    this.manifold = element("canvas", { width: GRID * width, height: GRID * height });
    const context = contextOf(this.manifold);
    for (let i = 0; i < GRID; i++) {
      drawPicture(row, pixels, imageShape, i * GRID, GRID);
      context.drawImage(row, 0, i * height);
    }
    this.paint();
  }

  /**
   * Moves the marker to z: called for every frame. Drawing a canvas again is faster than moving elements.
   *
   * @param {number[]} z
   */
  show(z) {
    this.z = z;
    const context = contextOf(this.canvas);
    context.drawImage(this.background, 0, 0);
    if (this.start) this.drawMarker(context, this.start, square);
    this.pad.dataset.at = String(this.drawMarker(context, z, ring)); // for tests: -1 to 1 across and up
  }

  /** @param {number[]} z */
  showStart(z) {
    this.start = z;
    this.show(this.z);
  }

  /** @param {string} text */
  describe(text) {
    this.pad.ariaLabel = text;
  }

  /** @param {string[]} names of the classes */
  fillLegend(names) {
    const items = names
      .slice(0, MOST_NAMES)
      .map((name, k) => element("li", { title: name }, this.marks.swatch(k), name));
    const more = names.length > MOST_NAMES ? t`and ${names.length - MOST_NAMES} more` : "";
    const notes = [more, this.marks.note].filter((note) => note);
    this.legend.replaceChildren(...items, ...notes.map((note) => element("li", { className: "note" }, note)));
  }

  /**
   * Draws the marker of a z, faint at the edge when z lies outside. Returns where it lies, from -1 to 1 across and up.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number[]} z
   * @param {(x: number, y: number, pixel: number) => Path2D} shape
   */
  drawMarker(context, z, shape) {
    const [x, y] = this.project(z);
    const { x: middleX, y: middleY, half } = this.bounds;
    const across = (x - middleX) / half,
      up = (y - middleY) / half;
    const clamp = (/** @type {number} */ value) => Math.max(-0.96, Math.min(0.96, value));
    const side = this.canvas.width;
    context.globalAlpha = Math.max(Math.abs(across), Math.abs(up)) > 1 ? 0.5 : 1;
    const path = shape(((1 + clamp(across)) * side) / 2, ((1 - clamp(up)) * side) / 2, drawingScale());
    for (const [strokeStyle, width] of OUTLINE) {
      Object.assign(context, { strokeStyle, lineWidth: width * drawingScale() });
      context.stroke(path);
    }
    return [across.toFixed(3), up.toFixed(3)];
  }

  /** @param {number[]} z */
  project(z) {
    const { mean, components } = this.projection;
    return components.map((component) => component.reduce((sum, weight, i) => sum + weight * (z[i] - mean[i]), 0));
  }

  /**
   * z moved within the plane so that its projection lies at (x, y): the components are orthonormal.
   *
   * @param {number} x
   * @param {number} y
   */
  lift(x, y) {
    const [nowX, nowY] = this.project(this.z);
    const [first, second] = this.projection.components;
    return this.z.map((value, i) => value + (x - nowX) * first[i] + (y - nowY) * second[i]);
  }

  listen() {
    const { pad } = this;
    onDrag(
      pad,
      (event) => this.moveTo(event),
      () => this.onRelease(),
    );
    pad.addEventListener("keydown", (event) => this.moveByKey(event));
    pad.addEventListener("keyup", () => this.onRelease());
    pad.addEventListener("blur", () => this.onRelease());
  }

  /** @param {PointerEvent} event */
  moveTo({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const { x, y, half } = this.bounds;
    const across = Math.max(-1, Math.min(1, (2 * (clientX - box.left)) / box.width - 1));
    const up = Math.max(-1, Math.min(1, 1 - (2 * (clientY - box.top)) / box.height));
    this.follow(this.lift(x + across * half, y + up * half));
  }

  /** @param {KeyboardEvent} event */
  moveByKey(event) {
    const direction = ARROWS.get(event.key);
    if (!direction) return;
    event.preventDefault();
    const step = event.shiftKey ? BIG_KEY_STEP : KEY_STEP;
    const [x, y] = this.project(this.z);
    this.follow(this.lift(x + step * direction[0], y + step * direction[1]));
  }

  /**
   * z was moved on the map: the marker follows at once.
   *
   * @param {number[]} z
   */
  follow(z) {
    this.onMove(z);
    this.show(z);
  }

  paint() {
    const { points, labels, manifold } = this;
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!side || !points) return; // not on the page yet
    for (const canvas of [this.canvas, this.background, this.dots])
      Object.assign(canvas, { width: side, height: side });
    const context = contextOf(this.background);
    context.fillStyle = getComputedStyle(this.pad).backgroundColor;
    context.fillRect(0, 0, side, side);
    if (manifold) context.drawImage(manifold, 0, 0, side, side);
    this.paintPoints(points, labels, side);
    context.drawImage(this.dots, 0, 0);
    this.show(this.z);
  }

  /**
   * @param {Float32Array} points k × 2
   * @param {Uint16Array} labels k
   * @param {number} side of the canvas
   */
  paintPoints(points, labels, side) {
    const { x, y, half } = this.bounds,
      { marks } = this;
    const screen = points.map((value, i) => (0.5 + (i % 2 ? y - value : value - x) / half / 2) * side);
    const context = contextOf(this.dots),
      image = context.createImageData(side, side);
    const stamps = marks.stamps((this.manifold ? DOT_ON_PICTURES : DOT) * drawingScale());
    const all = { visible: new Uint8Array(labels.length).fill(1), bright: null, depths: null };
    paintDots(image, 1, stamps, { screen, colours: labels, palette: marks.rgb, ...all });
    context.putImageData(image, 0, 0);
  }
}

/**
 * The marker of the current z.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} pixel
 */
function ring(x, y, pixel) {
  const path = new Path2D();
  path.arc(x, y, 7 * pixel, 0, 2 * Math.PI);
  return path;
}

/**
 * The marker of the start.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} pixel
 */
function square(x, y, pixel) {
  const path = new Path2D();
  path.rect(x - 4 * pixel, y - 4 * pixel, 8 * pixel, 8 * pixel);
  return path;
}

/** @param {number} latentDim @param {number} count of images @param {number} outside those that are not shown */
function captionOf(latentDim, count, outside) {
  const beyond = outside ? t` (${outside.toLocaleString("en")} outside)` : "";
  const images = t`${count.toLocaleString("en")} encoded test images${beyond}`;
  if (latentDim === 1) return t`${images}: z₀ across, classes up. Drag: z moves there.`;
  if (latentDim === 2) return t`${images}: z₀ across, z₁ up. Drag: z moves there.`;
  return t`PCA of ${images}. Drag: z moves in this plane.`;
}

/**
 * The square around most points, one scale for both axes so that distances are true.
 *
 * @param {Float32Array} points
 */
function squareAround(points) {
  const { low, high } = frameOf(points, 2);
  const half = (1.06 * Math.max(high[0] - low[0], high[1] - low[1])) / 2;
  return { x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, half };
}

/**
 * In a 1-D latent space the second coordinate means nothing: it shows the class instead.
 *
 * @param {Float32Array} points
 * @param {Uint16Array} labels
 * @param {number} classes
 */
function spreadByClass(points, labels, classes) {
  return points.map((value, i) => (i % 2 ? classHeight(labels[i >> 1], classes) : value));
}
