/** From one fixed ε per cell to z: the Gaussians that Python fitted, temperature, truncation, the manifold. */

import { fromBase64 } from "../lib/bytes.js";
import { MAX_GRID_SIDE } from "../lib/contract.js";
import { normalQuantile } from "../lib/math.js";

export const NO_TRUNCATION = 4; // the slider's end: 1 in 16,000 ε lies beyond it
const ERFC = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  -1.26551223,
];

/** @typedef {{values: string, choice: string}} PackedNoise ε and uniform numbers in base64, see Noise */
/** @typedef {"center" | "scale" | "rotations" | "first_weight" | "first_bias" | "second_weight" | "second_bias"} Tensor */
/** @typedef {Record<Tensor, string>} PackedFlow the tensors of vae.model.flow.Flow in base64 */

/**
 * A mixture, means and factors in base64; of the second-stage prior with the flow that follows it.
 *
 * @typedef {{weights: number[], means: string, factors: string, flow?: PackedFlow}} PackedSource
 */

/**
 * The number of each cell's ε, row by row: a cell keeps its ε when the grid grows.
 *
 * @param {number} side
 */
export function cellsOf(side) {
  return Array.from({ length: side * side }, (_, i) => MAX_GRID_SIDE * Math.floor(i / side) + (i % side));
}

/** ε ~ N(0, I) for each cell of the largest grid, and the uniform number that picks its component. From Python. */
export class Noise {
  /** @param {PackedNoise} packed */
  constructor({ values, choice }) {
    this.bound = NO_TRUNCATION;
    this.values = this.truncated = new Float32Array(fromBase64(values).buffer);
    this.choice = new Float64Array(fromBase64(choice).buffer);
  }

  /**
   * Makes `truncated` the same ε as samples of the normal distribution cut off at ±bound in each dimension: every
   * value keeps its quantile, so that it moves with the bound and is not sampled again.
   *
   * @param {number} bound
   */
  truncate(bound) {
    if (bound === this.bound) return;
    this.bound = bound;
    this.truncated = bound < NO_TRUNCATION ? this.values.map((value) => truncatedNormal(value, bound)) : this.values;
  }
}

/**
 * The value of the normal distribution cut off at ±bound that has the quantile of x in the whole one.
 *
 * @param {number} x
 * @param {number} bound
 * @returns {number}
 */
function truncatedNormal(x, bound) {
  if (x > 0) return -truncatedNormal(-x, bound); // the lower tail has the digits
  const below = normalShare(-bound);
  return Math.max(-bound, normalQuantile(below + normalShare(x) * (1 - 2 * below)));
}

/**
 * The share of the standard normal below x ≤ 0. Source: Numerical Recipes' erfc, relative error below 1.2e-7.
 *
 * @param {number} x
 */
function normalShare(x) {
  const y = -x / Math.SQRT2,
    t = 1 / (1 + y / 2);
  return (t / 2) * Math.exp(-y * y + ERFC.reduce((sum, coefficient) => sum * t + coefficient, 0));
}

/** A mixture of Gaussians: vae.model.samplers.Mixture, with the same samples from the same noise. */
export class Source {
  /**
   * @param {PackedSource} packed
   * @param {number} latentDim
   */
  constructor({ weights, means, factors }, latentDim) {
    this.weights = weights;
    this.latentDim = latentDim;
    this.means = new Float32Array(fromBase64(means).buffer); // component × dimension
    this.factors = new Float32Array(fromBase64(factors).buffer); // component × dimension × dimension, lower triangular
    /** @type {Noise | null} */
    this.noise = null; // that `component` and `offsets` are of
    /** @type {Float32Array | null} */
    this.prepared = null;
    this.component = new Uint8Array(); // of each cell
    this.offsets = new Float32Array(); // factor ε of each cell
  }

  /**
   * z of these cells: mean + temperature · factor ε, in the component that the cell's choice picks.
   *
   * @param {number[]} cells
   * @param {Noise} noise
   * @param {number} temperature
   */
  vectors(cells, noise, temperature) {
    this.prepare(noise);
    const { latentDim, means, offsets, component } = this;
    return cells.map((cell) => {
      const mean = component[cell] * latentDim,
        offset = cell * latentDim;
      return Float32Array.from({ length: latentDim }, (_, i) => means[mean + i] + temperature * offsets[offset + i]);
    });
  }

  /**
   * What does not depend on the temperature, for all cells; kept while ε stays.
   *
   * @param {Noise} noise
   */
  prepare(noise) {
    if (noise !== this.noise) this.component = Uint8Array.from(noise.choice, (share) => this.componentAt(share));
    if (noise !== this.noise || noise.truncated !== this.prepared) this.offsets = this.spread(noise.truncated);
    this.noise = noise;
    this.prepared = noise.truncated;
  }

  /** @param {number} share uniform in 0…1 */
  componentAt(share) {
    const total = this.weights.reduce((sum, weight) => sum + weight, 0);
    let edge = 0;
    for (let k = 0; k < this.weights.length; k++) {
      edge += this.weights[k];
      if (share < edge / total) return k;
    }
    return this.weights.length - 1;
  }

  /**
   * factor ε for every cell.
   *
   * @param {Float32Array<ArrayBuffer>} values
   */
  spread(values) {
    const { latentDim, factors } = this;
    return values.map((_, at) => {
      const cell = Math.floor(at / latentDim),
        i = at % latentDim;
      const row = (this.component[cell] * latentDim + i) * latentDim,
        first = cell * latentDim;
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += factors[row + j] * values[first + j];
      return sum;
    });
  }

  /**
   * Mean and standard deviation of z's i-th dimension at this temperature, over all components.
   *
   * @param {number} i
   * @param {number} temperature
   */
  marginal(i, temperature) {
    const { weights, latentDim, means, factors } = this;
    let mean = 0,
      square = 0;
    weights.forEach((weight, k) => {
      const centre = means[k * latentDim + i],
        row = (k * latentDim + i) * latentDim;
      let variance = 0;
      for (let j = 0; j <= i; j++) variance += (temperature * factors[row + j]) ** 2;
      mean += weight * centre;
      square += weight * (variance + centre ** 2);
    });
    return { mean, deviation: Math.sqrt(Math.max(0, square - mean ** 2)) };
  }
}

/**
 * z at normal quantiles along two directions: picture i of side stands at quantile (i + ½)/side, so that each has the
 * same share of the distribution. In a 1-D latent space the quantiles follow one another in reading order.
 *
 * @param {number} side
 * @param {number[][]} directions one or two vectors in latent space
 * @param {number[]} origin
 * @param {number} temperature
 */
export function manifoldVectors(side, [across, up], origin, temperature) {
  /** @type {(i: number, n: number) => number} */
  const quantile = (i, n) => temperature * normalQuantile((i + 0.5) / n);
  return Array.from({ length: side * side }, (_, i) => {
    const x = up ? quantile(i % side, side) : quantile(i, side * side);
    const y = up ? -quantile(Math.floor(i / side), side) : 0; // upwards, as on a map
    return Float32Array.from(origin, (value, d) => value + x * across[d] + (up ? y * up[d] : 0));
  });
}
