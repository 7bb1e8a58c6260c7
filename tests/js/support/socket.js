/** A WebSocket whose other end the test holds, and what the live service sends. */

/** @import { Greeting } from "../../../vae/frontend/lib/contract.js" */

const HEADER_BYTES = 8;

export class FakeSocket {
  static OPEN = 1;
  /** @type {FakeSocket[]} */
  static all = [];

  readyState = 0;
  binaryType = "blob";
  /** @type {any[]} */
  texts = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  frames = [];
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: {reason: string}) => void) | null} */
  onclose = null;
  /** @type {((event: {data: string | ArrayBuffer}) => void) | null} */
  onmessage = null;

  constructor(/** @type {string} */ url) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  /** The one that was opened last. */
  static get last() {
    return FakeSocket.all[FakeSocket.all.length - 1];
  }

  send(/** @type {string | Uint8Array<ArrayBuffer>} */ data) {
    if (typeof data === "string") this.texts.push(JSON.parse(data));
    else this.frames.push(data);
  }

  close() {
    this.readyState = 3;
  }

  // — the server's end —

  open() {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  drop(reason = "") {
    this.readyState = 3;
    this.onclose?.({ reason });
  }

  say(/** @type {object} */ message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** Greets with a model whose pictures are one grey pixel. */
  greet(/** @type {string} */ model, /** @type {Partial<Greeting>} */ about = {}) {
    this.say({ ...greeting(model), ...about });
  }

  /** Request number k: its operation, its number of vectors or images, and its payload. */
  request(/** @type {number} */ k) {
    const frame = this.frames[k];
    const view = new DataView(frame.buffer);
    const [version, operation, n, id] = [
      view.getUint8(0),
      view.getUint8(1),
      view.getUint16(2, true),
      view.getUint32(4, true),
    ];
    return { version, operation, n, id, payload: frame.slice(HEADER_BYTES) };
  }

  /** Answers request number k with these bytes; status 1 is an error. */
  reply(/** @type {number} */ k, /** @type {Uint8Array} */ payload, status = 0) {
    const reply = new Uint8Array(HEADER_BYTES + payload.length);
    reply.set(this.frames[k].subarray(0, HEADER_BYTES));
    reply[0] = status;
    reply.set(payload, HEADER_BYTES);
    this.onmessage?.({ data: reply.buffer });
  }

  /** Answers the decode request number k: each picture is one pixel, its z. */
  answer(/** @type {number} */ k) {
    this.reply(k, Uint8Array.from(new Float32Array(this.request(k).payload.buffer)));
  }

  refuse(/** @type {number} */ k, /** @type {string} */ sentence) {
    this.reply(k, new TextEncoder().encode(sentence), 1);
  }
}

/** @returns {Greeting} */
export function greeting(/** @type {string} */ model) {
  const limits = { vectors: 256, requests_per_second: 240, frame_bytes: 1e5 };
  const shape = { latent_dim: 1, classes: 0, image_shape: /** @type {const} */ ([1, 1, 1]), kl: [1] };
  return { version: 1, model, ...shape, device: "cpu", likelihood: "bernoulli", limits };
}
