/**
 * A page's model: decoded by this browser where the model is small, otherwise by the server. Pages do not know which.
 * ModelClient has LiveClient's interface; where the first way fails, it goes on with the other, and asks again there for
 * what is still wanted.
 */

import { DECODE_CHOICE_CHANGED, prefersServer } from "./decode-choice.js";
import { load } from "./files.js";
import { LiveClient, liveUrl } from "./live-client.js";
import { LocalClient } from "./model/local-client.js";

/**
 * @import { DecodeReply, EncodeReply, Latent, LiveStatus, ReconstructReply, RequestOptions } from "./live-client.js"
 *
 * What Python sends of a model's weights: see vae/server/weights.py.
 *
 * @typedef {{version: string, bytes: number, flops: number}} LocalModel
 *
 * local: null where the model is too large for browsers.
 *
 * @typedef {{base: string, model: string, local: LocalModel | null}} ModelSource
 *
 * @typedef {LiveClient | LocalClient} Way
 */

export class ModelClient {
  /** @type {number[]} */
  weights = [];
  /** The newest request of each slot. @type {Map<string, object>} */
  newest = new Map();
  /** The ways that have failed with this model. @type {Set<"local" | "server">} */
  failed = new Set();
  closed = false;
  opened = false; // the way of now, with this model

  /**
   * @param {ModelSource} source
   * @param {{onStatus?: (status: LiveStatus) => void}} [options]
   */
  constructor(source, { onStatus = () => {} } = {}) {
    this.source = source;
    this.onStatus = onStatus;
    this.choose = () => this.changeWay();
    addEventListener(DECODE_CHOICE_CHANGED, this.choose);
    this.kind = this.preferred();
    this.way = this.open(this.kind);
  }

  get model() {
    return this.source.model;
  }

  get greeting() {
    return this.way.greeting;
  }

  /** Of a conditional model: 1 for the class to decode as, 0 for the others. */
  get classWeights() {
    return this.weights;
  }

  set classWeights(weights) {
    this.weights = this.way.classWeights = weights;
  }

  /**
   * As LiveClient's.
   *
   * @param {readonly Latent[]} vectors
   * @param {RequestOptions} [options]
   * @returns {Promise<DecodeReply | null>}
   */
  decode(vectors, options) {
    const { weights } = this; // of now, also when another way answers later
    return this.request(options, (way) => {
      way.classWeights = weights;
      return way.decode(vectors, options);
    });
  }

  /**
   * As decode, of vectors that have the weights of a conditional model's classes with them.
   *
   * @param {readonly number[][]} codes
   * @param {RequestOptions} [options]
   * @returns {Promise<DecodeReply | null>}
   */
  decodeCodes(codes, options) {
    return this.request(options, (way) => {
      way.classWeights = [];
      return way.decode(codes, options);
    });
  }

  /**
   * As LiveClient's.
   *
   * @param {number} n
   * @param {Uint8Array} pixels
   * @param {RequestOptions} [options]
   * @returns {Promise<EncodeReply | null>}
   */
  encode(n, pixels, options) {
    return this.request(options, (way) => way.encode(n, pixels, options));
  }

  /**
   * As LiveClient's.
   *
   * @param {number} n
   * @param {Uint8Array} pixels
   * @param {RequestOptions & {noise?: Iterable<number> | null}} [options]
   * @returns {Promise<ReconstructReply | null>}
   */
  reconstruct(n, pixels, options) {
    return this.request(options, (way) => way.reconstruct(n, pixels, options));
  }

  /** Changes the model; unanswered requests for the old one resolve to null. */
  setModel(/** @type {ModelSource} */ source) {
    this.source = source;
    this.opened = false;
    this.newest.clear();
    this.failed.clear();
    const kind = this.preferred();
    if (kind !== this.kind) this.replaceWay(kind);
    else if (this.way instanceof LiveClient) this.way.setModel(source.model);
    else this.way.setModel(this.localSource());
  }

  close() {
    this.closed = true;
    removeEventListener(DECODE_CHOICE_CHANGED, this.choose);
    this.newest.clear();
    this.way.close();
  }

  /**
   * Asks the way of now; where it was left before it answered, the next one, unless the slot has a newer request.
   *
   * @template Reply
   * @param {RequestOptions | undefined} options
   * @param {(way: Way) => Promise<Reply | null>} ask
   * @returns {Promise<Reply | null>}
   */
  async request(options, ask) {
    const request = {},
      slot = options?.slot ?? "main";
    this.newest.set(slot, request);
    for (;;) {
      const { way } = this;
      const reply = await ask(way);
      if (reply || way === this.way || this.newest.get(slot) !== request) return reply;
    }
  }

  /** @returns {"local" | "server"} */
  preferred() {
    const { local } = this.source;
    if (!local || this.failed.has("local")) return "server";
    return !prefersServer() || this.failed.has("server") ? "local" : "server";
  }

  changeWay() {
    this.failed.clear();
    const kind = this.preferred();
    if (kind !== this.kind) this.replaceWay(kind);
  }

  replaceWay(/** @type {"local" | "server"} */ kind) {
    const old = this.way;
    this.kind = kind;
    this.opened = false;
    this.way = this.open(kind);
    this.way.classWeights = this.weights;
    old.close();
  }

  /** @param {"local" | "server"} kind @returns {Way} */
  open(kind) {
    /** @type {Way | undefined} */
    let way;
    // A way that was left may still report.
    const onStatus = (/** @type {LiveStatus} */ status) => {
      if (!this.closed && (way === undefined || way === this.way)) this.takeStatus(status, kind);
    };
    const { base, model } = this.source;
    way =
      kind === "local"
        ? new LocalClient(this.localSource(), { onStatus })
        : new LiveClient(liveUrl(base), model, { onStatus });
    return way;
  }

  /**
   * Reports what a way reports, unless it cannot start and another can.
   *
   * @param {LiveStatus} status
   * @param {"local" | "server"} kind that reported it
   */
  takeStatus(status, kind) {
    if (status.state === "open") this.opened = true;
    const failed = !this.opened && (status.state === "error" || status.state === "lost");
    if (!failed || !this.leave(kind)) this.onStatus(status);
  }

  /** Goes on with the other way, where there is one that has not failed with this model. */
  leave(/** @type {"local" | "server"} */ kind) {
    this.failed.add(kind);
    const next = this.preferred();
    if (this.failed.has(next)) return false;
    this.replaceWay(next);
    return true;
  }

  localSource() {
    const { base, model, local } = this.source;
    const query = `model=${encodeURIComponent(model)}&v=${encodeURIComponent(local?.version ?? "")}`;
    return { model, load: (/** @type {string} */ part) => fetchPart(`${base}/live/weights?${query}&part=${part}`) };
  }
}

async function fetchPart(/** @type {string} */ address) {
  const response = await load(address);
  if (!response.ok) throw new Error(await response.text());
  return response.arrayBuffer();
}
