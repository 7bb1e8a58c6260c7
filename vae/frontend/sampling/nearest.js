/** What the test set says of a sample: its nearest images, by code and by pixels, and the class its z lies among. */

import { drawPicture } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { loadEncoded, meanOf, TestRows } from "../lib/encoded-set.js";
import { nearest } from "../lib/math.js";

export const VOTERS = 15; // nearest test codes that decide a sample's class
const COMPARED = 40; // test images, for how near test images lie to each other
const CHUNK_BYTES = 2 ** 20; // of images, in one request
const MOST_BYTES = 2 ** 24; // of images to search among
const SLICE_MS = 8; // of searching, before a hand gets its turn
const CARD_GAP = 10; // CSS pixels from the cell to the card

export class TestSet {
  constructor(base, model) {
    const address = (route) => `${base}/live/${route}?model=${encodeURIComponent(model)}`;
    Object.assign(this, { imagesAddress: address("images"), encodedAddress: address("encoded") });
  }

  /** Rejects, with the reason, where the server has no encoded set. */
  load() {
    this.loading ??= this.loadCodes().catch((error) => {
      this.loading = undefined; // asked again when needed again
      throw error;
    });
    return this.loading;
  }

  async loadCodes() {
    const encoded = await loadEncoded(this.encodedAddress);
    this.encoded = encoded;
    this.pictures = new TestRows(this.imagesAddress, encoded.images, encoded.imageShape);
    this.classShares = countOf(encoded.labels, encoded.classNames.length).map((count) => count / encoded.n);
  }

  /** How many of these z lie among test codes of each class; null as soon as `outdated` says so. */
  async classCounts(vectors, outdated) {
    await this.load();
    const labels = await inSlices(vectors, (z) => this.classOf(z), outdated);
    return labels && countOf(labels, this.encoded.classNames.length);
  }

  /** The commonest label of the nearest test codes; the nearer one where two are equally common. */
  classOf(z) {
    const { mean, latentDim, labels, classNames } = this.encoded;
    const votes = nearest(mean, latentDim, z, VOTERS).map(({ index }) => labels[index]);
    const counts = countOf(votes, classNames.length);
    return votes.reduce((best, label) => (counts[label] > counts[best] ? label : best));
  }

  /** {index, distance, typical} of the test code nearest to z; typical: of test codes among themselves, median. */
  async nearestCode(z) {
    await this.load();
    const { mean, latentDim, n } = this.encoded;
    const between = (i) => nearest(mean, latentDim, meanOf(this.encoded, i), 1, i)[0]?.distance ?? 0;
    this.typicalCode ??= inSlices(spreadOver(n), between).then(median);
    return { ...nearest(mean, latentDim, z, 1)[0], typical: await this.typicalCode };
  }

  /**
   * The same by pixels, distances being root mean squares in shares of the full range, and `count`, the number of
   * images searched; null where the server has no images.
   */
  async nearestPixels(picture) {
    const all = await this.allPixels(),
      size = picture.length,
      count = all.length / size;
    if (count < 2) return null;
    const between = (i) => closest(all, all.subarray(i * size, (i + 1) * size), i).distance;
    this.typicalPixels ??= inSlices(spreadOver(count), between).then(median);
    return { ...closest(all, picture), count, typical: await this.typicalPixels };
  }

  /** The pixels of the first test images, as many as a search can go through while a hand waits. */
  allPixels() {
    this.pixels ??= this.loadPixels().catch((error) => {
      this.pixels = undefined; // the connection was lost: asked again when looked at again
      throw error;
    });
    return this.pixels;
  }

  async loadPixels() {
    await this.load();
    const size = this.encoded.imageShape.reduce((product, side) => product * side, 1);
    const most = Math.min(this.encoded.images, Math.floor(MOST_BYTES / size));
    const step = Math.max(1, Math.floor(CHUNK_BYTES / size));
    const all = new Uint8Array(most * size);
    for (let start = 0; start < most; start += step) {
      const response = await fetch(`${this.imagesAddress}&start=${start}&count=${Math.min(step, most - start)}`);
      if (!response.ok) return all.subarray(0, start * size);
      all.set(new Uint8Array(await response.arrayBuffer()), start * size);
    }
    return all;
  }
}

/** The sample under the pointer beside the test images nearest to it. */
export class Card {
  constructor() {
    this.parts = ["this sample", "nearest code", "nearest pixels"].map((title) => {
      const canvas = element("canvas", { role: "img", ariaLabel: title });
      const text = element("span");
      return { canvas, text, figure: element("figure", {}, element("b", {}, title), canvas, text) };
    });
    const note = element("p", {}, "Nearest among test images, which the model was not trained on.");
    const figures = element("div", { className: "figures" }, ...this.parts.map(({ figure }) => figure));
    const spoken = { className: "card", role: "status", ariaLive: "polite", hidden: true };
    this.element = element("div", spoken, figures, note);
  }

  /** Beside the cell, which like the room around it is given in the viewport's pixels. */
  show(cell, room, picture, shape, title) {
    this.element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const right = cell.right + CARD_GAP,
      left = cell.left - CARD_GAP - width;
    const beside = right + width <= room.right ? right : left >= room.left ? left : null;
    const x = beside ?? Math.min(cell.left, room.right - width);
    const y = beside === null ? cell.bottom + CARD_GAP : cell.top;
    const top = Math.max(0, Math.min(y, room.bottom - height) - room.top);
    this.element.style.transform = `translate(${x - room.left}px, ${top}px)`;
    drawPicture(this.parts[0].canvas, picture, shape);
    this.parts[0].text.textContent = title;
    for (const { figure } of this.parts.slice(1)) figure.classList.add("stale"); // until the search has ended
  }

  hide() {
    this.element.hidden = true;
  }

  showNearestCode(found, testSet, unit) {
    const { distance, typical } = found;
    const text = `${distance.toFixed(2)} ${unit} away; test codes among themselves ${typical.toFixed(2)}`;
    this.showNearest(this.parts[1], found.index, text, testSet);
  }

  showNearestPixels(found, testSet) {
    if (!found) {
      this.parts[2].text.textContent = "no test images here";
      return;
    }
    const [apart, typical] = [found.distance, found.typical].map((share) => `${(100 * share).toFixed(1)} %`);
    const searched = found.count < testSet.encoded.n ? `; first ${found.count} searched` : "";
    const text = `RMS ${apart} apart; test images among themselves ${typical}${searched}`;
    this.showNearest(this.parts[2], found.index, text, testSet);
  }

  async showNearest({ canvas, text, figure }, index, words, { encoded, pictures }) {
    figure.classList.remove("stale");
    figure.dataset.image = index; // for tests
    text.textContent = `image ${index} · ${encoded.classNames[encoded.labels[index]]}\n${words}`;
    const pixels = await pictures.load(index);
    if (pixels) drawPicture(canvas, pixels, encoded.imageShape);
  }

  sayInstead(words) {
    this.parts[1].text.textContent = this.parts[2].text.textContent = words;
  }
}

/** The image nearest to `picture` among all but image `skip`; the search gives up an image once it is worse. */
function closest(all, picture, skip = -1) {
  const size = picture.length;
  let best = Infinity,
    index = -1;
  for (let i = 0, at = 0; at < all.length; i++, at += size) {
    if (i === skip) continue;
    let sum = 0;
    for (let p = 0; p < size && sum < best; p += 8) {
      const end = Math.min(size, p + 8);
      for (let q = p; q < end; q++) sum += (all[at + q] - picture[q]) ** 2;
    }
    if (sum < best) [best, index] = [sum, i];
  }
  return { index, distance: Math.sqrt(best / size) / 255 };
}

/** The results of `work` on each item, a few milliseconds of them at a time; null as soon as `outdated` says so. */
async function inSlices(items, work, outdated = () => false) {
  const results = [];
  let since = performance.now();
  for (const item of items) {
    if (outdated()) return null;
    results.push(work(item));
    if (performance.now() - since < SLICE_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  }
  return results;
}

function countOf(labels, classes) {
  const counts = new Array(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

/** Some of the numbers from 0 to n - 1, evenly apart. */
function spreadOver(n) {
  const count = Math.min(n, COMPARED);
  return Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
