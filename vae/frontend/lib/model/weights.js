/**
 * A model's file: safetensors of float32 or float16, whose metadata say what model it is (see vae/server/weights.py).
 * Nothing of it is trusted: what does not fit is an Error of one sentence.
 */

import { readConfig, tensorShapes } from "./config.js";

/** @import { ModelConfig } from "./config.js" */

/**
 * tensors: by PyTorch's names, flat in its order. whole: with the encoder's. kl: nats per latent dimension, null for a
 * plain autoencoder.
 *
 * @typedef {object} Weights
 * @property {ModelConfig} config
 * @property {Map<string, Float32Array>} tensors
 * @property {boolean} whole
 * @property {number[] | null} kl
 *
 * @typedef {{dtype: unknown, shape: unknown, data_offsets: unknown}} Entry
 */

const MAX_BYTES = 2 ** 28;
const MAX_HEADER_BYTES = 2 ** 20;
const LENGTH_BYTES = 8;
const ITEM_BYTES = /** @type {const} */ ({ F32: 4, F16: 2 });
const CUT_OFF = "The model's file is cut off; load the page again.";

/**
 * The model in a file. Throws an Error of one sentence for any defect of it.
 *
 * @param {ArrayBuffer} body
 * @returns {Weights}
 */
export function readWeights(body) {
  if (body.byteLength > MAX_BYTES)
    throw new Error(`The model's file has ${body.byteLength} bytes; this page reads at most ${MAX_BYTES}.`);
  const { header, data } = split(body);
  const { __metadata__: about, ...entries } = header;
  const config = readConfig(about?.config);
  const whole = Object.keys(entries).some((name) => name.startsWith("encoder."));
  const shapes = tensorShapes(config, whole);
  const extra = Object.keys(entries).find((name) => !shapes.has(name));
  if (extra !== undefined)
    throw new Error(`The model's file has a tensor ${quoted(extra)}, which such a model has not.`);
  /** @type {Map<string, Float32Array>} */
  const tensors = new Map();
  let read = 0;
  for (const [name, shape] of shapes) {
    if (!Object.hasOwn(entries, name)) throw new Error(`The model's file lacks the tensor ${quoted(name)}.`);
    const values = tensorOf(name, entries[name], shape, data);
    tensors.set(name, values.floats);
    read += values.bytes;
  }
  if (read !== data.length) throw new Error(`The model's file has ${data.length} bytes of tensors, not ${read}.`);
  return { config, tensors, whole, kl: klOf(about.kl, config) };
}

/**
 * The header and the tensors' bytes.
 *
 * @param {ArrayBuffer} body
 * @returns {{header: Record<string, any>, data: Uint8Array<ArrayBuffer>}}
 */
function split(body) {
  if (body.byteLength < LENGTH_BYTES) throw new Error(CUT_OFF);
  const length = Number(new DataView(body).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) throw new Error("The model's file is no safetensors file.");
  if (LENGTH_BYTES + length > body.byteLength) throw new Error(CUT_OFF);
  const text = new TextDecoder().decode(new Uint8Array(body, LENGTH_BYTES, length));
  return { header: jsonObject(text), data: new Uint8Array(body, LENGTH_BYTES + length) };
}

/** @returns {Record<string, any>} */
function jsonObject(/** @type {string} */ text) {
  try {
    const value = JSON.parse(text);
    if (value && typeof value === "object") return value;
  } catch {}
  throw new Error("The model's file is no safetensors file.");
}

/**
 * @param {string} name
 * @param {Entry} entry
 * @param {number[]} shape
 * @param {Uint8Array<ArrayBuffer>} data
 */
function tensorOf(name, entry, shape, data) {
  const { dtype, shape: found, data_offsets: offsets } = entry ?? {};
  if (dtype !== "F32" && dtype !== "F16")
    throw new Error(`The tensor ${quoted(name)} is of the type ${quoted(dtype)}, neither F32 nor F16.`);
  if (JSON.stringify(found) !== JSON.stringify(shape))
    throw new Error(`The tensor ${quoted(name)} has the shape ${quoted(found)}, not ${JSON.stringify(shape)}.`);
  const [start, end] = Array.isArray(offsets) ? offsets : [];
  const bytes = ITEM_BYTES[dtype] * shape.reduce((product, side) => product * side, 1);
  if (!Number.isInteger(start) || start < 0 || end !== start + bytes)
    throw new Error(`The tensor ${quoted(name)} has another size than its shape says.`);
  if (end > data.length) throw new Error(CUT_OFF);
  const part = data.slice(start, end).buffer;
  const floats = dtype === "F32" ? new Float32Array(part) : fromHalves(new Uint16Array(part));
  if (!floats.every(Number.isFinite))
    throw new Error(`The tensor ${quoted(name)} has a value that is no finite number.`);
  return { floats, bytes };
}

/**
 * The KL of each dimension, as JSON text.
 *
 * @param {unknown} text
 * @param {ModelConfig} config
 * @returns {number[] | null}
 */
function klOf(text, config) {
  if (config.posterior === "point") return null;
  let kl;
  try {
    kl = JSON.parse(`${text}`);
  } catch {}
  if (Array.isArray(kl) && kl.length === config.latent_dim && kl.every(Number.isFinite)) return kl;
  throw new Error(`The model's file does not say the KL of its ${config.latent_dim} dimensions.`);
}

/** Numbers of 16 bits (IEEE 754 binary16) as numbers of 32. */
export function fromHalves(/** @type {Uint16Array} */ halves) {
  return Float32Array.from(halves, (half) => {
    const exponent = (half >> 10) & 31,
      fraction = half & 1023;
    const sign = half & 0x8000 ? -1 : 1;
    if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
    return sign * (exponent ? (1024 + fraction) * POWERS[exponent] : fraction * POWERS[1]);
  });
}

const POWERS = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (exponent - 25));

function quoted(/** @type {unknown} */ value) {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return `“${text.length > 60 ? `${text.slice(0, 60)}…` : text}”`;
}
