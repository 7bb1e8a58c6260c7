/** From a picture file to an image of the model's, step by step: each step can be left out, and has its picture. */

import { asStored } from "./exif.js";
import { median } from "./paper.js";
import { inkOf, isBlack, levelled, quantile, squareAround } from "./photograph.js";
import { framed, resampled, resized } from "./placing.js";

/** @import { Pixels } from "./canvas.js" */
/** @import { DrawingFrame, ImageShape } from "./contract.js" */
/** @import { Grey } from "./paper.js" */

export const STEPS = /** @type {const} */ (["oriented", "levelled", "inverted", "stretched", "centred"]);

/**
 * @typedef {(typeof STEPS)[number]} Step
 * @typedef {Record<Step, boolean>} Switches
 *
 * A file's picture, small. pixels: its red, green and blue, one plane after the other, upright; orientation: how the file
 * has it, see `orientationOf`.
 *
 * @typedef {{pixels: Pixels, width: number, height: number, orientation: number}} Photo
 *
 * What the model's images are like. bright: whether they are dark on bright.
 *
 * @typedef {{imageShape: ImageShape, frame: DrawingFrame | null, bright: boolean}} Target
 *
 * @typedef {{planes: Float32Array[], width: number, height: number}} Picture
 * @typedef {{pixels: Pixels, imageShape: ImageShape}} Shown
 *
 * pictures: after each step that is offered. base: what to draw on, which `centred` says how to place. pixels: the image.
 *
 * @typedef {{pictures: Map<Step, Shown>, base: Shown, centred: boolean, pixels: Pixels}} Developed
 */

/**
 * The steps that make sense: only drawings have paper that can be levelled, and a place of their own.
 *
 * @param {Target} target
 * @returns {readonly Step[]}
 */
export function offeredSteps({ frame }) {
  return frame ? STEPS : ["oriented", "inverted", "stretched"];
}

/**
 * The steps that this picture needs: all, where ink is found on paper or on a board; none but its orientation, where it is
 * bright on black already, or without ink.
 *
 * @param {Photo} photo
 * @param {Target} target
 * @returns {Switches}
 */
export function neededSteps(photo, { imageShape: [channels], frame, bright }) {
  const none = { oriented: true, levelled: false, inverted: false, stretched: false, centred: false };
  const grey = greyOf(pictureOf(photo, 1));
  if (!frame) return { ...none, inverted: channels === 1 && isEdgeBright(grey) !== bright };
  if (isBlack(grey)) return none;
  const { dark, ...even } = levelled(grey);
  const found = inkOf(dark ? { ...even, plane: even.plane.map((value) => 255 - value) } : even);
  return found ? { oriented: true, levelled: true, inverted: dark, stretched: true, centred: true } : none;
}

/**
 * @param {Photo} photo
 * @param {Switches} switches
 * @param {Target} target
 * @returns {Developed}
 */
export function developed(photo, switches, target) {
  const { imageShape, frame } = target;
  let picture = pictureOf(photo, imageShape[0]);
  /** @type {Record<Step, (picture: Picture) => Picture>} */
  const apply = {
    oriented: (upright) => upright,
    levelled: (uneven) => pictureFrom(levelled(greyOf(uneven))),
    inverted: (given) => mapped(given, (value) => 255 - value),
    stretched: (given) => (frame && inkPicture(given, switches.levelled)) || ranged(given),
    centred: (given) => given,
  };
  if (!switches.oriented) picture = stored(picture, photo.orientation);
  /** @type {Map<Step, Shown>} */
  const pictures = new Map();
  for (const step of offeredSteps(target)) {
    if (switches[step]) picture = apply[step](picture);
    pictures.set(step, shownOf(picture));
  }
  const square = switches.centred && frame ? squareAround(greyOf(picture)) : null;
  const base = square ?? { pixels: middleOf(picture, imageShape), imageShape };
  const placed =
    square && frame ? framed([Float32Array.from(square.pixels)], ...sizeOf(square), imageShape, frame) : null;
  const pixels = placed?.pixels ?? base.pixels;
  if (frame) pictures.set("centred", { pixels, imageShape });
  return { pictures, base, centred: square !== null, pixels };
}

// — pictures —

/**
 * @param {Photo} photo
 * @param {number} channels
 * @returns {Picture}
 */
function pictureOf({ pixels, width, height }, channels) {
  const size = width * height;
  const [red, green, blue] = [0, 1, 2].map((c) => Float32Array.from(pixels.subarray(c * size, (c + 1) * size)));
  if (channels === 3) return { planes: [red, green, blue], width, height };
  const grey = red.map((value, i) => 0.299 * value + 0.587 * green[i] + 0.114 * blue[i]); // ITU-R BT.601, as in Pillow
  return { planes: [grey], width, height };
}

/** @param {Picture} picture of one plane @returns {Grey} */
function greyOf({ planes: [plane], width, height }) {
  return { plane, width, height };
}

/** @param {Grey} grey @returns {Picture} */
function pictureFrom({ plane, width, height }) {
  return { planes: [plane], width, height };
}

/** @param {Picture} picture @param {(value: number) => number} change @returns {Picture} */
function mapped({ planes, width, height }, change) {
  return { planes: planes.map((plane) => plane.map(change)), width, height };
}

/** @param {Picture} picture @param {number} orientation @returns {Picture} */
function stored({ planes, width, height }, orientation) {
  const turned = planes.map((plane) => asStored(plane, width, height, orientation));
  return { planes: turned.map(({ plane }) => plane), width: turned[0].width, height: turned[0].height };
}

/**
 * What is written, bright on black; null where nothing is found. What was not levelled has a background, too.
 *
 * @param {Picture} picture
 * @param {boolean} isLevelled
 */
function inkPicture(picture, isLevelled) {
  const { plane, ...size } = greyOf(picture);
  const ground = isLevelled ? 0 : median(plane);
  const scale = 255 / Math.max(1, 255 - ground);
  const ink = inkOf({ plane: plane.map((value) => Math.max(0, scale * (value - ground))), ...size });
  return ink && pictureFrom(ink);
}

/** The darkest hundredth becomes 0, the brightest 255. @param {Picture} picture */
function ranged(picture) {
  const all = Float32Array.from(picture.planes.flatMap((plane) => Array.from(plane)));
  const [low, high] = [quantile(all, 0.01), quantile(all, 0.99)];
  if (high - low < 1) return picture;
  return mapped(picture, (value) => Math.max(0, Math.min(255, (255 * (value - low)) / (high - low))));
}

/** @param {Picture} picture @returns {Shown} */
function shownOf({ planes, width, height }) {
  const pixels = new Uint8Array(planes.length * width * height);
  planes.forEach((plane, c) => pixels.set(plane.map(Math.round), c * width * height));
  return { pixels, imageShape: [planes.length, height, width] };
}

/**
 * The middle of a picture, of the model's proportions and size.
 *
 * @param {Picture} picture
 * @param {ImageShape} imageShape
 */
function middleOf({ planes, width, height }, imageShape) {
  const [, rows, columns] = imageShape;
  const zoom = Math.min(width / columns, height / rows);
  const across = Math.max(1, Math.round(columns * zoom)),
    down = Math.max(1, Math.round(rows * zoom));
  const box = { left: (width - across) >> 1, top: (height - down) >> 1, width: across, height: down };
  const cut = planes.map((plane) => resampled(plane, width, box, across, down));
  return resized(cut, across, down, imageShape);
}

/** @param {Shown} shown @returns {[width: number, height: number]} */
function sizeOf({ imageShape: [, height, width] }) {
  return [width, height];
}

/** @param {Grey} picture */
function isEdgeBright({ plane, width, height }) {
  const edge = plane.filter((_, i) => {
    const x = i % width,
      y = (i - x) / width;
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  });
  return median(edge) > 127;
}
