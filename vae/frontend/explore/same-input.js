/**
 * What is the same input for two models: where another model stands when the first is at z.
 *
 * image: each starts at its own mean of the start image; then a matched dimension is as many standard deviations of the
 * aggregate posterior from there as the first's, the other way round where the correlation is negative. percentile: a matched
 * dimension is at the same percentile of its aggregate posterior, the others at their median. z: the same numbers.
 *
 * @import { Match } from "../lib/compared.js"
 *
 * @typedef {"image" | "percentile" | "z"} SameInput
 *
 * Each dimension's aggregate posterior: see `codes` in vae/views/shared/comparison.py. scores: standard normal quantiles, at
 * which the codes' quantiles are given.
 *
 * @typedef {{mean: number[], deviation: number[], scores: number[], quantiles: number[][]}} Codes
 *
 * start: the mean of the start image; null where the start is no image's.
 *
 * @typedef {{codes: Codes, start: number[] | null}} Place
 */

/**
 * The other model's z.
 *
 * @param {SameInput} input
 * @param {readonly number[]} z of the first model
 * @param {Place} first
 * @param {Place & {match: readonly Match[]}} other
 */
export function sameInput(input, z, first, other) {
  if (input === "z") return [...z];
  return input === "image" ? movedAlike(z, first, other) : samePercentile(z, first, other);
}

/**
 * @param {readonly number[]} z
 * @param {Place} first
 * @param {Place & {match: readonly Match[]}} other
 */
function movedAlike(z, first, other) {
  const both = first.start !== null && other.start !== null;
  const from = (both && first.start) || first.codes.mean;
  const moved = [...((both && other.start) || other.codes.mean)];
  other.match.forEach((match, i) => {
    if (!match) return;
    const deviations = (z[i] - from[i]) / first.codes.deviation[i];
    moved[match.dimension] += Math.sign(match.correlation) * deviations * other.codes.deviation[match.dimension];
  });
  return moved;
}

/**
 * @param {readonly number[]} z
 * @param {Place} first
 * @param {Place & {match: readonly Match[]}} other
 */
function samePercentile(z, first, other) {
  const { codes } = other;
  const scores = codes.mean.map(() => 0);
  other.match.forEach((match, i) => {
    if (match) scores[match.dimension] = Math.sign(match.correlation) * scoreOf(z[i], first.codes, i);
  });
  return scores.map((score, j) => interpolated(score, codes.scores, codes.quantiles[j]));
}

/** The standard normal quantile of the percentile at which a value lies. */
export function scoreOf(
  /** @type {number} */ value,
  /** @type {Codes} */ { scores, quantiles },
  /** @type {number} */ i,
) {
  return interpolated(value, quantiles[i], scores);
}

/**
 * The value at x of the line through the points; beyond them its ends go on as they are.
 *
 * @param {number} x
 * @param {readonly number[]} xs ascending
 * @param {readonly number[]} ys
 */
function interpolated(x, xs, ys) {
  const above = xs.findIndex((each) => each >= x);
  const k = Math.max(1, above < 0 ? xs.length - 1 : above);
  const width = xs[k] - xs[k - 1];
  return width > 0 ? ys[k - 1] + ((x - xs[k - 1]) / width) * (ys[k] - ys[k - 1]) : ys[k];
}
