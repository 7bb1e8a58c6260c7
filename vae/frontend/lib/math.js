/** Numbers and vectors: neighbours, means, interpolation, the normal distribution, rounding. */

/** A row of an array of vectors, and its distance from another vector. @typedef {{index: number, distance: number}} Neighbour */

// Acklam's coefficients, highest power first.
const MIDDLE = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const MIDDLE_BELOW = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
];
const TAIL = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BELOW = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
// Abramowitz and Stegun's, highest power first.
const CDF = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153, 0];

/** z values are rounded to four decimals, so that a link contains exactly what was decoded. */
export function round4(/** @type {number} */ value) {
  return Math.round(value * 1e4) / 1e4 || 0;
}

/**
 * The k rows nearest to target among points (n × dims), nearest first; row `skip` is left out.
 *
 * A plain search: 10,000 points in the plane take about 0.1 ms, less than keeping an index would.
 *
 * @param {ArrayLike<number>} points
 * @param {number} dims
 * @param {ArrayLike<number>} target
 * @param {number} k
 */
export function nearest(points, dims, target, k, skip = -1) {
  /** @type {Neighbour[]} */
  const found = [];
  let worst = Infinity;
  for (let i = 0, at = 0; at < points.length; i++, at += dims) {
    let squared = 0;
    for (let d = 0; d < dims; d++) squared += (points[at + d] - target[d]) ** 2;
    if (squared >= worst || i === skip) continue;
    let place = found.length;
    while (place > 0 && found[place - 1].distance > squared) place--;
    found.splice(place, 0, { index: i, distance: squared });
    if (found.length > k) found.pop();
    if (found.length === k) worst = found[k - 1].distance;
  }
  for (const neighbour of found) neighbour.distance = Math.sqrt(neighbour.distance);
  return found;
}

/**
 * The mean of each column.
 *
 * @param {ArrayLike<number>} rows n × columns
 * @param {number} n
 * @param {number} columns
 */
export function columnMeans(rows, n, columns) {
  /** @type {number[]} */
  const sums = new Array(columns).fill(0);
  for (let i = 0; i < n * columns; i++) sums[i % columns] += rows[i];
  return sums.map((sum) => sum / n);
}

/** The indices of these values, the largest value's first. */
export function strongestFirst(/** @type {readonly number[]} */ strengths) {
  return strengths.map((_, i) => i).sort((a, b) => strengths[b] - strengths[a]);
}

/**
 * Whether the model does not use a dimension with this KL, in nats, or of a plain autoencoder with this spread of the codes:
 * two decimals show it as 0.01 or less.
 */
export function isUnused(/** @type {number} */ strength) {
  return strength < 0.015;
}

/** The second coordinate of a class in the map of a 1-D latent space: the classes lie above one another. */
export function classHeight(/** @type {number} */ label, /** @type {number} */ classes) {
  return 2.5 * ((2 * label + 1) / Math.max(1, classes) - 1);
}

/**
 * The point at t, 0 to 1, on the straight line from a to b.
 *
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 * @param {number} t
 */
export function linear(a, b, t) {
  return a.map((value, i) => (1 - t) * value + t * b[i]);
}

/**
 * The point at t, 0 to 1, on the arc from a to b: the direction turns at a constant rate and the norm changes linearly,
 * so that it stays the same between ends of equal norm. The same as "spherical" in vae/model/latents.py. Source: White
 * 2016, "Sampling generative networks".
 *
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 * @param {number} t
 */
export function spherical(a, b, t) {
  const norms = [norm(a), norm(b)];
  const cosine = a.reduce((sum, value, i) => sum + value * b[i], 0) / (norms[0] * norms[1]);
  const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
  if (!(Math.sin(angle) >= 1e-4)) return linear(a, b, t); // an end at 0, the same or the opposite direction: no arc
  if (t === 0 || t === 1) return t ? [...b] : [...a]; // not rounded
  const length = ((1 - t) * norms[0] + t * norms[1]) / Math.sin(angle);
  const [left, right] = [Math.sin((1 - t) * angle) / norms[0], Math.sin(t * angle) / norms[1]];
  return a.map((value, i) => length * (left * value + right * b[i]));
}

/** The Euclidean norm. */
export function norm(/** @type {Iterable<number>} */ z) {
  return Math.hypot(...z);
}

/** A draw from N(0, 1), by Box and Muller. */
export function gaussian() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

/** n draws from N(0, 1). */
export function gaussians(/** @type {number} */ n) {
  return Float32Array.from({ length: n }, gaussian);
}

/**
 * The value below which a share p of the standard normal lies. Source: Acklam's approximation, relative error 1e-9.
 *
 * @param {number} p 0 to 1
 * @returns {number}
 */
export function normalQuantile(p) {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL, q) / polynomial(TAIL_BELOW, q);
  }
  const q = p - 0.5;
  return (polynomial(MIDDLE, q * q) * q) / polynomial(MIDDLE_BELOW, q * q);
}

/**
 * The share of the standard normal that lies below x. Source: Abramowitz and Stegun 26.2.17, error 7.5e-8.
 *
 * @param {number} x
 */
export function normalCdf(x) {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const above = density * polynomial(CDF, 1 / (1 + 0.2316419 * Math.abs(x)));
  return x > 0 ? 1 - above : above;
}

/** Coefficients: highest power first. */
function polynomial(/** @type {readonly number[]} */ coefficients, /** @type {number} */ x) {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least `least`; never below `smallestStep`. */
export function roundStep(/** @type {number} */ least, smallestStep = 0) {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5].map((factor) => factor * power).find((candidate) => candidate >= least) ?? 10 * power;
  return Math.max(smallestStep, step);
}
