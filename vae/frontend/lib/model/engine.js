/** Runs a local model on messages, which a worker or the page itself passes on. Nothing but messages comes in or out. */

import { LIVE_HEADER_BYTES, LIVE_LIMITS, LIVE_VERSION } from "../contract.js";
import { codeDim, pictureBytes } from "./config.js";
import { GpuDecoder } from "./gpu.js";
import { LocalModel } from "./local-model.js";
import { fastestArithmetic } from "./product.js";
import { tried } from "./trial.js";
import { readWeights } from "./weights.js";

/** @import { Greeting } from "../contract.js" */
/** @import { LiveReply } from "../live-client.js" */
/** @import { ModelConfig } from "./config.js" */
/** @import { Gpu } from "./trial.js" */
/** @import { Weights } from "./weights.js" */

/**
 * decoder: the file that decodes; whole: the one that encodes and reconstructs. So the pictures of decode stay the same
 * when the second arrives, whose decoder may be more exact.
 *
 * @typedef {"decoder" | "whole"} Part
 *
 * A message to the engine. choice: the number of the model that was chosen; another one than before forgets the parts.
 * gpu: what is known of the graphics processor, for the decoder's part. rows: codes to decode, else images (see
 * LocalModel); to try the graphics processor, none.
 *
 * @typedef {{kind: "load", choice: number, model: string, part: Part, body: ArrayBuffer, gpu: Gpu}} Load
 * @typedef {{kind: "run", id: number, operation: "decode" | "encode" | "reconstruct" | "try", n: number,
 *   rows: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>, noise: Float32Array<ArrayBuffer> | null}} Run
 *
 * The answer to a message; error: one sentence. quick: the decoder's file, where one picture is decoded so soon that the
 * page itself can do it.
 *
 * @typedef {{kind: "loaded", choice: number, part: Part, greeting: Greeting | null, error: string,
 *   quick: ArrayBuffer | null}} Loaded
 * @typedef {{kind: "done", id: number, reply: LiveReply | {n: number, gpu: Gpu} | null, error: string}} Done
 */

const QUICK_MS = 0.5; // of a frame's 16
const ROUNDS = 4;

export class Engine {
  choice = -1;
  /** @type {Record<Part, LocalModel | null>} */
  models = { decoder: null, whole: null };
  /** @type {Weights | null} */
  weights = null; // the decoder's
  /** @type {GpuDecoder | null} */
  gpu = null; // decodes, where it is faster

  /** @returns {Promise<Loaded | Done>} */
  answer(/** @type {Load | Run} */ message) {
    return message.kind === "load" ? this.load(message) : this.run(message);
  }

  /** @returns {Promise<Loaded>} */
  async load(/** @type {Load} */ { choice, model, part, body, gpu }) {
    if (choice !== this.choice) this.forget();
    this.choice = choice;
    try {
      const weights = readWeights(body);
      if (part === "whole" && !weights.whole) throw new Error("The model's file has no encoder.");
      const loaded = new LocalModel(weights, fastestArithmetic());
      this.models[part] = loaded;
      if (part === "decoder") this.weights = weights;
      if (gpu === "faster" && part === "decoder") await this.takeGpu(weights, choice);
      const device = this.gpu ? "this browser's GPU" : "this browser";
      const quick = part === "decoder" && !this.gpu && isQuick(loaded) ? body : null;
      return { kind: "loaded", choice, part, greeting: { ...greetingOf(model, loaded), device }, error: "", quick };
    } catch (error) {
      return { kind: "loaded", choice, part, greeting: null, error: sentenceOf(error), quick: null };
    }
  }

  async takeGpu(/** @type {Weights} */ weights, /** @type {number} */ choice) {
    const gpu = await GpuDecoder.create(weights);
    if (choice === this.choice) this.gpu = gpu;
    else gpu?.close(); // another model was chosen before this one was ready
  }

  forget() {
    this.models = { decoder: null, whole: null };
    this.weights = null;
    this.gpu?.close();
    this.gpu = null;
  }

  /** @returns {Promise<Done>} */
  async run(/** @type {Run} */ request) {
    try {
      return { kind: "done", id: request.id, reply: await this.reply(request), error: "" };
    } catch (error) {
      return { kind: "done", id: request.id, reply: null, error: sentenceOf(error) };
    }
  }

  /** @returns {Promise<NonNullable<Done["reply"]>>} */
  async reply(/** @type {Run} */ { operation, n, rows, noise }) {
    const model = this.models[operation === "decode" || operation === "try" ? "decoder" : "whole"];
    if (!model) throw new Error("The model is not loaded yet.");
    if (operation === "try") return { n, gpu: this.weights ? await tried(model, this.weights) : "untried" };
    const imageShape = model.config.image_shape;
    if (operation === "decode") {
      const codes = /** @type {Float32Array<ArrayBuffer>} */ (rows);
      return { n, imageShape, pixels: (await this.decodedByGpu(model, n, codes)) ?? model.decode(n, codes) };
    }
    const images = /** @type {Uint8Array<ArrayBuffer>} */ (rows);
    if (operation === "encode") return { n, ...model.encode(n, images) };
    return { n, imageShape, ...model.reconstruct(n, images, noise) };
  }

  /**
   * The pictures, where the graphics processor decodes; undefined where it does not, or from now on cannot.
   *
   * @param {LocalModel} model
   * @param {number} n
   * @param {Float32Array<ArrayBuffer>} codes
   */
  async decodedByGpu(model, n, codes) {
    if (!this.gpu) return;
    model.checkCodes(n, codes);
    try {
      return await this.gpu.decode(n, codes);
    } catch {
      this.gpu = null;
    }
  }
}

/** Whether the page can decode one picture without delaying its frame. */
function isQuick(/** @type {LocalModel} */ model) {
  const code = new Float32Array(codeDim(model.config));
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    model.decode(1, code);
    if (performance.now() - start < QUICK_MS) return true;
  }
  return false;
}

/** The memory of an answer's arrays, which can be moved to the page in place of being copied. */
export function transferable(/** @type {Loaded | Done} */ answer) {
  /** @type {unknown[]} */
  const arrays = answer.kind === "done" && answer.reply ? Object.values(answer.reply) : [];
  return arrays.filter(ArrayBuffer.isView).map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer));
}

/**
 * What the live service says of a model that is chosen, but the device.
 *
 * @param {string} model
 * @param {LocalModel} loaded
 * @returns {Omit<Greeting, "device">}
 */
function greetingOf(model, { config, kl }) {
  const { latent_dim, classes, image_shape, likelihood } = config;
  const vectors = mostVectors(config);
  const largestRow = Math.max(4 * codeDim(config), pictureBytes(config) + (classes ? 2 : 0) + 4 * latent_dim);
  const limits = {
    vectors,
    requests_per_second: LIVE_LIMITS.requests_per_second,
    frame_bytes: LIVE_HEADER_BYTES + vectors * largestRow,
  };
  const about = { version: LIVE_VERSION, model, latent_dim, classes, image_shape, kl, likelihood };
  return { ...about, limits };
}

/** The most vectors of one request, as the live service has it for this picture size. */
function mostVectors(/** @type {ModelConfig} */ config) {
  const reply = pictureBytes(config) + 4 * (2 * config.latent_dim + 2);
  const most = Math.floor(LIVE_LIMITS.request_bytes / Math.max(reply, 4 * codeDim(config)));
  return Math.max(1, Math.min(LIVE_LIMITS.vectors, most));
}

/** What an error says. */
export function sentenceOf(/** @type {unknown} */ error) {
  if (error instanceof RangeError) return "The model is too large for this browser: there is not enough memory.";
  return error instanceof Error ? error.message : String(error);
}
