/** The way between two ends as files: an animation, a strip of pictures, and arrays. */

import { joined } from "../lib/bytes.js";
import { drawPicture, pngOf } from "../lib/canvas.js";
import { button, element } from "../lib/dom.js";
import { download, npz } from "../lib/export.js";
import { gif } from "../lib/gif.js";
import { blend, shares } from "./space.js";

const SIDE = 224; // pixels of an exported picture's longer side, about
const FRAMES = 24,
  MOST_FRAMES = 240;
const RATE = 10,
  RATES = [5, 10, 20, 25, 50]; // frames/s that a GIF can have: its clock ticks in hundredths of a second
const WIDEST = 16384; // pixels that every browser's canvas can have

export class Downloads {
  /** way() says what is to be saved: {space, codes: of a number of frames, loop, name: of the file}. */
  constructor(way) {
    this.way = way;
    this.build();
  }

  /** How long the way takes at the chosen speed. */
  get seconds() {
    return this.count() / Number(this.rate.value);
  }

  count() {
    const count = Math.round(this.frames.valueAsNumber);
    return count >= 2 && count <= MOST_FRAMES ? count : FRAMES;
  }

  /** The way in as many frames as chosen, and its ends mixed pixel by pixel; null if the decoder could not. */
  async decode() {
    const way = this.way();
    const count = this.count();
    this.frames.value = count;
    this.said.textContent = "decoding…";
    const codes = way.codes(count);
    const pictures = await way.space.decode(codes, { slot: "export", background: true });
    this.said.textContent = pictures ? "" : "The decoder did not answer; try again.";
    if (!pictures) return null;
    const mixed = shares(count).map((t) =>
      blend([
        [pictures[0], 1 - t],
        [pictures.at(-1), t],
      ]),
    );
    return { ...way, codes, pictures, mixed };
  }

  async saveGif() {
    const way = await this.decode();
    if (!way) return;
    const {
      space: { imageShape },
      pictures,
      mixed,
      loop,
      name,
    } = way;
    const [channels, height, width] = imageShape;
    const beside = this.beside.checked;
    const there = beside ? pictures.map((picture, i) => sideBySide(picture, mixed[i], imageShape)) : pictures;
    const frames = loop ? [...there, ...there.slice(1, -1).reverse()] : there;
    const options = { scale: scaleOf(imageShape), hundredths: Math.round(100 / Number(this.rate.value)), loop };
    download(gif(frames, [channels, height, beside ? 2 * width : width], options), `${name}.gif`);
  }

  async savePng() {
    const way = await this.decode();
    if (!way) return;
    const {
      space: { imageShape },
      pictures,
      mixed,
      name,
    } = way;
    const [, height, width] = imageShape;
    const rows = this.beside.checked ? [pictures, mixed] : [pictures];
    const sheet = element("canvas", { width: width * pictures.length, height: height * rows.length });
    const strip = element("canvas", {});
    rows.forEach((row, i) => {
      drawPicture(strip, joined(row), imageShape, 0, row.length);
      sheet.getContext("2d").drawImage(strip, 0, i * height);
    });
    const scale = Math.max(1, Math.min(scaleOf(imageShape), Math.floor(WIDEST / sheet.width)));
    download(await pngOf(sheet, scale), `${name}.png`);
  }

  async saveNpz() {
    const way = await this.decode();
    if (!way) return;
    const {
      space: { imageShape, latentDim },
      codes,
      pictures,
      name,
    } = way;
    const n = codes.length;
    const arrays = {
      t: { data: Float32Array.from(shares(n)), shape: [n] },
      z: { data: Float32Array.from(codes.flatMap((code) => code.slice(0, latentDim))), shape: [n, latentDim] },
      images: { data: joined(pictures), shape: [n, ...imageShape] },
    };
    download(npz(arrays), `${name}.npz`);
  }

  build() {
    const rates = RATES.map((rate) => element("option", { value: rate, selected: rate === RATE }, `${rate}`));
    this.frames = element("input", { type: "number", min: 2, max: MOST_FRAMES, value: FRAMES });
    this.rate = element("select", {}, ...rates);
    this.beside = element("input", { type: "checkbox" });
    this.said = element("span", { className: "quiet", role: "status", ariaLive: "polite" });
    const panel = element("div", { className: "popover" });
    panel.append(
      element("label", {}, "Frames from A to B ", this.frames),
      element("label", {}, "Frames/s, also of play ", this.rate),
      element("label", {}, this.beside, " pixel blend beside it, in pictures"),
      button("GIF", "The way as an animation", () => this.saveGif(), "Download GIF"),
      button("PNG strip", "All frames side by side", () => this.savePng(), "Download PNG strip"),
      button("NPZ", "t, z and the pictures of the way, for NumPy", () => this.saveNpz(), "Download NPZ"),
      this.said,
    );
    this.element = element("details", { className: "downloads" }, element("summary", {}, "Download"), panel);
  }
}

function scaleOf([, height, width]) {
  return Math.max(1, Math.round(SIDE / Math.max(height, width)));
}

/** Two pictures as one of twice the width. */
function sideBySide(left, right, [channels, height, width]) {
  const both = new Uint8Array(2 * left.length);
  for (let line = 0; line < channels * height; line++) {
    both.set(left.subarray(line * width, (line + 1) * width), 2 * line * width);
    both.set(right.subarray(line * width, (line + 1) * width), (2 * line + 1) * width);
  }
  return both;
}
