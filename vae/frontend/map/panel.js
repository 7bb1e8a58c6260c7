/** Beside the plot: the legend with its search, the pinned place, and the selection. */

import { drawPicture } from "../lib/canvas.js";
import { button, element } from "../lib/dom.js";
import { csv, download, npz } from "../lib/export.js";
import { nearest } from "../lib/math.js";
import { TRUE_NEIGHBOURS } from "./inverse.js";

const SHOWN_LATENTS = 6;
const THUMBNAILS = 30,
  PER_ROW = 10;
const AVERAGED = 1000,
  AVERAGED_BYTES = 4 * 1024 * 1024; // at most in the mean image: each must be fetched

/** The classes as buttons, one of which hides or shows; or the ramp of a number. */
export class Legend {
  /** onToggle(k), onOnly(k), onFind(k): k is a class. */
  constructor({ onToggle, onOnly, onFind }) {
    Object.assign(this, { onToggle, onOnly, onFind });
    this.list = element("ul", { className: "legend" });
    this.ramp = element("div", { className: "ramp-row", hidden: true });
    const ariaLabel = "Select all images of a class";
    this.search = element("input", { type: "search", placeholder: "select a class…", ariaLabel });
    this.search.addEventListener("keydown", (event) => event.key === "Enter" && this.find());
    this.search.addEventListener("input", () => this.mark());
    this.element = element("section", { ariaLabel: "Legend" }, this.ramp, this.list, this.search);
  }

  setClasses(names, colours, counts) {
    this.names = names;
    this.items = names.map((name, k) => this.item(name, colours[k], counts[k], k));
    this.list.replaceChildren(...this.items.map((button) => element("li", {}, button)));
    this.search.value = "";
  }

  item(name, colour, count, k) {
    const swatch = element("span", { className: "swatch" });
    swatch.style.backgroundColor = colour;
    const title = `${name}: ${count.toLocaleString("en")} images. Click: hide or show; double-click: this class alone`;
    const button = element("button", { type: "button", title, ariaPressed: "true" }, swatch, name);
    button.addEventListener("click", () => this.onToggle(k));
    button.addEventListener("dblclick", () => this.onOnly(k));
    return button;
  }

  showHidden(hidden) {
    this.items.forEach((button, k) => (button.ariaPressed = String(!hidden.has(k))));
  }

  /** The scale of a number that colours the points, or none. */
  showRamp(scale, background) {
    this.ramp.hidden = !scale;
    this.list.classList.toggle("plain", Boolean(scale));
    if (!scale) return;
    const bar = element("span", { className: "ramp" });
    bar.style.background = background;
    this.ramp.replaceChildren(scale.low.toPrecision(3), bar, `${scale.high.toPrecision(3)} ${scale.unit}`);
    this.ramp.title = "From the 2nd to the 98th percentile; what lies beyond has the colour of the end";
  }

  matching() {
    const text = this.search.value.trim().toLowerCase();
    const whole = this.names.findIndex((name) => name.toLowerCase() === text);
    return whole >= 0 || !text ? whole : this.names.findIndex((name) => name.toLowerCase().includes(text));
  }

  mark() {
    const found = this.matching();
    this.items.forEach((button, k) => button.classList.toggle("found", k === found));
  }

  find() {
    const found = this.matching();
    if (found >= 0) this.onFind(found);
  }
}

/** The pinned place: its picture, what is known of it, and the ways to carry it on. */
export class PinPanel {
  constructor(onUnpin) {
    const ariaLabel = "Picture decoded at the pin";
    this.decoded = element("canvas", { className: "pinned-picture", role: "img", ariaLabel });
    this.title = element("h4", {});
    this.text = element("p", {});
    this.neighbours = element("p", { className: "neighbours" });
    this.links = element("p", { className: "links" });
    const title = "Remove the pin (Escape)";
    const unpin = element("button", { type: "button", ariaLabel: "Remove the pin", title, onclick: onUnpin }, "×");
    const head = element("header", {}, this.title, unpin);
    const side = element("div", {}, this.text, this.links);
    this.element = element("section", { className: "pinned", hidden: true, ariaLabel: "Pinned place" });
    this.element.append(head, element("div", { className: "pinned-body" }, this.decoded, side), this.neighbours);
  }

  /** pin, earlier: the pinned places {z, row or null, exact, label}; neighbours: of a pinned image, else null. */
  show(pin, earlier, neighbours, encoded, data) {
    const { row, z, exact } = pin;
    this.element.hidden = false;
    const classOf = (i) => encoded.classNames[encoded.labels[i]];
    this.title.textContent = row === null ? "Pinned place" : `Test image ${row} · ${classOf(row)}`;
    const shown = z
      .slice(0, SHOWN_LATENTS)
      .map((value) => value.toFixed(2))
      .join(", ");
    const more = z.length > SHOWN_LATENTS ? ", …" : "";
    this.text.textContent = `z = ${shown}${more}${exact ? "" : " (approximate)"}`;
    this.neighbours.textContent = neighbours ? neighbourText(neighbours.kept) : "";
    const anchor = ([name, href, title]) => element("a", { href, title, target: "_self" }, name);
    this.links.replaceChildren(...linksOf(pin, earlier, encoded, data).map(anchor));
  }

  hide() {
    this.element.hidden = true;
  }

  draw({ pixels, imageShape }) {
    drawPicture(this.decoded, pixels, imageShape);
  }
}

function neighbourText(kept) {
  const k = TRUE_NEIGHBOURS;
  const both = `${kept} of its ${k} true nearest are among the ${k} drawn nearest.`;
  return `Lines: to its true neighbours in latent space. Rings: the nearest as drawn. ${both}`;
}

/**
 * The pages that go on from a pin, [name, address, title] each: Explore takes z itself, the others the nearest of the
 * test images that they know.
 */
function linksOf(pin, earlier, encoded, { base, model, classes, label, examples }) {
  const known = encoded.mean.subarray(0, examples * encoded.latentDim);
  const row = ({ z }) => nearest(known, encoded.latentDim, z, 1)[0].index;
  const named = (k) => encodeURIComponent(encoded.classNames[k]);
  const link = (page, query) => `${base}/${page}?checkpoint=${encodeURIComponent(model)}&${query}`;
  const told = classes ? `&class_told=${named(label ?? pin.label ?? 0)}` : "";
  const to = row(pin),
    ends = earlier ? `from=${row(earlier)}&to=${to}` : `from=${to}`;
  const way = earlier ? "From A to B" : "From here; pin a second place for the other end";
  return [
    ["Explore", link("Explore", `z=${pin.z.join(",")}${told}`), "Move on from this z with sliders"],
    ["Interpolation", link("Interpolation", ends), `${way}. Taken: the test images whose codes are nearest`],
    ["Reconstruction", link("Reconstruction", `class=${named(encoded.labels[to])}`), "The nearest test image's class"],
  ];
}

/** The selected images: what they are, how they look, and as files. */
export class SelectionPanel {
  /** onGroup(name, rows), onClear(). */
  constructor({ onGroup, onClear }) {
    this.onGroup = onGroup;
    this.title = element("h4", {});
    this.counts = element("ul", { className: "counts" });
    this.numbers = element("p", {});
    this.mean = element("canvas", { className: "mean", role: "img", ariaLabel: "Mean of the selected images" });
    this.meanText = element("figcaption", {});
    this.thumbnails = element("div", { className: "thumbnails", role: "img" });
    const ariaLabel = "Clear the selection";
    const clear = element("button", { type: "button", ariaLabel, title: "Clear (Escape)", onclick: onClear }, "×");
    const buttons = element("div", { className: "buttons" });
    buttons.append(
      button("CSV", "Index, label, latents and projection as CSV", () => this.save("csv")),
      button("NPZ", "Index, label, latents and projection for NumPy", () => this.save("npz")),
      button("use as A", "Group A of the latent arithmetic", () => this.use("A")),
      button("use as B", "Group B of the latent arithmetic", () => this.use("B")),
    );
    this.said = element("p", { role: "status", ariaLive: "polite" });
    this.element = element("section", { className: "selection", hidden: true, ariaLabel: "Selection" });
    const mean = element("figure", {}, this.mean, this.meanText);
    const pictures = element("div", { className: "selected-pictures" }, mean, this.thumbnails);
    const head = element("header", {}, this.title, clear);
    this.element.append(head, this.counts, buttons, this.said, pictures, this.numbers);
  }

  /** rows: the selected rows; page: {encoded, images, layout, dims, model, method, prior}. */
  show(rows, colours, page) {
    Object.assign(this, { rows, page });
    this.element.hidden = rows.length === 0;
    if (!rows.length) return;
    const { encoded } = page;
    this.title.textContent = `${rows.length.toLocaleString("en")} images selected`;
    this.said.textContent = "";
    const counts = new Map();
    for (const i of rows) counts.set(encoded.labels[i], (counts.get(encoded.labels[i]) ?? 0) + 1);
    const sorted = [...counts].sort(([, a], [, b]) => b - a);
    this.counts.replaceChildren(...sorted.map(([k, count]) => this.count(encoded.classNames[k], count, colours[k])));
    const kl = page.prior ? ` · KL ${summary(rows, encoded.kl)} nats` : "";
    const error = `error ${summary(rows, encoded.reconstruction)} nats`;
    this.numbers.textContent = `${error}${kl} (mean ± standard deviation)`;
    this.showPictures(rows, page);
  }

  count(name, count, colour) {
    const swatch = element("span", { className: "swatch" });
    swatch.style.backgroundColor = colour;
    return element("li", {}, swatch, name, element("b", {}, ` ${count.toLocaleString("en")}`));
  }

  async showPictures(rows, { images, encoded }) {
    const there = rows.filter((i) => i < images.count);
    const averaged = spaced(there, Math.min(AVERAGED, Math.ceil(AVERAGED_BYTES / images.size)));
    const shown = spaced(there, THUMBNAILS);
    this.thumbnails.ariaLabel = `${shown.length} of the selected images`;
    const load = async (wanted) => (await Promise.all(wanted.map((i) => images.load(i)))).filter(Boolean);
    const thumbnails = await load(shown);
    if (rows !== this.rows) return; // another selection meanwhile
    this.thumbnails.replaceChildren(...chunks(thumbnails, PER_ROW).map((some) => this.strip(some, encoded.imageShape)));
    const pixels = await load(averaged);
    if (rows !== this.rows) return;
    this.mean.parentElement.hidden = !pixels.length;
    if (pixels.length) drawPicture(this.mean, meanPicture(pixels), encoded.imageShape);
    this.meanText.textContent = pixels.length < rows.length ? `mean of ${pixels.length}` : "mean image";
  }

  strip(pictures, shape) {
    const canvas = element("canvas", {}),
      size = pictures[0].length;
    const pixels = new Uint8Array(PER_ROW * size);
    pictures.forEach((picture, i) => pixels.set(picture, i * size));
    drawPicture(canvas, pixels, shape, 0, PER_ROW);
    return canvas;
  }

  use(name) {
    this.onGroup(name, this.rows);
    this.said.textContent = `${this.rows.length.toLocaleString("en")} images are group ${name} now.`;
  }

  save(kind) {
    const { model, method } = this.page;
    const blob = kind === "npz" ? npz(this.arrays()) : csv(this.columns());
    download(blob, `${model}-${method}-selection.${kind}`);
  }

  arrays() {
    const {
      rows,
      page: { encoded, layout, dims },
    } = this;
    const { mean, labels, latentDim } = encoded;
    return {
      index: { data: Int32Array.from(rows), shape: [rows.length] },
      label: { data: Uint16Array.from(rows, (i) => labels[i]), shape: [rows.length] },
      latents: { data: rowsOf(mean, latentDim, rows), shape: [rows.length, latentDim] },
      projection: { data: rowsOf(layout, dims, rows), shape: [rows.length, dims] },
    };
  }

  columns() {
    const {
      rows,
      page: { encoded, layout, dims, method },
    } = this;
    const { mean, labels, classNames, latentDim } = encoded;
    const columns = (name, values, width) =>
      Array.from({ length: width }, (_, k) => [`${name}${k}`, rows.map((i) => values[i * width + k])]);
    return [
      ["index", rows],
      ["label", rows.map((i) => classNames[labels[i]])],
      ...columns("z", mean, latentDim),
      ...columns(method, layout, dims),
    ];
  }
}

/** Some rows of a matrix of this width. */
function rowsOf(values, width, rows) {
  const picked = new Float32Array(rows.length * width);
  rows.forEach((i, k) => picked.set(values.subarray(i * width, (i + 1) * width), k * width));
  return picked;
}

function summary(rows, values) {
  const mean = rows.reduce((sum, i) => sum + values[i], 0) / rows.length;
  const variance = rows.reduce((sum, i) => sum + (values[i] - mean) ** 2, 0) / rows.length;
  return `${mean.toFixed(1)} ± ${Math.sqrt(variance).toFixed(1)}`;
}

/** At most `most` of the items, evenly spread over them. */
function spaced(items, most) {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]);
}

function chunks(items, size) {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function meanPicture(pictures) {
  const sums = new Float64Array(pictures[0].length);
  for (const picture of pictures) for (let i = 0; i < sums.length; i++) sums[i] += picture[i];
  return Uint8Array.from(sums, (sum) => Math.round(sum / pictures.length));
}
