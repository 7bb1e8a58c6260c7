/** The two networks of a model, ready to run on a batch of pictures. */

import { codeDim, decoderLayers, encoderLayers, featureShape, pictureBytes } from "./config.js";
import { up, upToPlanes } from "./doubling.js";
import { Grid } from "./grid.js";
import { down, linear } from "./layers.js";

/** @import { Layer, ModelConfig } from "./config.js" */
/** @import { Step } from "./layers.js" */
/** @import { Arithmetic } from "./product.js" */
/** @import { Weights } from "./weights.js" */

// Pictures of a batch share the fully connected layers' weights while these are in the processor's cache.
const MOST_PICTURES = 64;
const BATCH_BYTES = 2 ** 22; // of what a batch keeps of each picture between the layers
const MAX_MULTIPLICATIONS = 4e9; // for one picture: more would take seconds

/**
 * A network in an arithmetic's memory. input: where the pictures' features go, and those of `output` come from, after
 * run(n) for the first n pictures, n <= pictures.
 *
 * @typedef {object} Network
 * @property {number} pictures
 * @property {Grid} input
 * @property {Grid} output
 * @property {(n: number) => void} run
 */

/**
 * The decoder: from codes to the parameters of the pixels' distributions, a plane for each colour.
 *
 * @param {Weights} weights
 * @param {Arithmetic} arithmetic
 * @param {boolean} [apart] whether each picture of a batch has memory of its own between all layers, to compute several
 * at once; otherwise they take turns, in the processor's cache
 * @returns {Network}
 */
export function decoderNetwork({ config, tensors }, arithmetic, apart = false) {
  const layers = decoderLayers(config);
  const [color, height, width] = config.image_shape;
  const ups = layers.filter(({ kind }) => kind === "up" || kind === "subpixel");
  const dense = layers.slice(0, layers.length - ups.length);
  const shapes = shapesAfter(ups, config);
  checkCost([...dense.map(multiplications), ...ups.map((layer, i) => multiplications(layer, shapes[i + 1]))]);
  const pictures = batchOf(config);
  const input = new Grid(arithmetic, [codeDim(config), 1, 1], 0, pictures);
  const output = new Grid(arithmetic, [pictureBytes(config), 1, 1], 0, pictures);
  const features = ups.length ? new Grid(arithmetic, featureShape(config), 1, pictures) : output;
  const first = denseSteps(arithmetic, dense, tensors, input, features, pictures);
  /** @type {Step[]} */
  const then = [];
  let grid = features;
  for (const [i, layer] of ups.entries()) {
    if (i === ups.length - 1) then.push(...upToPlanes(arithmetic, layer, tensors, grid, output, { height, width }));
    else {
      const next = new Grid(arithmetic, shapes[i + 1].shape, 1, apart ? pictures : 1);
      then.push(...up(arithmetic, layer, tensors, grid, next));
      grid = next;
    }
  }
  console.assert(layers[layers.length - 1].to === (ups.length ? color : pictureBytes(config)));
  const run = (/** @type {number} */ n) => {
    for (const step of first) step.run(n);
    for (let k = 0; k < n; k++) for (const step of then) step.run(k);
  };
  return { pictures, input, output, run };
}

/**
 * The encoder: from images, whose features have the layout of `input`, to means and log variances before their bound.
 *
 * @param {Weights} weights
 * @param {Arithmetic} arithmetic
 * @returns {Network}
 */
export function encoderNetwork({ config, tensors }, arithmetic) {
  const layers = encoderLayers(config);
  const downs = layers.filter(({ kind }) => kind === "down");
  const dense = layers.slice(downs.length);
  /** @type {[channels: number, height: number, width: number][]} */
  const shapes = [[...config.image_shape]];
  for (const { to } of downs) {
    const [, height, width] = shapes[shapes.length - 1];
    shapes.push([to, Math.ceil(height / 2), Math.ceil(width / 2)]);
  }
  const sizes = shapes.map(([, height, width]) => ({ height, width }));
  checkCost([...dense.map(multiplications), ...downs.map((layer, i) => multiplications(layer, sizes[i + 1]))]);
  const pictures = batchOf(config);
  const input = downs.length
    ? new Grid(arithmetic, config.image_shape, 1, pictures)
    : new Grid(arithmetic, [pictureBytes(config), 1, 1], 0, pictures);
  /** @type {Step[]} */
  const first = [];
  let grid = input;
  for (const [i, layer] of downs.entries()) {
    const isLast = i === downs.length - 1;
    const next = new Grid(arithmetic, shapes[i + 1], isLast ? 0 : 1, isLast ? pictures : 1);
    first.push(...down(arithmetic, layer, tensors, grid, next));
    grid = next;
  }
  const output = new Grid(arithmetic, [layers[layers.length - 1].to, 1, 1], 0, pictures);
  const then = denseSteps(arithmetic, dense, tensors, grid, output, pictures);
  const run = (/** @type {number} */ n) => {
    for (let k = 0; k < n; k++) for (const step of first) step.run(k);
    for (const step of then) step.run(n);
  };
  return { pictures, input, output, run };
}

/**
 * @param {Arithmetic} arithmetic
 * @param {Layer[]} layers
 * @param {Map<string, Float32Array>} tensors
 * @param {Grid} input
 * @param {Grid} output
 * @param {number} pictures
 */
function denseSteps(arithmetic, layers, tensors, input, output, pictures) {
  /** @type {Step[]} */
  const steps = [];
  let grid = input;
  for (const [i, layer] of layers.entries()) {
    const next = i === layers.length - 1 ? output : new Grid(arithmetic, [layer.to, 1, 1], 0, pictures);
    steps.push(...linear(arithmetic, layer, tensors, grid, next));
    grid = next;
  }
  return steps;
}

/**
 * The sizes of the grids before each layer that doubles their sides and after the last: no larger than what the picture,
 * which may be cut at its right and lower edges, takes of them.
 *
 * @param {Layer[]} ups
 * @param {ModelConfig} config
 * @returns {{shape: [channels: number, height: number, width: number], height: number, width: number}[]}
 */
function shapesAfter(ups, config) {
  const [, fullHeight, fullWidth] = featureShape(config);
  const halve = config.architecture === "subpixel" ? Math.ceil : Math.floor;
  const taken = (/** @type {number} */ side) => halve(side / 2) + 1; // of the last grid by one of this side
  let [color, height, width] = config.image_shape;
  const sizes = [sizeOf(color, height, width)];
  for (let i = ups.length - 1; i >= 0; i--) {
    color = ups[i].from;
    height = Math.min(fullHeight * 2 ** i, taken(height));
    width = Math.min(fullWidth * 2 ** i, taken(width));
    sizes.unshift(sizeOf(color, height, width));
  }
  return sizes;
}

/** @returns {{shape: [channels: number, height: number, width: number], height: number, width: number}} */
function sizeOf(/** @type {number} */ channels, /** @type {number} */ height, /** @type {number} */ width) {
  return { shape: [channels, height, width], height, width };
}

/** How many pictures a batch has. */
function batchOf(/** @type {ModelConfig} */ config) {
  const [channels, height, width] = featureShape(config);
  const floats = channels * (height + 2) * (width + 2) + 8 * pictureBytes(config) + Math.max(...config.hidden);
  return Math.max(1, Math.min(MOST_PICTURES, Math.floor(BATCH_BYTES / (4 * floats))));
}

/** Multiplications of one picture by a layer whose output has this size. */
function multiplications(
  /** @type {Layer} */ { kind, from, to },
  /** @type {{height: number, width: number} | number} */ size,
) {
  if (typeof size === "number") return from * to;
  return from * to * { linear: 1, down: 9, up: 4, subpixel: 9 }[kind] * size.height * size.width;
}

function checkCost(/** @type {number[]} */ costs) {
  const cost = costs.reduce((sum, each) => sum + each, 0);
  if (cost > MAX_MULTIPLICATIONS)
    throw new Error(`The model is too large for this browser: one picture takes ${cost.toExponential(1)} products.`);
}
