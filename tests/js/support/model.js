/** Files of small models with weights that look random, as vae/server/weights.py writes them. */

import { tensorShapes } from "../../../vae/frontend/lib/model/config.js";

/** @import { ModelConfig } from "../../../vae/frontend/lib/model/config.js" */

/** @type {ModelConfig} */
export const MLP = {
  image_shape: [1, 3, 2],
  latent_dim: 2,
  architecture: "mlp",
  hidden: [5],
  channels: [],
  likelihood: "bernoulli",
  sigma: 0.1,
  batch_norm: false,
  posterior: "gaussian",
  classes: 0,
};

/** @type {ModelConfig} */
export const CONV = { ...MLP, image_shape: [3, 9, 14], architecture: "conv", hidden: [7, 6], channels: [5, 8] };

/** Tensors of a model, by name. */
export function randomTensors(/** @type {ModelConfig} */ config, whole = true) {
  let seed = 1;
  const tensors = new Map();
  for (const [name, shape] of tensorShapes(config, whole)) {
    const count = shape.reduce((product, side) => product * side, 1);
    const values = Float32Array.from({ length: count }, () => Math.sin((seed++) ** 2 * 12.9));
    tensors.set(name, name.endsWith("running_var") ? values.map((value) => 1 + value ** 2) : values);
  }
  return tensors;
}

/**
 * A safetensors file of a model. change: may spoil the header, whose entries are the tensors'.
 *
 * @param {ModelConfig} config
 * @param {Map<string, Float32Array>} tensors
 * @param {(header: Record<string, any>) => void} [change]
 * @returns {ArrayBuffer}
 */
export function modelFile(config, tensors, change = () => {}) {
  /** @type {Record<string, any>} */
  const header = { __metadata__: { config: JSON.stringify(config), kl: JSON.stringify(klOf(config)), model: "any" } };
  const shapes = tensorShapes(config, true);
  let at = 0;
  for (const [name, { byteLength }] of tensors) {
    header[name] = { dtype: "F32", shape: shapes.get(name), data_offsets: [at, at + byteLength] };
    at += byteLength;
  }
  change(header);
  return safetensors(JSON.stringify(header), [...tensors.values()]);
}

/** A safetensors file with this header. @returns {ArrayBuffer} */
export function safetensors(/** @type {string} */ header, /** @type {Float32Array[]} */ tensors) {
  const text = new TextEncoder().encode(header);
  const size = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const file = new Uint8Array(8 + text.length + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let at = 8 + text.length;
  for (const tensor of tensors) {
    file.set(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength), at);
    at += tensor.byteLength;
  }
  return file.buffer;
}

function klOf(/** @type {ModelConfig} */ { latent_dim, posterior }) {
  return posterior === "point" ? null : Array.from({ length: latent_dim }, () => 0.5);
}
