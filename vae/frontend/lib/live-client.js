/**
 * The browser's end of the live service: one socket, on which the newest request replaces older ones. The wire format is
 * in the docstring of vae/server/live/decode.py.
 *
 *   const client = new LiveClient(liveUrl("https://lab.example"), "mnist-z10", {onStatus: ({state}) => …});
 *   const reply = await client.decode([z]);
 *   if (reply) drawPicture(canvas, reply.pixels, reply.imageShape);
 *
 * Every request belongs to a slot, "main" by default. A slot has at most one request in flight and one waiting; a newer
 * request replaces the waiting one. `background: true` marks work that must not delay the user's own requests: it is
 * sent when there has been no other request for 150 ms, a piece at a time. A promise resolves to null when there is
 * nothing to draw: replaced by a newer request, model changed, client closed, or refused by the server (then onStatus
 * received the reason). A lost connection only delays: unanswered requests are sent again. Where the server does not let
 * this page connect, onStatus receives "error" with the reason, and nothing is tried again.
 */

import { joined } from "./bytes.js";
import { LIVE_HEADER_BYTES, LIVE_OPERATIONS, LIVE_VERSION } from "./contract.js";
import { Schedule } from "./schedule.js";
import { t, translate } from "./words.js";

/** @import { Pixels } from "./canvas.js" */
/** @import { Greeting, ImageShape, ServiceError } from "./contract.js" */
/** @import { Job } from "./schedule.js" */

/**
 * What onStatus receives. greeting: with "open". message: with "error" and "lost", there perhaps empty. retryIn: seconds,
 * with "lost".
 *
 * @typedef {{state: "connecting", greeting?: undefined, message?: undefined, retryIn?: undefined}
 *   | {state: "open", greeting: Greeting, message?: undefined, retryIn?: undefined}
 *   | {state: "lost", greeting?: undefined, message: string, retryIn: number}
 *   | {state: "error", greeting?: undefined, message: string, retryIn?: undefined}} LiveStatus
 *
 * @typedef {{slot?: string, background?: boolean}} RequestOptions
 *
 * @typedef {{n: number, pixels: Pixels, imageShape: ImageShape}} DecodeReply
 *
 * mean, logvar: n × latent_dim, of q(z|x).
 *
 * @typedef {{n: number, mean: Float32Array<ArrayBuffer>, logvar: Float32Array<ArrayBuffer>}} EncodeReply
 *
 * reconstruction, kl: nats per image.
 *
 * @typedef {EncodeReply & DecodeReply
 *   & {reconstruction: Float32Array<ArrayBuffer>, kl: Float32Array<ArrayBuffer>}} ReconstructReply
 *
 * @typedef {DecodeReply | EncodeReply | ReconstructReply} LiveReply
 *
 * @typedef {Iterable<number>} Latent A latent vector.
 *
 * A request. bytes: its rows. parts: bytes that have been answered. sentAt: when its last frame was.
 *
 * @typedef {Job<any> & {operation: number, bytes: Uint8Array, parts: Uint8Array<ArrayBuffer>[], sentAt: number}} LiveJob
 */

const DECODE = LIVE_OPERATIONS.decode,
  ENCODE = LIVE_OPERATIONS.encode,
  RECONSTRUCT = LIVE_OPERATIONS.reconstruct,
  SAMPLE_POSTERIOR = LIVE_OPERATIONS.sample_posterior;
const BACKGROUND_VECTORS = 64; // the user's next request waits for at most this many pictures
// Without an answer: until the page says so, until the client gives the connection up.
const QUIET_MS = 3000;
const SILENCE_MS = 15_000;
const WATCH_MS = 500;
const FIRST_RETRY_S = 0.25,
  LAST_RETRY_S = 8;
const HURRIED_RETRY_MS = 1000; // while the user makes requests

/** Address of the live socket. base: the app's address, such as https://lab.example/prefix. */
export function liveUrl(/** @type {string} */ base) {
  return `${base.replace("http", "ws")}/live`;
}

/**
 * Why the server does not let this page open the socket of this address, as a sentence; "" where it does, or where it
 * does not answer. A browser only says of a WebSocket that it failed.
 *
 * @param {string} url
 */
export async function refusalOf(url) {
  try {
    const response = await fetch(url.replace("ws", "http"), { method: "POST" });
    const ours = response.status === 403 && response.headers.get("content-type")?.startsWith("text/plain");
    return ours ? await response.text() : "";
  } catch {
    return "";
  }
}

/**
 * An error leaves the socket open, and so does a "lost" that reports a long silence: with the next answer, onStatus
 * receives "open" again.
 */
export class LiveClient {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  retryTimer;
  /** @type {Schedule<LiveJob>} */
  schedule = new Schedule(
    () => this.greeting !== null,
    (job) => this.send(job),
  );

  /**
   * @param {string} url
   * @param {string} model
   * @param {{onStatus?: (status: LiveStatus) => void}} [options]
   */
  constructor(url, model, { onStatus = () => {} } = {}) {
    this.url = url;
    this.model = model;
    this.onStatus = onStatus;
    /** @type {Greeting | null} */
    this.greeting = null; // the server's, for this.model; requests are sent only while there is one
    /** @type {number[]} */
    this.classWeights = []; // of a conditional model: 1 for the class to decode as, 0 for the others
    this.attempt = 0;
    this.quiet = false; // onStatus has received that no answer comes
    this.connected = false; // at least once
    this.stopped = false; // closed, or not let in
    this.heardAt = this.retryAt = this.socketSince = -Infinity;
    this.watchdog = setInterval(() => this.checkSilence(), WATCH_MS);
    this.online = () => this.retryWithin(0);
    addEventListener("online", this.online);
    this.socket = this.openSocket();
  }

  /**
   * Decodes latent vectors.
   *
   * @param {readonly Latent[]} vectors
   * @param {RequestOptions} [options]
   * @returns {Promise<DecodeReply | null>}
   */
  decode(vectors, options) {
    const payload = Float32Array.from(vectors.flatMap((z) => [...z, ...this.classWeights]));
    return this.request(DECODE, vectors.length, payload, options);
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
    return this.request(ENCODE, n, pixels, options);
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
    if (!noise) return this.request(RECONSTRUCT, n, pixels, options);
    const payload = sideBySide(n, pixels, new Uint8Array(Float32Array.from(noise).buffer));
    return this.request(SAMPLE_POSTERIOR, n, payload, options);
  }

  /** Changes the model; unanswered requests for the old one resolve to null. */
  setModel(/** @type {string} */ model) {
    this.model = model;
    this.greeting = null;
    this.schedule.drop();
    if (this.socket.readyState === WebSocket.OPEN) this.chooseModel();
  }

  close() {
    this.stopped = true;
    clearInterval(this.watchdog);
    removeEventListener("online", this.online);
    clearTimeout(this.retryTimer);
    this.leaveSocket();
    this.schedule.stop();
  }

  /**
   * @param {number} operation
   * @param {number} n
   * @param {Uint8Array | Float32Array} payload
   * @param {RequestOptions} [options]
   * @returns {Promise<any>}
   */
  request(operation, n, payload, { slot = "main", background = false } = {}) {
    if (this.stopped) return Promise.resolve(null);
    return new Promise((resolve) => {
      const bytes = new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
      const unsent = { done: 0, parts: [], id: 0, sentAt: -Infinity };
      if (!background) this.retryWithin(HURRIED_RETRY_MS);
      this.schedule.add({ slot, operation, n, bytes, background, resolve, ...unsent });
    });
  }

  send(/** @type {LiveJob} */ job) {
    const piece = Math.min(BACKGROUND_VECTORS, this.greeting?.limits.vectors ?? BACKGROUND_VECTORS);
    const n = job.operation === DECODE && job.background ? Math.min(job.n - job.done, piece) : job.n;
    const rowBytes = job.bytes.byteLength / job.n;
    const frame = new Uint8Array(LIVE_HEADER_BYTES + n * rowBytes);
    job.sentAt = performance.now();
    const header = new DataView(frame.buffer);
    header.setUint8(0, LIVE_VERSION);
    header.setUint8(1, job.operation);
    header.setUint16(2, n, true);
    header.setUint32(4, job.id, true);
    frame.set(job.bytes.subarray(job.done * rowBytes, (job.done + n) * rowBytes), LIVE_HEADER_BYTES);
    this.socket.send(frame);
  }

  receive(/** @type {ArrayBuffer} */ buffer) {
    this.heardAt = performance.now();
    if (this.quiet && this.greeting) {
      this.quiet = false;
      this.onStatus({ state: "open", greeting: this.greeting });
    }
    const header = new DataView(buffer);
    const job = this.schedule.take(header.getUint32(4, true));
    if (!job || !this.greeting) return; // the answer of an earlier model
    if (header.getUint8(0) !== 0) {
      this.onStatus({ state: "error", message: new TextDecoder().decode(new Uint8Array(buffer, LIVE_HEADER_BYTES)) });
      job.resolve(null);
    } else this.accept(job, header.getUint16(2, true), buffer, this.greeting);
    this.schedule.pump();
  }

  /**
   * @param {LiveJob} job
   * @param {number} n
   * @param {ArrayBuffer} buffer
   * @param {Greeting} greeting
   */
  accept(job, n, buffer, greeting) {
    job.done += n;
    job.parts.push(new Uint8Array(buffer, LIVE_HEADER_BYTES));
    if (job.background && this.schedule.waiting.has(job.slot))
      job.resolve(null); // outdated while it was in flight
    else if (job.done < job.n) this.schedule.waiting.set(job.slot, job);
    else job.resolve(readReply(job, greeting));
  }

  openSocket() {
    this.retryAt = -Infinity;
    this.onStatus({ state: "connecting" });
    this.socketSince = performance.now();
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.connected = true;
      this.chooseModel();
    };
    socket.onclose = ({ reason }) => this.lose(reason);
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.greet(JSON.parse(data));
      else this.receive(data);
    };
    return socket;
  }

  chooseModel() {
    this.socketSince = performance.now();
    this.socket.send(JSON.stringify({ version: LIVE_VERSION, model: this.model }));
  }

  greet(/** @type {Greeting | ServiceError} */ message) {
    this.socketSince = Infinity; // no answer to a choice of the model is outstanding
    this.quiet = false;
    if ("error" in message) return this.onStatus({ state: "error", message: message.error });
    if (message.model !== this.model) return; // the answer to an earlier choice; this one's follows
    this.attempt = 0;
    this.greeting = message;
    this.onStatus({ state: "open", greeting: message });
    this.schedule.pump();
  }

  lose(reason = "") {
    this.leaveSocket();
    this.socketSince = Infinity;
    this.greeting = null;
    this.schedule.sendAgain();
    this.quiet = false;
    // With jitter, so that the browsers of a class do not all return at once to a server that has just started again.
    const retryIn = Math.min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** this.attempt++) * (0.75 + Math.random() / 4);
    this.retryAt = Infinity;
    this.retryWithin(retryIn * 1000);
    this.onStatus({ state: "lost", retryIn, message: reason });
    if (!this.connected) void this.stopIfRefused();
  }

  async stopIfRefused() {
    const message = await refusalOf(this.url);
    if (!message || this.connected || this.stopped) return;
    this.close();
    this.onStatus({ state: "error", message });
  }

  /** Moves the next attempt forward to `ms` from now; does nothing where it is sooner or none is planned. */
  retryWithin(/** @type {number} */ ms) {
    if (this.retryAt <= performance.now() + ms) return;
    clearTimeout(this.retryTimer);
    this.retryAt = performance.now() + ms;
    this.retryTimer = setTimeout(() => {
      this.socket = this.openSocket();
    }, ms);
  }

  leaveSocket() {
    this.socket.onopen = this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
  }

  /** Gives a silent connection up: a cable that is pulled out does not close the socket. */
  checkSilence() {
    const oldest = Math.min(this.socketSince, ...[...this.schedule.inFlight.values()].map((job) => job.sentAt));
    const waited = performance.now() - Math.max(oldest, this.heardAt); // the server answers one request after the other
    if (waited > SILENCE_MS) this.lose();
    else if (waited > QUIET_MS && !this.quiet) {
      this.quiet = true;
      this.onStatus({ state: "lost", message: t("No answer yet"), retryIn: (SILENCE_MS - waited) / 1000 });
    }
  }
}

/**
 * @param {LiveJob} job
 * @param {Greeting} greeting
 * @returns {LiveReply}
 */
function readReply({ operation, n, parts }, { latent_dim: latentDim, image_shape: imageShape }) {
  if (operation === DECODE) return { n, imageShape, pixels: parts.length === 1 ? parts[0] : joined(parts) };
  const { buffer } = parts[0];
  const codes = n * latentDim;
  const floats = (/** @type {number} */ first, /** @type {number} */ count) =>
    new Float32Array(buffer, LIVE_HEADER_BYTES + 4 * first, count);
  const encoded = { n, mean: floats(0, codes), logvar: floats(codes, codes) };
  if (operation === ENCODE) return encoded;
  const losses = { reconstruction: floats(2 * codes, n), kl: floats(2 * codes + n, n) };
  return { ...encoded, ...losses, imageShape, pixels: new Uint8Array(buffer, LIVE_HEADER_BYTES + 8 * (codes + n)) };
}

/**
 * The n rows of one array of bytes, each followed by the same row of another.
 *
 * @param {number} n
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
function sideBySide(n, left, right) {
  const split = left.length / n,
    size = split + right.length / n;
  const rows = new Uint8Array(n * size);
  for (let k = 0; k < n; k++) {
    rows.set(left.subarray(k * split, (k + 1) * split), k * size);
    rows.set(right.subarray(k * (size - split), (k + 1) * (size - split)), k * size + split);
  }
  return rows;
}

/** The sentence for a status that onStatus received; "" where all is well. */
export function noticeOf(/** @type {LiveStatus} */ status) {
  if (status.state === "error") return translate(status.message);
  if (status.state !== "lost") return "";
  return t`${translate(status.message) || t("Connection lost")} – trying again in ${Math.ceil(status.retryIn)} s`;
}

/** Frames per second over the last second, and the median ms from input to picture of the last 60 frames. */
export class Meter {
  /** @type {{at: number, ms: number}[]} */
  frames = [];

  /**
   * A picture was drawn on this canvas: counted, and announced to tests and the benchmark.
   *
   * @param {HTMLCanvasElement} canvas
   * @param {number} ms since the input event
   */
  took(canvas, ms) {
    this.frames.push({ at: performance.now(), ms });
    if (this.frames.length > 240) this.frames.splice(0, 120);
    const detail = { frame: Number(canvas.dataset.frame), ms };
    canvas.dispatchEvent(new CustomEvent("live-frame", { detail, bubbles: true, composed: true }));
  }

  /** ms is undefined before the first frame. */
  read() {
    const recent = this.frames.filter(({ at }) => at > performance.now() - 1000).length;
    const delays = this.frames
      .slice(-60)
      .map(({ ms }) => ms)
      .sort((a, b) => a - b);
    return { framesPerSecond: recent, ms: delays[delays.length >> 1] };
  }
}
