/**
 * Beside the plot: the legend with its search, and the selection.
 *
 * @import { ImageShape } from "../lib/contract.js"
 * @import { EncodedSet, TestRows } from "../lib/encoded-set.js"
 * @import { ClassMarks } from "../lib/palette.js"
 * @import { Projection } from "./projection.js"
 *
 * @typedef {{name: string, encoded: EncodedSet, images: TestRows, marks: ClassMarks, prior: boolean}} ShownModel
 *   marks: of the classes; prior: whether the model has one
 */

import { drawPicture } from "../lib/canvas.js";
import { button, element } from "../lib/dom.js";
import { downloadMenu } from "../lib/download-menu.js";
import { excessOf } from "../lib/encoded-set.js";
import { csv, download, npz } from "../lib/export.js";
import { t } from "../lib/words.js";

const THUMBNAILS = 30,
  PER_ROW = 10;
const AVERAGED = 1000,
  AVERAGED_BYTES = 4 * 1024 * 1024; // at most in the mean image: each is fetched

/** The classes as buttons that hide or show them, or the ramp of a number. */
export class Legend {
  /** @type {string[]} */
  names = [];
  /** @type {HTMLButtonElement[]} */
  items = [];

  /** @param {Record<"onToggle" | "onOnly" | "onFind", (k: number) => void>} calls each with a class */
  constructor(calls) {
    this.calls = calls;
    this.list = element("ul", { className: "legend" });
    this.ramp = element("div", { className: "ramp-row", hidden: true });
    const ariaLabel = t("Select all images of a class");
    this.search = element("input", { type: "text", placeholder: t("Select a class…"), ariaLabel });
    this.search.addEventListener("keydown", (event) => event.key === "Enter" && this.find());
    this.search.addEventListener("input", () => this.mark());
    this.note = element("p", { className: "shapes" });
    this.element = element("section", { ariaLabel: t("Legend") }, this.ramp, this.list, this.note, this.search);
  }

  /**
   * @param {string[]} names
   * @param {ClassMarks} marks
   * @param {number[]} counts of test images
   */
  setClasses(names, marks, counts) {
    this.names = names;
    this.items = names.map((name, k) => this.item(name, marks.swatch(k), counts[k], k));
    this.note.textContent = marks.note;
    this.list.style.setProperty("--longest", `${Math.max(...names.map((name) => name.length))}`);
    this.list.replaceChildren(...this.items.map((item) => element("li", {}, item)));
    this.search.value = "";
  }

  /**
   * @param {string} name
   * @param {HTMLElement} swatch
   * @param {number} count
   * @param {number} k
   */
  item(name, swatch, count, k) {
    const title = t`${name}: ${count.toLocaleString("en")} images. Click: hide or show; double-click: this class alone`;
    const item = element("button", { type: "button", title, ariaPressed: "true" }, swatch, name);
    item.addEventListener("click", () => this.calls.onToggle(k));
    item.addEventListener("dblclick", () => this.calls.onOnly(k));
    return item;
  }

  /** @param {Set<number>} hidden classes */
  showHidden(hidden) {
    this.items.forEach((item, k) => (item.ariaPressed = String(!hidden.has(k))));
  }

  /**
   * The scale of a number that colours the points, or none.
   *
   * @param {{low: number, high: number, unit: string} | null} scale
   * @param {string} background
   */
  showRamp(scale, background) {
    this.ramp.hidden = !scale;
    this.list.classList.toggle("plain", Boolean(scale));
    this.note.hidden = Boolean(scale);
    if (!scale) return;
    const bar = element("span", { className: "ramp" });
    bar.style.background = background;
    this.ramp.replaceChildren(scale.low.toPrecision(3), bar, `${scale.high.toPrecision(3)} ${scale.unit}`);
    this.ramp.title = t("From the 2nd to the 98th percentile; what lies beyond has the colour of the end");
  }

  matching() {
    const text = this.search.value.trim().toLowerCase();
    const whole = this.names.findIndex((name) => name.toLowerCase() === text);
    return whole >= 0 || !text ? whole : this.names.findIndex((name) => name.toLowerCase().includes(text));
  }

  mark() {
    const found = this.matching();
    this.items.forEach((item, k) => item.classList.toggle("found", k === found));
  }

  find() {
    const found = this.matching();
    if (found >= 0) this.calls.onFind(found);
  }
}

/** The selected images: their classes, numbers and pictures, and buttons that save or group them. */
export class SelectionPanel {
  /** The selected rows of the encoded test set. @type {number[]} */
  rows = [];
  /** @type {ShownModel | null} */
  model = null;
  /** What the plot shows now. @type {Projection | null} */
  projection = null;

  /** @param {{onGroup(name: "A" | "B", rows: number[]): void, onClear(): void}} calls */
  constructor({ onGroup, onClear }) {
    this.onGroup = onGroup;
    this.title = element("h2", {});
    this.counts = element("ul", { className: "counts" });
    this.numbers = element("p", {});
    this.mean = element("canvas", { className: "mean", role: "img", ariaLabel: t("Mean of the selected images") });
    this.meanText = element("figcaption", {});
    this.thumbnails = element("div", { className: "thumbnails", role: "img" });
    const ariaLabel = t("Clear the selection");
    const clear = element("button", { type: "button", ariaLabel, title: t("Clear (Escape)"), onclick: onClear }, "×");
    const buttons = element("div", { className: "buttons" });
    buttons.append(
      downloadMenu([
        { format: "CSV", what: t("index, label, z and place on the map"), save: () => this.save("csv") },
        { format: "NPZ", what: t("the same, for NumPy"), save: () => this.save("npz") },
      ]),
      button(t("Use as A"), t("Group A of the latent arithmetic"), () => this.use("A")),
      button(t("Use as B"), t("Group B of the latent arithmetic"), () => this.use("B")),
    );
    this.said = element("p", { role: "status", ariaLive: "polite" });
    this.element = element("section", { className: "selection", hidden: true, ariaLabel: t("Selection") });
    this.meanFigure = element("figure", {}, this.mean, this.meanText);
    const pictures = element("div", { className: "selected-pictures" }, this.meanFigure, this.thumbnails);
    const head = element("header", {}, this.title, clear);
    this.element.append(head, this.counts, buttons, this.said, pictures, this.numbers);
  }

  /**
   * @param {number[]} rows
   * @param {ShownModel} model
   */
  show(rows, model) {
    this.rows = rows;
    this.model = model;
    this.element.hidden = rows.length === 0;
    if (!rows.length) return;
    const { encoded, marks } = model;
    this.title.textContent = t`${rows.length.toLocaleString("en")} images selected`;
    this.said.textContent = "";
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const i of rows) counts.set(encoded.labels[i], (counts.get(encoded.labels[i]) ?? 0) + 1);
    const sorted = [...counts].sort(([, a], [, b]) => b - a);
    this.counts.replaceChildren(
      ...sorted.map(([k, count]) => this.count(encoded.classNames[k], count, marks.swatch(k))),
    );
    const kl = model.prior ? t` · KL ${summary(rows, encoded.kl)} nats` : "";
    const excess = excessOf(encoded),
      above = excess ? t`, of it ${summary(rows, excess)} above the best possible` : "";
    const error = t`error ${summary(rows, encoded.reconstruction)} nats${above}`;
    this.numbers.textContent = t`${error}${kl} (mean ± standard deviation)`;
    void this.showPictures(rows, model); // what cannot be fetched comes as null
  }

  /** @param {string} name @param {number} count @param {HTMLElement} swatch */
  count(name, count, swatch) {
    return element("li", {}, swatch, name, element("b", {}, ` ${count.toLocaleString("en")}`));
  }

  /** @param {number[]} rows @param {ShownModel} model */
  async showPictures(rows, { images, encoded }) {
    const there = rows.filter((i) => i < images.count);
    const averaged = spaced(there, Math.min(AVERAGED, Math.ceil(AVERAGED_BYTES / images.size)));
    const shown = spaced(there, THUMBNAILS);
    this.thumbnails.ariaLabel = t`${shown.length} of the selected images`;
    const load = async (/** @type {number[]} */ some) =>
      (await Promise.all(some.map((i) => images.load(i)))).filter((each) => each !== null);
    const thumbnails = await load(shown);
    if (rows !== this.rows) return; // the selection has changed
    this.thumbnails.replaceChildren(...chunks(thumbnails, PER_ROW).map((some) => this.strip(some, encoded.imageShape)));
    const pixels = await load(averaged);
    if (rows !== this.rows) return;
    this.meanFigure.hidden = !pixels.length;
    if (pixels.length) drawPicture(this.mean, meanPicture(pixels), encoded.imageShape);
    this.meanText.textContent = pixels.length < rows.length ? t`Mean of ${pixels.length}` : t("Mean image");
  }

  /** @param {Uint8Array[]} pictures @param {ImageShape} shape */
  strip(pictures, shape) {
    const canvas = element("canvas", {}),
      size = pictures[0].length;
    const pixels = new Uint8Array(PER_ROW * size);
    pictures.forEach((picture, i) => pixels.set(picture, i * size));
    drawPicture(canvas, pixels, shape, 0, PER_ROW);
    return canvas;
  }

  /** @param {"A" | "B"} name */
  use(name) {
    this.onGroup(name, this.rows);
    this.said.textContent = t`${this.rows.length.toLocaleString("en")} images are group ${name} now.`;
  }

  /** @param {"csv" | "npz"} kind */
  save(kind) {
    const { rows, model, projection } = this;
    if (!model || !projection) return; // another model's layout is not there yet
    const blob = kind === "npz" ? npz(arraysOf(rows, model, projection)) : csv(columnsOf(rows, model, projection));
    download(blob, `${model.name}-${projection.config.method}-selection.${kind}`);
  }
}

/**
 * @param {number[]} rows
 * @param {ShownModel} model
 * @param {Projection} projection
 */
function arraysOf(rows, { encoded }, { layout, dims }) {
  const { mean, labels, latentDim } = encoded;
  return {
    index: { data: Int32Array.from(rows), shape: [rows.length] },
    label: { data: Uint16Array.from(rows, (i) => labels[i]), shape: [rows.length] },
    latents: { data: rowsOf(mean, latentDim, rows), shape: [rows.length, latentDim] },
    projection: { data: rowsOf(layout, dims, rows), shape: [rows.length, dims] },
  };
}

/**
 * @param {number[]} rows
 * @param {ShownModel} model
 * @param {Projection} projection
 * @returns {[string, number[] | string[]][]}
 */
function columnsOf(rows, { encoded }, { layout, dims, config }) {
  const { mean, labels, classNames, latentDim } = encoded;
  /** @type {(name: string, values: Float32Array, width: number) => [string, number[]][]} */
  const columns = (name, values, width) =>
    Array.from({ length: width }, (_, k) => [`${name}${k}`, rows.map((i) => values[i * width + k])]);
  return [
    ["index", rows],
    ["label", rows.map((i) => classNames[labels[i]])],
    ...columns("z", mean, latentDim),
    ...columns(config.method, layout, dims),
  ];
}

/**
 * Some rows of a matrix of this width.
 *
 * @param {Float32Array} values
 * @param {number} width
 * @param {number[]} rows
 */
function rowsOf(values, width, rows) {
  const picked = new Float32Array(rows.length * width);
  rows.forEach((i, k) => picked.set(values.subarray(i * width, (i + 1) * width), k * width));
  return picked;
}

/** @param {number[]} rows @param {Float32Array} values */
function summary(rows, values) {
  const mean = rows.reduce((sum, i) => sum + values[i], 0) / rows.length;
  const variance = rows.reduce((sum, i) => sum + (values[i] - mean) ** 2, 0) / rows.length;
  return `${mean.toFixed(1)} ± ${Math.sqrt(variance).toFixed(1)}`;
}

/**
 * At most `most` of the items, evenly spread over them.
 *
 * @param {number[]} items
 * @param {number} most
 */
function spaced(items, most) {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]);
}

/**
 * @template T
 * @param {T[]} items
 * @param {number} size
 */
function chunks(items, size) {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** @param {Uint8Array[]} pictures */
function meanPicture(pictures) {
  const sums = new Float64Array(pictures[0].length);
  for (const picture of pictures) for (let i = 0; i < sums.length; i++) sums[i] += picture[i];
  return Uint8Array.from(sums, (sum) => Math.round(sum / pictures.length));
}
