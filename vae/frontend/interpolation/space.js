/** Paths through latent space, and the encoded test set around them. */

import { meanOf, spreadOf } from "../lib/encoded-set.js";
import { columnMeans, gaussian, linear, nearest, norm, spherical } from "../lib/math.js";
import { t } from "../lib/words.js";

/** @import { Pixels } from "../lib/canvas.js" */
/** @import { EncodedSet, TestRows } from "../lib/encoded-set.js" */
/** @import { RequestOptions } from "../lib/live-client.js" */
/** @import { ModelClient } from "../lib/model-client.js" */
/** @typedef {"linear" | "spherical"} KnownCurve */
/** @typedef {KnownCurve | "shortest"} Curve */
/** @typedef {"A" | "B"} Lasso */
/** @typedef {{z: number[], label: number}} Place label: the class that a conditional model decodes z as */

export const NEIGHBOURS = 15; // nearest codes that decide a code's class
export const ALL = -1,
  LASSOS = { A: -2, B: -3 }; // groups beside the classes: all test images, and lassos of the map
const COMPARED = 50; // classes, at most, to find those whose mean codes are nearest to each other

/**
 * `count` values from 0 to 1, evenly spaced.
 *
 * @param {number} count
 */
export function shares(count) {
  return Array.from({ length: count }, (_, i) => i / (count - 1));
}

/**
 * Pictures mixed pixel by pixel, as a cross-fade shows them.
 *
 * @param {[pixels: Uint8Array, weight: number][]} parts
 */
export function blend(parts) {
  const mixed = new Uint8Array(parts[0][0].length);
  for (let i = 0; i < mixed.length; i++) {
    let value = 0.5; // rounds
    for (const [pixels, weight] of parts) value += weight * pixels[i];
    mixed[i] = value;
  }
  return mixed;
}

/**
 * The mean absolute difference of two pictures, as a share of the pixels' full range.
 *
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
export function change(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += Math.abs(one[i] - other[i]);
  return sum / one.length / 255;
}

/**
 * Weights of the four corners at (x, y), 0…1 across and down: top left, top right, bottom left, bottom right.
 *
 * @param {number} x
 * @param {number} y
 */
export function cornerWeights(x, y) {
  return [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
}

/** The latent space of one model with its encoded test set and its decoder. */
export class Space {
  /**
   * @param {object} parts
   * @param {ModelClient} parts.client
   * @param {EncodedSet} parts.encoded
   * @param {TestRows} parts.images
   * @param {number} parts.classes of a conditional model how many it knows, else 0
   * @param {boolean} parts.prior false for a plain autoencoder
   * @param {Partial<Record<Lasso, number[]>>} parts.lassos rows of the test images inside each lasso of the map
   */
  constructor({ client, encoded, images, classes, prior, lassos }) {
    const { latentDim, imageShape, classNames, n } = encoded;
    this.client = client;
    this.encoded = encoded;
    this.images = images;
    this.classes = classes;
    this.prior = prior;
    this.latentDim = latentDim;
    this.imageShape = imageShape;
    this.classNames = classNames;
    /** @type {Lasso[]} */
    this.lassos = [];
    /** @type {Map<number, number[]>} */
    this.groups = new Map(); // rows by group
    for (const name of /** @type {const} */ (["A", "B"])) {
      const rows = lassos[name];
      if (!rows) continue;
      this.lassos.push(name);
      this.groups.set(
        LASSOS[name],
        rows.filter((row) => row < n),
      );
    }
    /** @type {{centre: number[], spread: number[]} | undefined} */
    this.moments = undefined; // of the codes, once they are needed
  }

  /**
   * The decoder's input for a class: of a conditional model 1 for it and 0 for the others, else nothing.
   *
   * @param {number} label
   */
  classWeights(label) {
    return Array.from({ length: this.classes }, (_, k) => Number(k === label));
  }

  /**
   * A place's code: z, and for a conditional model the class it is decoded as.
   *
   * @param {Place} place
   */
  code({ z, label }) {
    return [...z, ...this.classWeights(label)];
  }

  /**
   * The code at t on the path between two places; a conditional model's class goes from the one to the other, too.
   *
   * @param {KnownCurve} curve
   * @param {Place} a
   * @param {Place} b
   * @param {number} at
   */
  between(curve, a, b, at) {
    const path = curve === "spherical" ? spherical : linear;
    return this.codeOn(path(a.z, b.z, at), a, b, at);
  }

  /**
   * The code of a z at t on some path between two places.
   *
   * @param {number[]} z
   * @param {Place} a
   * @param {Place} b
   * @param {number} at
   */
  codeOn(z, a, b, at) {
    return [...z, ...linear(this.classWeights(a.label), this.classWeights(b.label), at)];
  }

  /**
   * The pictures of these codes; null when there is nothing to draw.
   *
   * @param {number[][]} codes
   * @param {RequestOptions} [options]
   * @returns {Promise<Pixels[] | null>}
   */
  async decode(codes, options) {
    const reply = await this.client.decode(codes, options);
    if (!reply) return null;
    const size = reply.pixels.length / reply.n;
    return codes.map((_, i) => reply.pixels.subarray(i * size, (i + 1) * size));
  }

  /**
   * The latent mean of test image i.
   *
   * @param {number} i
   */
  mean(i) {
    return meanOf(this.encoded, i);
  }

  /**
   * The rows of a class's test images, of all, or of a lasso.
   *
   * @param {number} label
   */
  group(label) {
    const known = this.groups.get(label);
    if (known) return known;
    const { n, labels } = this.encoded;
    /** @type {number[]} */
    const rows = [];
    for (let i = 0; i < n; i++) if (label === ALL || labels[i] === label) rows.push(i);
    this.groups.set(label, rows);
    return rows;
  }

  /**
   * Groups to choose from.
   *
   * @returns {[group: number, name: string][]}
   */
  groupOptions() {
    /** @type {[number, string][]} */
    const options = this.classNames.map((name, label) => [label, name]);
    options.push([ALL, t("all images")]);
    for (const name of this.lassos) options.push([LASSOS[name], t`lasso ${name}`]);
    return options;
  }

  /**
   * The mean code of these rows.
   *
   * @param {number[]} rows
   */
  centre(rows) {
    /** @type {number[]} */
    const sum = new Array(this.latentDim).fill(0);
    const { mean, latentDim } = this.encoded;
    for (const row of rows) for (let d = 0; d < latentDim; d++) sum[d] += mean[row * latentDim + d];
    return sum.map((value) => value / Math.max(1, rows.length));
  }

  /** A sample from the prior; of a plain autoencoder, which has none, from a Gaussian as wide as its codes. */
  sample() {
    if (this.prior) return Array.from({ length: this.latentDim }, gaussian);
    this.moments ??= this.measure();
    const { centre, spread } = this.moments;
    return centre.map((value, d) => value + spread[d] * gaussian());
  }

  measure() {
    const { mean, n, latentDim } = this.encoded;
    const centre = columnMeans(mean, n, latentDim);
    return { centre, spread: spreadOf(this.encoded) };
  }

  /**
   * The commonest class of the nearest test codes; the nearer one where two are equally common.
   *
   * @param {number[]} z
   * @param {number} self the row that is left out
   */
  classOf(z, self) {
    const { mean, latentDim, labels } = this.encoded;
    /** @type {Map<number, number>} */
    const votes = new Map();
    for (const { index } of nearest(mean, latentDim, z, NEIGHBOURS, self)) {
      votes.set(labels[index], (votes.get(labels[index]) ?? 0) + 1);
    }
    return [...votes].reduce((best, vote) => (vote[1] > best[1] ? vote : best))[0];
  }

  /**
   * The two classes whose mean codes lie nearest to each other, the lower number first; the same one if alone.
   *
   * @returns {[lower: number, higher: number]}
   */
  closestClasses() {
    const filled = this.classNames.map((_, label) => label).filter((label) => this.group(label).length);
    const centres = filled.slice(0, COMPARED).map((label) => ({ label, centre: this.centre(this.group(label)) }));
    let closest = Infinity;
    /** @type {[number, number]} */
    let pair = [filled[0], filled[0]];
    for (const [i, a] of centres.entries()) {
      for (const b of centres.slice(i + 1)) {
        const distance = norm(a.centre.map((value, d) => value - b.centre[d]));
        if (distance < closest) [closest, pair] = [distance, [a.label, b.label]];
      }
    }
    return pair;
  }
}
