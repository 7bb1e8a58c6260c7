/** q(z|x) of one image, to scale: per dimension against the prior, and as an ellipse among the encoded test images. */

import { drawingScale, paintDots } from "../lib/canvas.js";
import { contextOf, element, subscript } from "../lib/dom.js";
import { countOutside } from "../lib/frame.js";
import { classHeight, strongestFirst } from "../lib/math.js";
import { ClassMarks } from "../lib/palette.js";

/** @import { EncodedSet } from "../lib/encoded-set.js" */

/** @typedef {{ mean: Float32Array, sigma: Float32Array, kl: Float32Array }} Code q(z|x); kl: nats per dimension */
/** @typedef {{ left: number, right: number, bottom: number }} Plot its edges on the canvas, in CSS pixels */
/** @typedef {(value: number) => number} Scale latent units to CSS pixels */

const ROWS = 8; // dimensions shown at first, the strongest
const MAX_ROWS = 128;
// Of a laptop's screen, in CSS pixels; on others all grows with the text.
const ROW_HEIGHT = 20,
  AXIS_HEIGHT = 32;
const LABEL_WIDTH = 26,
  KL_WIDTH = 80;
const MIN_RANGE = 3; // prior standard deviations to either side
const SEGMENTS = 64;
const OUTSIDE = 0.005; // share of the points that may lie outside the plane, at each edge
const POINT = 1.2, // radius
  POINT_OPACITY = 0.55;
const MAX_NAMES = 60; // in a legend
export const THIS_IMAGE = "#e66101"; // its colour in every chart

/** μ ± σ of every dimension, over the prior's, and its KL. */
export class PosteriorChart {
  /** @type {number[]} the dimensions, the strongest first */
  order = [];
  point = false; // whether the code is a point, without σ and KL
  rows = 0; // dimensions shown
  range = MIN_RANGE;
  /** @type {Code | null} */
  code = null;

  constructor() {
    this.canvas = element("canvas", { role: "img" });
    this.more = element("button", { type: "button", hidden: true, onclick: () => this.toggle() });
    this.element = element("div", { className: "posterior" }, this.canvas, this.more);
    new ResizeObserver(() => this.paint()).observe(this.element); // ends with the element
  }

  /**
   * @param {number[]} strength of each dimension: the strongest comes first
   * @param {boolean} point
   */
  setModel(strength, point) {
    this.order = strongestFirst(strength);
    this.point = point;
    this.rows = Math.min(ROWS, this.order.length);
    this.code = null;
    this.range = MIN_RANGE;
    this.more.hidden = this.order.length <= ROWS;
    this.nameButton();
    this.paint();
  }

  toggle() {
    const all = Math.min(MAX_ROWS, this.order.length);
    this.rows = this.rows === all ? ROWS : all;
    this.nameButton();
    this.paint();
  }

  nameButton() {
    const all = Math.min(MAX_ROWS, this.order.length);
    const count = all === this.order.length ? `all ${all}` : `${all} of ${this.order.length}`;
    this.more.textContent = this.rows === all ? `Only the strongest ${ROWS}` : `Show ${count}`;
  }

  /** @param {Code} code */
  show(code) {
    this.code = code;
    this.paint();
  }

  describe() {
    if (!this.code) return; // of the new model, nothing has been encoded yet
    const { mean, sigma, kl } = this.code;
    const row = (/** @type {number} */ i) =>
      `z${i}: ${mean[i].toFixed(2)}${this.point ? "" : ` ± ${sigma[i].toFixed(2)}, KL ${kl[i].toFixed(2)} nats`}`;
    const what = this.point ? "The code of this image" : "q(z|x) of this image, mean ± standard deviation";
    this.canvas.ariaLabel = `${what}. ${this.order.slice(0, ROWS).map(row).join("; ")}`;
  }

  paint() {
    const width = widthOf(this.element);
    if (!width || !this.order.length) return;
    const context = fitted(this.canvas, width, this.rows * ROW_HEIGHT + AXIS_HEIGHT);
    const ink = inkOf(this.element);
    const plot = { left: LABEL_WIDTH, right: width - (this.point ? 8 : KL_WIDTH), bottom: this.rows * ROW_HEIGHT };
    this.fitRange();
    const across = (/** @type {number} */ value) =>
      plot.left + ((value / this.range + 1) / 2) * (plot.right - plot.left);
    if (!this.point) this.paintPrior(context, ink, across, plot);
    this.paintAxis(context, ink, across, plot);
    this.order.slice(0, this.rows).forEach((i, row) => this.paintRow(context, ink, across, plot, i, row));
  }

  /** Only ever grows: a scale that keeps changing cannot be read. */
  fitRange() {
    if (!this.code) return;
    const { mean, sigma } = this.code;
    const reach = Math.max(
      ...this.order.slice(0, this.rows).map((i) => Math.abs(mean[i]) + (this.point ? 0 : sigma[i])),
    );
    this.range = Math.max(this.range, Math.min(1e4, Math.ceil(reach)));
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} ink
   * @param {Scale} across
   * @param {Plot} plot
   */
  paintPrior(context, ink, across, { bottom }) {
    context.fillStyle = ink;
    for (const reach of [1, 2]) {
      context.globalAlpha = 0.09;
      context.fillRect(across(-reach), 0, across(reach) - across(-reach), bottom);
    }
    context.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} ink
   * @param {Scale} across
   * @param {Plot} plot
   */
  paintAxis(context, ink, across, { left, right, bottom }) {
    Object.assign(context, {
      fillStyle: ink,
      strokeStyle: ink,
      font: "12px sans-serif",
      textAlign: "center",
      globalAlpha: 0.75,
    });
    const step = this.range <= 4 ? 1 : this.range <= 10 ? 2 : 10 ** Math.floor(Math.log10(this.range));
    for (let value = -Math.floor(this.range / step) * step; value <= this.range; value += step) {
      context.fillRect(across(value) - 0.5, bottom, 1, 4);
      context.fillText(`${value}`, across(value), bottom + 14);
    }
    context.fillText(this.point ? "latent units" : "prior standard deviations", (left + right) / 2, bottom + 28);
    if (!this.point) context.fillText("KL, nats", right + KL_WIDTH / 2, bottom + 14);
    context.globalAlpha = 0.3;
    context.fillRect(across(0) - 0.5, 0, 1, bottom);
    context.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} ink
   * @param {Scale} across
   * @param {Plot} plot
   * @param {number} i dimension
   * @param {number} row
   */
  paintRow(context, ink, across, { right }, i, row) {
    const y = (row + 0.5) * ROW_HEIGHT;
    Object.assign(context, { fillStyle: ink, font: "12px sans-serif", textAlign: "left" });
    context.fillText(subscript(i), 4, y + 4);
    if (!this.code) return;
    const { mean, sigma, kl } = this.code;
    context.fillStyle = THIS_IMAGE;
    if (!this.point) {
      context.globalAlpha = 0.45;
      context.fillRect(across(mean[i] - sigma[i]), y - 4, Math.max(1, across(sigma[i]) - across(-sigma[i])), 8);
      context.globalAlpha = 1;
      const full = Math.max(1, ...this.order.slice(0, this.rows).map((k) => kl[k]));
      context.fillRect(right + 10, y - 4, ((KL_WIDTH - 52) * kl[i]) / full, 8);
    }
    context.fillRect(across(mean[i]) - 1.5, y - 6, 3, 12);
    if (this.point) return;
    Object.assign(context, { fillStyle: ink, textAlign: "right", font: "12px sans-serif" });
    context.fillText(kl[i].toFixed(2), right + KL_WIDTH - 4, y + 4);
  }
}

/** The plane of z₀ and z₁, or of the first two principal components, with q(z|x) to the same scale as the points. */
export class PosteriorPlane {
  n = 0; // test images
  latentDim = 0;
  point = false; // whether the code is a point, without σ
  labels = new Uint16Array();
  points = new Float32Array(); // x and y of each test image, in latent units
  marks = new ClassMarks([], 0);
  /** @type {number[]} the latent point in the middle of the plane's coordinates */
  origin = [];
  /** @type {number[][]} a latent vector for each axis of the plane; one of a 1-D space */
  axes = [];
  bounds = { x: 0, y: 0, half: 1 };
  /** @type {Pick<Code, "mean" | "sigma"> | null} */
  code = null;
  /** @type {number[]} rows of the nearest test images */
  near = [];

  /** @param {(i: number) => void} onPick the user chose test image i by its point */
  constructor(onPick) {
    this.background = element("canvas");
    this.canvas = element("canvas", { role: "img" });
    this.caption = element("p", { className: "caption" });
    this.place = element("div", { className: "plane-place" }, this.canvas);
    this.legend = element("ul", { className: "legend" });
    this.element = element("div", { className: "plane" }, this.place, this.legend, this.caption);
    this.canvas.addEventListener("click", (event) => {
      const nearest = this.pointAt(event);
      if (nearest !== null) onPick(nearest);
    });
    new ResizeObserver(() => this.paint()).observe(this.place); // ends with the element
  }

  /**
   * @param {string[]} names of the classes
   * @param {string[]} palette
   */
  setClasses(names, palette) {
    this.n = 0; // nothing is drawn until the model's test images are there
    this.marks = new ClassMarks(palette, names.length);
    this.fillLegend(names);
  }

  /**
   * @param {EncodedSet} encoded
   * @param {boolean} point
   */
  setModel(encoded, point) {
    const { n, latentDim, mean, labels, pca } = encoded;
    const raw = latentDim <= 2;
    Object.assign(this, { n, labels, point, latentDim, code: null, near: [] });
    this.origin = raw ? new Array(latentDim).fill(0) : pca.mean;
    this.axes = raw
      ? [
          [1, 0],
          [0, 1],
        ].map((axis) => axis.slice(0, latentDim))
      : pca.components.slice(0, 2);
    this.points = new Float32Array(2 * n);
    for (let i = 0; i < n; i++) {
      this.points.set(this.project(mean.subarray(i * latentDim, (i + 1) * latentDim)), 2 * i);
      if (latentDim === 1) this.points[2 * i + 1] = classHeight(labels[i], encoded.classNames.length);
    }
    this.bounds = boundsOf(this.points);
    this.caption.textContent = this.explain(pca?.explained);
    this.paint();
  }

  /** @param {string[]} names of the classes */
  fillLegend(names) {
    const items = names.slice(0, MAX_NAMES).map((name, k) => element("li", {}, this.marks.swatch(k), name));
    const more = names.length > MAX_NAMES ? `and ${names.length - MAX_NAMES} more` : "";
    const notes = [more, this.marks.note].filter((note) => note);
    this.legend.replaceChildren(...items, ...notes.map((note) => element("li", {}, note)));
  }

  /** @param {number[] | undefined} explained shares of the variance, per component */
  explain(explained) {
    const axes = ["z₀ across, classes up", "z₀ across, z₁ up"][this.latentDim - 1];
    const share = explained ? ` (${Math.round(100 * (explained[0] + explained[1]))} % of the variance)` : "";
    const { x, y, half } = this.bounds,
      outside = countOutside(this.points, { low: [x - half, y - half], high: [x + half, y + half] });
    const beyond = outside ? ` (${outside.toLocaleString("en")} outside)` : "";
    const where = `${this.n.toLocaleString("en")} encoded test images${beyond}, ${axes ?? `first two principal components${share}`}.`;
    const what = this.point ? "Cross: this image." : "Orange: q(z|x), 1 σ and 2 σ; dashed: the prior's.";
    return `${where} ${what} Rings: nearest. Click a point to load its image.`;
  }

  /**
   * @param {Pick<Code, "mean" | "sigma">} code
   * @param {number[]} near
   */
  show(code, near = this.near) {
    this.code = code;
    this.near = near;
    this.draw();
  }

  /**
   * The plane's coordinates of a latent point; one of a 1-D space.
   *
   * @param {ArrayLike<number>} z
   */
  project(z) {
    return this.axes.map((axis) => axis.reduce((sum, weight, i) => sum + weight * (z[i] - this.origin[i]), 0));
  }

  /**
   * Where a point of the plane lies on the canvas, in its pixels.
   *
   * @param {number} across
   * @param {number} up
   * @returns {[x: number, y: number]}
   */
  pixel(across, up) {
    const { x, y, half } = this.bounds,
      side = this.canvas.width;
    return [(0.5 + (across - x) / half / 2) * side, (0.5 - (up - y) / half / 2) * side];
  }

  /**
   * The test image whose point is nearest to the pointer; null where none is near.
   *
   * @param {MouseEvent} event
   */
  pointAt({ offsetX, offsetY }) {
    const scale = this.canvas.width / this.canvas.clientWidth;
    /** @type {number | null} */
    let best = null;
    let least = (14 * scale) ** 2;
    for (let i = 0; i < this.n; i++) {
      const [x, y] = this.pixel(this.points[2 * i], this.points[2 * i + 1]);
      const distance = (x - offsetX * scale) ** 2 + (y - offsetY * scale) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  paint() {
    const side = widthOf(this.place);
    if (!side || !this.n) return;
    fitted(this.canvas, side, side);
    const context = fitted(this.background, side, side);
    context.resetTransform();
    this.paintPoints(context);
    if (!this.point) this.paintPrior(context);
    this.draw();
  }

  /** @param {CanvasRenderingContext2D} context whose unit is the canvas' pixel, still empty */
  paintPoints(context) {
    const { n, points, labels, marks } = this,
      { width, height } = this.background;
    const screen = new Float32Array(2 * n);
    for (let i = 0; i < n; i++) screen.set(this.pixel(points[2 * i], points[2 * i + 1]), 2 * i);
    const all = { visible: new Uint8Array(n).fill(1), bright: null, depths: null, opacity: POINT_OPACITY };
    const image = context.createImageData(width, height);
    paintDots(image, 1, marks.stamps(POINT * drawingScale()), {
      screen,
      colours: labels,
      palette: marks.rgb,
      ...all,
    });
    context.putImageData(image, 0, 0);
  }

  /** @param {CanvasRenderingContext2D} context */
  paintPrior(context) {
    const scale = drawingScale();
    Object.assign(context, { strokeStyle: inkOf(this.element), lineWidth: scale });
    context.setLineDash([4 * scale, 3 * scale]);
    const mean = this.origin.map(() => 0),
      factor = this.latentDim === 1 ? [1] : [1, 0, 1];
    for (const reach of [1, 2]) context.stroke(this.outline(mean, factor, reach));
    context.setLineDash([]);
  }

  draw() {
    if (!this.n || !this.canvas.width) return;
    const context = contextOf(this.canvas);
    context.resetTransform();
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.background, 0, 0);
    context.strokeStyle = inkOf(this.element);
    const scale = drawingScale();
    context.lineWidth = 1.5 * scale;
    for (const i of this.near) {
      context.beginPath();
      const [x, y] = this.pixel(this.points[2 * i], this.points[2 * i + 1]);
      context.arc(x, y, 4 * scale, 0, 2 * Math.PI);
      context.stroke();
    }
    if (this.code) this.drawCode(context, this.code, scale);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Pick<Code, "mean" | "sigma">} code
   * @param {number} scale
   */
  drawCode(context, { mean, sigma }, scale) {
    Object.assign(context, { strokeStyle: THIS_IMAGE, fillStyle: THIS_IMAGE, lineWidth: 2 * scale });
    if (!this.point) {
      const [inner, outer] = [1, 2].map((reach) => this.outline(mean, this.spread(sigma), reach));
      context.globalAlpha = 0.35;
      context.fill(inner);
      context.globalAlpha = 1;
      context.stroke(inner);
      context.stroke(outer);
    }
    const [across, up = 0] = this.project(mean);
    const [x, y] = this.pixel(across, up),
      arm = 6 * scale;
    context.beginPath();
    for (const [dx, dy] of [
      [arm, 0],
      [0, arm],
    ]) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
    context.stroke();
    this.canvas.dataset.at = `${across.toFixed(3)},${up.toFixed(3)}`; // for tests, in latent units
  }

  /**
   * The covariance of the projected Gaussian, as its factor L (2×2, lower), or the one σ of a line.
   *
   * @param {Float32Array} sigma
   */
  spread(sigma) {
    const covariance = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
      a.reduce((sum, weight, i) => sum + weight * b[i] * sigma[i] ** 2, 0);
    const [first, second] = this.axes;
    const xx = covariance(first, first);
    if (this.latentDim === 1) return [Math.sqrt(xx)];
    const xy = covariance(first, second),
      yy = covariance(second, second);
    const corner = Math.sqrt(xx);
    return [corner, xy / corner, Math.sqrt(Math.max(0, yy - (xy / corner) ** 2))];
  }

  /**
   * All points `reach` standard deviations from a mean; in one dimension, a band as high as the plane.
   *
   * @param {ArrayLike<number>} mean
   * @param {number[]} factor as `spread` returns it
   * @param {number} reach
   */
  outline(mean, factor, reach) {
    const path = new Path2D();
    const [across, up = 0] = this.project(mean);
    if (this.latentDim === 1) {
      const [left] = this.pixel(across - reach * factor[0], 0),
        [right] = this.pixel(across + reach * factor[0], 0);
      path.rect(left, 1, right - left, this.canvas.height - 2);
      return path;
    }
    const [a, b, c] = factor;
    for (let k = 0; k <= SEGMENTS; k++) {
      const angle = (2 * Math.PI * k) / SEGMENTS,
        u = reach * Math.cos(angle),
        v = reach * Math.sin(angle);
      path.lineTo(...this.pixel(across + a * u, up + b * u + c * v));
    }
    return path;
  }
}

/**
 * The width of an element in the unit of `fitted`; 0 where it is not shown.
 *
 * @param {Element} node
 */
export function widthOf(node) {
  const { clientWidth: width } = node;
  return width && (width * devicePixelRatio) / drawingScale();
}

/**
 * The context of a canvas of this size, cleared; its unit is the CSS pixel of a laptop's screen.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function fitted(canvas, width, height) {
  const scale = drawingScale();
  const [columns, rows] = [width, height].map((length) => Math.round(length * scale));
  if (canvas.width !== columns || canvas.height !== rows) {
    Object.assign(canvas, { width: columns, height: rows });
    const css = scale / devicePixelRatio;
    Object.assign(canvas.style, { width: `${width * css}px`, height: `${height * css}px` });
  }
  const context = contextOf(canvas);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** @param {Element} node */
export function inkOf(node) {
  return getComputedStyle(node).color;
}

/**
 * The square around nearly all points, its middle and half its side: with one scale for both axes, distances are not
 * distorted and circles are round.
 *
 * @param {Float32Array} points
 */
function boundsOf(points) {
  const ends = [0, 1].map((axis) => {
    const values = points.filter((_, i) => i % 2 === axis).sort();
    const cut = Math.floor(OUTSIDE * values.length);
    return [Math.min(values[cut], -1), Math.max(values[values.length - 1 - cut], 1)];
  });
  const [[left, right], [low, high]] = ends;
  return { x: (left + right) / 2, y: (low + high) / 2, half: 0.54 * Math.max(right - left, high - low) };
}
