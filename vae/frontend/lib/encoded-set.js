/** From the server: the encoded test set and its images. */

import { load } from "./files.js";

/** @import { ArrayHeader, EncodedHeader, ImageShape, Pca } from "./contract.js" */

const CHUNK_BYTES = 64 * 1024; // fetched together: neighbours in the list are rarely neighbours on the map
const MOST_CHUNKS = 512;
const ARRAYS = { "<f4": Float32Array, "<u2": Uint16Array };

/**
 * The encoded test set. mean, logvar: n × latentDim. reconstruction, kl, entropy: nats per image; entropy: the least that
 * reconstruction can be, of a Bernoulli model where it is known. labels: index into classNames.
 * images: the server has the first so many of the n test images.
 *
 * @typedef {object} EncodedSet
 * @property {number} n
 * @property {number} latentDim
 * @property {string[]} classNames
 * @property {ImageShape} imageShape
 * @property {number} images
 * @property {Pca} pca
 * @property {Float32Array<ArrayBuffer>} mean
 * @property {Float32Array<ArrayBuffer>} logvar
 * @property {Uint16Array<ArrayBuffer>} labels
 * @property {Float32Array<ArrayBuffer>} reconstruction
 * @property {Float32Array<ArrayBuffer>} kl
 * @property {Float32Array<ArrayBuffer>} [entropy]
 */

/**
 * Fetches the encoded test set. Rejects with the server's sentence, or with an Error about a body that is not one.
 *
 * @param {string} address
 */
export async function loadEncoded(address) {
  const response = await load(address);
  if (!response.ok) throw new Error(await response.text());
  return readEncoded(await response.arrayBuffer());
}

/**
 * The encoded test set in the server's format: see vae/server/latent_map/routes.py. The arrays are views of the body.
 *
 * @param {ArrayBuffer} body
 * @returns {EncodedSet}
 */
export function readEncoded(body) {
  const { header, arrays } = readArrays(body);
  const {
    n,
    latent_dim: latentDim,
    classes: classNames,
    image_shape: imageShape,
    images,
    pca,
  } = /** @type {EncodedHeader} */ (header);
  return { n, latentDim, classNames, imageShape, images, pca, ...arrays };
}

/**
 * A header and arrays, views of the body, by their names.
 *
 * @param {ArrayBuffer} body
 * @returns {{header: {arrays: ArrayHeader[]}, arrays: any}}
 */
export function readArrays(body) {
  const length = new DataView(body).getUint32(0, true);
  /** @type {{arrays: ArrayHeader[]}} */
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length)));
  const arrays = header.arrays.map(({ name, dtype, shape, offset }) => {
    const size = shape.reduce((product, side) => product * side, 1);
    return [name, new ARRAYS[dtype](body, offset, size)];
  });
  return { header, arrays: Object.fromEntries(arrays) };
}

/**
 * How far each reconstruction error is above the best possible one, the image's own entropy; null where that is not known
 * or 0 for all.
 *
 * @param {Pick<EncodedSet, "reconstruction" | "entropy">} encoded
 */
export function excessOf({ reconstruction, entropy }) {
  if (!entropy?.some((nats) => nats > 0)) return null;
  return reconstruction.map((nats, i) => Math.max(0, nats - entropy[i])); // below 0 only by rounding
}

/**
 * The latent mean of test image i.
 *
 * @param {Pick<EncodedSet, "mean" | "latentDim">} encoded
 * @param {number} i
 */
export function meanOf({ mean, latentDim }, i) {
  return Array.from(mean.subarray(i * latentDim, (i + 1) * latentDim));
}

/**
 * The standard deviation of the test images' means, per dimension.
 *
 * @param {Pick<EncodedSet, "n" | "mean" | "latentDim">} encoded
 */
export function spreadOf({ n, latentDim, mean }) {
  return Array.from({ length: latentDim }, (_, k) => {
    let sum = 0,
      squares = 0;
    for (let i = k; i < mean.length; i += latentDim) {
      sum += mean[i];
      squares += mean[i] ** 2;
    }
    return Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
  });
}

/** The pixels of the test images, or other data that is served by row, fetched in chunks when they are first needed. */
export class TestRows {
  /**
   * @param {string} address where the rows are served, with ?model=…
   * @param {number} count of rows
   * @param {readonly number[]} shape of a row in bytes, (c, h, w) of images
   */
  constructor(address, count, shape) {
    this.address = address;
    this.count = count;
    this.size = shape.reduce((product, side) => product * side, 1);
    this.perChunk = Math.max(1, Math.floor(CHUNK_BYTES / this.size));
    /** @type {Map<number, Promise<Uint8Array<ArrayBuffer> | null>>} */
    this.chunks = new Map();
  }

  /** Whether row i has been asked for, or needs no asking. */
  has(/** @type {number} */ i) {
    return i >= this.count || this.chunks.has(Math.floor(i / this.perChunk));
  }

  /** The bytes of row i, or null where the server, or the file, has no such row. */
  async load(/** @type {number} */ i) {
    if (i >= this.count) return null;
    const chunk = Math.floor(i / this.perChunk);
    const found = this.chunks.get(chunk) ?? this.fetchChunk(chunk);
    this.chunks.set(chunk, found);
    const [oldest] = this.chunks.keys();
    if (this.chunks.size > MOST_CHUNKS) this.chunks.delete(oldest);
    const bytes = await found;
    const first = (i % this.perChunk) * this.size;
    return bytes && first + this.size <= bytes.length ? bytes.subarray(first, first + this.size) : null;
  }

  async fetchChunk(/** @type {number} */ chunk) {
    const start = chunk * this.perChunk;
    const count = Math.min(this.perChunk, this.count - start);
    try {
      const response = await load(`${this.address}&start=${start}&count=${count}`);
      if (response.ok) return new Uint8Array(await response.arrayBuffer());
    } catch {
      this.chunks.delete(chunk); // the connection was lost: the next load tries again
    }
    return null;
  }
}
