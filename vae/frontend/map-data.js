/** What the latent map draws, from the server: the encoded test set, its images, and layouts as they are computed. */

const VERSION = 1;
const CHUNK_BYTES = 64 * 1024; // fetched together: neighbours in the list are rarely neighbours on the map
const MOST_CHUNKS = 512;
const RETRY_MS = 2000;
const ARRAYS = { "<f4": Float32Array, "<u2": Uint16Array };

/** The encoded test set: {n, latentDim, classNames, imageShape, images, pca} and the arrays that the server names. */
export async function loadEncoded(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(await response.text());
  const body = await response.arrayBuffer();
  const length = new DataView(body).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length)));
  const { n, latent_dim: latentDim, classes: classNames, image_shape: imageShape, images, pca } = header;
  const encoded = { n, latentDim, classNames, imageShape, images, pca };
  for (const { name, dtype, shape, offset } of header.arrays) {
    encoded[name] = new ARRAYS[dtype](body, offset, shape.reduce((product, size) => product * size, 1));
  }
  return encoded;
}

/** The latent mean of test image i, as a plain array. */
export function meanOf({ mean, latentDim }, i) {
  return Array.from(mean.subarray(i * latentDim, (i + 1) * latentDim));
}

/** The pixels of the test images, or what else is served row by row, fetched in chunks as they are looked at. */
export class TestRows {
  /** address: where the rows are served, with ?model=…; count of them; shape of a row in bytes, (c, h, w) of images. */
  constructor(address, count, shape) {
    this.size = shape.reduce((product, side) => product * side, 1);
    this.perChunk = Math.max(1, Math.floor(CHUNK_BYTES / this.size));
    Object.assign(this, { address, count, chunks: new Map() });
  }

  /** The bytes of row i, or null where the server has no such row. */
  async load(i) {
    if (i >= this.count) return null;
    const chunk = Math.floor(i / this.perChunk);
    if (!this.chunks.has(chunk)) this.chunks.set(chunk, this.fetchChunk(chunk));
    if (this.chunks.size > MOST_CHUNKS) this.chunks.delete(this.chunks.keys().next().value);
    const bytes = await this.chunks.get(chunk);
    const first = (i % this.perChunk) * this.size;
    return bytes?.subarray(first, first + this.size) ?? null;
  }

  async fetchChunk(chunk) {
    const start = chunk * this.perChunk;
    const count = Math.min(this.perChunk, this.count - start);
    try {
      const response = await fetch(`${this.address}&start=${start}&count=${count}`);
      if (response.ok) return new Uint8Array(await response.arrayBuffer());
    } catch {
      this.chunks.delete(chunk); // the connection was lost: asked again when looked at again
    }
    return null;
  }
}

/**
 * Asks for projections and hands on what comes: onLayout(Float32Array, dims), onState({state, …}) as the server words
 * it, besides {state: "lost"} while there is no connection. A new request replaces the earlier one.
 */
export class ProjectionSocket {
  constructor(url, { onLayout, onState }) {
    Object.assign(this, { url, onLayout, onState, asked: null });
    this.connect();
  }

  ask(request) {
    this.asked = { version: VERSION, ...request };
    this.answered = this.finished = false;
    this.send(this.asked);
  }

  /** Nothing of what was asked is wanted any more. */
  forget() {
    this.asked = null;
    this.cancel();
  }

  cancel() {
    this.send({ version: VERSION, cancel: true });
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  connect() {
    this.socket = new WebSocket(this.url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.asked && !this.finished && this.send(this.asked);
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.hear(JSON.parse(data));
      else if (this.asked && this.answered) this.take(data);
    };
    this.socket.onclose = ({ reason }) => {
      this.answered = false;
      if (this.asked && !this.finished) this.onState({ state: "lost", reason });
      const wait = RETRY_MS * (1 + Math.random()); // a class does not knock at once
      this.retryTimer = setTimeout(() => this.connect(), wait);
    };
  }

  take(frame) {
    this.onLayout(new Float32Array(frame, 4), new DataView(frame).getUint32(0, true));
  }

  /** The first text to a request comes before any layout of it: until then, layouts belong to an earlier one. */
  hear(message) {
    if (!this.asked) return;
    const state = message.error === undefined ? message.state : "failed";
    const named = ["model", "method", "dims"].filter((key) => key in message);
    if (named.some((key) => message[key] !== this.asked[key])) return; // of an earlier request
    this.answered = state !== "failed" && state !== "cancelled";
    this.finished = state === "done" || !this.answered;
    this.onState({ ...message, state });
  }

  close() {
    clearTimeout(this.retryTimer);
    this.socket.onopen = this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
  }
}
