/**
 * What the file that one takes home answers to its pages in the place of a server: see vae/lab/model_blocks.py.
 *
 * @import { Method } from "../../lib/contract.js"
 * @import { EncodedSet } from "../../lib/encoded-set.js"
 *
 * @typedef {(name: string) => Promise<Uint8Array<ArrayBuffer>>} Read a block of the page by its name
 *
 * The projections of a file: their methods' names, and the parameters that all have.
 *
 * @typedef {{names: Record<string, string>, parameters: Record<string, number>}} Projections
 */

import { messageOf } from "../../lib/dom.js";
import { meanOf, readEncoded } from "../../lib/encoded-set.js";
import { USED } from "./views/latent-map.js";

const FLOAT_BYTES = 4;

export class Blocks {
  /** By their names. @type {Map<string, Promise<Uint8Array<ArrayBuffer>>>} */
  known = new Map();

  /**
   * @param {Read} read rejects where the page has no such block
   * @param {Projections} projections
   */
  constructor(read, projections) {
    this.readBlock = read;
    this.projections = projections;
  }

  /** @param {string} name */
  read(name) {
    const found = this.known.get(name) ?? this.readBlock(name);
    this.known.set(name, found);
    return found;
  }

  /**
   * @param {string} path beneath the app's address
   * @param {URLSearchParams} query
   */
  async answer(path, query) {
    try {
      return new Response(await this.bytes(path, query));
    } catch (error) {
      return new Response(messageOf(error), { status: 404 });
    }
  }

  /**
   * Fails with a sentence about what the file has not.
   *
   * @param {string} path
   * @param {URLSearchParams} query
   */
  bytes(path, query) {
    const name = `${path}?model=${query.get("model")}`;
    if (path === "live/images" || path === "live/noise") return this.rows(path, query);
    if (path === "live/projections") return this.projection(name, query);
    if (path === "lab/data") return this.data(query);
    return this.read(name);
  }

  /** The encoded test images of a model. @param {string | null} model @returns {Promise<EncodedSet>} */
  async encoded(model) {
    return readEncoded((await this.read(`live/encoded?model=${model}`)).buffer);
  }

  /**
   * @param {string} path
   * @param {URLSearchParams} query
   */
  async rows(path, query) {
    const model = query.get("model");
    const { imageShape, latentDim } = await this.encoded(model);
    const size =
      path === "live/noise" ? FLOAT_BYTES * latentDim : imageShape.reduce((product, side) => product * side, 1);
    const [start, count] = [query.get("start"), query.get("count")].map(Number);
    const all = await this.read(`${path}?model=${model}`);
    if (size * (start + count) > all.length) throw new Error(`This file has only ${all.length / size} test images.`);
    return all.subarray(size * start, size * (start + count));
  }

  /**
   * @param {string} name
   * @param {URLSearchParams} query
   */
  projection(name, query) {
    const method = /** @type {Method} */ (query.get("method")),
      { names, parameters } = this.projections;
    const changed = USED[method]?.some((key) => Number(query.get(key) ?? parameters[key]) !== parameters[key]);
    const missing = `This file has no such ${names[method]}: only the app can compute one.`;
    if (changed) throw new Error(missing);
    return this.read(`${name}&method=${method}&dims=${query.get("dims")}`).catch(() => {
      throw new Error(missing);
    });
  }

  /**
   * What was not prepared: a test image, a source.
   *
   * @param {URLSearchParams} query
   */
  async data(query) {
    const view = query.get("view"),
      model = query.get("model");
    if (view === "noise") throw new Error(`This file has no noise of seed ${query.get("seed")}; the app has any.`);
    const encoded = await this.encoded(model);
    const row = Number(query.get("image") ?? query.get("source")?.replace("image:", ""));
    if (!(row < encoded.n)) throw new Error(`This file has the first ${encoded.n} test images.`);
    const answer = view === "image" ? imageAnswer(encoded, row) : { source: posteriorOf(encoded, row) };
    return new TextEncoder().encode(JSON.stringify(answer));
  }
}

/**
 * A test image's place, as vae/lab/answers.py has it.
 *
 * @param {EncodedSet} encoded
 * @param {number} row
 */
export function imageAnswer(encoded, row) {
  const label = encoded.labels[row];
  return { row, label, title: `test image ${row} · ${encoded.classNames[label]}`, z: meanOf(encoded, row) };
}

/**
 * The posterior of a test image as a mixture of one Gaussian, as vae/views/sampling.py has it.
 *
 * @param {EncodedSet} encoded
 * @param {number} row
 */
export function posteriorOf(encoded, row) {
  const { latentDim, logvar } = encoded;
  const factors = new Float32Array(latentDim ** 2);
  for (let i = 0; i < latentDim; i++) factors[i * (latentDim + 1)] = Math.exp(logvar[row * latentDim + i] / 2);
  return { weights: [1], means: base64Of(Float32Array.from(meanOf(encoded, row))), factors: base64Of(factors) };
}

/** @param {Float32Array<ArrayBuffer>} values */
function base64Of(values) {
  return btoa(String.fromCharCode(...new Uint8Array(values.buffer)));
}
