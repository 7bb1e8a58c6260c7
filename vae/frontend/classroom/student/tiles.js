/**
 * What a student sees, small, for the teacher: the largest picture in the window, at most one in 2 s, and only when it is
 * another one.
 *
 * @import { Shape, Tile } from "../state.js"
 *
 * @typedef {{page: string, model: string, root: ParentNode | null}} Seen root: of the component on the page
 */

import { toBase64 } from "../../lib/bytes.js";
import { CLASS_LIMITS, CLASS_SECONDS } from "../../lib/contract.js";
import { contextOf, element } from "../../lib/dom.js";

const TILE_SIDE = CLASS_LIMITS.tile_side;
const BETWEEN_MS = CLASS_SECONDS.tile * 1050; // a little more than the server asks for

/** Takes tiles and passes them on, until it is stopped. */
export class Tiles {
  canvas = element("canvas");
  last = "";

  /**
   * @param {() => Seen} seen
   * @param {(tile: Tile) => void} send
   */
  constructor(seen, send) {
    this.seen = seen;
    this.send = send;
    this.timer = setInterval(() => this.look(), BETWEEN_MS);
  }

  look() {
    if (document.hidden) return;
    const { page, model, root } = this.seen();
    const picture = largest([...(root?.querySelectorAll("canvas") ?? [])]);
    if (!picture) return;
    const { shape, pixels } = this.take(picture);
    const tile = { page, model, shape, pixels: toBase64(pixels) };
    const text = JSON.stringify(tile);
    if (text === this.last) return;
    this.last = text;
    this.send(tile);
  }

  /** The next one goes out in any case: the connection is another one. */
  again() {
    this.last = "";
  }

  /** @param {HTMLCanvasElement} picture */
  take(picture) {
    const [width, height] = sizeOf(picture.width, picture.height);
    Object.assign(this.canvas, { width, height });
    const context = contextOf(this.canvas, { willReadFrequently: true });
    context.drawImage(picture, 0, 0, width, height);
    return planesOf(context.getImageData(0, 0, width, height).data, width, height);
  }

  stop() {
    clearInterval(this.timer);
  }
}

/** The size of a tile of a picture: no side longer than the server takes, and no larger than the picture. */
export function sizeOf(/** @type {number} */ width, /** @type {number} */ height) {
  const scale = Math.min(1, TILE_SIDE / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/**
 * One plane of grey, or three of colour. Where nothing was drawn it is white.
 *
 * @param {ArrayLike<number>} rgba
 * @param {number} width
 * @param {number} height
 * @returns {{shape: Shape, pixels: Uint8Array}}
 */
export function planesOf(rgba, width, height) {
  const size = width * height;
  const planes = new Uint8Array(3 * size);
  let grey = true;
  for (let i = 0; i < size; i++) {
    const opacity = rgba[4 * i + 3] / 255;
    for (let c = 0; c < 3; c++) planes[c * size + i] = Math.round(255 + (rgba[4 * i + c] - 255) * opacity);
    grey &&= planes[i] === planes[size + i] && planes[i] === planes[2 * size + i];
  }
  return { shape: [grey ? 1 : 3, height, width], pixels: grey ? planes.subarray(0, size) : planes };
}

/**
 * The canvas with the largest part in the window; null where there is none.
 *
 * @param {readonly HTMLCanvasElement[]} canvases
 */
function largest(canvases) {
  /** @type {HTMLCanvasElement | null} */
  let found = null;
  let most = 0;
  for (const canvas of canvases) {
    const area = areaInside(canvas.getBoundingClientRect(), innerWidth, innerHeight);
    if (area <= most || !canvas.width || !canvas.height) continue;
    [found, most] = [canvas, area];
  }
  return found;
}

/**
 * How much of a box is in the window. Unit: square pixels.
 *
 * @param {{left: number, right: number, top: number, bottom: number}} box
 * @param {number} width of the window
 * @param {number} height
 */
export function areaInside({ left, right, top, bottom }, width, height) {
  const across = Math.min(right, width) - Math.max(left, 0),
    down = Math.min(bottom, height) - Math.max(top, 0);
  return Math.max(0, across) * Math.max(0, down);
}
