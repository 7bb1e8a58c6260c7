/**
 * From a place on the map to the latent vector there, and what the latent space itself says about the map.
 *
 * @import { EncodedSet } from "../lib/encoded-set.js"
 * @import { Neighbour } from "../lib/math.js"
 *
 * @typedef {Pick<EncodedSet, "mean" | "n" | "latentDim">} Codes the means (n × latentDim) of the test images
 * @typedef {LinearInverse | LocalInverse} Inverse
 * @typedef {{error: number, away: number}} LeftOut
 */

import { QUALITY_NEIGHBOURS } from "../lib/contract.js";
import { columnMeans, nearest } from "../lib/math.js";

const NEIGHBOURS = 12; // of a place, for the local inverse
const NEAR = 2; // how far from its nearest point a place may be, in distances of the points there from their nearest
const WIDER = 1.5; // radius of the hole in which points are left out, in the same unit
const IN_HOLE = 12; // points that a hole may hold
const PAIRS = 2000; // random pairs of codes, for the typical distance

/**
 * A test image's nearest in latent space, as lines from it, and its nearest as drawn; kept: how many are both; same: how
 * many others have the very same code. Where these are more than the nearest, which are nearest is not defined.
 *
 * @param {number} row
 * @param {Codes} codes
 * @param {Float32Array} layout n × dims
 * @param {number} dims
 */
export function neighboursOf(row, { mean, latentDim }, layout, dims) {
  const rows = (/** @type {Float32Array} */ points, /** @type {number} */ width) => {
    const own = points.subarray(row * width, (row + 1) * width);
    return nearest(points, width, own, QUALITY_NEIGHBOURS, row).map(({ index }) => index);
  };
  const truly = rows(mean, latentDim),
    drawn = rows(layout, dims);
  const kept = truly.filter((i) => drawn.includes(i)).length;
  return { lines: truly.map((i) => [row, i]), drawn, kept, of: truly.length, same: sameCodes(row, mean, latentDim) };
}

/**
 * How many other codes are the same as that of this row.
 *
 * @param {number} row
 * @param {Float32Array} mean n × latentDim
 * @param {number} latentDim
 */
function sameCodes(row, mean, latentDim) {
  let same = -1; // itself
  for (let at = 0; at < mean.length; at += latentDim) {
    let d = 0;
    while (d < latentDim && mean[at + d] === mean[row * latentDim + d]) d++;
    if (d === latentDim) same++;
  }
  return same;
}

/**
 * The mean distance between two test images' codes: what a distance in latent space is compared with.
 *
 * @param {Codes} codes
 */
export function typicalDistance({ mean, n, latentDim }) {
  let sum = 0;
  const pairs = Math.min(PAIRS, n);
  for (let pair = 0; pair < pairs; pair++) {
    const a = (pair * 7919) % n,
      b = (pair * 104729 + 1) % n; // scattered, and the same each time
    const [from, to] = [a, b].map((i) => mean.subarray(i * latentDim, (i + 1) * latentDim));
    sum += distance(from, to);
  }
  return sum / pairs || 1;
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function distance(a, b) {
  let squared = 0;
  for (let i = 0; i < a.length; i++) squared += (a[i] - b[i]) ** 2;
  return Math.sqrt(squared);
}

/** Raw dimensions and PCA: the map is a plane of the latent space, so every place has exactly one z in it. */
export class LinearInverse {
  exact = /** @type {const} */ (true);

  /**
   * @param {number[]} origin latentDim
   * @param {number[][]} components dims orthonormal vectors
   * @param {number[]} rest where the coordinates outside the plane are
   */
  constructor(origin, components, rest) {
    this.origin = origin;
    this.components = components;
    this.rest = rest;
  }

  /**
   * @param {{method: string, axes: number[]}} config
   * @param {Codes & Pick<EncodedSet, "pca">} encoded
   * @param {number} dims
   */
  static of({ method, axes }, { pca, latentDim, mean, n }, dims) {
    if (latentDim === 1) return new LinearInverse([0], [[1]], [0]);
    if (method === "pca") return new LinearInverse(pca.mean, pca.components.slice(0, dims), pca.mean);
    const unit = (/** @type {number} */ axis) => Array.from({ length: latentDim }, (_, i) => Number(i === axis));
    return new LinearInverse(new Array(latentDim).fill(0), axes.map(unit), columnMeans(mean, n, latentDim));
  }

  /**
   * Where all codes of an encoded set lie. Shape: (n × dims).
   *
   * @param {Codes} codes
   */
  layoutOf({ mean, n, latentDim }) {
    const offsets = this.components.map((component) => dot(component, this.origin));
    const rows = coordinatesAlong(this.components, mean, n, latentDim);
    return Float32Array.from(rows, (value, i) => value - offsets[i % offsets.length]);
  }

  /** @param {number[]} z */
  project(z) {
    return this.components.map((component) => dot(component, z) - dot(component, this.origin));
  }

  /**
   * z at these coordinates; outside the plane it is `base`, or the data's mean.
   *
   * @param {number[]} coordinates
   */
  at(coordinates, base = this.rest) {
    const now = this.project(base);
    return base.map((value, i) =>
      this.components.reduce((sum, component, k) => sum + (coordinates[k] - now[k]) * component[i], value),
    );
  }
}

/**
 * t-SNE and UMAP: the codes of the nearest points on the map, weighted by their nearness. An approximation.
 *
 * How far off it is can be measured at the points: each is left out, and its code compared with the blend of the others;
 * then once more with the points in a hole around it, as the error grows with the distance to the nearest. Where no point
 * is near, this says nothing. docs/benchmarks.md has the check of these numbers.
 */
export class LocalInverse {
  exact = /** @type {const} */ (false);
  /** What was measured at points, by row and hole. @type {Map<number, LeftOut>} */
  measured = new Map();

  /**
   * @param {Float32Array} layout n × dims
   * @param {number} dims
   * @param {Codes} encoded
   */
  constructor(layout, dims, encoded) {
    this.layout = layout;
    this.dims = dims;
    this.encoded = encoded;
    this.typical = typicalDistance(encoded);
  }

  /** @param {number[]} coordinates */
  at(coordinates) {
    return this.blend(nearest(this.layout, this.dims, coordinates, NEIGHBOURS));
  }

  /**
   * How well z is known at these coordinates. error: in typical distances between codes, null where no point is near;
   * blended: the points whose codes are blended, and their shares.
   *
   * @param {number[]} coordinates
   * @returns {{error: number | null, blended: {index: number, share: number}[]}}
   */
  trustAt(coordinates) {
    const around = nearest(this.layout, this.dims, coordinates, NEIGHBOURS);
    const shares = sharesOf(around);
    const blended = around.map(({ index }, k) => ({ index, share: shares[k] }));
    const [usual, wider] = [0, 1].map((hole) => this.leftOut(around, hole));
    const away = around[0].distance;
    if (away > NEAR * usual.away) return { error: null, blended };
    const slope = wider.away > usual.away ? (wider.error - usual.error) / (wider.away - usual.away) : 0;
    return { error: Math.max(0, usual.error + slope * (away - usual.away)) / this.typical, blended };
  }

  /**
   * The mean over points of what is measured when they are left out.
   *
   * @param {Neighbour[]} points
   * @param {number} hole
   * @returns {LeftOut}
   */
  leftOut(points, hole) {
    const all = points.map(({ index }) => this.leaveOut(index, hole));
    const mean = (/** @type {keyof LeftOut} */ key) => all.reduce((sum, each) => sum + each[key], 0) / all.length;
    return { error: mean("error"), away: mean("away") };
  }

  /**
   * What is measured when a point and its copies are left out, or also those near to it. error: how far the inverse is from the
   * point's code; away: how far the nearest of the others is on the map.
   *
   * @param {number} i
   * @param {number} hole 1: also those within WIDER times the distance of the nearest
   * @returns {LeftOut}
   */
  leaveOut(i, hole) {
    const key = 2 * i + hole,
      found = this.measured.get(key);
    if (found) return found;
    const { layout, dims, encoded } = this;
    const { mean, latentDim } = encoded;
    const codeOf = (/** @type {number} */ row) => mean.subarray(row * latentDim, (row + 1) * latentDim);
    const around = nearest(layout, dims, layout.subarray(i * dims, (i + 1) * dims), NEIGHBOURS + IN_HOLE, i);
    const others = around.filter(({ index }) => distance(codeOf(index), codeOf(i)) > 0); // a copy would betray the code
    const reach = hole * WIDER * (others[0]?.distance ?? 0);
    const left = others.filter((other) => other.distance >= reach).slice(0, NEIGHBOURS);
    const measured = left.length
      ? { error: distance(this.blend(left), codeOf(i)), away: left[0].distance }
      : { error: 0, away: 0 };
    this.measured.set(key, measured);
    return measured;
  }

  /** @param {Neighbour[]} neighbours */
  blend(neighbours) {
    const { mean, latentDim } = this.encoded;
    const z = new Array(latentDim).fill(0);
    sharesOf(neighbours).forEach((share, k) => {
      for (let d = 0; d < latentDim; d++) z[d] += share * mean[neighbours[k].index * latentDim + d];
    });
    return z;
  }
}

/**
 * How much each of a place's neighbours counts: the nearer, the more; together 1.
 *
 * @param {Neighbour[]} neighbours
 */
function sharesOf(neighbours) {
  const scale = neighbours.reduce((sum, neighbour) => sum + neighbour.distance, 0) / neighbours.length || 1;
  const weights = neighbours.map((neighbour) => 1 / ((neighbour.distance / scale) ** 2 + 1e-3));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * How far the mean and covariance of all codes together are from the prior's: KL in nats from a Gaussian with those of
 * the aggregate posterior, the mixture of all q(z|x), to N(0, I); within the plane of `components`. The aggregate
 * posterior's own KL is larger by its KL to that Gaussian: vae/evaluation/aggregate.py has bounds of it.
 *
 * @param {Codes & Pick<EncodedSet, "logvar">} encoded
 * @param {number[][]} components orthonormal vectors
 */
export function priorMismatch({ mean, logvar, n, latentDim }, components) {
  const dims = components.length;
  const rows = coordinatesAlong(components, mean, n, latentDim);
  const centre = columnMeans(rows, n, dims);
  const covariance = components.map((a) => components.map((b) => meanVariance(a, b, logvar, n, latentDim)));
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < dims; a++) {
      for (let b = 0; b < dims; b++) {
        covariance[a][b] += ((rows[i * dims + a] - centre[a]) * (rows[i * dims + b] - centre[b])) / n;
      }
    }
  }
  const trace = covariance.reduce((sum, row, a) => sum + row[a], 0);
  return (trace + dot(centre, centre) - dims - logDeterminant(covariance)) / 2;
}

/**
 * The coordinates of n codes along orthonormal vectors. Shapes: (n × latentDim) -> (n × components).
 *
 * @param {number[][]} components
 * @param {Float32Array} mean
 * @param {number} n
 * @param {number} latentDim
 */
function coordinatesAlong(components, mean, n, latentDim) {
  const rows = new Float64Array(n * components.length);
  for (let i = 0; i < n; i++) {
    const code = mean.subarray(i * latentDim, (i + 1) * latentDim);
    for (let a = 0; a < components.length; a++) rows[i * components.length + a] = dot(components[a], code);
  }
  return rows;
}

/**
 * What the posteriors' own variances add to the covariance between two directions, mean over images.
 *
 * @param {number[]} a
 * @param {number[]} b
 * @param {Float32Array} logvar n × latentDim
 * @param {number} n
 * @param {number} latentDim
 */
function meanVariance(a, b, logvar, n, latentDim) {
  let sum = 0;
  for (let d = 0; d < latentDim; d++) {
    if (a[d] === 0 || b[d] === 0) continue;
    for (let i = 0; i < n; i++) sum += a[d] * b[d] * Math.exp(logvar[i * latentDim + d]);
  }
  return sum / n;
}

/**
 * By Cholesky; the matrix is a covariance, hence symmetric, and positive unless codes lie in a plane.
 *
 * @param {number[][]} matrix
 */
function logDeterminant(matrix) {
  const factor = matrix.map((row) => row.map(() => 0));
  let sum = 0;
  for (let i = 0; i < matrix.length; i++) {
    for (let j = 0; j <= i; j++) {
      let value = matrix[i][j];
      for (let k = 0; k < j; k++) value -= factor[i][k] * factor[j][k];
      factor[i][j] = i === j ? Math.sqrt(Math.max(value, 1e-12)) : value / factor[j][j];
    }
    sum += 2 * Math.log(factor[i][i]);
  }
  return sum;
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * One latent dimension as a plane: z across, the class and a little scatter up. Shape: (n × 2).
 *
 * @param {Pick<EncodedSet, "mean" | "labels" | "classNames" | "n">} encoded
 */
export function spreadByClass({ mean, labels, classNames, n }) {
  const layout = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    layout[2 * i] = mean[i];
    layout[2 * i + 1] = ((labels[i] + 0.35 + 0.3 * ((i * 0.618) % 1)) / classNames.length - 0.5) * 4;
  }
  return layout;
}
