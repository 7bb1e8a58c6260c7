/**
 * Layers that double the sides of a grid: transposed and sub-pixel convolutions. Both compute four pixels in place of each,
 * and each of these four quarters of the output is a convolution of stride 1 with weights of its own.
 */

import { affine, moving, NO_BOUND, packed } from "./layers.js";

/** @import { Layer } from "./config.js" */
/** @import { Grid } from "./grid.js" */
/** @import { Step } from "./layers.js" */
/** @import { Arithmetic, Product } from "./product.js" */

/**
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
    const number = (/** @type {number} */ k) => outputNumber(layer, k, top, left);
    const place = packed(
      arithmetic,
      kernelSide(layer) ** 2 * input.features,
      output.features,
      (k) => (k < layer.to ? bias(number(k)) : 0),
      (i, k) => (k < layer.to ? weightAt(weight, layer, input, i, k, top, left) * scale(number(k)) : 0),
    );
    /** @type {Product} */
    const product = {
      ...place,
      ...quarterOf(layer, input, output, top, left),
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
 * The last such layer, which ends in one or three channels, each in a plane of its own.
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
      const inputs = kernelSide(layer) ** 2 * input.features;
      const weights = arithmetic.allocate(4 * (4 + inputs));
      const number = outputNumber(layer, k, top, left);
      const { floats } = arithmetic;
      floats[weights / 4] = bias(number);
      for (let i = 0; i < inputs; i++)
        floats[weights / 4 + 4 + i] = weightAt(weight, layer, input, i, k, top, left) * scale(number);
      /** @type {Product} */
      const product = {
        ...quarterOf(layer, input, picture, top, left),
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

/** Pixels of the input along each side of what a pixel of the output takes. */
function kernelSide(/** @type {Layer} */ { kind }) {
  return kind === "subpixel" ? 3 : 2;
}

/**
 * The number that PyTorch gives channel k of a quarter among the layer's outputs: those of a sub-pixel convolution are the
 * quarters' channels.
 *
 * @param {Layer} layer
 * @param {number} k
 * @param {number} top
 * @param {number} left
 */
function outputNumber({ kind }, k, top, left) {
  return kind === "subpixel" ? 4 * k + 2 * top + left : k;
}

/**
 * What a quarter of the output takes of the input. Of a sub-pixel convolution every quarter takes the same.
 *
 * @param {Layer} layer
 * @param {Grid} input
 * @param {{height: number, width: number}} output
 * @param {number} top
 * @param {number} left
 */
function quarterOf(layer, input, { height, width }, top, left) {
  const parts = kernelSide(layer);
  const first = layer.kind === "subpixel" ? 0 : top * input.lineBytes + left * input.pixelBytes;
  return {
    input: input.address + first,
    inputPixel: input.pixelBytes,
    inputLine: input.lineBytes,
    inputPicture: input.distance,
    parts,
    partBytes: parts * input.pixelBytes,
    partDistance: input.lineBytes,
    pixels: Math.ceil((width - left) / 2),
    lines: Math.ceil((height - top) / 2),
  };
}

/**
 * The weight of input number i of a quarter: of the kernel's lines, in each the pixels, in each the channels. A pixel of a
 * transposed convolution's output at place 2 y + top takes the kernel's lines 3 - top and 1 - top, times the input's lines
 * y - 1 + top and y + top.
 *
 * @param {Float32Array} weight (from, to, 4, 4), or (4 to, from, 3, 3)
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
  if (channel >= layer.from) return 0;
  if (layer.kind === "subpixel") return weight[(outputNumber(layer, k, top, left) * layer.from + channel) * 9 + pixel];
  const [y, x] = [3 - top - 2 * (pixel >> 1), 3 - left - 2 * (pixel & 1)];
  return weight[(channel * layer.to + k) * 16 + 4 * y + x];
}
