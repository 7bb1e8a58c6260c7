/** A film's pictures: the decoded grid of each frame, and the test images beside their reconstructions. */

import { contextOf, element } from "../lib/dom.js";

/** @import { Film, FilmWithFrames, Frame, Head } from "../lib/film.js" */
/** @typedef {{pixels: Uint8Array<ArrayBuffer>[], imageShape: Head["imageShape"]}} Originals one image of each class */

const GAP = 1,
  BETWEEN_PAIRS = 5; // picture pixels

/** Fetches a film, and calls onFrames with it whenever frames have come: the first are shown long before the last. */
export async function fetchFilm(
  /** @type {string} */ address,
  /** @type {Film} */ film,
  /** @type {() => void} */ onFrames,
  /** @type {AbortSignal} */ signal,
) {
  const response = await fetch(address, { signal });
  if (!response.ok || !response.body) throw new Error(await response.text());
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const before = film.frames.length;
    film.take(part.value);
    if (film.frames.length > before) onFrames();
  }
}

/** Decodes the frames' sheets, each once and when it is first wanted. */
export class Sheets {
  /** By frame, null until decoded. @type {Map<Frame, {grid: HTMLCanvasElement, copies: HTMLCanvasElement} | null>} */
  frames = new Map();
  /** @type {Promise<ImageBitmap | null> | undefined} */
  originals;

  /**
   * @param {FilmWithFrames["head"]} head
   * @param {() => void} onDecoded
   */
  constructor(head, onDecoded) {
    this.head = head;
    this.onDecoded = onDecoded;
  }

  /**
   * The frame's decoded grid as one picture, and the reconstructions in one row; null where they are not decoded yet.
   *
   * @param {Frame} frame
   */
  get(frame) {
    const found = this.frames.get(frame);
    if (found === undefined) {
      this.frames.set(frame, null);
      void this.decode(frame);
    }
    return found ?? null;
  }

  /** @param {Frame} frame */
  async decode(frame) {
    const sheet = await createImageBitmap(new Blob([frame.sheet])).catch(() => null);
    if (!sheet) return; // no picture: the points alone are shown
    const { originals, samples, side } = this.head;
    const grid = this.cut(sheet, originals + samples, side ** 2, side);
    const copies = this.cut(sheet, 0, originals, originals);
    sheet.close();
    this.frames.set(frame, { grid, copies });
    this.onDecoded();
  }

  /**
   * Pictures of a sheet, from number `first` on, in rows of `across`.
   *
   * @param {ImageBitmap} sheet
   * @param {number} first
   * @param {number} count
   * @param {number} across
   */
  cut(sheet, first, count, across) {
    const { columns, imageShape } = this.head;
    const [, height, width] = imageShape;
    const rows = Math.ceil(count / Math.max(1, across));
    const canvas = element("canvas", { width: Math.max(1, across * width), height: Math.max(1, rows * height) });
    const context = contextOf(canvas, { willReadFrequently: true });
    for (let i = 0; i < count; i++) {
      const [left, top] = [((first + i) % columns) * width, Math.floor((first + i) / columns) * height];
      const [x, y] = [(i % across) * width, Math.floor(i / across) * height];
      context.drawImage(sheet, left, top, width, height, x, y, width, height);
    }
    return canvas;
  }

  /** The test images in one row; null where the film has none, or what it has is no picture. */
  async originalRow() {
    const { sheet, originals: count } = this.head;
    if (!count) return null;
    this.originals ??= createImageBitmap(new Blob([sheet])).catch(() => null);
    const bitmap = await this.originals;
    return bitmap && this.cut(bitmap, 0, count, count);
  }

  /** The test images' pixels; null where there are none. @returns {Promise<Originals | null>} */
  async originalPixels() {
    const row = await this.originalRow();
    if (!row) return null;
    const { imageShape } = this.head;
    const [channels, height, width] = imageShape;
    const context = contextOf(row);
    const pixels = Array.from({ length: row.width / width }, (_, i) =>
      channelsFirst(context.getImageData(i * width, 0, width, height).data, channels, height * width),
    );
    return { pixels, imageShape };
  }
}

/**
 * Draws the test images, each beside its reconstruction.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLCanvasElement} originals in one row
 * @param {HTMLCanvasElement} copies in one row
 * @param {Head["imageShape"]} shape
 * @param {number} across pairs in a row
 */
export function drawPairs(canvas, originals, copies, [, height, width], across) {
  const count = originals.width / width;
  const [pairWidth, pairHeight] = [2 * width + GAP + BETWEEN_PAIRS, height + BETWEEN_PAIRS];
  const size = [across * pairWidth - BETWEEN_PAIRS, Math.ceil(count / across) * pairHeight - BETWEEN_PAIRS];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const context = contextOf(canvas);
  for (let i = 0; i < count; i++) {
    const [x, y] = [(i % across) * pairWidth, Math.floor(i / across) * pairHeight];
    context.drawImage(originals, i * width, 0, width, height, x, y, width, height);
    context.drawImage(copies, i * width, 0, width, height, x + width + GAP, y, width, height);
  }
}

/**
 * The bytes of an image, channels first, of a canvas' pixels.
 *
 * @param {Uint8ClampedArray} rgba
 * @param {number} channels
 * @param {number} size pixels
 */
export function channelsFirst(rgba, channels, size) {
  return Uint8Array.from({ length: channels * size }, (_, i) => rgba[4 * (i % size) + Math.floor(i / size)]);
}
