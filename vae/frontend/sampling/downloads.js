/**
 * Samples as files: the grids, one picture, and arrays. Each function takes {data, panels: those that are seen, plane:
 * whether they show the manifold, picked: {panel, cell} or null}.
 */

import { drawPicture, pngOf } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { download, npz } from "../lib/export.js";

const PNG_PIXELS = 56; // a picture of a PNG grid is at least that wide
const SINGLE_PNG_SCALE = 8;

export async function saveGrid({ data, panels, plane }) {
  const shown = panels.map(({ canvas }) => canvas),
    [, height, width] = data.image_shape;
  const across = shown.length * (shown[0].width + width) - width; // a picture's width between the two
  const sheet = element("canvas", { width: across, height: shown[0].height });
  shown.forEach((canvas, place) => sheet.getContext("2d").drawImage(canvas, place * (canvas.width + width), 0));
  download(await pngOf(sheet, Math.ceil(PNG_PIXELS / Math.min(width, height))), `${nameOf(data, panels, plane)}.png`);
}

/** The picture that is picked, else the first. */
export async function savePicture({ data, panels, plane, picked }) {
  const { panel, cell } = picked ?? { panel: panels[0], cell: 0 },
    { side } = panel;
  const canvas = element("canvas");
  drawPicture(canvas, panel.pictureAt(cell), data.image_shape);
  const place = `${panel.title}-row${Math.floor(cell / side) + 1}-column${(cell % side) + 1}`;
  download(await pngOf(canvas, SINGLE_PNG_SCALE), `${nameOf(data, panels, plane)}-${place}.png`);
}

export function saveArrays({ data, panels, plane }) {
  const { latent_dim: latentDim, image_shape: imageShape, classes } = data,
    arrays = {};
  panels.forEach(({ shown: { n, pixels, vectors, labels } }, place) => {
    const name = (word) => (place ? `${word}_against` : word);
    arrays[name("z")] = { data: Float32Array.from(vectors.flatMap((z) => [...z])), shape: [n, latentDim] };
    arrays[name("images")] = { data: pixels, shape: [n, ...imageShape] };
    if (classes) arrays[name("told")] = { data: Uint16Array.from(labels), shape: [n] };
  });
  if (!plane) arrays.seed = { data: Uint32Array.of(seedOf(panels)), shape: [] };
  download(npz(arrays), `${nameOf(data, panels, plane)}.npz`);
}

function nameOf(data, panels, plane) {
  return `${data.model}-${plane ? "manifold" : `samples-seed${seedOf(panels)}`}`;
}

/** The seed of the pictures that are seen: those of a newly chosen one may not be here yet. */
function seedOf([panel]) {
  return panel.shown.seed;
}
