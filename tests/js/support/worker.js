/** A worker whose other end the test holds. */

/** @import { Done, Load, Loaded, Run } from "../../../vae/frontend/lib/model/engine.js" */
/** @import { Gpu } from "../../../vae/frontend/lib/model/trial.js" */

export class FakeWorker {
  /** @type {FakeWorker[]} */
  static all = [];

  /** @type {(Load | Run)[]} */
  messages = [];
  /** @type {ArrayBuffer[][]} */
  transfers = [];
  terminated = false;
  /** @type {((event: {data: Loaded | Done}) => void) | null} */
  onmessage = null;
  /** @type {(() => void) | null} */
  onerror = null;

  constructor(/** @type {URL} */ url, /** @type {WorkerOptions} */ options) {
    this.url = url;
    this.options = options;
    FakeWorker.all.push(this);
  }

  static get last() {
    return FakeWorker.all[FakeWorker.all.length - 1];
  }

  postMessage(/** @type {Load | Run} */ message, /** @type {ArrayBuffer[]} */ transfer) {
    this.messages.push(message);
    this.transfers.push(transfer);
  }

  terminate() {
    this.terminated = true;
  }

  // — the worker's end —

  /** Requests that have come, without the loads. @returns {Run[]} */
  get runs() {
    return this.messages.filter((message) => message.kind === "run");
  }

  /** @returns {Load[]} */
  get loads() {
    return this.messages.filter((message) => message.kind === "load");
  }

  say(/** @type {Loaded | Done} */ data) {
    this.onmessage?.({ data });
  }

  /** Answers the last load. quick: the decoder's file, where the page can decode with it. */
  loaded(error = "", /** @type {ArrayBuffer | null} */ quick = null) {
    const { choice, part, model } = this.loads[this.loads.length - 1];
    const limits = { vectors: 256, requests_per_second: 240, frame_bytes: 1e5 };
    const shape = { latent_dim: 1, classes: 0, image_shape: /** @type {const} */ ([1, 1, 1]), kl: [1] };
    const about = {
      version: 1,
      model,
      ...shape,
      device: "this browser",
      likelihood: /** @type {const} */ ("bernoulli"),
    };
    this.say({ kind: "loaded", choice, part, greeting: error ? null : { ...about, limits }, error, quick });
  }

  /** Answers request number k, which tried the graphics processor. */
  tried(/** @type {number} */ k, /** @type {Gpu} */ gpu) {
    this.say({ kind: "done", id: this.runs[k].id, reply: { n: 1, gpu }, error: "" });
  }

  /** Answers request number k; the pictures of decode are one pixel each, their z. */
  done(/** @type {number} */ k, error = "") {
    const { id, operation, n, rows } = this.runs[k];
    const coded = { n, mean: Float32Array.from(rows), logvar: new Float32Array(n) };
    const drawn = { n, pixels: Uint8Array.from(rows), imageShape: /** @type {const} */ ([1, 1, 1]) };
    this.say({ kind: "done", id, reply: error ? null : operation === "encode" ? coded : drawn, error });
  }
}
