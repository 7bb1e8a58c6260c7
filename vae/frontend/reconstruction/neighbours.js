/** The test images whose codes lie nearest to the image's code. */

import { drawPicture } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { nearest } from "../lib/math.js";

const NEIGHBOURS = 8;
const REST_MS = 250,
  TILES_MS = 1000;

export class Neighbours {
  /** onChoose(i): the user chose one of the test images. */
  constructor(onChoose) {
    Object.assign(this, { onChoose, tilesAt: 0 });
    this.tiles = Array.from({ length: NEIGHBOURS }, () => {
      const canvas = element("canvas"),
        name = element("span", { className: "name" }),
        distance = element("span");
      const button = element("button", { type: "button", hidden: true }, canvas, element("span", {}, name, distance));
      return { canvas, name, distance, button };
    });
    this.voteText = element("p", { className: "caption" });
    this.elements = [element("div", { className: "tiles" }, ...this.tiles.map(({ button }) => button)), this.voteText];
  }

  /** encoded: see loadEncoded; images: a TestRows; conditional: whether the model is told the class. */
  setModel(encoded, images, conditional) {
    Object.assign(this, { encoded, images, conditional });
  }

  /** Finds and shows those nearest to z, of the test images with pictures, without image `own`. Returns their indices. */
  find(z, own) {
    const { labels, images, latentDim, mean, classNames } = this.encoded;
    const near = nearest(mean.subarray(0, images * latentDim), latentDim, z, NEIGHBOURS, own);
    for (const row of near) row.name = classNames[labels[row.index]];
    const [winner, votes] = mostFrequent(near.map(({ name }) => name));
    const style = this.conditional ? " This model is told the class: its z holds the rest." : "";
    this.voteText.textContent = `${votes} of ${near.length} are of class ${winner}. Searched: ${images.toLocaleString("en")} test images.${style}`;
    this.near = near;
    this.showTilesSoon();
    return near.map(({ index }) => index);
  }

  /** Eight pictures cost a frame or two: when the hand rests, and now and then while it does not. */
  showTilesSoon() {
    clearTimeout(this.tilesTimer);
    const wait = Math.min(REST_MS, this.tilesAt + TILES_MS - performance.now());
    this.tilesTimer = setTimeout(() => this.showTiles(), Math.max(0, wait));
  }

  /** One set of pictures under way at a time, however slow the connection: then the newest. */
  async showTiles() {
    if (this.loadingTiles) return;
    this.tilesAt = performance.now();
    this.loadingTiles = true;
    const { near, images } = this;
    const pictures = await Promise.all(near.map(({ index }) => images.load(index)));
    this.loadingTiles = false;
    if (this.closed || images !== this.images) return;
    near.forEach((row, k) => this.showTile(this.tiles[k], row, pictures[k]));
    this.tiles.slice(near.length).forEach(({ button }) => (button.hidden = true));
    if (near !== this.near) this.showTilesSoon();
  }

  showTile(tile, { index, distance, name }, picture) {
    if (picture) drawPicture(tile.canvas, picture, this.encoded.imageShape);
    tile.name.textContent = name;
    tile.distance.textContent = `· ${distance.toFixed(2)}`;
    const { button } = tile;
    button.title =
      button.ariaLabel = `Test image ${index}, class ${name}, at latent distance ${distance.toFixed(2)}: look at it`;
    button.onclick = () => this.onChoose(index);
    button.hidden = false;
  }

  close() {
    this.closed = true;
    clearTimeout(this.tilesTimer);
  }
}

function mostFrequent(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ["none", 0]);
}
