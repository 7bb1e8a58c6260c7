/** The picture under the pointer, or chosen by click or key: framed in both grids, its nearest test images on a card. */

import { drawPicture } from "../lib/canvas.js";
import { contextOf, element, keepInView, messageOf } from "../lib/dom.js";
import { t } from "../lib/words.js";
import { pictureOf } from "./panel.js";

/** @import { ImageShape } from "../lib/contract.js" */
/** @import { Values } from "../lib/explained.js" */
/** @import { Panel } from "./panel.js" */
/** @import { SamplingData } from "./state.js" */
/** @import { LoadedSet, Nearest, TestSet } from "./test-set.js" */

/** @typedef {(index: number) => Promise<Uint8Array | null>} Reconstruct a test image's reconstruction */
/** @typedef {{panel: Panel, cell: number, pinned: boolean}} Picked pinned: chosen by click or key */
/**
 * What a selection uses of the page.
 *
 * @typedef {object} Page
 * @property {() => Panel[]} allPanels
 * @property {() => Panel[]} visible those on the page
 * @property {HTMLElement} root
 * @property {SamplingData} data
 * @property {(panel: Panel) => {data: Pick<SamplingData, "kl">, testSet: TestSet}} unitOf the model of a grid
 * @property {(index: number, slot: string) => Promise<Uint8Array | null>} reconstruct a test image, from its code
 */

const CARD_GAP = 10; // CSS pixels from the cell to the card

export class Selection {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.card = new Card((index) => page.reconstruct(index, t("nearest code")));
    /** @type {Picked | null} */
    this.picked = null;
  }

  /**
   * The pointer is over a cell, or has left; a picture chosen by click or key stays.
   *
   * @param {Panel} panel
   * @param {number | null} cell
   */
  point(panel, cell) {
    if (!this.picked?.pinned) this.pick(cell === null ? null : { panel, cell, pinned: false });
  }

  /**
   * A cell is chosen; the same one again, or null, deselects it.
   *
   * @param {Panel} panel
   * @param {number | null} cell
   */
  pin(panel, cell) {
    const again = this.picked?.pinned && this.picked.panel === panel && this.picked.cell === cell;
    this.pick(cell === null || again ? null : { panel, cell, pinned: true });
  }

  /** @param {Picked | null} picked */
  pick(picked) {
    const { panel, cell } = picked ?? {};
    const same = this.picked?.panel === panel && this.picked?.cell === cell && !this.card.element.hidden;
    this.picked = picked;
    for (const each of this.page.allPanels()) {
      each.picked = each === panel ? (cell ?? null) : null;
      each.mark(cell ?? null); // the same ε in both
    }
    if (!picked) this.card.hide();
    else if (!same) {
      this.show(picked);
      void this.findNearest(picked);
    }
  }

  /** @param {Picked} picked */
  show({ panel, cell }) {
    const { shown, side } = panel,
      { data, root } = this.page,
      visible = this.page.visible();
    if (!shown || !visible.includes(panel) || cell >= side ** 2) {
      this.pick(null); // the grid has become smaller
      return;
    }
    for (const each of visible) each.mark(cell);
    const place = t`Row ${Math.floor(cell / side) + 1}, column ${(cell % side) + 1}`;
    const room = root.getBoundingClientRect();
    this.card.show(panel.cellBox(), room, pictureOf(shown, cell), data.image_shape, place);
  }

  /** @param {Picked} picked */
  async findNearest({ panel, cell }) {
    const { card } = this,
      { testSet, data } = this.page.unitOf(panel),
      { shown } = panel;
    if (!shown) return;
    const outdated = () => this.picked?.cell !== cell || this.picked.panel !== panel || panel.shown !== shown;
    try {
      const loaded = await testSet.load();
      const code = await testSet.nearestCode(shown.vectors[cell]);
      if (!outdated()) card.showNearestCode(code, loaded, data.kl ? t("σ of the prior") : t("latent units"));
      const pixels = await testSet.nearestPixels(pictureOf(shown, cell));
      if (!outdated()) card.showNearestPixels(pixels, loaded);
    } catch (error) {
      if (!outdated()) card.showProblem(t`The test set did not load (${messageOf(error)}).`);
    }
  }

  /** New pictures came: the card shows the one that is in the chosen cell now. */
  refresh() {
    if (this.picked) this.show(this.picked);
  }

  /** The nearest test images of the chosen picture, once it no longer changes. */
  search() {
    if (this.picked) void this.findNearest(this.picked);
  }
}

/** The sample under the pointer beside the test images nearest to it. */
export class Card {
  /** How far it is from them, for the formulas. @type {Values} */
  measured = {};

  /** @param {Reconstruct} reconstruct */
  constructor(reconstruct) {
    this.sample = new Picture(t("This sample"), reconstruct);
    this.code = new Picture(t("Nearest code"), reconstruct);
    this.pixels = new Picture(t("Nearest pixels"), reconstruct);
    const figures = [this.sample, this.code, this.pixels].map(({ figure }) => figure);
    this.element = element(
      "div",
      { className: "card", role: "status", ariaLive: "polite", hidden: true },
      element("div", { className: "figures" }, ...figures),
      element("p", {}, t("Nearest among test images, which the model was not trained on.")),
    );
  }

  /**
   * Shows a sample beside its cell.
   *
   * @param {DOMRect} cell in the viewport's pixels
   * @param {DOMRect} room where the card may be, likewise
   * @param {Uint8Array} picture
   * @param {ImageShape} shape
   * @param {string} title
   */
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
    keepInView(this.element);
    drawPicture(this.sample.canvas, picture, shape);
    this.sample.text.textContent = title;
    this.measured = {};
    for (const { figure } of [this.code, this.pixels]) figure.classList.add("stale"); // until the search has ended
  }

  hide() {
    this.element.hidden = true;
  }

  /**
   * @param {Nearest} found
   * @param {LoadedSet} testSet
   * @param {string} unit
   */
  showNearestCode({ index, distance, typical }, testSet, unit) {
    const text = t`${distance.toFixed(2)} ${unit} away; median between test codes ${typical.toFixed(2)}`;
    this.measured = { ...this.measured, distance: distance.toFixed(2) };
    void this.code.showImage(index, text, testSet);
    keepInView(this.element); // with its text it is higher
  }

  /**
   * @param {(Nearest & {count: number}) | null} found
   * @param {LoadedSet} testSet
   */
  showNearestPixels(found, testSet) {
    if (!found) {
      this.pixels.text.textContent = t("The server has no test images.");
      return;
    }
    const [apart, typical] = [found.distance, found.typical].map((share) => `${(100 * share).toFixed(1)} %`);
    this.measured = { ...this.measured, change: apart };
    const searched = found.count < testSet.encoded.n ? t`; first ${found.count} searched` : "";
    const text = t`RMS ${apart} apart; median between test images ${typical}${searched}`;
    void this.pixels.showImage(found.index, text, testSet);
    keepInView(this.element);
  }

  /** @param {string} problem in place of the two test images */
  showProblem(problem) {
    this.code.text.textContent = this.pixels.text.textContent = problem;
  }
}

/** A picture of the card with its title and text. */
class Picture {
  /**
   * @param {string} title
   * @param {Reconstruct} reconstruct
   */
  constructor(title, reconstruct) {
    this.reconstruct = reconstruct;
    this.canvas = element("canvas", { role: "img", ariaLabel: title });
    this.text = element("span");
    this.figure = element("figure", {}, element("b", {}, title), this.canvas, this.text);
  }

  /**
   * Shows a test image, or its reconstruction where the server does not have the image.
   *
   * @param {number} index of the test image
   * @param {string} text
   * @param {LoadedSet} testSet
   */
  async showImage(index, text, { encoded, pictures }) {
    this.figure.classList.remove("stale");
    this.figure.dataset.image = String(index); // for tests
    const original = index < encoded.images;
    const what = original ? "" : t`\nreconstruction: the server has no image from ${encoded.images} on`;
    this.text.textContent = t`Image ${index} · ${encoded.classNames[encoded.labels[index]]}${what}\n${text}`;
    const pixels = await (original ? pictures.load(index) : this.reconstruct(index));
    if (this.figure.dataset.image !== String(index)) return; // another image is shown by now
    if (pixels) drawPicture(this.canvas, pixels, encoded.imageShape);
    else contextOf(this.canvas).clearRect(0, 0, this.canvas.width, this.canvas.height); // it did not come
  }
}
