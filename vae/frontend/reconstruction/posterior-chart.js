/** q(z|x) of one image, per dimension, to scale with the prior. */

import { element, subscript } from "../lib/dom.js";
import { strongestFirst } from "../lib/math.js";
import { t } from "../lib/words.js";
import { fitted, inkOf, THIS_IMAGE, widthOf } from "./chart-canvas.js";

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
    this.canvas = element("canvas", { role: "img", ariaLabel: t("q(z|x) of this image, mean ± standard deviation") });
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
    const count = all === this.order.length ? t`all ${all}` : t`${all} of ${this.order.length}`;
    this.more.textContent = this.rows === all ? t`Only the strongest ${ROWS}` : t`Show ${count}`;
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
      `z${i}: ${mean[i].toFixed(2)}${this.point ? "" : t` ± ${sigma[i].toFixed(2)}, KL ${kl[i].toFixed(2)} nats`}`;
    const what = this.point ? t("The code of this image") : t("q(z|x) of this image, mean ± standard deviation");
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
    context.fillText(this.point ? t("latent units") : t("prior standard deviations"), (left + right) / 2, bottom + 28);
    if (!this.point) context.fillText(t("KL, nats"), right + KL_WIDTH / 2, bottom + 14);
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
