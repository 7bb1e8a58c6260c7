/** A model's layers as matrix products, with their weights laid out for product.wat. */

import { PANEL } from "./product.js";

/** @import { Layer } from "./config.js" */
/** @import { Grid } from "./grid.js" */
/** @import { Arithmetic, Product } from "./product.js" */

/**
 * Part of a layer. run: computes it for picture number k, or, of a fully connected layer, for the first k pictures.
 *
 * @typedef {{run: (k: number) => void}} Step
 *
 * A layer's weights, batch normalisation folded in: each output is scaled as it would be.
 *
 * @typedef {object} Affine
 * @property {Float32Array} weight
 * @property {(output: number) => number} scale
 * @property {(output: number) => number} bias
 */

const EPSILON = 1e-5; // PyTorch's default, which vae/model/networks.py leaves
export const NO_BOUND = -Infinity;

/**
 * Weights and biases of a layer. channels: of its output, which batch normalisation counts by; PyTorch's outputs of a
 * fully connected layer have all pixels of the first channel first.
 *
 * @param {Layer} layer
 * @param {Map<string, Float32Array>} tensors
 * @param {number} channels
 * @returns {Affine}
 */
export function affine({ name, norm, to, kind }, tensors, channels) {
  const tensor = (/** @type {string} */ key) => /** @type {Float32Array} */ (tensors.get(key));
  const [weight, bias] = [tensor(`${name}.weight`), tensor(`${name}.bias`)];
  if (!norm) return { weight, scale: () => 1, bias: (output) => bias[output] };
  const [gain, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map((key) =>
    tensor(`${norm}.${key}`),
  );
  if (variance.some((value) => value < 0)) throw new Error(`The tensor “${norm}.running_var” has a negative variance.`);
  const each = { linear: to / channels, down: 1, up: 1, subpixel: 4 }[kind]; // outputs of a channel
  const channel = (/** @type {number} */ output) => Math.floor(output / each);
  const scale = (/** @type {number} */ output) => {
    const c = channel(output);
    return gain[c] / Math.sqrt(variance[c] + EPSILON);
  };
  const folded = (/** @type {number} */ output) => {
    const c = channel(output);
    return (bias[output] - mean[c]) * scale(output) + shift[c];
  };
  return { weight, scale, bias: folded };
}

/**
 * Writes weights as product.wat takes them, and returns their address and a panel's length.
 *
 * @param {Arithmetic} arithmetic
 * @param {number} inputs
 * @param {number} columns
 * @param {(column: number) => number} bias
 * @param {(input: number, column: number) => number} weight
 */
export function packed(arithmetic, inputs, columns, bias, weight) {
  const panels = Math.ceil(columns / PANEL);
  const panelBytes = 4 * PANEL * (1 + inputs);
  const weights = arithmetic.allocate(panels * panelBytes);
  const { floats } = arithmetic;
  for (let column = 0; column < columns; column++) {
    const at = (weights + Math.floor(column / PANEL) * panelBytes) / 4 + (column % PANEL);
    floats[at] = bias(column);
    for (let input = 0; input < inputs; input++) floats[at + PANEL * (1 + input)] = weight(input, column);
  }
  return { weights, panelBytes };
}

/**
 * A fully connected layer, from all of a picture's features to all of its next ones.
 *
 * @param {Arithmetic} arithmetic
 * @param {Layer} layer
 * @param {Map<string, Float32Array>} tensors
 * @param {Grid} input without a border
 * @param {Grid} output
 * @returns {Step[]} one for each line of the output, which may have a border
 */
export function linear(arithmetic, layer, tensors, input, output) {
  const { weight, scale, bias } = affine(layer, tensors, output.channels);
  const inputs = input.pictureBytes / 4;
  const numbers = Int32Array.from({ length: inputs }, (_, k) =>
    input.planar(Math.floor(k / input.lineFeatures), k % input.lineFeatures),
  );
  return Array.from({ length: output.height }, (_, y) => {
    const columns = Int32Array.from({ length: output.lineFeatures }, (__, k) => output.planar(y, k));
    const place = packed(
      arithmetic,
      inputs,
      columns.length,
      (k) => (columns[k] < 0 ? 0 : bias(columns[k])),
      (i, k) =>
        columns[k] < 0 || numbers[i] < 0 ? 0 : weight[columns[k] * layer.from + numbers[i]] * scale(columns[k]),
    );
    /** @type {Product} */
    const product = {
      ...place,
      input: input.address,
      inputPixel: input.distance,
      inputLine: 0,
      inputPicture: input.distance,
      parts: 1,
      partBytes: input.pictureBytes,
      partDistance: 0,
      columns: columns.length,
      output: output.inside + y * output.lineBytes,
      outputPixel: output.distance,
      outputLine: 0,
      outputPicture: output.distance,
      pixels: 1,
      lines: 1,
      least: layer.relu ? 0 : NO_BOUND,
    };
    return {
      run: (n) => {
        product.pixels = n;
        arithmetic.product(product);
      },
    };
  });
}

/**
 * A 3 × 3 convolution of stride 2 with a border of zeros.
 *
 * @param {Arithmetic} arithmetic
 * @param {Layer} layer
 * @param {Map<string, Float32Array>} tensors
 * @param {Grid} input
 * @param {Grid} output
 * @returns {Step[]}
 */
export function down(arithmetic, layer, tensors, input, output) {
  const { weight, scale, bias } = affine(layer, tensors, layer.to);
  const part = 3 * input.features;
  const place = packed(
    arithmetic,
    3 * part,
    output.features,
    (k) => (k < layer.to ? bias(k) : 0),
    (i, k) => {
      const channel = i % input.features; // of a kernel's line, pixel and channel, in this order
      const pixel = Math.floor(i / input.features);
      return channel < layer.from && k < layer.to ? weight[(k * layer.from + channel) * 9 + pixel] * scale(k) : 0;
    },
  );
  /** @type {Product} */
  const product = {
    ...place,
    input: input.address,
    inputPixel: 2 * input.pixelBytes,
    inputLine: 2 * input.lineBytes,
    inputPicture: input.distance,
    parts: 3,
    partBytes: 4 * part,
    partDistance: input.lineBytes,
    columns: output.features,
    output: output.inside,
    outputPixel: output.pixelBytes,
    outputLine: output.lineBytes,
    outputPicture: output.distance,
    pixels: output.width,
    lines: output.height,
    least: layer.relu ? 0 : NO_BOUND,
  };
  return [moving(arithmetic, "product", product)];
}

/**
 * A step that computes one picture of the batch.
 *
 * @param {Arithmetic} arithmetic
 * @param {"product" | "column"} how
 * @param {Product} product of the first picture
 * @returns {Step}
 */
export function moving(arithmetic, how, product) {
  const [from, to] = [product.input, product.output];
  return {
    run: (k) => {
      product.input = from + k * product.inputPicture;
      product.output = to + k * product.outputPicture;
      arithmetic[how](product);
    },
  };
}
