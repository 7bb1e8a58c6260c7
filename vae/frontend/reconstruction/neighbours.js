/** The test images whose codes lie nearest to the image's code. */

import { drawPicture, reserve } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { nearest } from "../lib/math.js";
import { t } from "../lib/words.js";

/** @import { ImageShape } from "../lib/contract.js" */
/** @import { EncodedSet, TestRows } from "../lib/encoded-set.js" */
/** @typedef {{ index: number, distance: number, name: string }} Near a test image, its latent distance and its class */
/** @typedef {ReturnType<typeof newTile>} Tile */

const NEIGHBOURS = 8;
const REST_MS = 250,
  TILES_MS = 1000;

export class Neighbours {
  /** @type {EncodedSet | null} */
  encoded = null;
  /** @type {TestRows | null} */
  images = null;
  conditional = false; // whether the decoder receives the class
  /** @type {Near[]} */
  near = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  tilesTimer;
  tilesAt = 0; // ms: when the tiles were last loaded
  loadingTiles = false;
  closed = false;

  /** @param {(i: number) => void} onChoose the user chose one of the test images */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.tiles = Array.from({ length: NEIGHBOURS }, newTile);
    this.voteText = element("p", { className: "caption" });
    this.elements = [element("div", { className: "tiles" }, ...this.tiles.map(({ button }) => button)), this.voteText];
  }

  /** @param {ImageShape} imageShape of the next pictures */
  reserve(imageShape) {
    for (const { canvas } of this.tiles) reserve(canvas, imageShape);
  }

  /**
   * @param {EncodedSet} encoded
   * @param {TestRows} images
   * @param {boolean} conditional
   */
  setModel(encoded, images, conditional) {
    this.encoded = encoded;
    this.images = images;
    this.conditional = conditional;
  }

  /**
   * Finds and shows the test images nearest to z, among those with pictures and without image `own`. Returns their rows.
   *
   * @param {Float32Array} z
   * @param {number} own
   */
  find(z, own) {
    if (!this.encoded) return [];
    const { labels, images, latentDim, mean, classNames } = this.encoded;
    const found = nearest(mean.subarray(0, images * latentDim), latentDim, z, NEIGHBOURS, own);
    const near = found.map(({ index, distance }) => ({ index, distance, name: classNames[labels[index]] }));
    const [winner, votes] = mostFrequent(near.map(({ name }) => name));
    const style = this.conditional
      ? t(" This model's decoder also receives the class, so its z encodes the rest: style.")
      : "";
    this.voteText.textContent = t`${votes} of ${near.length} are of class ${winner}. Searched: ${images.toLocaleString("en")} test images.${style}`;
    this.near = near;
    this.showTilesSoon();
    return near.map(({ index }) => index);
  }

  /** The nearest one's distance, for the formula. */
  measured() {
    return this.near.length ? { distance: this.near[0].distance.toFixed(2) } : null;
  }

  /**
   * Drawing eight pictures takes a frame or two: once the pointer rests, and once a second while it moves. A movement asks
   * the server for none.
   */
  showTilesSoon() {
    clearTimeout(this.tilesTimer);
    const areHere = this.near.every(({ index }) => this.images?.has(index));
    const wait = areHere ? Math.min(REST_MS, this.tilesAt + TILES_MS - performance.now()) : REST_MS;
    this.tilesTimer = setTimeout(() => void this.showTiles(), Math.max(0, wait));
  }

  /** Loads one set of pictures at a time, however slow the connection, and then the newest. */
  async showTiles() {
    const { encoded, near, images } = this;
    if (this.loadingTiles || !encoded || !images) return;
    this.tilesAt = performance.now();
    this.loadingTiles = true;
    const pictures = await Promise.all(near.map(({ index }) => images.load(index)));
    this.loadingTiles = false;
    if (this.closed || images !== this.images) return;
    near.forEach((row, k) => {
      const picture = pictures[k];
      if (picture) drawPicture(this.tiles[k].canvas, picture, encoded.imageShape);
      this.labelTile(this.tiles[k], row);
    });
    for (const { button } of this.tiles.slice(near.length)) button.hidden = true;
    if (near !== this.near) this.showTilesSoon();
  }

  /**
   * @param {Tile} tile
   * @param {Near} near
   */
  labelTile(tile, { index, distance, name }) {
    tile.name.textContent = name;
    tile.distance.textContent = `· ${distance.toFixed(2)}`;
    const { button } = tile;
    button.title =
      button.ariaLabel = t`Test image ${index}, class ${name}, at latent distance ${distance.toFixed(2)}: look at it`;
    button.onclick = () => this.onChoose(index);
    button.hidden = button.disabled = false;
  }

  close() {
    this.closed = true;
    clearTimeout(this.tilesTimer);
  }
}

/** A button with a picture, a class and a distance. */
function newTile() {
  const canvas = element("canvas"),
    name = element("span", { className: "name" }, "…"),
    distance = element("span");
  const button = element("button", { type: "button", disabled: true }, canvas, element("span", {}, name, distance));
  return { canvas, name, distance, button };
}

/**
 * The most frequent name and how often it occurs.
 *
 * @param {string[]} names
 * @returns {[name: string, count: number]}
 */
function mostFrequent(names) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ["none", 0]);
}
