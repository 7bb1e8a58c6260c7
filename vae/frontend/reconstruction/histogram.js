/** Where an image's score lies among the test images', and among another data set's. */

import { element } from "../lib/dom.js";
import { roundStep } from "../lib/math.js";
import { t } from "../lib/words.js";
import { fitted, inkOf, THIS_IMAGE, widthOf } from "./chart-canvas.js";

const HEIGHT = 150,
  AXIS_HEIGHT = 30; // CSS pixels
const BINS = 40;
const OTHER_DATASET = "#832db6"; // violet

export class ScoreHistogram {
  own = new Float32Array(); // scores of the test images, in ascending order
  /** @type {number[]} */
  bars = [];
  /** @type {number[] | null} */
  otherBars = null;
  /** @type {Float32Array | null} those of another data set */
  other = null;
  low = 0; // range of the scores shown, in nats
  high = 1;
  title = "";
  /** @type {number | undefined} this image's */
  score;

  constructor() {
    this.canvas = element("canvas");
    this.element = element("div", { className: "histogram" }, this.canvas);
    new ResizeObserver(() => this.paint()).observe(this.element); // ends with the element
  }

  /**
   * @param {Float32Array} own scores of the test images, in nats
   * @param {Float32Array | null} other those of another data set
   * @param {string} title what the score is
   */
  setScores(own, other, title) {
    Object.assign(this, { own: own.toSorted(), other: other?.toSorted() ?? null, title });
    if (!own.length) return;
    this.canvas.setAttribute("role", "img");
    this.canvas.ariaLabel = title;
    const all = [this.own, ...(this.other ? [this.other] : [])];
    this.low = Math.min(...all.map((scores) => scores[Math.floor(0.002 * scores.length)]));
    const high = Math.max(...all.map((scores) => scores[Math.floor(0.99 * (scores.length - 1))]));
    this.low -= 0.04 * (high - this.low);
    this.high = Math.max(this.low + 1e-3, high + 0.08 * (high - this.low));
    this.bars = this.heights(this.own);
    this.otherBars = this.other && this.heights(this.other);
    this.paint();
  }

  /** @param {number} score this image's, in nats */
  show(score) {
    this.score = score;
    this.paint();
  }

  paint() {
    const width = widthOf(this.element);
    if (!width || !this.own.length) return;
    const bottom = HEIGHT - AXIS_HEIGHT;
    const context = fitted(this.canvas, width, HEIGHT);
    const ink = inkOf(this.element);
    paintBars(context, this.bars, ink, width, bottom);
    if (this.otherBars) paintBars(context, this.otherBars, OTHER_DATASET, width, bottom);
    Object.assign(context, { globalAlpha: 0.8, fillStyle: ink, font: "12px sans-serif", textAlign: "center" });
    context.fillRect(0, bottom, width, 1);
    const length = this.high - this.low,
      step = roundStep(length / 6, 0.1);
    for (
      let value = Math.ceil((this.low + 0.02 * length) / step) * step;
      value < this.high - 0.02 * length;
      value += step
    ) {
      context.fillText(
        step < 1 ? value.toFixed(1) : `${Math.round(value)}`,
        ((value - this.low) / length) * width,
        bottom + 14,
      );
    }
    context.fillText(this.title, width / 2, bottom + 27);
    context.globalAlpha = 1;
    if (this.score !== undefined) this.mark(context, this.score, width, bottom);
  }

  /**
   * The bars' heights, of the highest; counted once, not in every frame.
   *
   * @param {Float32Array} scores
   */
  heights(scores) {
    /** @type {number[]} */
    const counts = new Array(BINS).fill(0);
    for (const score of scores) {
      const bin = Math.floor(((score - this.low) / (this.high - this.low)) * BINS);
      counts[Math.max(0, Math.min(BINS - 1, bin))]++;
    }
    const most = Math.max(...counts);
    return counts.map((count) => count / most);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} score
   * @param {number} width CSS pixels
   * @param {number} bottom CSS pixels
   */
  mark(context, score, width, bottom) {
    const share = (score - this.low) / (this.high - this.low);
    const x = Math.max(2, Math.min(width - 2, share * width));
    context.fillStyle = THIS_IMAGE;
    context.fillRect(x - 1.5, 0, 3, bottom);
    context.textAlign = x > width / 2 ? "right" : "left";
    const beyond = share > 1 ? " →" : share < 0 ? "← " : "";
    const text = share < 0 ? t`${beyond}this image` : t`this image${beyond}`;
    context.fillText(text, x + (x > width / 2 ? -6 : 6), 10);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number[]} bars heights, of the highest
 * @param {string} colour
 * @param {number} width CSS pixels
 * @param {number} bottom CSS pixels
 */
function paintBars(context, bars, colour, width, bottom) {
  Object.assign(context, { fillStyle: colour, globalAlpha: 0.45 });
  bars.forEach((share, k) => {
    const height = (bottom - 12) * share;
    context.fillRect((k / BINS) * width + 0.5, bottom - height, width / BINS - 1, height);
  });
  context.globalAlpha = 1;
}
