/** The path between two ends as files: an animation, a strip of pictures, and arrays. */

import { joined } from "../lib/bytes.js";
import { drawPicture, pngOf } from "../lib/canvas.js";
import { contextOf, element } from "../lib/dom.js";
import { downloadMenu } from "../lib/download-menu.js";
import { download, npz } from "../lib/export.js";
import { numberField } from "../lib/fields.js";
import { gif } from "../lib/gif.js";
import { t } from "../lib/words.js";
import { blend, shares } from "./space.js";

/** @import { Pixels } from "../lib/canvas.js" */
/** @import { ImageShape } from "../lib/contract.js" */
/** @import { Download } from "../lib/download-menu.js" */
/** @import { Space } from "./space.js" */
/**
 * What is saved. codes: of a number of frames; back: an animation also goes back to its start; name: of the file.
 *
 * @typedef {{space: Space, codes: (frames: number) => number[][], back: boolean, name: string}} SavedPath
 */
/**
 * The path in frames. mixed: its ends mixed pixel by pixel, as many.
 *
 * @typedef {{codes: number[][], pictures: Pixels[], mixed: Uint8Array[]}} Frames
 */

const SIDE = 224; // pixels of an exported picture's longer side, about
const FRAMES = 24,
  MOST_FRAMES = 240;
const RATE = 10,
  RATES = [5, 10, 20, 25, 50]; // frames/s that a GIF can have: its clock ticks in hundredths of a second
const WIDEST = 16384; // pixels that every browser's canvas can have

export class Downloads {
  /** @param {() => SavedPath} path */
  constructor(path) {
    this.path = path;
    const rates = RATES.map((rate) => element("option", { value: rate, selected: rate === RATE }, `${rate}`));
    this.frames = numberField({ whole: true, min: 2, max: MOST_FRAMES, value: FRAMES });
    this.rate = element("select", {}, ...rates);
    this.beside = element("input", { type: "checkbox" });
    this.element = this.build();
  }

  /** How long the path takes at the chosen speed. */
  get seconds() {
    return (this.frames.read() || FRAMES) / Number(this.rate.value);
  }

  /**
   * Decodes the path and saves it. Throws an error where that fails.
   *
   * @param {(path: SavedPath, frames: Frames) => void | Promise<void>} saveAs
   */
  async save(saveAs) {
    const path = this.path();
    const count = this.frames.read();
    if (Number.isNaN(count)) throw new Error(t`Frames: a whole number from 2 to ${MOST_FRAMES}.`);
    const codes = path.codes(count);
    const pictures = await path.space.decode(codes, { slot: "export", background: true });
    if (!pictures) throw new Error(t("The decoder did not answer; try again."));
    const [first, last] = [pictures[0], pictures[count - 1]];
    const mixed = shares(count).map((at) =>
      blend([
        [first, 1 - at],
        [last, at],
      ]),
    );
    await saveAs(path, { codes, pictures, mixed });
  }

  /**
   * @param {SavedPath} path
   * @param {Frames} frames
   */
  saveGif({ space: { imageShape }, back, name }, { pictures, mixed }) {
    const [channels, height, width] = imageShape;
    const beside = this.beside.checked;
    const forward = beside ? pictures.map((picture, i) => sideBySide(picture, mixed[i], imageShape)) : pictures;
    const frames = back ? [...forward, ...forward.slice(1, -1).reverse()] : forward;
    const options = { scale: scaleOf(imageShape), hundredths: Math.round(100 / Number(this.rate.value)) };
    download(gif(frames, [channels, height, beside ? 2 * width : width], options), `${name}.gif`);
  }

  /**
   * @param {SavedPath} path
   * @param {Frames} frames
   */
  async savePng({ space: { imageShape }, name }, { pictures, mixed }) {
    const [, height, width] = imageShape;
    const rows = this.beside.checked ? [pictures, mixed] : [pictures];
    const sheet = element("canvas", { width: width * pictures.length, height: height * rows.length });
    const strip = element("canvas", {});
    rows.forEach((row, i) => {
      drawPicture(strip, joined(row), imageShape, 0, row.length);
      contextOf(sheet).drawImage(strip, 0, i * height);
    });
    const scale = Math.max(1, Math.min(scaleOf(imageShape), Math.floor(WIDEST / sheet.width)));
    download(await pngOf(sheet, scale), `${name}.png`);
  }

  /**
   * @param {SavedPath} path
   * @param {Frames} frames
   */
  saveNpz({ space: { imageShape, latentDim }, name }, { codes, pictures }) {
    const n = codes.length;
    const arrays = {
      t: { data: Float32Array.from(shares(n)), shape: [n] },
      z: { data: Float32Array.from(codes.flatMap((code) => code.slice(0, latentDim))), shape: [n, latentDim] },
      images: { data: joined(pictures), shape: [n, ...imageShape] },
    };
    download(npz(arrays), `${name}.npz`);
  }

  build() {
    /** @type {(format: string, what: string, saveAs: Parameters<Downloads["save"]>[0]) => Download} */
    const file = (format, what, saveAs) => ({ format, what, save: () => this.save(saveAs) });
    return downloadMenu(
      [
        file("GIF", t("the path as an animation, without end"), (path, frames) => this.saveGif(path, frames)),
        file("PNG", t("all frames side by side"), (path, frames) => this.savePng(path, frames)),
        file("NPZ", t("t, z and pictures, for NumPy"), (path, frames) => this.saveNpz(path, frames)),
      ],
      element("label", {}, t("Frames from A to B "), this.frames),
      element("label", {}, t("Frames/s, also of play "), this.rate),
      element("label", {}, this.beside, t(" Pixel blend beside it, in pictures")),
    );
  }
}

/** @param {ImageShape} shape */
function scaleOf([, height, width]) {
  return Math.max(1, Math.round(SIDE / Math.max(height, width)));
}

/**
 * Two pictures as one of twice the width.
 *
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 * @param {ImageShape} shape
 */
function sideBySide(left, right, [channels, height, width]) {
  const both = new Uint8Array(2 * left.length);
  for (let line = 0; line < channels * height; line++) {
    both.set(left.subarray(line * width, (line + 1) * width), 2 * line * width);
    both.set(right.subarray(line * width, (line + 1) * width), (2 * line + 1) * width);
  }
  return both;
}
