/** q(z|x) of one image as an ellipse among the encoded test images, to scale with them. */

import { drawingScale, paintDots } from "../lib/canvas.js";
import { contextOf, element } from "../lib/dom.js";
import { countOutside } from "../lib/frame.js";
import { help } from "../lib/glossary.js";
import { classHeight } from "../lib/math.js";
import { ClassMarks, MOST_NAMES } from "../lib/palette.js";
import { t } from "../lib/words.js";
import { fitted, inkOf, THIS_IMAGE, widthOf } from "./chart-canvas.js";

/** @import { EncodedSet } from "../lib/encoded-set.js" */
/** @import { Code } from "./posterior-chart.js" */

const SEGMENTS = 64;
const OUTSIDE = 0.005; // share of the points that may lie outside the plane, at each edge
const POINT = 1.2, // radius
  POINT_OPACITY = 0.55;

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
  /** Of the variance, along each principal component; null where the plane is the latent space. @type {number[] | null} */
  shares = null;
  help = help("share of variance", () => this.measured());

  /** @param {(i: number) => void} onPick the user chose test image i by its point */
  constructor(onPick) {
    this.background = element("canvas");
    this.canvas = element("canvas", { role: "img", ariaLabel: t("Where it lies") });
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
    this.shares = latentDim > 2 && pca ? pca.explained : null;
    this.help.hidden = !this.shares;
    this.caption.textContent = this.explain(pca?.explained);
    this.paint();
  }

  /** @param {string[]} names of the classes */
  fillLegend(names) {
    const items = names.slice(0, MOST_NAMES).map((name, k) => element("li", {}, this.marks.swatch(k), name));
    const more = names.length > MOST_NAMES ? t`and ${names.length - MOST_NAMES} more` : "";
    const notes = [more, this.marks.note].filter((note) => note);
    this.legend.replaceChildren(...items, ...notes.map((note) => element("li", {}, note)));
  }

  /** How much of the variance the plane shows, for the formula. */
  measured() {
    const { shares } = this;
    return shares && { share: `${Math.round(100 * (shares[0] + shares[1]))} %` };
  }

  /** @param {number[] | undefined} explained shares of the variance, per component */
  explain(explained) {
    const axes = [t("z₀ across, classes up"), t("z₀ across, z₁ up")][this.latentDim - 1];
    const share = explained ? t` (${Math.round(100 * (explained[0] + explained[1]))} % of the variance)` : "";
    const { x, y, half } = this.bounds,
      outside = countOutside(this.points, { low: [x - half, y - half], high: [x + half, y + half] });
    const beyond = outside ? t` (${outside.toLocaleString("en")} outside)` : "";
    const where = t`${this.n.toLocaleString("en")} encoded test images${beyond}, ${axes ?? t`first two principal components${share}`}.`;
    const what = this.point ? t("Cross: this image.") : t("Orange: q(z|x), 1 σ and 2 σ; dashed: the prior's.");
    return t`${where} ${what} Rings: nearest. Click a point to load its image.`;
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
