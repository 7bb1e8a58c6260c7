/** What is known of a sample: its nearest test images, by code and by pixels, and its class. */

import { loadClassifier } from "../lib/classifier.js";
import { loadEncoded, meanOf, TestRows } from "../lib/encoded-set.js";
import { load } from "../lib/files.js";
import { nearest } from "../lib/math.js";

/** @import { EncodedSet } from "../lib/encoded-set.js" */
/** @typedef {{encoded: EncodedSet, pictures: TestRows, classShares: number[]}} LoadedSet the codes, images and classes */
/** @typedef {{index: number, distance: number, typical: number}} Nearest typical: of test images among themselves, median */

export const VOTERS = 15; // nearest test codes that decide a sample's class
const COMPARED = 40; // test images, for how near test images lie to each other
const CHUNK_BYTES = 2 ** 20; // of images, in one request
const MOST_BYTES = 2 ** 24; // of images to search among
const SLICE_MS = 8; // of searching, before input events get their turn

export class TestSet {
  /**
   * @param {string} base the app's address
   * @param {string} model
   */
  constructor(base, model) {
    /** @param {string} route */
    const address = (route) => `${base}/live/${route}?model=${encodeURIComponent(model)}`;
    this.imagesAddress = address("images");
    this.encodedAddress = address("encoded");
    /** @type {Promise<LoadedSet> | undefined} */
    this.loading = undefined;
    /** @type {Promise<Uint8Array> | undefined} */
    this.pixels = undefined;
    /** @type {Promise<number> | undefined} */
    this.typicalCode = undefined;
    /** @type {Promise<number> | undefined} */
    this.typicalPixels = undefined;
  }

  /** Rejects, with the reason, where the server has no encoded set. */
  load() {
    this.loading ??= this.loadCodes().catch((error) => {
      this.loading = undefined; // the next call asks again
      throw error;
    });
    return this.loading;
  }

  async loadCodes() {
    const encoded = await loadEncoded(this.encodedAddress);
    const pictures = new TestRows(this.imagesAddress, encoded.images, encoded.imageShape);
    const counts = countOf(encoded.labels, encoded.classNames.length);
    return { encoded, pictures, classShares: counts.map((count) => count / encoded.n) };
  }

  /**
   * How many of these z lie among test codes of each class; null as soon as `outdated` says so.
   *
   * @param {Float32Array[]} vectors
   * @param {() => boolean} outdated
   */
  async countByCode(vectors, outdated) {
    const { encoded } = await this.load();
    const labels = await inSlices(vectors, (z) => classOf(encoded, z), outdated);
    return labels && countOf(labels, encoded.classNames.length);
  }

  /**
   * How many of these pictures show each digit; null as soon as `outdated` says so.
   *
   * @param {Uint8Array[]} pictures
   * @param {() => boolean} outdated
   */
  async countByPicture(pictures, outdated) {
    const { encoded } = await this.load();
    const classifier = await loadClassifier();
    const labels = await inSlices(pictures, (picture) => classifier.classify(picture), outdated);
    return labels && countOf(labels, encoded.classNames.length);
  }

  /**
   * The test code nearest to z.
   *
   * @param {Float32Array} z
   * @returns {Promise<Nearest>}
   */
  async nearestCode(z) {
    const { encoded } = await this.load();
    const { mean, latentDim, n } = encoded;
    /** @param {number} i */
    const toNearest = (i) => nearest(mean, latentDim, meanOf(encoded, i), 1, i)[0]?.distance ?? 0;
    this.typicalCode ??= medianOf(spreadOver(n), toNearest);
    return { ...nearest(mean, latentDim, z, 1)[0], typical: await this.typicalCode };
  }

  /**
   * The test image nearest to a picture: distances are root mean squares in shares of the full range, `count` is the
   * number of images searched. Null where the server has no images.
   *
   * @param {Uint8Array} picture
   * @returns {Promise<(Nearest & {count: number}) | null>}
   */
  async nearestPixels(picture) {
    const all = await this.allPixels(),
      size = picture.length,
      count = all.length / size;
    if (count < 2) return null;
    /** @param {number} i */
    const toClosest = (i) => closest(all, all.subarray(i * size, (i + 1) * size), i).distance;
    this.typicalPixels ??= medianOf(spreadOver(count), toClosest);
    return { ...closest(all, picture), count, typical: await this.typicalPixels };
  }

  /** The pixels of the first test images, as many as can be searched while the user waits. */
  allPixels() {
    this.pixels ??= this.loadPixels().catch((error) => {
      this.pixels = undefined; // the connection was lost: the next call asks again
      throw error;
    });
    return this.pixels;
  }

  async loadPixels() {
    const { encoded } = await this.load();
    const size = encoded.imageShape.reduce((product, side) => product * side, 1);
    const most = Math.min(encoded.images, Math.floor(MOST_BYTES / size));
    const step = Math.max(1, Math.floor(CHUNK_BYTES / size));
    const all = new Uint8Array(most * size);
    for (let start = 0; start < most; start += step) {
      const response = await load(`${this.imagesAddress}&start=${start}&count=${Math.min(step, most - start)}`);
      if (!response.ok) return all.subarray(0, start * size);
      all.set(new Uint8Array(await response.arrayBuffer()), start * size);
    }
    return all;
  }
}

/**
 * The commonest label of the nearest test codes; the nearer one where two are equally common.
 *
 * @param {EncodedSet} encoded
 * @param {Float32Array} z
 */
function classOf({ mean, latentDim, labels, classNames }, z) {
  const votes = nearest(mean, latentDim, z, VOTERS).map(({ index }) => labels[index]);
  const counts = countOf(votes, classNames.length);
  return votes.reduce((best, label) => (counts[label] > counts[best] ? label : best));
}

/**
 * The image nearest to `picture` among all but image `skip`; the search gives up an image once it is worse.
 *
 * @param {Uint8Array} all
 * @param {Uint8Array} picture
 */
function closest(all, picture, skip = -1) {
  const size = picture.length;
  let best = Infinity,
    index = -1;
  for (let i = 0, at = 0; at < all.length; i++, at += size) {
    if (i === skip) continue;
    let sum = 0;
    for (let p = 0; p < size && sum < best; p += 8) {
      const end = Math.min(size, p + 8);
      for (let q = p; q < end; q++) sum += (all[at + q] - picture[q]) ** 2;
    }
    if (sum < best) [best, index] = [sum, i];
  }
  return { index, distance: Math.sqrt(best / size) / 255 };
}

/**
 * The results of `work` on each item, a few milliseconds of them at a time; null as soon as `outdated` says so.
 *
 * @template Item, Result
 * @param {Item[]} items
 * @param {(item: Item) => Result} work
 * @returns {Promise<Result[] | null>}
 */
async function inSlices(items, work, outdated = () => false) {
  /** @type {Result[]} */
  const results = [];
  let since = performance.now();
  for (const item of items) {
    if (outdated()) return null;
    results.push(work(item));
    if (performance.now() - since < SLICE_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  }
  return results;
}

/**
 * How often each class occurs.
 *
 * @param {Iterable<number>} labels
 * @param {number} classes
 */
function countOf(labels, classes) {
  /** @type {number[]} */
  const counts = new Array(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

/**
 * Some of the numbers from 0 to n - 1, evenly apart.
 *
 * @param {number} n
 */
function spreadOver(n) {
  const count = Math.min(n, COMPARED);
  return Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
}

/**
 * The median of `work` over the items.
 *
 * @param {number[]} items
 * @param {(item: number) => number} work
 */
async function medianOf(items, work) {
  const values = (await inSlices(items, work)) ?? []; // never null: nothing outdates it
  return values.sort((a, b) => a - b)[values.length >> 1];
}
