/**
 * A client as LiveClient that decodes in this browser, in a worker: pages cannot tell them apart.
 *
 *   const client = new LocalClient({ model: "mnist-z10", load: (part) => fetchPart(part) }, { onStatus: … });
 *   const reply = await client.decode([z]);
 *   if (reply) drawPicture(canvas, reply.pixels, reply.imageShape);
 *
 * load: gives the model's file, "decoder" at first, and "whole" when an image is encoded for the first time. onStatus
 * receives "connecting", then "open" with a greeting, or "error" with a sentence. Slots, background work and what
 * resolves to null are as LiveClient has them; a newer request replaces the waiting one. The same z gives the same bytes
 * whatever else is decoded.
 *
 * Where one picture takes a fraction of a millisecond, the page decodes it itself, in the frame of the input: the way to
 * the worker and back would take longer. All else is the worker's.
 */

import { joined } from "../bytes.js";
import { Engine, sentenceOf } from "./engine.js";
import { Schedule } from "../schedule.js";
import { t } from "../words.js";

/** @import { Greeting } from "../contract.js" */
/** @import { DecodeReply, EncodeReply, Latent, LiveStatus, ReconstructReply, RequestOptions } from "../live-client.js" */
/** @import { Done, Load, Loaded, Part, Run } from "./engine.js" */
/** @import { Job } from "../schedule.js" */
/** @import { Gpu } from "./trial.js" */

/**
 * @typedef {{model: string, load: (part: Part) => Promise<ArrayBuffer>}} LocalSource
 *
 * @typedef {Job<any> & {operation: Run["operation"], rows: Run["rows"], noise: Run["noise"],
 *   parts: Uint8Array<ArrayBuffer>[]}} LocalJob
 *
 * Where the model runs: a worker, or what looks like one.
 *
 * @typedef {{postMessage: (message: Load | Run, transfer: ArrayBuffer[]) => void, terminate: () => void}} Host
 */

const BACKGROUND_VECTORS = 16; // the user's next request waits for at most this many pictures

export class LocalClient {
  /** @type {Greeting | null} */
  greeting = null; // requests are computed only while there is one
  /** @type {number[]} */
  classWeights = []; // of a conditional model: 1 for the class to decode as, 0 for the others
  choice = 0; // counts the models that were chosen
  /** @type {"absent" | "coming" | "there"} */
  whole = "absent"; // the part that encodes
  /** @type {Engine | null} */
  near = null; // decodes single pictures in the page
  gpuKey = ""; // under which is remembered whether the graphics processor is faster
  heard = false; // the worker has answered something
  stopped = false;
  /** @type {Schedule<LocalJob>} */
  schedule = new Schedule(
    (job) => this.isReady(job),
    (job) => this.send(job),
  );

  /**
   * @param {LocalSource} source
   * @param {{onStatus?: (status: LiveStatus) => void}} [options]
   */
  constructor({ model, load }, { onStatus = () => {} } = {}) {
    this.model = model;
    this.load = load;
    this.onStatus = onStatus;
    this.host = this.start();
    this.begin();
  }

  /**
   * Decodes latent vectors.
   *
   * @param {readonly Latent[]} vectors
   * @param {RequestOptions} [options]
   * @returns {Promise<DecodeReply | null>}
   */
  decode(vectors, options) {
    const rows = Float32Array.from(vectors.flatMap((z) => [...z, ...this.classWeights]));
    return this.request("decode", vectors.length, rows, null, options);
  }

  /**
   * Encodes n images.
   *
   * @param {number} n
   * @param {Uint8Array} pixels
   * @param {RequestOptions} [options]
   * @returns {Promise<EncodeReply | null>}
   */
  encode(n, pixels, options) {
    return this.request("encode", n, pixels.slice(), null, options);
  }

  /**
   * Encodes and decodes n images, each followed by its label for a conditional model. noise: n × latent_dim numbers, for
   * z = μ + σ noise in place of μ.
   *
   * @param {number} n
   * @param {Uint8Array} pixels
   * @param {RequestOptions & {noise?: Iterable<number> | null}} [options]
   * @returns {Promise<ReconstructReply | null>}
   */
  reconstruct(n, pixels, { noise, ...options } = {}) {
    return this.request("reconstruct", n, pixels.slice(), noise ? Float32Array.from(noise) : null, options);
  }

  /** Changes the model; unanswered requests for the old one resolve to null. */
  setModel(/** @type {LocalSource} */ { model, load }) {
    this.model = model;
    this.load = load;
    this.choice++;
    this.schedule.drop();
    if (!this.stopped) this.begin();
  }

  close() {
    this.stopped = true;
    this.schedule.stop();
    this.host.terminate();
  }

  /**
   * @param {Run["operation"]} operation
   * @param {number} n
   * @param {Run["rows"]} rows
   * @param {Run["noise"]} noise
   * @param {RequestOptions} [options]
   * @returns {Promise<any>}
   */
  request(operation, n, rows, noise, { slot = "main", background = false } = {}) {
    if (this.stopped) return Promise.resolve(null);
    return new Promise((resolve) => {
      const unsent = { done: 0, parts: [], id: 0 };
      this.schedule.add({ slot, operation, n, rows, noise, background, resolve, ...unsent });
    });
  }

  isReady(/** @type {LocalJob} */ { operation }) {
    if (!this.greeting) return false;
    if (operation === "decode" || operation === "try" || this.whole === "there") return true;
    if (this.whole === "absent") {
      this.whole = "coming";
      void this.fetchPart("whole");
    }
    return false;
  }

  send(/** @type {LocalJob} */ job) {
    const { id, operation, noise } = job;
    const n = this.pieceOf(job);
    const width = job.rows.length / job.n;
    const rows = n === job.n ? job.rows : job.rows.slice(job.done * width, (job.done + n) * width);
    /** @type {Run} */
    const run = { kind: "run", id, operation, n, rows, noise };
    if (this.near && operation === "decode" && job.n === 1 && !job.background)
      void this.near.run(run).then((answer) => this.receive(answer));
    else this.host.postMessage(run, []);
  }

  /** How many rows of a job are computed at once. */
  pieceOf(/** @type {LocalJob} */ { operation, background, n, done }) {
    return operation === "decode" && background ? Math.min(n - done, BACKGROUND_VECTORS) : n;
  }

  receive(/** @type {Loaded | Done} */ answer) {
    if (this.stopped) return;
    this.heard = true;
    if (answer.kind === "done") this.finish(answer);
    else if (answer.choice === this.choice) this.take(answer);
    this.schedule.pump();
  }

  take(/** @type {Loaded} */ { part, greeting, error, quick }) {
    if (!greeting) this.lack(part, error);
    else if (part === "whole") this.whole = "there";
    else {
      this.greeting = greeting;
      this.onStatus({ state: "open", greeting });
      if (quick && !(this.host instanceof InPage)) setTimeout(() => this.comeNear(quick, this.choice)); // a picture first
      if (this.gpu === "untried") void this.tryGpu();
    }
  }

  /** Loads the decoder that the worker has found right into the page, too. */
  async comeNear(/** @type {ArrayBuffer} */ body, /** @type {number} */ choice) {
    const near = new Engine();
    const { greeting } = await near.load({
      kind: "load",
      choice,
      model: this.model,
      part: "decoder",
      body,
      gpu: "slower",
    });
    if (greeting && choice === this.choice) this.near = near;
  }

  /** What is known of this machine's graphics processor for the model. A page without a worker does not try it. */
  get gpu() {
    return this.host instanceof InPage ? "slower" : knownGpu(this.gpuKey);
  }

  /** Has it tried while the user rests, for the next time that the model is loaded. */
  async tryGpu() {
    const key = this.gpuKey;
    const options = { slot: "try the graphics processor", background: true };
    const tried = await this.request("try", 1, new Float32Array(), null, options);
    if (tried) rememberGpu(key, tried.gpu);
  }

  /** A part is not to be had: what needs it resolves to null, and the next request that does tries again. */
  lack(/** @type {Part} */ part, /** @type {string} */ message) {
    if (part === "whole") this.whole = "absent";
    this.schedule.drop(({ operation }) => part === "decoder" || operation !== "decode");
    this.onStatus({ state: "error", message });
  }

  finish(/** @type {Done} */ { id, reply, error }) {
    const job = this.schedule.take(id);
    if (!job) return; // of an earlier model
    if (!reply) {
      this.onStatus({ state: "error", message: error });
      job.resolve(null);
      return;
    }
    job.done += reply.n;
    if (job.background && this.schedule.waiting.has(job.slot))
      job.resolve(null); // outdated while it was computed
    else if (reply.n === job.n) job.resolve(reply);
    else {
      const { imageShape, pixels } = /** @type {DecodeReply} */ (reply);
      job.parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (pixels));
      if (job.done < job.n) this.schedule.waiting.set(job.slot, job);
      else job.resolve({ n: job.n, imageShape, pixels: joined(job.parts) });
    }
  }

  begin() {
    this.greeting = null;
    this.near = null;
    this.whole = "absent";
    this.onStatus({ state: "connecting" });
    void this.fetchPart("decoder");
  }

  /** Passes a part of the chosen model on, or says why there is none. */
  async fetchPart(/** @type {Part} */ part) {
    const { choice, model } = this;
    try {
      const body = await this.load(part);
      if (choice !== this.choice || this.stopped) return;
      if (part === "decoder") this.gpuKey = `latent-lab-gpu ${model} ${body.byteLength}`;
      this.host.postMessage({ kind: "load", choice, model, part, body, gpu: this.gpu }, [body]);
    } catch (error) {
      if (choice === this.choice && !this.stopped) this.lack(part, sentenceOf(error));
    }
  }

  /** A worker, or the page itself where it may have none. @returns {Host} */
  start() {
    try {
      const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => this.receive(data);
      worker.onerror = () => this.leaveWorker();
      return worker;
    } catch {
      return new InPage((answer) => this.receive(answer));
    }
  }

  /** The worker cannot start, as where it cannot import modules; or it failed later, which the page would do, too. */
  leaveWorker() {
    if (this.stopped) return;
    this.host.terminate();
    if (this.heard) {
      this.close();
      this.onStatus({ state: "error", message: t("This browser has stopped decoding; load the page again.") });
      return;
    }
    this.host = new InPage((answer) => this.receive(answer));
    this.choice++;
    this.begin();
  }
}

/** What was found of the graphics processor. @returns {Gpu} */
function knownGpu(/** @type {string} */ key) {
  try {
    const known = localStorage.getItem(key);
    return known === "faster" || known === "slower" ? known : "untried";
  } catch {
    return "slower"; // a page that may not remember would try it every time
  }
}

function rememberGpu(/** @type {string} */ key, /** @type {Gpu} */ gpu) {
  try {
    localStorage.setItem(key, gpu);
  } catch {} // full, or forbidden
}

/** An engine in the page, which answers as a worker does: later. @implements {Host} */
class InPage {
  engine = new Engine();
  stopped = false;

  /** @param {(answer: Loaded | Done) => void} receive */
  constructor(receive) {
    this.receive = receive;
  }

  postMessage(/** @type {Load | Run} */ message) {
    setTimeout(() => {
      void this.engine.answer(message).then((answer) => this.stopped || this.receive(answer));
    });
  }

  terminate() {
    this.stopped = true;
  }
}
