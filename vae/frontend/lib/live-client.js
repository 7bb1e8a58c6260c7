/**
 * Browser side of the live service: socket, newest-wins. Wire format: docstring of vae/server/decode.py.
 *
 *   const client = new LiveClient(liveUrl(""), "mnist-z10", {onStatus: ({state}) => …});
 *   const reply = await client.decode([z]);
 *   if (reply) drawPicture(canvas, reply.pixels, reply.imageShape);
 *
 * Every request belongs to a slot ("main" unless told). A slot has at most one request in flight and one waiting; a
 * newer request replaces the waiting one. `background: true` marks work that never delays a hand: it is sent when
 * nothing else was asked for 150 ms, a piece at a time. A promise resolves to null when there is nothing to draw:
 * replaced by a newer request, model changed, client closed, or refused by the server (then onStatus has told why).
 * A lost connection only delays: unanswered requests are sent again.
 */

import { joined } from "./bytes.js";

const VERSION = 1;
const DECODE = 1,
  ENCODE = 2,
  RECONSTRUCT = 3,
  DRAW = 4;
const HEADER_BYTES = 8;
const REST_MS = 150;
const BACKGROUND_VECTORS = 64; // a hand that starts again waits for at most this many pictures
// Of waiting for an answer: until the page says so, until the connection is given up.
const QUIET_MS = 3000;
const SILENCE_MS = 15_000;
const WATCH_MS = 500;
const FIRST_RETRY_S = 0.25,
  LAST_RETRY_S = 8;
const HURRIED_RETRY_MS = 1000; // while a hand moves

/** Address of the live socket on this page's own server. base: server.baseUrlPath as "" or "/prefix". */
export function liveUrl(base) {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${base}/live`;
}

/**
 * onStatus receives {state: "connecting" | "open" | "lost" | "error", greeting, message, retryIn}: greeting with
 * "open", message with "error" and sometimes "lost", retryIn (seconds) with "lost". An error leaves the socket open, and
 * so does a "lost" that only tells of a long silence: an answer ends it with another "open".
 */
export class LiveClient {
  constructor(url, model, { onStatus = () => {} } = {}) {
    Object.assign(this, { url, model, onStatus });
    this.greeting = null; // the server's, for this.model; requests are sent only while there is one
    this.classWeights = []; // of a conditional model: 1 for the class to decode as, 0 for the others
    this.waiting = new Map(); // slot -> job
    this.inFlight = new Map(); // slot -> job
    this.nextId = 1;
    this.attempt = 0;
    this.lastForeground = -Infinity;
    this.quiet = false; // it was said that no answer comes
    this.heardAt = this.retryAt = -Infinity;
    this.watchdog = setInterval(() => this.checkSilence(), WATCH_MS);
    this.online = () => this.retryWithin(0);
    addEventListener("online", this.online);
    this.connect();
  }

  /** Decodes n vectors. Resolves to {n, pixels: Uint8Array of n × c·h·w, imageShape} or null. */
  decode(vectors, options) {
    const payload = Float32Array.from(vectors.flatMap((z) => [...z, ...this.classWeights]));
    return this.request(DECODE, vectors.length, payload, options);
  }

  /** Encodes n images (Uint8Array of n × c·h·w). Resolves to {n, mean, logvar} or null. */
  encode(n, pixels, options) {
    return this.request(ENCODE, n, pixels, options);
  }

  /**
   * Encodes and decodes n images, each followed by its label for a conditional model. noise: n × latent_dim numbers, for
   * z = μ + σ noise in place of μ. Resolves to {n, mean, logvar, reconstruction, kl, pixels, imageShape} or null.
   */
  reconstruct(n, pixels, { noise, ...options } = {}) {
    if (!noise) return this.request(RECONSTRUCT, n, pixels, options);
    return this.request(DRAW, n, sideBySide(n, pixels, new Uint8Array(Float32Array.from(noise).buffer)), options);
  }

  /** Changes the model; unanswered requests for the old one resolve to null. */
  setModel(model) {
    this.model = model;
    this.greeting = null;
    this.dropJobs();
    if (this.socket.readyState === WebSocket.OPEN) this.chooseModel();
  }

  close() {
    clearInterval(this.watchdog);
    removeEventListener("online", this.online);
    clearTimeout(this.retryTimer);
    clearTimeout(this.pumpTimer);
    this.leaveSocket();
    this.dropJobs();
  }

  request(operation, n, payload, { slot = "main", background = false } = {}) {
    return new Promise((resolve) => {
      this.waiting.get(slot)?.resolve(null);
      const bytes = new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
      this.waiting.set(slot, { slot, operation, n, bytes, background, resolve, done: 0, parts: [] });
      if (!background) {
        this.lastForeground = performance.now();
        this.retryWithin(HURRIED_RETRY_MS);
      }
      this.pump();
    });
  }

  /** Sends whatever may be sent now; what may not yet comes back here by timer, reply or greeting. */
  pump() {
    clearTimeout(this.pumpTimer);
    if (!this.greeting) return;
    for (const job of [...this.waiting.values()].sort((a, b) => a.background - b.background)) {
      if (this.inFlight.has(job.slot) || (job.background && this.inFlight.size)) continue;
      const wait = job.background ? this.lastForeground + REST_MS - performance.now() : 0;
      if (wait > 0) {
        this.pumpTimer = setTimeout(() => this.pump(), wait);
        return;
      }
      this.send(job);
    }
  }

  send(job) {
    const piece = Math.min(BACKGROUND_VECTORS, this.greeting.limits.vectors);
    const n = job.operation === DECODE && job.background ? Math.min(job.n - job.done, piece) : job.n;
    const rowBytes = job.bytes.byteLength / job.n;
    const frame = new Uint8Array(HEADER_BYTES + n * rowBytes);
    job.id = this.nextId++ >>> 0;
    job.sentAt = performance.now();
    const header = new DataView(frame.buffer);
    header.setUint8(0, VERSION);
    header.setUint8(1, job.operation);
    header.setUint16(2, n, true);
    header.setUint32(4, job.id, true);
    frame.set(job.bytes.subarray(job.done * rowBytes, (job.done + n) * rowBytes), HEADER_BYTES);
    this.waiting.delete(job.slot);
    this.inFlight.set(job.slot, job);
    this.socket.send(frame);
  }

  receive(buffer) {
    this.heardAt = performance.now();
    if (this.quiet) {
      this.quiet = false;
      this.onStatus({ state: "open", greeting: this.greeting });
    }
    const header = new DataView(buffer);
    const id = header.getUint32(4, true);
    const job = [...this.inFlight.values()].find((candidate) => candidate.id === id);
    if (!job) return; // asked of an earlier model
    this.inFlight.delete(job.slot);
    if (header.getUint8(0) !== 0) {
      this.onStatus({ state: "error", message: new TextDecoder().decode(new Uint8Array(buffer, HEADER_BYTES)) });
      job.resolve(null);
    } else this.accept(job, header.getUint16(2, true), buffer);
    this.pump();
  }

  accept(job, n, buffer) {
    job.done += n;
    job.parts.push(new Uint8Array(buffer, HEADER_BYTES));
    if (job.background && this.waiting.has(job.slot))
      job.resolve(null); // outdated while it was under way
    else if (job.done < job.n) this.waiting.set(job.slot, job);
    else job.resolve(readReply(job, this.greeting));
  }

  connect() {
    this.retryAt = -Infinity;
    this.onStatus({ state: "connecting" });
    this.socketSince = performance.now();
    this.socket = new WebSocket(this.url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.chooseModel();
    this.socket.onclose = ({ reason }) => this.lose(reason);
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.greet(JSON.parse(data));
      else this.receive(data);
    };
  }

  chooseModel() {
    this.socketSince = performance.now();
    this.socket.send(JSON.stringify({ version: VERSION, model: this.model }));
  }

  greet(message) {
    this.socketSince = Infinity; // nothing is owed to us any more
    this.quiet = false;
    if (message.error !== undefined) return this.onStatus({ state: "error", message: message.error });
    if (message.model !== this.model) return; // answer to an earlier choice; ours is on its way
    this.attempt = 0;
    this.greeting = message;
    this.onStatus({ state: "open", greeting: message });
    this.pump();
  }

  lose(reason = "") {
    this.leaveSocket();
    this.socketSince = Infinity;
    this.greeting = null;
    for (const job of this.inFlight.values()) {
      if (this.waiting.has(job.slot)) job.resolve(null);
      else this.waiting.set(job.slot, job);
    }
    this.inFlight.clear();
    this.quiet = false;
    // The jitter keeps a class from knocking all at once on a server that has just come back.
    const retryIn = Math.min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** this.attempt++) * (0.75 + Math.random() / 4);
    this.retryAt = Infinity;
    this.retryWithin(retryIn * 1000);
    this.onStatus({ state: "lost", retryIn, message: reason });
  }

  /** Brings the next try nearer, where there is to be one and it is further away. */
  retryWithin(ms) {
    if (this.retryAt <= performance.now() + ms) return;
    clearTimeout(this.retryTimer);
    this.retryAt = performance.now() + ms;
    this.retryTimer = setTimeout(() => this.connect(), ms);
  }

  leaveSocket() {
    this.socket.onopen = this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
  }

  /** A cable pulled out closes no socket: silence does. */
  checkSilence() {
    const oldest = Math.min(this.socketSince, ...[...this.inFlight.values()].map((job) => job.sentAt));
    const waited = performance.now() - Math.max(oldest, this.heardAt); // answers come one after the other
    if (waited > SILENCE_MS) this.lose();
    else if (waited > QUIET_MS && !this.quiet) {
      this.quiet = true;
      this.onStatus({ state: "lost", message: "No answer yet", retryIn: (SILENCE_MS - waited) / 1000 });
    }
  }

  dropJobs() {
    for (const job of [...this.waiting.values(), ...this.inFlight.values()]) job.resolve(null);
    this.waiting.clear();
    this.inFlight.clear();
  }
}

function readReply({ operation, n, parts }, { latent_dim: latentDim, image_shape: imageShape }) {
  if (operation === DECODE) return { n, imageShape, pixels: parts.length === 1 ? parts[0] : joined(parts) };
  const { buffer } = parts[0];
  const codes = n * latentDim;
  const floats = (first, count) => new Float32Array(buffer, HEADER_BYTES + 4 * first, count);
  const encoded = { n, mean: floats(0, codes), logvar: floats(codes, codes) };
  if (operation === ENCODE) return encoded;
  const losses = { reconstruction: floats(2 * codes, n), kl: floats(2 * codes + n, n) };
  return { ...encoded, ...losses, imageShape, pixels: new Uint8Array(buffer, HEADER_BYTES + 8 * (codes + n)) };
}

/** The n rows of one array of bytes, each followed by the same row of another. */
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
export function noticeOf({ state, message, retryIn }) {
  const lost = `${message || "Connection lost"} – trying again in ${Math.ceil(retryIn)} s`;
  return { connecting: "", open: "", error: message, lost }[state];
}

/** Frames per second over the last second, and the median ms from input to picture of the last 60 frames. */
export class Meter {
  frames = [];

  add(ms) {
    this.frames.push({ at: performance.now(), ms });
    if (this.frames.length > 240) this.frames.splice(0, 120);
  }

  read() {
    const recent = this.frames.filter(({ at }) => at > performance.now() - 1000).length;
    const delays = this.frames
      .slice(-60)
      .map(({ ms }) => ms)
      .sort((a, b) => a - b);
    return { framesPerSecond: recent, ms: delays[delays.length >> 1] };
  }
}
