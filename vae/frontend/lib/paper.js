/** The light on the paper, or on a board, in a photograph of something written. */

import { resampled } from "./placing.js";

/** A grey picture, width × height numbers from 0 to 255. @typedef {{plane: Float32Array, width: number, height: number}} Grey */

const COARSE = 128; // pixels of the longer side in which the light is measured
const WIDEST = 1 / 6; // of the longer side: the widest stroke
const BLOCKS = 24; // along the longer side, in which it is seen whether ink is dark or bright
const SHADOW = 0.1; // of the light: a smaller step in it is none
const ROUNDS = 12; // of the fit, each with less weight for blocks that are not paper
const NOISE = 4; // deviations from the paper's brightness that are still paper

/** The upper one of two in the middle. By Hoare's selection: sorting a photograph would take ten times as long. */
export function median(/** @type {ArrayLike<number>} */ values) {
  const among = new Float32Array(values),
    middle = among.length >> 1;
  let [low, high] = [0, among.length - 1];
  while (low < high) {
    const pivot = among[(low + high) >> 1];
    let [up, down] = [low, high];
    while (up <= down) {
      while (among[up] < pivot) up++;
      while (among[down] > pivot) down--;
      if (up <= down) {
        const value = among[up];
        among[up++] = among[down];
        among[down--] = value;
      }
    }
    if (middle <= down) high = down;
    else if (middle >= up) low = up;
    else break;
  }
  return among[middle];
}

/** The paper's brightness in each pixel, roughly: a quadratic surface through what most of the picture is. */
export function trendOf(/** @type {Grey} */ photo) {
  const surface = surfaceThrough(blocksOf(photo));
  const { plane, width, height } = photo;
  return plane.map((_, i) => surface((i % width) / width - 0.5, Math.floor(i / width) / height - 0.5));
}

/**
 * Whether more of the picture is clearly darker than the paper than is clearly brighter.
 *
 * @param {Float32Array} plane
 * @param {Float32Array} trend
 */
export function isInkDark(plane, trend) {
  const rests = plane.map((value, i) => value - trend[i]);
  const noise = NOISE * 1.4826 * median(rests.map(Math.abs)); // 1.4826: from median to standard deviation
  const sum = rests.reduce((total, rest) => total + Math.sign(rest) * Math.max(0, Math.abs(rest) - noise), 0);
  return sum < 0;
}

/**
 * The brightness that the paper has everywhere: what is left of the picture when everything is filled that is darker than
 * its surroundings and narrower than the widest stroke, or brighter, where ink is bright (a morphological closing, or
 * opening). So a shadow with an edge is light, too, and no ink. This is done to what differs from the trend, and to the
 * picture itself, because a large shadow bends the trend.
 *
 * @param {Grey} photo
 * @param {Float32Array} trend
 * @param {boolean} inverted whether ink is dark
 */
export function lightOf({ plane, width, height }, trend, inverted) {
  const even = filled({ plane, width, height }, inverted);
  const rests = filled({ plane: plane.map((value, i) => value - trend[i]), width, height }, inverted);
  return even.map((value, i) => {
    const expected = rests[i] + trend[i];
    const nearer = inverted ? expected - value : value - expected;
    return nearer > SHADOW * expected ? value : expected;
  });
}

/** @param {Grey} picture @param {boolean} inverted */
function filled({ plane, width, height }, inverted) {
  const scale = Math.min(1, COARSE / Math.max(width, height));
  const columns = Math.max(1, Math.round(width * scale)),
    rows = Math.max(1, Math.round(height * scale));
  const coarse = resampled(plane, width, { left: 0, top: 0, width, height }, columns, rows);
  const reach = Math.ceil((WIDEST * Math.max(rows, columns)) / 2);
  const [first, second] = inverted ? [Math.max, Math.min] : [Math.min, Math.max];
  const closed = extreme(extreme(coarse, columns, rows, reach, first), columns, rows, reach, second);
  return enlarged(closed, columns, rows, width, height);
}

/**
 * Each pixel becomes the largest, or smallest, of the square of pixels at most `reach` away.
 *
 * @param {Float32Array} plane
 * @param {number} width
 * @param {number} height
 * @param {number} reach
 * @param {(a: number, b: number) => number} choose Math.max or Math.min
 */
function extreme(plane, width, height, reach, choose) {
  const across = plane.map((value, i) => {
    const x = i % width;
    for (let to = i - Math.min(x, reach); to <= i + Math.min(width - 1 - x, reach); to++)
      value = choose(value, plane[to]);
    return value;
  });
  return across.map((value, i) => {
    const y = Math.floor(i / width);
    const [first, last] = [i - width * Math.min(y, reach), i + width * Math.min(height - 1 - y, reach)];
    for (let to = first; to <= last; to += width) value = choose(value, across[to]);
    return value;
  });
}

/**
 * A plane at a larger size, bilinear.
 *
 * @param {Float32Array} plane
 * @param {number} columns
 * @param {number} rows
 * @param {number} width
 * @param {number} height
 */
function enlarged(plane, columns, rows, width, height) {
  const large = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const up = Math.max(0, Math.min(rows - 1, ((y + 0.5) * rows) / height - 0.5)),
      top = Math.floor(up),
      bottom = Math.min(rows - 1, top + 1);
    for (let x = 0; x < width; x++) {
      const over = Math.max(0, Math.min(columns - 1, ((x + 0.5) * columns) / width - 0.5)),
        left = Math.floor(over),
        right = Math.min(columns - 1, left + 1);
      const mix = (/** @type {number} */ row) =>
        plane[row * columns + left] * (1 - over + left) + plane[row * columns + right] * (over - left);
      large[y * width + x] = mix(top) * (1 - up + top) + mix(bottom) * (up - top);
    }
  }
  return large;
}

/** The median of each block, and its middle: x and y from −0.5 to 0.5. */
function blocksOf(/** @type {Grey} */ { plane, width, height }) {
  const side = Math.max(1, Math.ceil(Math.max(width, height) / BLOCKS));
  /** @type {{x: number, y: number, value: number}[]} */
  const blocks = [];
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      /** @type {number[]} */
      const values = [];
      for (let y = top; y < Math.min(height, top + side); y++) {
        for (let x = left; x < Math.min(width, left + side); x++) values.push(plane[y * width + x]);
      }
      blocks.push({ x: (left + side / 2) / width - 0.5, y: (top + side / 2) / height - 0.5, value: median(values) });
    }
  }
  return blocks;
}

/**
 * The quadratic surface through most blocks: least squares, weighted by Tukey's biweight.
 *
 * @param {{x: number, y: number, value: number}[]} blocks
 */
function surfaceThrough(blocks) {
  const rows = blocks.map(({ x, y }) => [1, x, y, x * x, x * y, y * y]);
  const middle = median(blocks.map(({ value }) => value));
  let fit = [middle, 0, 0, 0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const rests = blocks.map(({ value }, i) => value - dot(fit, rows[i]));
    const reach = 4.685 * Math.max(1, 1.4826 * median(rests.map(Math.abs)));
    const weights = rests.map((rest) => Math.max(0, 1 - (rest / reach) ** 2) ** 2);
    fit = leastSquares(
      rows,
      blocks.map(({ value }) => value),
      weights,
    );
  }
  return (/** @type {number} */ x, /** @type {number} */ y) => dot(fit, [1, x, y, x * x, x * y, y * y]);
}

function dot(/** @type {number[]} */ a, /** @type {number[]} */ b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/**
 * The weights of the columns that fit best, by the normal equations with a trace of ridge.
 *
 * @param {number[][]} rows
 * @param {number[]} values
 * @param {number[]} weights of the rows
 */
function leastSquares(rows, values, weights) {
  const n = rows[0].length;
  const system = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (__, k) => rows.reduce((sum, row, r) => sum + weights[r] * row[i] * row[k], 0)),
    rows.reduce((sum, row, r) => sum + weights[r] * row[i] * values[r], 0),
  ]);
  for (let i = 0; i < n; i++) system[i][i] += 1e-6 * rows.length;
  for (let i = 0; i < n; i++) {
    for (let k = i + 1; k < n; k++) {
      const factor = system[k][i] / system[i][i];
      for (let column = i; column <= n; column++) system[k][column] -= factor * system[i][column];
    }
  }
  /** @type {number[]} */
  const found = new Array(n).fill(0);
  for (let i = n - 1; i >= 0; i--) found[i] = (system[i][n] - dot(system[i].slice(0, n), found)) / system[i][i];
  return found;
}
