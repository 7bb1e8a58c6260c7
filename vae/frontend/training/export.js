/** A film as an animated GIF: map, reconstructions and samples of every moment in one picture. */

import { contextOf, element } from "../lib/dom.js";
import { download } from "../lib/export.js";
import { t } from "../lib/words.js";
import { halvesOf, Painter, placesOf } from "./map.js";
import { drawCells, Sheets } from "./pictures.js";
import { epochsOf } from "./words.js";

/** @import { FilmWithFrames, Frame, Head } from "../lib/film.js" */
/** @import { Look } from "./map.js" */

/**
 * A film and the tools that draw it.
 *
 * @typedef {object} Part
 * @property {string} name
 * @property {Head} head
 * @property {Frame[]} frames
 * @property {number} half of the map's side
 * @property {Painter} painter
 * @property {Sheets} sheets
 */

const MAP = 300,
  BESIDE = 250,
  EDGE = 10,
  TITLE = 20; // pixels
const SQUARE = { width: MAP, height: MAP };
const MAX_FRAMES = 60,
  HOLD = 8; // the last picture stays so many times as long as the others
const HUNDREDTHS = 15; // of a second per picture
const HEIGHT = TITLE + MAP + EDGE,
  WIDTH = EDGE + MAP + EDGE + BESIDE + EDGE;

export class Export {
  closed = false;
  /** @type {Worker | null} */
  worker = null;

  /**
   * @param {{ name: string, film: FilmWithFrames }[]} films
   * @param {Look} look
   * @param {(text: string) => void} say shows the progress
   */
  constructor(films, look, say) {
    this.look = look;
    this.say = say;
    const halves = halvesOf(films.map(({ film }) => film));
    /** @type {Part[]} */
    this.parts = films.map(({ name, film: { head, frames } }, i) => {
      const tools = { painter: new Painter(), sheets: new Sheets() };
      return { name, head, frames: [...frames], half: halves[i], ...tools }; // a copy: the film may grow
    });
    this.canvas = element("canvas", { width: WIDTH * films.length, height: HEIGHT });
  }

  /**
   * Makes the GIF and downloads it.
   *
   * @param {boolean} grid whether the map is the decoded plane, where there is one
   */
  async save(grid) {
    const shares = sharesOf(this.parts),
      pictures = [];
    try {
      for (const [i, share] of shares.entries()) {
        this.say(t`picture ${i + 1} of ${shares.length}`);
        pictures.push(await this.compose(share, grid));
        if (this.closed) return;
      }
      this.say(t("packing…"));
      const last = pictures[pictures.length - 1];
      for (let k = 1; k < HOLD; k++) pictures.push(last);
      download(await this.pack(pictures), `${this.parts.map(({ name }) => name).join("-")}-film.gif`);
      this.say("");
    } catch {
      this.say(t("The film could not be packed: its pictures cannot be decoded."));
    } finally {
      for (const { sheets } of this.parts) sheets.close();
    }
  }

  /**
   * One picture of the animation: bytes, 3 × height × width.
   *
   * @param {number} share of the run
   * @param {boolean} grid
   */
  async compose(share, grid) {
    const context = contextOf(this.canvas, { willReadFrequently: true }),
      { width, height } = this.canvas;
    const frames = this.parts.map(
      (part) => part.frames.findLast((frame) => frame.share <= share + 1e-9) ?? part.frames[0],
    );
    const sheets = await Promise.all(this.parts.map((part, i) => part.sheets.pair(part.head, frames[i])));
    context.fillStyle = this.look.paper;
    context.fillRect(0, 0, width, height);
    this.parts.forEach((part, i) => {
      context.save();
      context.translate(i * WIDTH, 0);
      this.drawPart(context, part, frames[i], sheets[i], grid);
      context.restore();
      part.sheets.tidy(part.head);
    });
    return channelsFirst(context.getImageData(0, 0, width, height).data);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Part} part
   * @param {Frame} frame
   * @param {[ImageBitmap, ImageBitmap | null]} sheets
   * @param {boolean} grid
   */
  drawPart(context, part, frame, [sheet, originals], grid) {
    const { name, head, half, painter } = part,
      { ink } = this.look;
    Object.assign(context, { fillStyle: ink, font: "bold 12px sans-serif", textBaseline: "middle" });
    context.fillText(name, EDGE, TITLE / 2 + 1, MAP);
    const left = EDGE + MAP + EDGE;
    context.fillText(`epoch ${epochsOf(frame.epoch)} of ${head.epochs}`, left, TITLE / 2 + 1);
    context.textBaseline = "alphabetic";
    context.save();
    context.translate(EDGE, TITLE);
    if (grid && head.side) drawPlane(context, sheet, head);
    else painter.paint(context, { head, places: placesOf(frame), half }, SQUARE, this.look);
    context.restore();
    this.drawPictures(context, head, sheet, originals, left);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Head} head
   * @param {ImageBitmap} sheet
   * @param {ImageBitmap | null} originals
   * @param {number} left
   */
  drawPictures(context, head, sheet, originals, left) {
    const { originals: k, samples: m, columns } = head;
    const small = sizeIn(head, BESIDE, k),
      y = TITLE + 16;
    Object.assign(context, { fillStyle: this.look.ink, font: "12px sans-serif", textAlign: "left" });
    context.fillText("test images, reconstructions", left, TITLE + 10);
    const row = { first: 0, count: k, across: k, x: left, size: small, gap: 1 };
    if (originals) drawCells(context, originals, head, { ...row, y });
    drawCells(context, sheet, head, { ...row, y: y + small[1] + 1 });
    if (!m) return;
    const below = y + 2 * small[1] + 26,
      across = Math.min(m, columns, 5),
      size = sizeIn(head, BESIDE, across);
    const rows = Math.min(Math.ceil(m / across), Math.floor((HEIGHT - below) / (size[1] + 1)));
    context.fillStyle = this.look.ink;
    context.fillText("samples", left, below - 6);
    const count = Math.min(m, rows * across);
    drawCells(context, sheet, head, { first: k, count, across, x: left, y: below, size, gap: 1 });
  }

  /**
   * @param {Uint8Array[]} frames
   * @returns {Promise<Blob>}
   */
  pack(frames) {
    const worker = new Worker(new URL("./gif-worker.js", import.meta.url), { type: "module" });
    this.worker = worker;
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
      const shape = [3, HEIGHT, this.canvas.width];
      worker.postMessage({ frames, shape, options: { scale: 1, hundredths: HUNDREDTHS } });
    }).finally(() => worker.terminate());
  }

  close() {
    this.closed = true;
    this.worker?.terminate();
  }
}

/**
 * The moments of the animation: those of all frames, or MAX_FRAMES of them at equal intervals in their order.
 *
 * @param {Part[]} parts
 */
function sharesOf(parts) {
  const all = parts.flatMap(({ frames }) => frames.map(({ share }) => share));
  const shares = [...new Set(all)].sort((a, b) => a - b);
  if (shares.length <= MAX_FRAMES) return shares;
  const step = (shares.length - 1) / (MAX_FRAMES - 1);
  return Array.from({ length: MAX_FRAMES }, (_, i) => shares[Math.round(i * step)]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {ImageBitmap} sheet
 * @param {Head} head
 */
function drawPlane(context, sheet, head) {
  const { originals, samples, side } = head,
    size = sizeIn(head, MAP, side, 0);
  drawCells(context, sheet, head, { first: originals + samples, count: side ** 2, across: side, size, gap: 0 });
}

/**
 * The size of a picture when `across` of them fill the room.
 *
 * @param {Head} head
 * @param {number} room pixels
 * @param {number} across
 * @returns {[width: number, height: number]}
 */
function sizeIn({ imageShape: [, height, width] }, room, across, gap = 1) {
  const cellWidth = Math.max(1, Math.floor((room - gap * (across - 1)) / across));
  return [cellWidth, Math.max(1, Math.round((cellWidth * height) / width))];
}

/** @param {Uint8ClampedArray} rgba */
function channelsFirst(rgba) {
  const size = rgba.length / 4,
    planes = new Uint8Array(3 * size);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) planes[c * size + i] = rgba[4 * i + c];
  }
  return planes;
}
