/** A film's pictures: sheets of small ones, decoded as they are looked at. */

import { element } from "../lib/dom.js";

const MOST_SHEETS = 60,
  MOST_BYTES = 64e6; // decoded, per film
const GAP = 1; // picture pixels

/** Decodes sheets and keeps those looked at last. */
export class Sheets {
  kept = new Map(); // frame or head -> promise of its sheet

  /** The sheet of a frame, or of the head's test images, as an ImageBitmap. Rejects what is no picture. */
  get(frame) {
    const found = this.kept.get(frame) ?? createImageBitmap(new Blob([frame.sheet]));
    this.kept.delete(frame);
    this.kept.set(frame, found);
    return found;
  }

  /** Lets go of the sheets that were looked at longest ago; the newest two stay, for they may be being drawn. */
  async tidy({ imageShape: [, height, width], columns, originals, samples, side }) {
    const bytes = 4 * columns * width * height * Math.ceil((originals + samples + side ** 2) / columns);
    const most = Math.max(2, Math.min(MOST_SHEETS, Math.floor(MOST_BYTES / bytes)));
    for (const frame of [...this.kept.keys()].slice(0, -most)) this.drop(frame);
  }

  async drop(frame) {
    const sheet = this.kept.get(frame);
    this.kept.delete(frame);
    (await sheet.catch(() => null))?.close();
  }

  close() {
    for (const frame of [...this.kept.keys()]) this.drop(frame);
  }
}

/** Draws `count` of a sheet's pictures, from number `first` on, in rows of `across`; `size`: a picture's there. */
export function drawCells(context, sheet, head, { first, count, across, x = 0, y = 0, size, gap }) {
  const [, height, width] = head.imageShape;
  context.imageSmoothingEnabled = size[0] < width;
  for (let i = 0; i < count; i++) {
    const from = first + i,
      column = i % across,
      row = Math.floor(i / across);
    const [left, top] = [(from % head.columns) * width, Math.floor(from / head.columns) * height];
    const place = [x + column * (size[0] + gap), y + row * (size[1] + gap)];
    context.drawImage(sheet, left, top, width, height, ...place, ...size);
  }
}

/** The fixed test images above their reconstructions, the fixed samples, and the decoded plane. */
export class Pictures {
  sheets = new Sheets();
  sampleRows = Infinity;

  constructor() {
    const canvas = (className) => element("canvas", { className, role: "img", width: 1, height: 1 });
    this.pairs = canvas("pairs");
    this.samples = canvas("samples");
    this.grid = canvas("manifold");
  }

  /** The newest wins: a sheet that was still being decoded when another was asked for is not drawn. */
  async show(film, frame, say) {
    this.wanted = { film, frame, say };
    if (this.busy) return;
    this.busy = true;
    for (let asked; (asked = this.wanted) !== this.shown; ) {
      const sheets = await this.decode(asked).catch(() => null);
      if (this.closed) return;
      if (asked !== this.wanted) continue;
      this.shown = asked;
      if (sheets) this.draw(asked, ...sheets);
      asked.say(sheets ? "" : "Pictures of this film cannot be decoded.");
      this.sheets.tidy(asked.film.head);
    }
    this.busy = false;
  }

  decode({ film: { head }, frame }) {
    const { sheets } = this;
    return Promise.all([sheets.get(frame), head.originals ? sheets.get(head) : null]);
  }

  draw({ film: { head }, frame }, sheet, originals) {
    const {
        originals: k,
        samples: m,
        side,
        columns,
        imageShape: [, height, width],
      } = head,
      size = [width, height];
    const pairs = sized(this.pairs, k * (width + GAP) - GAP, 2 * height + GAP);
    if (originals) drawCells(pairs, originals, head, { first: 0, count: k, across: k, size, gap: GAP });
    drawCells(pairs, sheet, head, { first: 0, count: k, across: k, y: height + GAP, size, gap: GAP });
    const across = Math.min(m, columns),
      rows = Math.min(this.sampleRows, Math.ceil(m / columns));
    const samples = sized(this.samples, across * (width + GAP) - GAP, rows * (height + GAP) - GAP);
    drawCells(samples, sheet, head, { first: k, count: Math.min(m, rows * across), across, size, gap: GAP });
    const grid = sized(this.grid, side * width, side * height);
    drawCells(grid, sheet, head, { first: k + m, count: side ** 2, across: side, size, gap: 0 });
    for (const canvas of [this.pairs, this.samples, this.grid]) canvas.dataset.epoch = frame.epoch; // for tests
  }

  close() {
    this.closed = true;
    this.sheets.close();
  }
}

function sized(canvas, width, height) {
  Object.assign(canvas, { width: Math.max(1, width), height: Math.max(1, height) });
  return canvas.getContext("2d");
}
