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

import { MAX_GRID_SIDE, MAX_SEED } from "../../lib/contract.js";
import { messageOf } from "../../lib/dom.js";
import { meanOf, readEncoded } from "../../lib/encoded-set.js";
import { normalQuantile } from "../../lib/math.js";
import { t } from "../../lib/words.js";
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
    if (path === "live/film") return this.film(query);
    return this.read(name);
  }

  /** The code of every term. @returns {Promise<Record<string, object>>} */
  async terms() {
    return JSON.parse(new TextDecoder().decode(await this.read("terms")));
  }

  /**
   * The film of a model, from a byte on.
   *
   * @param {URLSearchParams} query
   */
  async film(query) {
    const film = await this.read(`live/film?model=${query.get("name")}`);
    return film.subarray(Number(query.get("from")));
  }

  /** The encoded test images of a model. @param {string | null} model @returns {Promise<EncodedSet>} */
  async encoded(model) {
    return readEncoded((await this.read(`live/encoded?model=${model}`)).buffer);
  }

  /**
   * Those of the rows that the file has, which are the first ones.
   *
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
    if (size * start >= all.length) throw new Error(t`This file has only ${all.length / size} test images.`);
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
    const missing = t`This file has no such ${names[method]}: only the app can compute one.`;
    if (changed) throw new Error(missing);
    return this.read(`${name}&method=${method}&dims=${query.get("dims")}`).catch(() => {
      throw new Error(missing);
    });
  }

  /**
   * What was not prepared: a test image, a source; and the code of a term.
   *
   * @param {URLSearchParams} query
   */
  async data(query) {
    const view = query.get("view"),
      model = query.get("model");
    if (view === "term") return bytesOf({ code: (await this.terms())[`${query.get("term")}`] });
    const encoded = await this.encoded(model);
    if (view === "noise") return bytesOf(noiseAnswer(Number(query.get("seed")), encoded.latentDim));
    const row = Number(query.get("image") ?? query.get("source")?.replace("image:", ""));
    if (!(row < encoded.n)) throw new Error(t`This file has the first ${encoded.n} test images.`);
    const answer = view === "image" ? imageAnswer(encoded, row) : { source: posteriorOf(encoded, row) };
    return bytesOf(answer);
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

/**
 * Noise of a seed that was not prepared, and of the next one: as Python's in all but its values, which need NumPy.
 *
 * @param {number} seed
 * @param {number} latentDim
 */
export function noiseAnswer(seed, latentDim) {
  const noises = Object.fromEntries(
    [seed, (seed + 1) % (MAX_SEED + 1)].map((each) => [each, noiseOf(each, latentDim)]),
  );
  return { noises, note: t`The noise of seed ${seed} is this file's own: the app draws another one from this seed.` };
}

/**
 * @param {number} seed
 * @param {number} latentDim
 */
function noiseOf(seed, latentDim) {
  const random = uniform(seed),
    cells = MAX_GRID_SIDE ** 2;
  const values = Float32Array.from({ length: cells * latentDim }, () => normalQuantile(random()));
  return { values: base64Of(values), choice: base64Of(Float64Array.from({ length: cells }, random)) };
}

/**
 * Numbers from 0 to 1, both excluded. Source: Tommy Ettinger's mulberry32, which is in the public domain.
 *
 * @param {number} seed
 */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

/** @param {object} answer */
function bytesOf(answer) {
  return new TextEncoder().encode(JSON.stringify(answer));
}

/** @param {Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>} values */
function base64Of(values) {
  let text = "";
  for (const byte of new Uint8Array(values.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}
