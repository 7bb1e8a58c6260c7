/**
 * The matrix product of the local model in WebAssembly, and in plain JavaScript for browsers without SIMD. product.wat
 * says what a product is.
 */

import { fromBase64 } from "../bytes.js";
import { RELAXED_SIMD, SIMD } from "./product-wasm.js";

/**
 * What an output pixel takes of the input, and where the outputs go: see product.wat. Addresses and distances in bytes.
 * inputPicture, outputPicture: from a picture of a batch to the next, for those who compute several at once.
 *
 * @typedef {object} Product
 * @property {number} input
 * @property {number} inputPixel
 * @property {number} inputLine
 * @property {number} inputPicture
 * @property {number} parts
 * @property {number} partBytes
 * @property {number} partDistance
 * @property {number} weights
 * @property {number} panelBytes
 * @property {number} columns
 * @property {number} output
 * @property {number} outputPixel
 * @property {number} outputLine
 * @property {number} outputPicture
 * @property {number} pixels
 * @property {number} lines
 * @property {number} least
 *
 * Where products are computed, with a memory of its own. floats: all of it, until more is allocated. column: the product
 * of a layer with one output column, whose weights lie in another way.
 *
 * @typedef {object} Arithmetic
 * @property {string} name
 * @property {Float32Array<ArrayBuffer>} floats
 * @property {(bytes: number) => number} allocate gives the address of new zeros
 * @property {(product: Product) => void} product
 * @property {(product: Product) => void} column
 */

export const PANEL = 16; // columns that are computed at once
const PAGE_BYTES = 2 ** 16;
const MAX_MEMORY_BYTES = 2 ** 30;

/** The fastest arithmetic that this browser has. */
export function fastestArithmetic() {
  return wasmArithmetic(RELAXED_SIMD, "fused SIMD") ?? wasmArithmetic(SIMD, "SIMD") ?? new PlainArithmetic();
}

/** Every arithmetic that this browser has, the fastest first: for tests and benchmarks. @returns {Arithmetic[]} */
export function everyArithmetic() {
  const wasm = [wasmArithmetic(RELAXED_SIMD, "fused SIMD"), wasmArithmetic(SIMD, "SIMD")];
  return [...wasm.filter((each) => each !== null), new PlainArithmetic()];
}

/**
 * Null where the browser has no such instructions, or the page's policy permits no WebAssembly.
 *
 * @param {string} base64
 * @param {string} name
 * @returns {Arithmetic | null}
 */
function wasmArithmetic(base64, name) {
  try {
    return new WasmArithmetic(new WebAssembly.Instance(new WebAssembly.Module(fromBase64(base64))), name);
  } catch {
    return null;
  }
}

/** @implements {Arithmetic} */
class WasmArithmetic {
  /**
   * @param {WebAssembly.Instance} instance
   * @param {string} name
   */
  constructor({ exports }, name) {
    this.name = name;
    this.memory = /** @type {WebAssembly.Memory} */ (exports.memory);
    this.exports = /** @type {Record<"product" | "column", (...numbers: number[]) => void>} */ (
      /** @type {unknown} */ (exports)
    );
    this.used = 0;
    this.floats = new Float32Array(/** @type {ArrayBuffer} */ (this.memory.buffer));
  }

  allocate(/** @type {number} */ bytes) {
    const start = this.used;
    this.used = endOf(start, bytes);
    const missing = this.used - this.memory.buffer.byteLength;
    if (missing > 0) {
      this.memory.grow(Math.ceil(missing / PAGE_BYTES));
      this.floats = new Float32Array(/** @type {ArrayBuffer} */ (this.memory.buffer));
    }
    return start;
  }

  product(/** @type {Product} */ p) {
    this.exports.product(
      p.input,
      p.inputPixel,
      p.inputLine,
      p.parts,
      p.partBytes,
      p.partDistance,
      p.weights,
      p.panelBytes,
      p.columns,
      p.output,
      p.outputPixel,
      p.outputLine,
      p.pixels,
      p.lines,
      p.least,
    );
  }

  column(/** @type {Product} */ p) {
    this.exports.column(
      p.input,
      p.inputPixel,
      p.inputLine,
      p.parts,
      p.partBytes,
      p.partDistance,
      p.weights,
      p.output,
      p.outputPixel,
      p.outputLine,
      p.pixels,
      p.lines,
    );
  }
}

/**
 * In JavaScript alone. Sums are in double precision, which is twice as fast here as rounding each to float32.
 *
 * @implements {Arithmetic}
 */
export class PlainArithmetic {
  name = "JavaScript";
  floats = new Float32Array(PAGE_BYTES);
  used = 0;

  allocate(/** @type {number} */ bytes) {
    const start = this.used;
    this.used = endOf(start, bytes);
    if (this.used > this.floats.byteLength) {
      const before = this.floats;
      this.floats = new Float32Array(Math.max(this.used / 4, Math.min(2 * before.length, MAX_MEMORY_BYTES / 4)));
      this.floats.set(before);
    }
    return start;
  }

  product(/** @type {Product} */ p) {
    for (let column = 0; column < p.columns; column += PANEL) {
      const panel = p.weights / 4 + (column / PANEL) * (p.panelBytes / 4);
      for (let line = 0; line < p.lines; line++) {
        for (let pixel = 0; pixel < p.pixels; pixel++) {
          const input = (p.input + line * p.inputLine + pixel * p.inputPixel) / 4;
          const output = (p.output + line * p.outputLine + pixel * p.outputPixel) / 4 + column;
          const last = Math.min(PANEL, p.columns - column);
          for (let k = 0; k < last; k += 4) this.four(p, input, panel + k, output + k);
        }
      }
    }
  }

  /**
   * Four outputs of one pixel. All places count floats.
   *
   * @param {Product} p
   * @param {number} start of the input
   * @param {number} panel of the biases
   * @param {number} output
   */
  four({ parts, partBytes, partDistance, least }, start, panel, output) {
    const { floats } = this;
    const [length, distance] = [partBytes >> 2, partDistance >> 2];
    let w = panel;
    let s0 = floats[w],
      s1 = floats[w + 1],
      s2 = floats[w + 2],
      s3 = floats[w + 3];
    for (let part = 0, from = start; part < parts; part++, from += distance) {
      for (let at = from; at < from + length; at++) {
        const x = floats[at];
        w += PANEL;
        s0 += x * floats[w];
        s1 += x * floats[w + 1];
        s2 += x * floats[w + 2];
        s3 += x * floats[w + 3];
      }
    }
    floats[output] = Math.max(s0, least);
    floats[output + 1] = Math.max(s1, least);
    floats[output + 2] = Math.max(s2, least);
    floats[output + 3] = Math.max(s3, least);
  }

  column(/** @type {Product} */ p) {
    for (let line = 0; line < p.lines; line++) {
      for (let pixel = 0; pixel < p.pixels; pixel++) {
        const input = (p.input + line * p.inputLine + pixel * p.inputPixel) / 4;
        this.floats[(p.output + line * p.outputLine + pixel * p.outputPixel) / 4] = this.one(p, input);
      }
    }
  }

  /**
   * One output of a column. start: of the input, in floats.
   *
   * @param {Product} p
   * @param {number} start
   */
  one({ parts, partBytes, partDistance, weights }, start) {
    const { floats } = this;
    const [length, distance] = [partBytes >> 2, partDistance >> 2];
    let w = weights >> 2;
    let [s0, s1, s2, s3] = [floats[w], 0, 0, 0];
    for (let part = 0, from = start; part < parts; part++, from += distance) {
      for (let at = from; at < from + length; at += 4) {
        w += 4;
        s0 += floats[at] * floats[w];
        s1 += floats[at + 1] * floats[w + 1];
        s2 += floats[at + 2] * floats[w + 2];
        s3 += floats[at + 3] * floats[w + 3];
      }
    }
    return s0 + s1 + (s2 + s3);
  }
}

/** Where an allocation ends: at a multiple of 16 bytes, the length of a vector. */
function endOf(/** @type {number} */ start, /** @type {number} */ bytes) {
  const end = start + Math.ceil(bytes / 16) * 16;
  if (end > MAX_MEMORY_BYTES) throw new Error("The model is too large for this browser: it needs more than 1 GiB.");
  return end;
}
