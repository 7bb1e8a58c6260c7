/**
 * A projection of the encoded test set as the map shows it: its layout, the way back to z, and the texts about it.
 *
 * @import { Method } from "../lib/contract.js"
 * @import { EncodedSet } from "../lib/encoded-set.js"
 * @import { Inverse } from "./inverse.js"
 * @import { Config } from "./projection-files.js"
 *
 * A place that was pinned. row: the test image if it is one; exact: whether z is exact there; near: false where z is a
 * guess, as no image is near; coordinates: where it was pinned in the layout of this config, null where the layout decides.
 *
 * @typedef {{z: number[], row: number | null, exact: boolean, near: boolean, label: number | null,
 *            coordinates: number[] | null, config: Config | null}} Pin
 */

import { subscript } from "../lib/dom.js";
import { excessOf } from "../lib/encoded-set.js";
import { frameOf, frameOfPrior } from "../lib/frame.js";
import { columnMeans, nearest } from "../lib/math.js";
import { t } from "../lib/words.js";
import { LinearInverse, LocalInverse, priorMismatch, spreadByClass } from "./inverse.js";
import { Manifold } from "./pictures.js";

/** @type {Record<Method, string>} */
export const METHOD_NAMES = { raw: t("raw latents"), pca: "PCA", tsne: "t-SNE", umap: "UMAP" };

const BLENDED = 0.2; // share of a class that is worth naming
const PRIOR_REACH = 3, // standard deviations from the centre to the edge of the decoded pictures, as the view has
  DATA_REACH = 2.5; // 99 % of a normal distribution

export class Projection {
  /**
   * @param {Config} config
   * @param {EncodedSet} encoded
   * @param {Float32Array} layout n × dims
   * @param {number} dims
   * @param {Inverse} inverse
   */
  constructor(config, encoded, layout, dims, inverse) {
    this.config = config;
    this.encoded = encoded;
    this.layout = layout;
    this.dims = dims;
    this.inverse = inverse;
    this.excess = excessOf(encoded);
  }

  /**
   * Whether the map is a plane of the latent space: its layout needs no server.
   *
   * @param {Config} config
   * @param {EncodedSet} encoded
   */
  static isLinear({ method }, { latentDim }) {
    return latentDim === 1 || method === "raw" || method === "pca";
  }

  /**
   * @param {Config} config of a linear projection
   * @param {EncodedSet} encoded
   */
  static linear(config, encoded) {
    const dims = encoded.latentDim === 1 ? 2 : config.dims;
    const inverse = LinearInverse.of(config, encoded, dims);
    const layout = encoded.latentDim === 1 ? spreadByClass(encoded) : inverse.layoutOf(encoded);
    return new Projection(config, encoded, layout, dims, inverse);
  }

  /**
   * @param {Config} config
   * @param {EncodedSet} encoded
   * @param {Float32Array} layout n × dims, from the server
   * @param {number} dims
   */
  static local(config, encoded, layout, dims) {
    return new Projection(config, encoded, layout, dims, new LocalInverse(layout, dims, encoded));
  }

  /** A plane of a latent space of two or more dimensions: pictures can lie in it. */
  get isPlane() {
    return this.inverse.exact && this.dims === 2 && this.encoded.latentDim > 1;
  }

  /** Whether the map shows less than there is. */
  get leavesOut() {
    return !this.inverse.exact || this.encoded.latentDim > this.dims;
  }

  /** The axes' titles, null where an axis means nothing. @returns {(string | null)[]} */
  titles() {
    const { config, dims, encoded } = this;
    if (encoded.latentDim === 1) return [subscript(0), null];
    if (config.method === "raw") return config.axes.map(subscript);
    if (config.method !== "pca") return new Array(dims).fill(null);
    const whole = dims === 2 ? t(" of the variance") : "";
    const percent = (/** @type {number} */ k) => `${Math.round(100 * encoded.pca.explained[k])} %${whole}`;
    return Array.from({ length: dims }, (_, k) => t`component ${k + 1} (${percent(k)})`);
  }

  /** Where the prior's mean lies, null where its circles cannot be drawn. */
  get priorCentre() {
    if (!this.isPlane || !this.inverse.exact) return null;
    return this.inverse.project(new Array(this.encoded.latentDim).fill(0));
  }

  /** How far all codes together are from the prior, in nats; null where `priorCentre` is. */
  get mismatch() {
    return this.isPlane && this.inverse.exact ? priorMismatch(this.encoded, this.inverse.components) : null;
  }

  /**
   * Whether the axes are latent dimensions with a prior.
   *
   * @param {boolean} prior whether the model has one
   */
  onPrior(prior) {
    return prior && this.config.method === "raw" && this.encoded.latentDim > 1;
  }

  /**
   * What the map shows at first: the prior's mass where its axes are latent dimensions, else where most points are.
   *
   * @param {boolean} prior whether the model has one
   */
  frame(prior) {
    return (this.onPrior(prior) ? frameOfPrior : frameOf)(this.layout, this.dims);
  }

  /**
   * Pictures over the prior's mass where the plane's axes are latent dimensions, else over that of the data.
   *
   * @param {number} side
   * @param {boolean} prior whether the model has one
   */
  manifold(side, prior) {
    const { layout, encoded } = this;
    if (this.onPrior(prior)) return new Manifold(side, [0, 0], [PRIOR_REACH, PRIOR_REACH]);
    const centre = columnMeans(layout, encoded.n, 2);
    const squared = layout.map((value) => value * value);
    const reach = columnMeans(squared, encoded.n, 2).map(
      (square, k) => DATA_REACH * (Math.sqrt(Math.max(0, square - centre[k] ** 2)) || 1),
    );
    return new Manifold(side, centre, reach);
  }

  /**
   * Where a pin lies in this layout; null where it is a test image, which lies where its point does.
   *
   * @param {Pin} pin
   */
  placeOf({ z, row, coordinates, config }) {
    const { layout, dims, inverse, encoded } = this;
    if (row !== null) return null;
    if (coordinates && config === this.config) return coordinates;
    if (inverse.exact && encoded.latentDim > 1) return inverse.project(z);
    const near = nearest(encoded.mean, encoded.latentDim, z, 3).map(({ index }) => index);
    return Array.from({ length: dims }, (_, k) => near.reduce((sum, i) => sum + layout[i * dims + k], 0) / near.length);
  }

  /**
   * The class of the point nearest to these coordinates.
   *
   * @param {number[]} coordinates
   */
  labelNear(coordinates) {
    return this.encoded.labels[nearest(this.layout, this.dims, coordinates, 1)[0].index];
  }

  /**
   * @param {number} i a test image
   * @param {boolean} prior whether the model has one
   */
  pointText(i, prior) {
    const { classNames, labels, reconstruction, kl } = this.encoded;
    const cost = prior ? t`, KL ${kl[i].toFixed(1)}` : "";
    const above = this.excess ? t` (${this.excess[i].toFixed(1)} above the best possible)` : "";
    return t`test image ${i} · ${classNames[labels[i]]} · error ${reconstruction[i].toFixed(1)}${above}${cost} nats`;
  }

  /**
   * How well z is known at these coordinates.
   *
   * @param {number[]} coordinates
   * @param {number[]} z
   */
  placeText(coordinates, z) {
    const { inverse, config } = this;
    if (!inverse.exact) return this.approximation(inverse.trustAt(coordinates));
    if (z.length === 1) return t`exact: ${subscript(0)} = ${z[0].toFixed(2)}`;
    const shown = coordinates.map((value, k) => {
      const name = config.method === "pca" ? t`component ${k + 1}` : subscript(config.axes[k]);
      return `${name} = ${value.toFixed(2)}`;
    });
    return t`exact: ${shown.join(", ")}`;
  }

  /**
   * Whether z is exact at these coordinates, and whether an image is near them where it is not.
   *
   * @param {number[]} coordinates
   */
  certaintyAt(coordinates) {
    const { inverse } = this;
    return { exact: inverse.exact, near: inverse.exact || inverse.trustAt(coordinates).error !== null };
  }

  /** @param {ReturnType<LocalInverse["trustAt"]>} trust */
  approximation({ error, blended }) {
    const classes = this.classesIn(blended);
    if (error === null) return t`no image is near: z is a guess from images of ${classes.join(t(" and "))}`;
    const mixed = classes.length > 1 ? t`; blends ${classes.join(t(" and "))}` : "";
    return t`approximate: off by ${error.toFixed(2)} of the typical distance${mixed}`;
  }

  /**
   * The classes with at least a fifth of a blend, or the largest one, by name.
   *
   * @param {{index: number, share: number}[]} blended
   */
  classesIn(blended) {
    const { labels, classNames } = this.encoded;
    /** @type {Map<number, number>} */
    const shares = new Map();
    for (const { index, share } of blended) shares.set(labels[index], (shares.get(labels[index]) ?? 0) + share);
    const sorted = [...shares].sort(([, a], [, b]) => b - a);
    return sorted.filter(([, share], k) => k === 0 || share >= BLENDED).map(([label]) => classNames[label]);
  }

  describe() {
    const what = t`${METHOD_NAMES[this.config.method]} of ${this.encoded.n} test images in ${this.dims} dimensions`;
    const turn = this.dims === 3 ? t(" Shift and arrows turn.") : "";
    const keys = t("Arrow keys move a crosshair that decodes, Enter pins, plus and minus zoom, 0 shows all.");
    return t`Map: ${what}. ${keys}${turn}`;
  }
}
