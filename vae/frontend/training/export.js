/** A film as an animation: map, reconstructions and samples of every moment on one picture. */

import { element } from "../lib/dom.js";
import { download } from "../lib/export.js";
import { halvesOf, Painter, placesOf } from "./map.js";
import { drawCells, Sheets } from "./pictures.js";
import { epochsOf } from "./words.js";

const MAP = 300,
  BESIDE = 250,
  EDGE = 10,
  TITLE = 20; // pixels
const SQUARE = { width: MAP, height: MAP };
const MOST_FRAMES = 60,
  HOLD = 8; // pictures; the last one stays that many times as long
const HUNDREDTHS = 15; // of a second per picture
const HEIGHT = TITLE + MAP + EDGE,
  WIDTH = EDGE + MAP + EDGE + BESIDE + EDGE;

export class Export {
  /** items: of feed.js; look: {palette, ink, paper, ratio}; say(text) hears how far it is. */
  constructor(items, look, say) {
    Object.assign(this, { look, say });
    const halves = halvesOf(items.map(({ film }) => film));
    this.parts = items.map(({ name, film: { head, frames } }, i) => {
      const tools = { painter: new Painter(), sheets: new Sheets() };
      return { name, head, frames: [...frames], half: halves[i], ...tools }; // a film may grow meanwhile
    });
    this.canvas = element("canvas", { width: WIDTH * items.length, height: HEIGHT });
  }

  /** grid: whether the map is the decoded plane, where there is one. */
  async save(grid) {
    const shares = moments(this.parts.map(({ frames }) => frames)),
      pictures = [];
    try {
      for (const [i, share] of shares.entries()) {
        this.say(`picture ${i + 1} of ${shares.length}`);
        pictures.push(await this.compose(share, grid));
        if (this.closed) return;
      }
      this.say("packing…");
      for (let k = 1; k < HOLD; k++) pictures.push(pictures.at(-1));
      const packed = await this.pack(pictures);
      if (packed) download(packed, `${this.parts.map(({ name }) => name).join("-")}-film.gif`);
      this.say("");
    } catch {
      this.say("The film could not be packed: its pictures cannot be decoded.");
    } finally {
      for (const { sheets } of this.parts) sheets.close();
    }
  }

  async compose(share, grid) {
    const context = this.canvas.getContext("2d", { willReadFrequently: true }),
      { width, height } = this.canvas;
    const moments = this.parts.map(
      ({ frames }) => frames.findLast((frame) => frame.share <= share + 1e-9) ?? frames[0],
    );
    const sheets = await Promise.all(this.parts.map((part, i) => sheetsOf(part, moments[i])));
    Object.assign(context, { fillStyle: this.look.paper });
    context.fillRect(0, 0, width, height);
    this.parts.forEach((part, i) => {
      context.save();
      context.translate(i * WIDTH, 0);
      this.drawPart(context, part, moments[i], sheets[i], grid);
      context.restore();
      part.sheets.tidy(part.head);
    });
    return channelsFirst(context.getImageData(0, 0, width, height).data);
  }

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

  pack(frames) {
    const worker = (this.worker = new Worker(new URL("./gif-worker.js", import.meta.url), { type: "module" }));
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
      const shape = [3, HEIGHT, this.canvas.width];
      worker.postMessage({ frames, shape, options: { scale: 1, hundredths: HUNDREDTHS, loop: true } });
    }).finally(() => worker.terminate());
  }

  close() {
    this.closed = true;
    this.worker?.terminate();
  }
}

/** The moments to be shown: all of one film's, as many of two as one has. */
function moments(films) {
  const shares = [...new Set(films.flatMap((frames) => frames.map(({ share }) => share)))].sort((a, b) => a - b);
  if (shares.length <= MOST_FRAMES) return shares;
  const apart = (shares.length - 1) / (MOST_FRAMES - 1);
  return Array.from({ length: MOST_FRAMES }, (_, i) => shares[Math.round(i * apart)]);
}

function sheetsOf({ head, sheets }, frame) {
  return Promise.all([sheets.get(frame), head.originals ? sheets.get(head) : null]);
}

function drawPlane(context, sheet, head) {
  const { originals, samples, side } = head,
    size = sizeIn(head, MAP, side, 0);
  drawCells(context, sheet, head, { first: originals + samples, count: side ** 2, across: side, size, gap: 0 });
}

/** [width, height] of a picture when `across` of them fill the room. */
function sizeIn({ imageShape: [, height, width] }, room, across, gap = 1) {
  const wide = Math.max(1, Math.floor((room - gap * (across - 1)) / across));
  return [wide, Math.max(1, Math.round((wide * height) / width))];
}

function channelsFirst(rgba) {
  const size = rgba.length / 4,
    planes = new Uint8Array(3 * size);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) planes[c * size + i] = rgba[4 * i + c];
  }
  return planes;
}
