/** What a model consists of: its config, which vae/model/networks.py's ModelConfig describes, and the layers of it. */

import { ARCHITECTURES, LEARNED_SCALES, LIKELIHOODS, MODEL_LIMITS, POSTERIORS } from "../contract.js";

/** @import { ImageShape, Likelihood } from "../contract.js" */

/**
 * @typedef {object} ModelConfig
 * @property {ImageShape} image_shape
 * @property {number} latent_dim
 * @property {(typeof ARCHITECTURES)[number]} architecture
 * @property {number[]} hidden
 * @property {number[]} channels
 * @property {Likelihood} likelihood
 * @property {number} sigma
 * @property {boolean} batch_norm
 * @property {"gaussian" | "point"} posterior
 * @property {number} classes
 *
 * A layer that multiplies: fully connected, a convolution of stride 2 (3 × 3), a transposed one (4 × 4), a sub-pixel one
 * (3 × 3), which gives 2 × 2 pixels as four times its channels. norm: the name of the batch normalisation after it, ""
 * without one. relu: whether a ReLU follows. from, to: features or channels.
 *
 * @typedef {object} Layer
 * @property {"linear" | "down" | "up" | "subpixel"} kind
 * @property {string} name
 * @property {string} norm
 * @property {boolean} relu
 * @property {number} from
 * @property {number} to
 */

/**
 * The config in this JSON text. Throws an Error of one sentence where a field is missing or out of its range.
 *
 * @param {unknown} text
 * @returns {ModelConfig}
 */
export function readConfig(text) {
  const config = parsed(text);
  const { latent_dim, width, depth, classes } = MODEL_LIMITS;
  /** @type {unknown[]} */
  const [color, ...sides] = Array.isArray(config.image_shape) ? config.image_shape : [];
  const areWidths = (/** @type {unknown} */ widths) =>
    Array.isArray(widths) && widths.length <= depth && widths.every((each) => isWhole(each, 1, width));
  const conv = config.architecture !== "mlp";
  /** @type {[key: string, holds: boolean][]} */
  const checks = [
    ["image_shape", (color === 1 || color === 3) && sides.length === 2 && sides.every(isSide)],
    ["latent_dim", isWhole(config.latent_dim, 1, latent_dim)],
    ["architecture", isOneOf(ARCHITECTURES, config.architecture)],
    ["hidden", areWidths(config.hidden) && config.hidden.length > 0],
    ["channels", areWidths(config.channels) && config.channels.length > 0 === conv],
    ["likelihood", isOneOf(LIKELIHOODS, config.likelihood)],
    ["sigma", typeof config.sigma === "number" && config.sigma >= 1e-3 && config.sigma <= 10],
    ["batch_norm", typeof config.batch_norm === "boolean"],
    ["posterior", isOneOf(POSTERIORS, config.posterior)],
    ["classes", isWhole(config.classes, 0, classes)],
  ];
  const wrong = checks.find(([, holds]) => !holds)?.[0];
  if (wrong) throw new Error(`This page knows no model whose ${wrong} is ${shown(config[wrong])}.`);
  return config;
}

/** @returns {any} */
function parsed(/** @type {unknown} */ text) {
  try {
    const config = JSON.parse(`${text}`);
    if (config && typeof config === "object") return config;
  } catch {}
  throw new Error("The model's file does not say what kind of model it is.");
}

function isWhole(/** @type {unknown} */ value, /** @type {number} */ low, /** @type {number} */ high) {
  return typeof value === "number" && Number.isInteger(value) && value >= low && value <= high;
}

function isSide(/** @type {unknown} */ side) {
  return isWhole(side, 1, MODEL_LIMITS.image_side);
}

function isOneOf(/** @type {readonly string[]} */ options, /** @type {unknown} */ value) {
  return typeof value === "string" && options.includes(value);
}

function shown(/** @type {unknown} */ value) {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** Numbers that the decoder takes per picture: z, and a weight for each class of a conditional model. */
export function codeDim(/** @type {ModelConfig} */ config) {
  return config.latent_dim + config.classes;
}

/** Bytes of a picture. */
export function pictureBytes(/** @type {ModelConfig} */ { image_shape: [channels, height, width] }) {
  return channels * height * width;
}

/**
 * Where the convolutions meet the fully connected layers: each stride halves a side, rounding up. Of an MLP, the image.
 *
 * @param {ModelConfig} config
 * @returns {ImageShape}
 */
export function featureShape({ image_shape: [color, height, width], channels }) {
  const factor = 2 ** channels.length;
  return [channels.at(-1) ?? color, Math.ceil(height / factor), Math.ceil(width / factor)];
}

/** Features that the fully connected layers have at the image's end. */
function flatSize(/** @type {ModelConfig} */ config) {
  const [channels, height, width] = featureShape(config);
  return channels * height * width;
}

/**
 * The decoder's layers, in their order, under the names that PyTorch gives them.
 *
 * @param {ModelConfig} config
 * @returns {Layer[]}
 */
export function decoderLayers(config) {
  const { architecture, batch_norm: normed, image_shape, channels, hidden } = config;
  const conv = channels.length > 0;
  const subpixel = architecture === "subpixel";
  const widths = [codeDim(config), ...hidden.toReversed()];
  const grids = [...channels.toReversed(), image_shape[0]];
  // Before each convolution: batch normalisation, where there is any, and a ReLU. After a sub-pixel one: its shuffle.
  const before = normed ? 2 : 1;
  const step = before + (subpixel ? 2 : 1);
  const normBefore = (/** @type {number} */ i) =>
    normed && i < channels.length ? `decoder.convolutions.${step * i}` : "";
  /** @type {Layer[]} */
  const up = channels.map((_, i) => ({
    kind: subpixel ? "subpixel" : "up",
    name: `decoder.convolutions.${step * i + before}`,
    norm: normBefore(i + 1),
    relu: i + 1 < channels.length,
    from: grids[i],
    to: grids[i + 1],
  }));
  return [
    ...hiddenLayers("decoder", widths, normed),
    { kind: "linear", name: "decoder.head", norm: normBefore(0), relu: conv, from: hidden[0], to: flatSize(config) },
    ...up,
  ];
}

/**
 * The encoder's layers, in their order, under the names that PyTorch gives them.
 *
 * @param {ModelConfig} config
 * @returns {Layer[]}
 */
export function encoderLayers(config) {
  const { batch_norm: normed, image_shape, channels, hidden, latent_dim, posterior } = config;
  const grids = [image_shape[0], ...channels];
  const step = normed ? 3 : 2;
  /** @type {Layer[]} */
  const down = channels.map((to, i) => ({
    kind: "down",
    name: `encoder.convolutions.${step * i}`,
    norm: normed ? `encoder.convolutions.${step * i + 1}` : "",
    relu: true,
    from: grids[i],
    to,
  }));
  const outputs = posterior === "point" ? latent_dim : 2 * latent_dim;
  return [
    ...down,
    ...hiddenLayers("encoder", [flatSize(config), ...hidden], normed),
    { kind: "linear", name: "encoder.head", norm: "", relu: false, from: hidden[hidden.length - 1], to: outputs },
  ];
}

/**
 * @param {"encoder" | "decoder"} half
 * @param {number[]} widths
 * @param {boolean} normed
 * @returns {Layer[]}
 */
function hiddenLayers(half, widths, normed) {
  const step = normed ? 3 : 2;
  return widths.slice(1).map((to, i) => ({
    kind: "linear",
    name: `${half}.hidden.${step * i}`,
    norm: normed ? `${half}.hidden.${step * i + 1}` : "",
    relu: true,
    from: widths[i],
    to,
  }));
}

/**
 * Name and shape of each tensor of these layers and, of a decoder, its likelihood's scale.
 *
 * @param {ModelConfig} config
 * @param {boolean} whole with the encoder's
 * @returns {Map<string, number[]>}
 */
export function tensorShapes(config, whole) {
  const layers = [...(whole ? encoderLayers(config) : []), ...decoderLayers(config)];
  /** @type {Map<string, number[]>} */
  const shapes = new Map();
  for (const { kind, name, norm, from, to } of layers) {
    const outputs = kind === "subpixel" ? 4 * to : to;
    const convolved = [outputs, from, 3, 3];
    const weight = { linear: [to, from], down: convolved, up: [from, to, 4, 4], subpixel: convolved }[kind];
    shapes.set(`${name}.weight`, weight);
    shapes.set(`${name}.bias`, [outputs]);
    const normed = norm.startsWith("decoder.convolutions") && kind === "linear" ? featureShape(config)[0] : to;
    for (const key of norm ? NORM_TENSORS : []) shapes.set(`${norm}.${key}`, [normed]);
  }
  if (/** @type {readonly string[]} */ ([...LEARNED_SCALES, "gaussian-optimal"]).includes(config.likelihood)) {
    const colors = config.likelihood === "discretised-logistic" ? config.image_shape[0] : 1;
    shapes.set("decoder.log_scale", [colors, 1, 1]);
  }
  return shapes;
}

/** Of a batch normalisation; the number of batches that it has seen is not among the weights that are sent. */
export const NORM_TENSORS = ["weight", "bias", "running_mean", "running_var"];
