/** Ways through latent space, and the encoded test set in which they lie. */

import { meanOf, spreadOf } from "../lib/encoded-set.js";
import { columnMeans, gaussian, linear, nearest, norm, spherical } from "../lib/math.js";

export const NEIGHBOURS = 15; // of a code, for the class it would be taken for
export const ALL = -1,
  LASSOS = { A: -2, B: -3 }; // groups beside the classes: all test images, and lassos of the map
const COMPARED = 50; // classes, at most, to find those whose mean codes are nearest to each other

/** `count` values from 0 to 1, evenly spaced. */
export function shares(count) {
  return Array.from({ length: count }, (_, i) => i / (count - 1));
}

/** Pictures mixed pixel by pixel: what a slide projector's cross-fade shows. parts: [pixels, weight] each. */
export function blend(parts) {
  const mixed = new Uint8Array(parts[0][0].length);
  for (let i = 0; i < mixed.length; i++) {
    let value = 0.5; // rounds
    for (const [pixels, weight] of parts) value += weight * pixels[i];
    mixed[i] = value;
  }
  return mixed;
}

/** The mean |Δ| of two pictures, as a share of the pixels' full range. */
export function change(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += Math.abs(one[i] - other[i]);
  return sum / one.length / 255;
}

/** Weights of the four corners at (x, y), 0…1 across and down: top left, top right, bottom left, bottom right. */
export function cornerWeights(x, y) {
  return [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
}

/** The latent space of one model with its encoded test set and its decoder. */
export class Space {
  /**
   * encoded: see loadEncoded; images: a TestRows; classes: how many classes a conditional model is told, else 0;
   * prior: false for a plain autoencoder; lassos: rows of the test images that were drawn around on the map, by name.
   */
  constructor({ client, encoded, images, classes, prior, lassos }) {
    Object.assign(this, { client, encoded, images, classes, prior });
    this.lassos = Object.keys(lassos);
    this.groups = new Map(this.lassos.map((name) => [LASSOS[name], lassos[name].filter((row) => row < encoded.n)]));
    const { latentDim, imageShape, classNames } = encoded;
    Object.assign(this, { latentDim, imageShape, classNames });
  }

  /** What the decoder takes for a class: of a conditional model 1 for it and 0 for the others, else nothing. */
  told(label) {
    return Array.from({ length: this.classes }, (_, k) => Number(k === label));
  }

  /** Where an end lies: z, and for a conditional model the class it is decoded as. */
  code({ z, label }) {
    return [...z, ...this.told(label)];
  }

  /** The code at t on the way between two ends; a conditional model's class goes from the one to the other, too. */
  between(curve, a, b, t) {
    const way = curve === "spherical" ? spherical : linear;
    return [...way(a.z, b.z, t), ...linear(this.told(a.label), this.told(b.label), t)];
  }

  /** The pictures of these codes, as Uint8Arrays; null when there is nothing to draw. */
  async decode(codes, options) {
    const reply = await this.client.decode(codes, options);
    if (!reply) return null;
    const size = reply.pixels.length / reply.n;
    return codes.map((_, i) => reply.pixels.subarray(i * size, (i + 1) * size));
  }

  /** The latent mean of test image i. */
  mean(i) {
    return meanOf(this.encoded, i);
  }

  /** The rows of a class's test images, of all, or of a lasso. */
  group(label) {
    if (!this.groups.has(label)) {
      const { n, labels } = this.encoded;
      const rows = [];
      for (let i = 0; i < n; i++) if (label === ALL || labels[i] === label) rows.push(i);
      this.groups.set(label, rows);
    }
    return this.groups.get(label);
  }

  /** Groups to choose from: [number, name] each. */
  groupOptions() {
    const lassos = this.lassos.map((name) => [LASSOS[name], `lasso ${name}`]);
    return [...this.classNames.map((name, label) => [label, name]), [ALL, "all images"], ...lassos];
  }

  /** The mean code of these rows. */
  centre(rows) {
    const sum = new Array(this.latentDim).fill(0);
    const { mean, latentDim } = this.encoded;
    for (const row of rows) for (let d = 0; d < latentDim; d++) sum[d] += mean[row * latentDim + d];
    return sum.map((value) => value / Math.max(1, rows.length));
  }

  /** A draw from the prior; of a plain autoencoder, which has none, from a Gaussian as wide as its codes. */
  draw() {
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

  /** The class that most of the nearest codes of other test images belong to; of equals the one met nearest. */
  classOf(z, self) {
    const { mean, latentDim, labels } = this.encoded;
    const votes = new Map();
    for (const { index } of nearest(mean, latentDim, z, NEIGHBOURS, self)) {
      votes.set(labels[index], (votes.get(labels[index]) ?? 0) + 1);
    }
    return [...votes].reduce((best, vote) => (vote[1] > best[1] ? vote : best))[0];
  }

  /** The two classes whose mean codes lie nearest to each other, the lower number first; the same one if alone. */
  closestClasses() {
    const filled = this.classNames.map((_, label) => label).filter((label) => this.group(label).length);
    const labels = filled.slice(0, COMPARED);
    const centres = new Map(labels.map((label) => [label, this.centre(this.group(label))]));
    let closest = { distance: Infinity, pair: [labels[0], labels[0]] };
    for (const a of labels) {
      for (const b of labels) {
        if (b <= a) continue;
        const distance = norm(centres.get(a).map((value, i) => value - centres.get(b)[i]));
        if (distance < closest.distance) closest = { distance, pair: [a, b] };
      }
    }
    return closest.pair;
  }
}
