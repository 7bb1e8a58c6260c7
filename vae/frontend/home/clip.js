/** A film of one dimension: pictures that go there and back once, or follow the pointer. */

import { contextOf, element } from "../lib/dom.js";

const SECONDS = 3; // there and back
const PAINT_MS = 40; // between two pictures, at least: the server often runs on the same computer

/**
 * Which picture is shown at this moment of a film: from the middle to the end, to the beginning, and back to the middle, as a
 * pendulum swings.
 *
 * @param {number} seconds since it began
 * @param {number} count of pictures
 */
export function frameAt(seconds, count) {
  return frameOf((1 + Math.sin((2 * Math.PI * Math.min(seconds, SECONDS)) / SECONDS)) / 2, count);
}

/**
 * Which picture lies at this share of the way.
 *
 * @param {number} share 0 to 1; what lies beyond is an end
 * @param {number} count of pictures
 */
export function frameOf(share, count) {
  return Math.round(Math.max(0, Math.min(1, share)) * (count - 1));
}

export class Clip {
  canvas = element("canvas", { className: "clip", width: 1, height: 1 });
  /** All pictures side by side, once they are there. @type {HTMLImageElement | null} */
  sheet = null;
  /** @type {Promise<void> | null} */
  loading = null;
  animation = 0; // request of the next picture
  beganAt = 0; // ms
  paintedAt = -Infinity; // ms

  /**
   * @param {string} src of the pictures side by side
   * @param {number} count of them
   */
  constructor(src, count) {
    this.src = src;
    this.count = count;
  }

  /** Fetches the pictures, once, and shows the one in the middle. Rejects where they do not come. */
  load() {
    this.loading ??= this.fetch();
    return this.loading;
  }

  async fetch() {
    const sheet = element("img", { src: this.src });
    await sheet.decode();
    this.sheet = sheet;
    this.rest();
  }

  /** Plays the film once. */
  play() {
    cancelAnimationFrame(this.animation);
    this.beganAt = performance.now();
    this.animation = requestAnimationFrame((now) => this.step(now));
  }

  /** @param {number} now ms */
  step(now) {
    const seconds = (now - this.beganAt) / 1000;
    if (seconds >= SECONDS) {
      this.rest();
      return;
    }
    this.animation = requestAnimationFrame((next) => this.step(next));
    if (now - this.paintedAt < PAINT_MS) return;
    this.paintedAt = now;
    this.show(frameAt(seconds, this.count));
  }

  /** Shows the picture at this share of the way. @param {number} share 0 to 1 */
  point(share) {
    cancelAnimationFrame(this.animation);
    this.show(frameOf(share, this.count));
  }

  /** Shows the picture in the middle. */
  rest() {
    this.point(0.5);
  }

  /** @param {number} frame */
  show(frame) {
    const { sheet, canvas, count } = this;
    if (!sheet) return;
    const width = sheet.naturalWidth / count,
      height = sheet.naturalHeight;
    const scale = Math.max(1, Math.ceil((canvas.clientWidth * devicePixelRatio) / width)); // whole: then all pixels are alike
    if (canvas.width !== scale * width) Object.assign(canvas, { width: scale * width, height: scale * height });
    const context = contextOf(canvas);
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, frame * width, 0, width, height, 0, 0, canvas.width, canvas.height);
    canvas.dataset.frame = `${frame}`; // for tests
  }

  close() {
    cancelAnimationFrame(this.animation);
  }
}
