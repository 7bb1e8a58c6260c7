/** What is written on paper, or in chalk on a board, in a photograph: bright ink on black, as drawings are. */

import { isInkDark, lightOf, median, trendOf } from "./paper.js";
import { inkBox, resized } from "./placing.js";

/** @import { Pixels } from "./canvas.js" */
/** @import { ImageShape } from "./contract.js" */
/** @import { Grey } from "./paper.js" */

/** Connected pixels. size: how many; edge: how many at the picture's edge. @typedef {{size: number, edge: number, strong: number}} Part */

const SIDE = 280; // pixels of the square picture
const MARGIN = 28 / 20; // of it: its side by the drawing's longer side
const FAINT = 24; // of 255: a background as dark as this needs no levelling
const LEAST_CONTRAST = 0.12; // of the paper's brightness; less is no ink
const LEAST_INK = 0.25; // the same, of the darkest of it: noise in a dark corner reaches 0.2
const LEAST_RANGE = 64; // grey levels between paper and black, or white: less would make noise look like ink
const INK = 0.6, // of the ink's own darkness: certainly ink
  EDGE = 0.4; // and the least that counts, beside certain ink; the lines of ruled paper are fainter
const LEAST_PIXELS = 100; // a drawing is larger than a twentieth of this
const SPECK = 0.05; // of the largest part: smaller ones are dust
const TABLE = 0.1; // of the picture's edge: what covers more is not written on the paper
const THIN = 0.1; // of the drawing's longer side: thinner lines are thickened, to less than those of MNIST, 0.12

/** Whether a picture is bright on black already: it needs no levelling. */
export function isBlack(/** @type {Grey} */ { plane }) {
  const faint = plane.reduce((count, value) => count + Number(value <= FAINT), 0);
  return 2 * faint >= plane.length;
}

/**
 * A photograph in even light. dark: whether ink is dark: the paper is 255 then; else ink is bright on a board of 0.
 *
 * @param {Grey} photo
 * @returns {Grey & {dark: boolean}}
 */
export function levelled(photo) {
  const { plane, width, height } = photo;
  const trend = trendOf(photo);
  const dark = isInkDark(plane, trend);
  const light = lightOf(photo, trend, dark);
  // Light multiplies: in the shadow, ink is as much darker than the paper as in the light, relative to the paper.
  const even = plane.map((value, i) => {
    const range = dark ? light[i] : 255 - light[i];
    const contrast = Math.max(0, (dark ? light[i] - value : value - light[i]) / Math.max(LEAST_RANGE, range));
    return 255 * (dark ? 1 - contrast : contrast);
  });
  return { plane: even, width, height, dark };
}

/**
 * The bright ink of a picture in even light: its own brightness becomes 255, thin lines become thicker, and what is not
 * connected with enough of it is left out. null where there is no ink.
 *
 * @param {Grey} picture
 * @returns {Grey | null}
 */
export function inkOf({ plane, width, height }) {
  const contrast = plane.map((value) => value / 255);
  const least = LEAST_CONTRAST + median(contrast); // the light is measured where noise is brightest
  const full = quantile(
    contrast.filter((value) => value > least),
    0.95,
  );
  if (full < LEAST_INK) return null;
  const ink = contrast.map((value) => value / full);
  if (!keepWritten(ink, width, height)) return null;
  const own = quantile(
    ink.filter((value) => value),
    0.75,
  ); // without what was left out, a table perhaps, which is darker
  const stretched = ink.map((value) => 255 * Math.max(0, Math.min(1, (value / own - EDGE) / (1 - EDGE))));
  return { plane: thickened({ plane: stretched, width, height }), width, height };
}

/** The value below which this share lies; 0 of none. */
export function quantile(/** @type {Float32Array} */ values, /** @type {number} */ share) {
  return values.toSorted()[Math.floor(share * (values.length - 1))] ?? 0;
}

/**
 * What is bright in a picture as a square one to draw on: in its middle, with a margin as MNIST's digits have. null where
 * nothing is.
 *
 * @param {Grey} picture
 * @returns {{pixels: Pixels, imageShape: ImageShape} | null}
 */
export function squareAround({ plane, width, height }) {
  const box = inkBox([plane], width, height);
  if (!box) return null;
  const side = Math.ceil(MARGIN * Math.max(box.width, box.height));
  const square = new Float32Array(side * side);
  const [left, top] = [Math.floor((side - box.width) / 2), Math.floor((side - box.height) / 2)];
  for (let y = 0; y < box.height; y++) {
    const from = (box.top + y) * width + box.left;
    square.set(plane.subarray(from, from + box.width), (top + y) * side + left);
  }
  /** @type {ImageShape} */
  const imageShape = [1, SIDE, SIDE];
  return { pixels: resized([square], side, side, imageShape), imageShape };
}

// — what is written —

/**
 * Sets everything to 0 that is not connected ink: specks, faint lines, the table around the paper, and where anything else
 * is left, what reaches the picture's edge. Returns whether anything is left.
 *
 * @param {Float32Array} ink 1 where it is as dark as ink
 * @param {number} width
 * @param {number} height
 */
function keepWritten(ink, width, height) {
  const { labels, parts } = partsOf(ink, width, height);
  const perimeter = 2 * (width + height);
  const written = parts.filter(({ strong, edge }) => strong && edge < TABLE * perimeter);
  const largest = written.reduce((most, { size }) => Math.max(most, size), LEAST_PIXELS);
  const large = written.filter(({ size }) => size >= SPECK * largest);
  const whole = large.filter(({ edge }) => !edge);
  const kept = new Set(whole.length ? whole : large);
  for (let i = 0; i < ink.length; i++) if (!labels[i] || !kept.has(parts[labels[i] - 1])) ink[i] = 0;
  return kept.size > 0;
}

/**
 * The connected parts of what is at least EDGE, and each pixel's part: its number, from 1, or 0.
 *
 * @param {Float32Array} ink
 * @param {number} width
 * @param {number} height
 */
function partsOf(ink, width, height) {
  const labels = new Uint32Array(ink.length);
  /** @type {Part[]} */
  const parts = [];
  for (let start = 0; start < ink.length; start++) {
    if (labels[start] || ink[start] < EDGE) continue;
    const part = { size: 0, edge: 0, strong: 0 };
    parts.push(part);
    labels[start] = parts.length;
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const x = at % width,
        y = Math.floor(at / width);
      part.size++;
      part.strong += Number(ink[at] >= INK);
      part.edge += Number(x === 0 || y === 0 || x === width - 1 || y === height - 1);
      for (let down = Math.max(0, y - 1); down <= Math.min(height - 1, y + 1); down++) {
        for (let across = Math.max(0, x - 1); across <= Math.min(width - 1, x + 1); across++) {
          const next = down * width + across;
          if (labels[next] || ink[next] < EDGE) continue;
          labels[next] = parts.length;
          open.push(next);
        }
      }
    }
  }
  return { labels, parts };
}

/**
 * The drawing with lines at least as thick as THIN of its longer side: a pen is thinner than what data sets were written
 * with, and would vanish when it is scaled down.
 *
 * @param {Grey} drawing
 */
function thickened({ plane, width, height }) {
  const inside = (/** @type {number} */ x, /** @type {number} */ y) =>
    x >= 0 && y >= 0 && x < width && y < height && plane[y * width + x] > 127;
  let [left, right, top, bottom, area, outline] = [width, 0, height, 0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!inside(x, y)) continue;
      [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
      area++;
      outline += Number(!inside(x - 1, y)) + Number(!inside(x + 1, y));
      outline += Number(!inside(x, y - 1)) + Number(!inside(x, y + 1));
    }
  }
  const thickness = area && (2 * area) / (outline * (Math.PI / 4)); // a slanted outline has 4/π of its length in steps
  const radius = (THIN * (Math.max(right - left, bottom - top) + 1) - thickness) / 2;
  return area && radius > 0.5 ? grown(plane, width, height, radius) : plane;
}

/**
 * Each pixel becomes the brightest within the radius.
 *
 * @param {Float32Array} plane
 * @param {number} width
 * @param {number} height
 * @param {number} radius
 */
function grown(plane, width, height, radius) {
  const reach = Math.ceil(radius);
  const larger = plane.slice();
  for (let i = 0; i < plane.length; i++) {
    if (!plane[i]) continue;
    const x = i % width,
      y = Math.floor(i / width);
    for (let dy = -Math.min(reach, y); dy <= Math.min(reach, height - 1 - y); dy++) {
      for (let dx = -Math.min(reach, x); dx <= Math.min(reach, width - 1 - x); dx++) {
        if (dx * dx + dy * dy > radius * radius) continue;
        const at = i + dy * width + dx;
        if (larger[at] < plane[i]) larger[at] = plane[i];
      }
    }
  }
  return larger;
}
