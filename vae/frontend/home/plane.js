/**
 * The latent plane of a film, as Kingma and Welling 2014 draw it in figure 4: each axis shows the quantiles of the prior,
 * so that every part of the square is equally probable, and the film's decoded grid lies evenly on it. A place on the
 * square is [across, down], each 0 to 1.
 */

import { paintDots } from "../lib/canvas.js";
import { contextOf, element } from "../lib/dom.js";
import { normalCdf, normalQuantile, round4 } from "../lib/math.js";
import { ClassMarks } from "../lib/palette.js";

/** @import { FilmWithFrames, Frame } from "../lib/film.js" */
/** @typedef {readonly [across: number, down: number]} Place */
/** @typedef {{before: number, after: number, t: number, epoch: number}} Moment frames around it, and how far between */

const EDGE = 0.00135; // of the prior lies beyond each edge of what can be reached: z goes to 3 in either direction
const RADIUS = 0.0055,
  LEAST_RADIUS = 1.9; // of a dot: of the square's side, and in canvas pixels
const OPACITY = 0.9;

/** The place within reach that is nearest to this one. @param {Place} place @returns {Place} */
export function withinReach([across, down]) {
  const limit = (/** @type {number} */ share) => Math.max(EDGE, Math.min(1 - EDGE, share));
  return [limit(across), limit(down)];
}

/** The latent vector at a place. @param {Place} place */
export function zAt([across, down]) {
  return [round4(normalQuantile(across)), round4(-normalQuantile(down))];
}

/** The place of a latent vector. @param {readonly number[]} z @returns {Place} */
export function placeOf([first, second]) {
  return [normalCdf(first), normalCdf(-second)];
}

/**
 * The places of a frame's points: across and down of each.
 *
 * @param {Pick<Frame, "points" | "scale">} frame
 */
export function placesOf({ points, scale }) {
  return Float32Array.from(points, (value, i) => normalCdf(i % 2 ? -value * scale : value * scale));
}

/**
 * The moment of a film at this place of its time line, 0 to 1: the square root of the run's share, which gives about equal
 * room to all frames. What has not been loaded yet is not shown.
 *
 * @param {FilmWithFrames} film
 * @param {number} timePlace
 * @returns {Moment}
 */
export function momentAt(film, timePlace) {
  const { frames } = film,
    last = frames.length - 1;
  const before = film.indexAt(timePlace ** 2);
  const after = Math.min(last, before + 1);
  const [from, to] = [before, after].map((i) => Math.sqrt(frames[i].share));
  const t = to > from ? Math.max(0, Math.min(1, (timePlace - from) / (to - from))) : 0;
  return { before, after, t, epoch: frames[before].epoch + t * (frames[after].epoch - frames[before].epoch) };
}

/** "7", of a film of 20 epochs; "0.4" before the first has ended. @param {number} epoch */
export function epochText(epoch) {
  return epoch >= 0.05 && epoch < 0.95 ? epoch.toFixed(1) : `${Math.floor(epoch + 0.05)}`;
}

/** Paints moments of a film: the decoded grid, and the points over it. */
export class PlanePainter {
  /** @type {WeakMap<Frame, Float32Array>} */
  places = new WeakMap();
  dots = element("canvas");
  /** @type {ImageData | undefined} */
  image;

  /**
   * @param {FilmWithFrames} film
   * @param {string[]} palette
   */
  constructor({ head, frames }, palette) {
    this.head = head;
    this.frames = frames;
    const count = head.classes.reduce((most, label) => Math.max(most, label + 1), head.classNames.length);
    this.marks = new ClassMarks(palette, count);
  }

  /**
   * @param {HTMLCanvasElement} canvas square
   * @param {Moment} moment
   * @param {readonly (CanvasImageSource | null)[]} grids of the frame before and of the one after
   */
  paint(canvas, moment, [before, after]) {
    const context = contextOf(canvas),
      side = canvas.width;
    context.fillStyle = "#000";
    context.fillRect(0, 0, side, side);
    context.imageSmoothingEnabled = false;
    if (before) context.drawImage(before, 0, 0, side, side);
    context.globalAlpha = moment.t;
    if (after && moment.t > 0) context.drawImage(after, 0, 0, side, side);
    context.globalAlpha = 1;
    this.paintDots(moment, side);
    context.drawImage(this.dots, 0, 0);
  }

  /** @param {Moment} moment @param {number} side */
  paintDots({ before, after, t }, side) {
    const { dots, marks, head } = this;
    const context = contextOf(dots);
    if (dots.width !== side || !this.image) {
      Object.assign(dots, { width: side, height: side });
      this.image = context.createImageData(side, side);
    }
    const [from, to] = [before, after].map((i) => this.placesOf(this.frames[i]));
    const screen = from.map((place, i) => side * (place + t * (to[i] - place)));
    const stamps = marks.stamps(Math.max(LEAST_RADIUS, RADIUS * side));
    const all = { visible: new Uint8Array(head.classes.length).fill(1), bright: null, depths: null, opacity: OPACITY };
    paintDots(this.image, 1, stamps, { screen, colours: head.classes, palette: marks.rgb, ...all });
    context.putImageData(this.image, 0, 0);
  }

  /** @param {Frame} frame */
  placesOf(frame) {
    const found = this.places.get(frame) ?? placesOf(frame);
    this.places.set(frame, found);
    return found;
  }
}
