/** Rows of pictures that the live service makes for the page, model by model, on a socket of their own. */

import { joined } from "../lib/bytes.js";
import { drawGrid } from "../lib/canvas.js";
import { LiveClient, liveUrl } from "../lib/live-client.js";
import { strongestFirst } from "../lib/math.js";

/** @import { Greeting, ImageShape } from "../lib/contract.js" */
/** @import { Originals } from "./sheets.js" */

/**
 * A row of pictures, see vae/ui/pages/home/stories.py. model: "" where none is needed.
 *
 * @typedef {{kind: string, model: string}} Row
 *
 * Draws from N(0, I), by the number of latent dimensions.
 *
 * @typedef {{[latentDim: string]: number[][]}} Noise
 *
 * A row and where to draw it. onMissing: there is nothing to draw.
 *
 * @typedef {{row: Row, canvas: HTMLCanvasElement, onMissing: () => void}} Job
 *
 * @typedef {{pixels: Uint8Array, imageShape: ImageShape}} Pictures
 */

export const PICTURES = 6;
const CHOSEN = [2, 3, 4, 5, 8, 9]; // of the test images, one of each class
const FROM = 3,
  TO = 8; // of the path and the blend
const REACH = 3; // standard deviations of the prior, along a latent dimension
const IN_BACKGROUND = { background: true };
/** From 0 to 1, one for each picture. */
const SHARES = Array.from({ length: PICTURES }, (_, i) => i / (PICTURES - 1));

/**
 * The decoder's inputs for a row that needs no image: z, and the weights of a conditional model's classes, which take
 * turns.
 *
 * @param {string} kind
 * @param {Pick<Greeting, "latent_dim" | "kl" | "classes">} model
 * @param {Noise} noise
 * @returns {number[][]}
 */
export function codesOf(kind, { latent_dim: latentDim, kl, classes }, noise) {
  const weights = (/** @type {number} */ i) => Array.from({ length: classes }, (_, k) => Number(k === i % classes));
  const zs = kind === "draw" ? noise[latentDim] : along(kind, latentDim, kl);
  return zs.map((z, i) => [...z, ...weights(i)]);
}

/**
 * From −3 to 3 along the dimension with the largest or the smallest KL, the others 0.
 *
 * @param {string} kind
 * @param {number} latentDim
 * @param {number[] | null} kl
 */
function along(kind, latentDim, kl) {
  const order = strongestFirst(kl ?? new Array(latentDim).fill(0));
  const dimension = order[kind === "strongest" ? 0 : latentDim - 1];
  return SHARES.map((t) => Array.from({ length: latentDim }, (_, i) => (i === dimension ? REACH * (2 * t - 1) : 0)));
}

/**
 * Vectors or images on the straight way from one to the other, one for each picture.
 *
 * @param {ArrayLike<number>} from
 * @param {ArrayLike<number>} to
 */
export function way(from, to) {
  return SHARES.map((t) => Array.from(from, (value, i) => (1 - t) * value + t * to[i]));
}

/** Draws rows, one after the other. */
export class RowPainter {
  /** @type {Job[]} */
  waiting = [];
  /** @type {LiveClient | null} */
  client = null;
  /** Settles the choice of a model. @type {(greeting: Greeting | null) => void} */
  onChoice = () => {};
  busy = false;
  closed = false;

  /**
   * @param {string} base the app's address
   * @param {Noise} noise
   * @param {Promise<Originals | null>} images the test images, one of each class
   */
  constructor(base, noise, images) {
    this.base = base;
    this.noise = noise;
    this.images = images;
  }

  /**
   * Draws these rows after those before, the rows of one model together: to choose a model takes the server a moment.
   *
   * @param {Job[]} jobs
   */
  add(jobs) {
    this.waiting.push(...[...jobs].sort((a, b) => compare(a.row.model, b.row.model)));
    if (!this.busy) void this.work();
  }

  async work() {
    this.busy = true;
    const images = await this.images;
    for (let job = this.waiting.shift(); job; job = this.waiting.shift()) {
      const pictures = job.row.model ? await this.decode(job.row, images) : withoutModel(job.row.kind, images);
      if (this.closed) return;
      if (pictures) drawGrid(job.canvas, pictures.pixels, pictures.imageShape, PICTURES, PICTURES);
      else job.onMissing();
    }
    this.busy = false;
    this.client?.close(); // until other rows are wanted
    this.client = null;
  }

  /**
   * @param {Row} row
   * @param {Originals | null} images
   * @returns {Promise<Pictures | null>}
   */
  async decode({ kind, model }, images) {
    const greeting = await this.choose(model),
      { client } = this;
    if (!greeting || !client) return null;
    if (kind !== "reconstruct" && kind !== "path") {
      return client.decode(codesOf(kind, greeting, this.noise), IN_BACKGROUND);
    }
    const { image_shape: shape, latent_dim: latentDim, classes } = greeting;
    if (!images || classes || `${images.imageShape}` !== `${shape}`) return null;
    if (kind === "reconstruct") return client.reconstruct(PICTURES, chosen(images), IN_BACKGROUND);
    const ends = await client.encode(2, joined(endsOf(images)), IN_BACKGROUND);
    return ends && client.decode(way(ends.mean.subarray(0, latentDim), ends.mean.subarray(latentDim)), IN_BACKGROUND);
  }

  /**
   * The server's greeting for a model; null where it has no such model, or cannot be reached.
   *
   * @param {string} model
   * @returns {Promise<Greeting | null>}
   */
  choose(model) {
    const { client } = this;
    if (client?.stopped) return Promise.resolve(null);
    if (client?.model === model && client.greeting) return Promise.resolve(client.greeting);
    return new Promise((resolve) => {
      this.onChoice = resolve;
      if (client) client.setModel(model);
      else this.client = this.open(model);
    });
  }

  /** @param {string} model */
  open(model) {
    return new LiveClient(liveUrl(this.base), model, {
      onStatus: ({ state, greeting }) => {
        if (state === "open") this.onChoice(greeting);
        if (state === "error") this.onChoice(null);
      },
    });
  }

  close() {
    this.closed = true;
    this.waiting = [];
    this.onChoice(null);
    this.client?.close();
  }
}

/**
 * @param {string} kind
 * @param {Originals | null} images
 * @returns {Pictures | null}
 */
function withoutModel(kind, images) {
  if (!images) return null;
  const pixels = kind === "blend" ? Uint8Array.from(way(...endsOf(images)).flat()) : chosen(images);
  return { pixels, imageShape: images.imageShape };
}

/** @param {Originals} images */
function chosen({ pixels }) {
  return joined(CHOSEN.map((i) => pixels[i % pixels.length]));
}

/**
 * @param {Originals} images
 * @returns {[from: Uint8Array, to: Uint8Array]}
 */
function endsOf({ pixels }) {
  return [pixels[FROM % pixels.length], pixels[TO % pixels.length]];
}

/** @param {string} a @param {string} b */
function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
