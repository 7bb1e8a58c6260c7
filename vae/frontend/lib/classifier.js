/**
 * The digit classifier that ships with the app. vae/evaluation/pictures/classifier.py trains it; this computes what its
 * DigitClassifier.forward does, in about a tenth of a millisecond per picture.
 */

import { load } from "./files.js";

/** @typedef {Record<string, Float32Array>} Tensors by name, each flat in PyTorch's order */

const ADDRESS = new URL("mnist-classifier.safetensors", import.meta.url);
const SIDE = 28;
const KERNEL = 5;
const STRIDE = 2;

/** @type {Promise<Classifier> | undefined} */
let loading;

/** The classifier, fetched once. Rejects where the server does not answer; the next call asks again. */
export function loadClassifier() {
  loading ??= fetchClassifier().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function fetchClassifier() {
  const response = await load(ADDRESS);
  if (!response.ok) throw new Error(`the classifier's file: ${response.status} ${response.statusText}`);
  return new Classifier(readTensors(await response.arrayBuffer()));
}

/**
 * The float32 tensors of a safetensors file: the header's length (8 bytes, little-endian), the header as JSON, the data.
 *
 * @param {ArrayBuffer} body
 */
export function readTensors(body) {
  const length = Number(new DataView(body).getBigUint64(0, true));
  /** @type {Record<string, {data_offsets: [start: number, end: number]}>} */
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 8, length)));
  /** @type {Tensors} */
  const tensors = {};
  for (const [name, { data_offsets: offsets }] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    tensors[name] = new Float32Array(body, 8 + length + offsets[0], (offsets[1] - offsets[0]) / 4);
  }
  return tensors;
}

export class Classifier {
  /** @param {Tensors} tensors */
  constructor(tensors) {
    this.tensors = tensors;
  }

  /**
   * The digit that a picture shows most likely.
   *
   * @param {Uint8Array} picture 28 × 28 grey levels
   */
  classify(picture) {
    const logits = this.logits(picture);
    return logits.indexOf(Math.max(...logits));
  }

  /** @param {Uint8Array} picture 28 × 28 grey levels */
  logits(picture) {
    const input = Float32Array.from(picture, (level) => level / 255);
    const first = relu(this.convolve("first", input, SIDE)); // 8 × 12 × 12
    const second = relu(this.convolve("second", first, sideAfter(SIDE))); // 16 × 4 × 4
    const hidden = relu(this.linear("hidden", second)); // 64
    return this.linear("output", hidden); // 10
  }

  /**
   * A convolution without padding. Shapes: (channels × side × side) -> (outputs × sideAfter(side)²).
   *
   * @param {string} name
   * @param {Float32Array} input
   * @param {number} side
   */
  convolve(name, input, side) {
    const weight = this.tensors[`${name}.weight`],
      bias = this.tensors[`${name}.bias`];
    const channels = input.length / side ** 2,
      after = sideAfter(side);
    const output = new Float32Array(bias.length * after * after);
    for (let k = 0, at = 0; k < bias.length; k++) {
      for (let y = 0; y < after; y++) {
        for (let x = 0; x < after; x++, at++) {
          let sum = bias[k];
          for (let c = 0, w = k * channels * KERNEL ** 2; c < channels; c++) {
            for (let dy = 0; dy < KERNEL; dy++) {
              const row = (c * side + STRIDE * y + dy) * side + STRIDE * x;
              for (let dx = 0; dx < KERNEL; dx++, w++) sum += weight[w] * input[row + dx];
            }
          }
          output[at] = sum;
        }
      }
    }
    return output;
  }

  /**
   * A fully connected layer.
   *
   * @param {string} name
   * @param {Float32Array} input
   */
  linear(name, input) {
    const weight = this.tensors[`${name}.weight`];
    return this.tensors[`${name}.bias`].map((bias, k) => {
      let sum = bias;
      for (let i = 0; i < input.length; i++) sum += weight[k * input.length + i] * input[i];
      return sum;
    });
  }
}

/** @param {number} side of a convolution's input */
function sideAfter(side) {
  return Math.floor((side - KERNEL) / STRIDE) + 1;
}

/** @param {Float32Array} values */
function relu(values) {
  return values.map((value) => Math.max(0, value));
}
