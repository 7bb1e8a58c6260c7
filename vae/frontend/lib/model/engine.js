/** Runs a local model on messages, which a worker or the page itself passes on. Nothing but messages comes in or out. */

import { LIVE_HEADER_BYTES, LIVE_LIMITS, LIVE_VERSION } from "../contract.js";
import { codeDim, pictureBytes } from "./config.js";
import { LocalModel } from "./local-model.js";
import { fastestArithmetic } from "./product.js";
import { readWeights } from "./weights.js";

/** @import { Greeting } from "../contract.js" */
/** @import { LiveReply } from "../live-client.js" */
/** @import { ModelConfig } from "./config.js" */

/**
 * decoder: the file that decodes; whole: the one that encodes and reconstructs. So the pictures of decode stay the same
 * when the second arrives, whose decoder may be more exact.
 *
 * @typedef {"decoder" | "whole"} Part
 *
 * A message to the engine. choice: the number of the model that was chosen; another one than before forgets the parts.
 * rows: codes to decode, else images (see LocalModel).
 *
 * @typedef {{kind: "load", choice: number, model: string, part: Part, body: ArrayBuffer}} Load
 * @typedef {{kind: "run", id: number, operation: "decode" | "encode" | "reconstruct", n: number,
 *   rows: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>, noise: Float32Array<ArrayBuffer> | null}} Run
 *
 * The answer to a message; error: one sentence.
 *
 * @typedef {{kind: "loaded", choice: number, part: Part, greeting: Greeting | null, error: string}} Loaded
 * @typedef {{kind: "done", id: number, reply: LiveReply | null, error: string}} Done
 */

export class Engine {
  choice = -1;
  /** @type {Record<Part, LocalModel | null>} */
  models = { decoder: null, whole: null };

  /** @returns {Loaded | Done} */
  answer(/** @type {Load | Run} */ message) {
    return message.kind === "load" ? this.load(message) : this.run(message);
  }

  /** @returns {Loaded} */
  load(/** @type {Load} */ { choice, model, part, body }) {
    if (choice !== this.choice) this.models = { decoder: null, whole: null };
    this.choice = choice;
    try {
      const weights = readWeights(body);
      if (part === "whole" && !weights.whole) throw new Error("The model's file has no encoder.");
      const loaded = new LocalModel(weights, fastestArithmetic());
      this.models[part] = loaded;
      return { kind: "loaded", choice, part, greeting: greetingOf(model, loaded), error: "" };
    } catch (error) {
      return { kind: "loaded", choice, part, greeting: null, error: sentenceOf(error) };
    }
  }

  /** @returns {Done} */
  run(/** @type {Run} */ request) {
    try {
      return { kind: "done", id: request.id, reply: this.reply(request), error: "" };
    } catch (error) {
      return { kind: "done", id: request.id, reply: null, error: sentenceOf(error) };
    }
  }

  /** @returns {LiveReply} */
  reply(/** @type {Run} */ { operation, n, rows, noise }) {
    const model = this.models[operation === "decode" ? "decoder" : "whole"];
    if (!model) throw new Error("The model is not loaded yet.");
    const imageShape = model.config.image_shape;
    if (operation === "decode")
      return { n, imageShape, pixels: model.decode(n, /** @type {Float32Array<ArrayBuffer>} */ (rows)) };
    const images = /** @type {Uint8Array<ArrayBuffer>} */ (rows);
    if (operation === "encode") return { n, ...model.encode(n, images) };
    return { n, imageShape, ...model.reconstruct(n, images, noise) };
  }
}

/** The memory of an answer's arrays, which can be moved to the page in place of being copied. */
export function transferable(/** @type {Loaded | Done} */ answer) {
  /** @type {unknown[]} */
  const arrays = answer.kind === "done" && answer.reply ? Object.values(answer.reply) : [];
  return arrays.filter(ArrayBuffer.isView).map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer));
}

/**
 * What the live service says of a model that is chosen.
 *
 * @param {string} model
 * @param {LocalModel} loaded
 * @returns {Greeting}
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
  return { ...about, device: "this browser", limits };
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
