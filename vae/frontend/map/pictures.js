/**
 * Pictures on the latent map: the card beside the pointer, and the decoded manifold under the points.
 *
 * @import { ImageShape } from "../lib/contract.js"
 * @import { DecodeReply } from "../lib/live-client.js"
 * @import { Place, Plane } from "./views.js"
 */

import { drawPicture } from "../lib/canvas.js";
import { contextOf, element, keepInView, say } from "../lib/dom.js";
import { t } from "../lib/words.js";

const OFFSET = 14; // CSS pixels from the pointer to the card
const OPAQUE = 0.9,
  FAINTEST = 0.2;

/** Shows what lies under the pointer: the decoded picture, beside the test image where there is one. */
export class Card {
  constructor() {
    const figure = (/** @type {HTMLCanvasElement} */ canvas, /** @type {string} */ text) =>
      element("figure", {}, canvas, element("figcaption", {}, text));
    this.original = element("canvas", { className: "original", role: "img", ariaLabel: t("Test image") });
    this.decoded = element("canvas", { className: "decoded", role: "img", ariaLabel: t("Decoded picture") });
    this.left = figure(this.original, t("Image"));
    this.caption = element("p", {});
    const right = figure(this.decoded, t("Decoded"));
    this.element = element("div", { className: "card", hidden: true }, this.left, right, this.caption);
  }

  /**
   * Beside a place of the window.
   *
   * @param {Place} place
   * @param {string} text
   * @param {boolean} isPoint
   */
  show(place, text, isPoint) {
    this.element.hidden = false;
    this.left.hidden = !isPoint;
    say(this.caption, text);
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const [left, top] = placeBeside(place, { width, height }, document.documentElement.clientWidth);
    this.element.style.transform = `translate(${left}px, ${top}px)`;
    keepInView(this.element);
  }

  hide() {
    this.element.hidden = true;
  }

  /**
   * @param {Uint8Array | null} pixels
   * @param {ImageShape} shape
   */
  drawOriginal(pixels, shape) {
    if (pixels) drawPicture(this.original, pixels, shape);
    this.left.hidden = !pixels;
  }

  /** @param {DecodeReply} reply */
  drawDecoded({ pixels, imageShape }) {
    drawPicture(this.decoded, pixels, imageShape);
  }
}

/**
 * The left top corner of a card beside a place: right of it, else left of it, else above, else beneath. How high the card
 * is does not move what lies at its top while its text changes.
 *
 * @param {Place} place
 * @param {{width: number, height: number}} card
 * @param {number} room the width of the window
 * @returns {Place}
 */
export function placeBeside([x, y], { width, height }, room) {
  const [right, left] = [x + OFFSET, x - OFFSET - width];
  if (right + width <= room) return [right, y - width / 2];
  if (left >= 0) return [left, y - width / 2];
  return [x - width / 2, y - 2 * OFFSET >= height ? y - 2 * OFFSET - height : y + 2 * OFFSET];
}

/**
 * Decoded pictures where they belong in a plane of the latent space, side × side, evenly spaced along both axes, so that
 * all are equally large and lie side by side.
 */
export class Manifold {
  /** All pictures on one canvas, once they are decoded. @type {HTMLCanvasElement | null} */
  sheet = null;
  size = { width: 0, height: 0 }; // of a picture, in its own pixels

  /**
   * @param {number} side pictures per side
   * @param {number[]} centre of them all, along both axes
   * @param {number[]} reach from there to the edge, along both axes
   */
  constructor(side, centre, reach) {
    this.side = side;
    const at = (/** @type {number} */ axis, /** @type {number} */ i) =>
      centre[axis] + reach[axis] * ((2 * i + 1) / side - 1);
    this.steps = [0, 1].map((axis) => Array.from({ length: side }, (_, i) => at(axis, i)));
  }

  /** Coordinates of the pictures, row by row from the lowest. */
  places() {
    const [across, up] = this.steps;
    return up.flatMap((y) => across.map((x) => [x, y]));
  }

  /** @param {DecodeReply} reply the pictures decoded at these places */
  take({ pixels, imageShape }) {
    const [, height, width] = imageShape;
    const row = element("canvas");
    this.sheet = element("canvas", { width: this.side * width, height: this.side * height });
    this.size = { width, height };
    const context = contextOf(this.sheet);
    for (let i = 0; i < this.side; i++) {
      drawPicture(row, pixels, imageShape, i * this.side, this.side);
      context.drawImage(row, 0, i * height);
    }
  }

  /**
   * Each picture as large as its distance to the next one allows; the closer one looks, the fainter they are.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Plane} plane
   */
  paint(context, plane) {
    const { sheet } = this;
    if (!sheet) return;
    const { width, height } = this.size;
    context.globalAlpha = Math.max(FAINTEST, OPAQUE / Math.sqrt(Math.max(1, plane.zoomed)));
    const [left, bottom] = plane.lift(0, plane.height),
      [right, top] = plane.lift(plane.width, 0);
    this.paintGround(context, plane, left, top);
    this.steps[1].forEach((y, row) => {
      const high = gap(this.steps[1], row);
      if (y + high < bottom || y - high > top) return;
      this.steps[0].forEach((x, column) => {
        const wide = gap(this.steps[0], column),
          side = Math.min(wide, high);
        if (x + wide < left || x - wide > right) return;
        const size = side / plane.unit;
        context.imageSmoothingEnabled = size * devicePixelRatio < width; // else thin strokes are lost between pixels
        const [atX, atY] = [(x - side / 2 - left) / plane.unit, (top - y - side / 2) / plane.unit];
        context.drawImage(sheet, column * width, row * height, width, height, atX, atY, size, size);
      });
    });
    context.globalAlpha = 1;
  }

  /**
   * One black rectangle under all pictures, so that the gaps between them do not look like edges.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Plane} plane
   * @param {number} left
   * @param {number} top
   */
  paintGround(context, plane, left, top) {
    const reach = this.steps.map((steps) => {
      const margin = gap(steps, 0) / 2;
      return [steps[0] - margin, steps[steps.length - 1] + margin];
    });
    const [wide, high] = reach.map(([first, last]) => (last - first) / plane.unit);
    context.fillStyle = "#000";
    context.fillRect((reach[0][0] - left) / plane.unit, (top - reach[1][1]) / plane.unit, wide, high);
  }
}

/**
 * The smaller distance from step i to its neighbours.
 *
 * @param {number[]} steps
 * @param {number} i
 */
function gap(steps, i) {
  return Math.min(steps[i + 1] - steps[i] || Infinity, steps[i] - steps[i - 1] || Infinity);
}
