/** A film's pictures: sheets of small ones, decoded when they are to be shown. */

import { contextOf, element } from "../lib/dom.js";
import { t } from "../lib/words.js";

/** @import { FilmWithFrames, Frame, Head } from "../lib/film.js" */

/**
 * Pictures of a sheet, from number `first` on, and where on the canvas they go, in rows of `across`.
 *
 * @typedef {object} Cells
 * @property {number} first
 * @property {number} count
 * @property {number} across
 * @property {number} [x]
 * @property {number} [y]
 * @property {[width: number, height: number]} size of a picture on the canvas
 * @property {number} gap
 */

const MAX_SHEETS = 60,
  MAX_BYTES = 64e6; // decoded, per film
const GAP = 1; // picture pixels

/** Decodes sheets and keeps those that were used last. */
export class Sheets {
  /** @type {Map<Frame | Head, Promise<ImageBitmap>>} in the order of their use */
  kept = new Map();

  /**
   * The sheet of a frame, or of the head's test images. Rejects bytes that are no picture.
   *
   * @param {Frame | Head} frame
   */
  get(frame) {
    const found = this.kept.get(frame) ?? createImageBitmap(new Blob([frame.sheet]));
    this.kept.delete(frame);
    this.kept.set(frame, found);
    return found;
  }

  /**
   * Both sheets that show a moment: the frame's, and the head's where it has test images.
   *
   * @param {Head} head
   * @param {Frame} frame
   * @returns {Promise<[ImageBitmap, ImageBitmap | null]>}
   */
  pair(head, frame) {
    return Promise.all([this.get(frame), head.originals ? this.get(head) : null]);
  }

  /**
   * Frees the sheets that have not been used for longest, but never the newest two, which may be in use.
   *
   * @param {Head} head
   */
  tidy({ imageShape: [, height, width], columns, originals, samples, side }) {
    const bytes = 4 * columns * width * height * Math.ceil((originals + samples + side ** 2) / columns);
    const most = Math.max(2, Math.min(MAX_SHEETS, Math.floor(MAX_BYTES / bytes)));
    for (const frame of [...this.kept.keys()].slice(0, -most)) this.drop(frame);
  }

  /** @param {Frame | Head} frame */
  drop(frame) {
    this.kept.get(frame)?.then(
      (sheet) => sheet.close(),
      () => {}, // no picture: nothing to free
    );
    this.kept.delete(frame);
  }

  close() {
    for (const frame of [...this.kept.keys()]) this.drop(frame);
  }
}

/**
 * Draws pictures of a sheet on a canvas.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {ImageBitmap} sheet
 * @param {Head} head
 * @param {Cells} cells
 */
export function drawCells(context, sheet, head, { first, count, across, x = 0, y = 0, size, gap }) {
  const [, height, width] = head.imageShape;
  const [cellWidth, cellHeight] = size;
  context.imageSmoothingEnabled = cellWidth < width;
  for (let i = 0; i < count; i++) {
    const from = first + i,
      column = i % across,
      row = Math.floor(i / across);
    const [left, top] = [(from % head.columns) * width, Math.floor(from / head.columns) * height];
    const [cellX, cellY] = [x + column * (cellWidth + gap), y + row * (cellHeight + gap)];
    context.drawImage(sheet, left, top, width, height, cellX, cellY, cellWidth, cellHeight);
  }
}

/** The fixed test images above their reconstructions, the fixed samples, and the decoded plane. */
export class Pictures {
  sheets = new Sheets();
  sampleRows = Infinity; // at most
  /** @type {{ film: FilmWithFrames, frame: Frame, onProblem: (sentence: string) => void } | null} */
  command = null;
  /** @type {Pictures["command"]} */
  shown = null;
  busy = false;
  closed = false;

  constructor() {
    const canvas = (/** @type {string} */ className) =>
      element("canvas", { className, role: "img", width: 1, height: 1 });
    this.pairs = canvas("pairs");
    this.samples = canvas("samples");
    this.grid = canvas("manifold");
  }

  /**
   * Shows a frame. Newest wins: if another is asked for while a sheet is decoded, that sheet is not drawn.
   *
   * @param {FilmWithFrames} film
   * @param {Frame} frame
   * @param {(sentence: string) => void} onProblem
   */
  async show(film, frame, onProblem) {
    this.command = { film, frame, onProblem };
    if (this.busy) return;
    this.busy = true;
    while (this.command !== this.shown) {
      const { command } = this;
      const sheets = await this.sheets.pair(command.film.head, command.frame).catch(() => null);
      if (this.closed) return;
      if (command !== this.command) continue;
      this.shown = command;
      if (sheets) this.draw(command.film.head, command.frame, ...sheets);
      else command.onProblem(t("Pictures of this film cannot be decoded."));
      this.sheets.tidy(command.film.head);
    }
    this.busy = false;
  }

  /**
   * @param {Head} head
   * @param {Frame} frame
   * @param {ImageBitmap} sheet
   * @param {ImageBitmap | null} originals
   */
  draw(head, frame, sheet, originals) {
    const { originals: k, samples: m, side, columns } = head;
    const [, height, width] = head.imageShape;
    /** @type {[number, number]} */
    const size = [width, height];
    const pairs = sized(this.pairs, k * (width + GAP) - GAP, 2 * height + GAP);
    if (originals) drawCells(pairs, originals, head, { first: 0, count: k, across: k, size, gap: GAP });
    drawCells(pairs, sheet, head, { first: 0, count: k, across: k, y: height + GAP, size, gap: GAP });
    const across = Math.min(m, columns),
      rows = Math.min(this.sampleRows, Math.ceil(m / columns));
    const samples = sized(this.samples, across * (width + GAP) - GAP, rows * (height + GAP) - GAP);
    drawCells(samples, sheet, head, { first: k, count: Math.min(m, rows * across), across, size, gap: GAP });
    const grid = sized(this.grid, side * width, side * height);
    drawCells(grid, sheet, head, { first: k + m, count: side ** 2, across: side, size, gap: 0 });
    for (const { dataset } of [this.pairs, this.samples, this.grid]) {
      dataset.epoch = `${frame.epoch}`; // for tests
      dataset.frame = `${Number(dataset.frame ?? 0) + 1}`; // as the pictures of all pages have it
    }
  }

  close() {
    this.closed = true;
    this.sheets.close();
  }
}

/**
 * The drawing context of a canvas with this size in pixels, empty.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
function sized(canvas, width, height) {
  Object.assign(canvas, { width: Math.max(1, width), height: Math.max(1, height) });
  return contextOf(canvas);
}
