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
const NO_BOUND = -Infinity;

/**
 * Weights and biases of a layer. channels: of its output, which batch normalisation counts by; PyTorch's outputs of a
 * fully connected layer have all pixels of the first channel first.
 *
 * @param {Layer} layer
 * @param {Map<string, Float32Array>} tensors
 * @param {number} channels
 * @returns {Affine}
 */
function affine({ name, norm, to, kind }, tensors, channels) {
  const tensor = (/** @type {string} */ key) => /** @type {Float32Array} */ (tensors.get(key));
  const [weight, bias] = [tensor(`${name}.weight`), tensor(`${name}.bias`)];
  if (!norm) return { weight, scale: () => 1, bias: (output) => bias[output] };
  const [gain, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map((key) =>
    tensor(`${norm}.${key}`),
  );
  if (variance.some((value) => value < 0)) throw new Error(`The tensor “${norm}.running_var” has a negative variance.`);
  const each = kind === "linear" ? to / channels : 1; // outputs of a channel
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
function packed(arithmetic, inputs, columns, bias, weight) {
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
 * A 4 × 4 transposed convolution of stride 2. Pixels of the output with odd and even places take different quarters of
 * the kernel, 2 × 2 of it each: so each quarter of them is a convolution of stride 1.
 *
 * @param {Arithmetic} arithmetic
 * @param {Layer} layer
 * @param {Map<string, Float32Array>} tensors
 * @param {Grid} input
 * @param {Grid} output
 * @returns {Step[]}
 */
export function up(arithmetic, layer, tensors, input, output) {
  const { weight, scale, bias } = affine(layer, tensors, layer.to);
  return quarters(output).map(([top, left]) => {
    const place = packed(
      arithmetic,
      4 * input.features,
      output.features,
      (k) => (k < layer.to ? bias(k) : 0),
      (i, k) => (k < layer.to ? weightAt(weight, layer, input, i, k, top, left) * scale(k) : 0),
    );
    /** @type {Product} */
    const product = {
      ...place,
      ...quarterOf(input, output, top, left),
      columns: output.features,
      output: output.inside + top * output.lineBytes + left * output.pixelBytes,
      outputPixel: 2 * output.pixelBytes,
      outputLine: 2 * output.lineBytes,
      outputPicture: output.distance,
      least: layer.relu ? 0 : NO_BOUND,
    };
    return moving(arithmetic, "product", product);
  });
}

/**
 * The last transposed convolution, which ends in one or three channels, each in a plane of its own.
 *
 * @param {Arithmetic} arithmetic
 * @param {Layer} layer
 * @param {Map<string, Float32Array>} tensors
 * @param {Grid} input
 * @param {Grid} output a line for each channel
 * @param {{height: number, width: number}} picture
 * @returns {Step[]}
 */
export function upToPlanes(arithmetic, layer, tensors, input, output, picture) {
  const { weight, scale, bias } = affine(layer, tensors, layer.to);
  return Array.from({ length: layer.to }, (_, k) =>
    quarters(picture).map(([top, left]) => {
      const inputs = 4 * input.features;
      const weights = arithmetic.allocate(4 * (4 + inputs));
      const { floats } = arithmetic;
      floats[weights / 4] = bias(k);
      for (let i = 0; i < inputs; i++)
        floats[weights / 4 + 4 + i] = weightAt(weight, layer, input, i, k, top, left) * scale(k);
      /** @type {Product} */
      const product = {
        ...quarterOf(input, picture, top, left),
        weights,
        panelBytes: 0,
        columns: 1,
        output: output.address + 4 * ((k * picture.height + top) * picture.width + left),
        outputPixel: 8,
        outputLine: 8 * picture.width,
        outputPicture: output.distance,
        least: NO_BOUND,
      };
      return moving(arithmetic, "column", product);
    }),
  ).flat();
}

/** The quarters of a picture that have pixels: each by the place of its first. */
function quarters(/** @type {{height: number, width: number}} */ { height, width }) {
  const all = [0, 1].flatMap((top) => [0, 1].map((left) => /** @type {const} */ ([top, left])));
  return all.filter(([top, left]) => top < height && left < width);
}

/**
 * What a quarter of the output takes of the input.
 *
 * @param {Grid} input
 * @param {{height: number, width: number}} output
 * @param {number} top
 * @param {number} left
 */
function quarterOf(input, { height, width }, top, left) {
  return {
    input: input.address + top * input.lineBytes + left * input.pixelBytes,
    inputPixel: input.pixelBytes,
    inputLine: input.lineBytes,
    inputPicture: input.distance,
    parts: 2,
    partBytes: 2 * input.pixelBytes,
    partDistance: input.lineBytes,
    pixels: Math.ceil((width - left) / 2),
    lines: Math.ceil((height - top) / 2),
  };
}

/**
 * The weight of input number i of a quarter: of 2 lines, in each 2 pixels, in each the channels. A pixel of the output
 * at place 2 y + top takes the kernel's lines 3 - top and 1 - top, times the input's lines y - 1 + top and y + top.
 *
 * @param {Float32Array} weight (from, to, 4, 4)
 * @param {Layer} layer
 * @param {Grid} input
 * @param {number} i
 * @param {number} k
 * @param {number} top
 * @param {number} left
 */
function weightAt(weight, layer, input, i, k, top, left) {
  const channel = i % input.features;
  const pixel = Math.floor(i / input.features);
  const [y, x] = [3 - top - 2 * (pixel >> 1), 3 - left - 2 * (pixel & 1)];
  return channel < layer.from ? weight[(channel * layer.to + k) * 16 + 4 * y + x] : 0;
}

/**
 * A step that computes one picture of the batch.
 *
 * @param {Arithmetic} arithmetic
 * @param {"product" | "column"} how
 * @param {Product} product of the first picture
 * @returns {Step}
 */
function moving(arithmetic, how, product) {
  const [from, to] = [product.input, product.output];
  return {
    run: (k) => {
      product.input = from + k * product.inputPicture;
      product.output = to + k * product.outputPicture;
      arithmetic[how](product);
    },
  };
}
