/** Samples as files: the grids, one picture, and arrays. */

import { drawPicture, pngOf } from "../lib/canvas.js";
import { contextOf, element } from "../lib/dom.js";
import { download, npz } from "../lib/export.js";
import { pictureOf } from "./panel.js";

/** @import { NamedArray } from "../lib/export.js" */
/** @import { SamplingData } from "./state.js" */
/** @import { ShownGrid } from "./panel.js" */

/**
 * suffix: of its arrays' names; data: of its model.
 *
 * @typedef {object} ShownPanel
 * @property {string} title
 * @property {string} suffix
 * @property {Pick<SamplingData, "latent_dim" | "image_shape" | "classes">} data
 * @property {HTMLCanvasElement} canvas
 * @property {ShownGrid} shown
 */
/**
 * What is saved.
 *
 * @typedef {object} Samples
 * @property {SamplingData} data
 * @property {ShownPanel[]} panels those on the page
 * @property {boolean} plane whether they show the manifold
 * @property {{place: number, cell: number}} picked the chosen picture, else the first; place: of its panel
 */

const PNG_PIXELS = 56; // a picture of a PNG grid is at least that wide
const SINGLE_PNG_SCALE = 8;

/** @param {Samples} samples */
export async function saveGrid({ data, panels, plane }) {
  const grids = panels.map(({ canvas }) => canvas),
    [, height, width] = data.image_shape;
  const across = grids.length * (grids[0].width + width) - width; // a picture's width between the two
  const sheet = element("canvas", { width: across, height: grids[0].height });
  const context = contextOf(sheet);
  grids.forEach((canvas, place) => context.drawImage(canvas, place * (canvas.width + width), 0));
  download(await pngOf(sheet, Math.ceil(PNG_PIXELS / Math.min(width, height))), `${nameOf(data, panels, plane)}.png`);
}

/** @param {Samples} samples */
export async function savePicture({ data, panels, plane, picked: { place, cell } }) {
  const { title, shown } = panels[place];
  const canvas = element("canvas");
  drawPicture(canvas, pictureOf(shown, cell), data.image_shape);
  const name = `${title}-row${Math.floor(cell / shown.side) + 1}-column${(cell % shown.side) + 1}`;
  download(await pngOf(canvas, SINGLE_PNG_SCALE), `${nameOf(data, panels, plane)}-${name}.png`);
}

/** @param {Samples} samples */
export function saveArrays({ data, panels, plane }) {
  /** @type {Record<string, NamedArray>} */
  const arrays = {};
  panels.forEach(({ shown: { n, pixels, vectors, labels }, suffix, data: own }) => {
    const { latent_dim: latentDim, image_shape: imageShape, classes } = own;
    /** @param {string} array */
    const name = (array) => `${array}${suffix}`;
    arrays[name("z")] = { data: Float32Array.from(vectors.flatMap((z) => [...z])), shape: [n, latentDim] };
    arrays[name("images")] = { data: pixels, shape: [n, ...imageShape] };
    if (classes) arrays[name("told")] = { data: Uint16Array.from(labels), shape: [n] }; // the file format's name
  });
  if (!plane) arrays.seed = { data: Uint32Array.of(seedOf(panels)), shape: [] };
  download(npz(arrays), `${nameOf(data, panels, plane)}.npz`);
}

/**
 * @param {SamplingData} data
 * @param {ShownPanel[]} panels
 * @param {boolean} plane
 */
function nameOf(data, panels, plane) {
  return `${data.model}-${plane ? "manifold" : `samples-seed${seedOf(panels)}`}`;
}

/**
 * The seed of the pictures on the page: those of a newly chosen one may not be here yet.
 *
 * @param {ShownPanel[]} panels
 */
function seedOf([panel]) {
  return panel.shown.seed;
}
