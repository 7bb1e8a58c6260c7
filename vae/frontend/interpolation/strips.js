/** The paths as strips of pictures over a common t, with the norm and the change of each picture beneath. */

import { joined } from "../lib/bytes.js";
import { drawPicture } from "../lib/canvas.js";
import { element, say, svgElement } from "../lib/dom.js";
import { help } from "../lib/glossary.js";
import { norm } from "../lib/math.js";
import { t } from "../lib/words.js";
import { drawChart, markOf } from "./chart.js";
import { blend, change, shares } from "./space.js";

/** @import { Pixels } from "../lib/canvas.js" */
/** @import { Line, Mark } from "./chart.js" */
/** @import { Curve, Space } from "./space.js" */
/**
 * A path's pictures, their norms, and how far each is from the one before, in % of the range. A path through pixels has
 * no norms.
 *
 * @typedef {{pictures: Uint8Array[], norms: number[] | null, changes: number[]}} Path
 * @typedef {Curve | "pixels"} PathName
 *
 * word: in the table; colour: number in the palette.
 *
 * @typedef {{title: string, word: string, mark: Mark, colour: number}} Look
 */

const CHART_HEIGHT = 2.8; // em
/** @type {(Look & {name: PathName})[]} */
export const PATHS = [
  { name: "linear", title: t("Linear z"), word: t("linear"), mark: "circle", colour: 0 },
  { name: "spherical", title: t("Spherical z"), word: t("spherical"), mark: "square", colour: 1 },
  { name: "shortest", title: t("Shortest"), word: t("shortest"), mark: "diamond", colour: 2 },
  { name: "pixels", title: t("Pixel blend"), word: t("pixel blend"), mark: "triangle", colour: 3 },
];
/** @type {Mark[]} */
const MARKS = ["circle", "square", "diamond", "triangle"]; // of models side by side

/** A strip with its label. */
class Row {
  /** @type {Path | null} */
  path = null;
  /** @type {Space | null} */
  space = null;

  /**
   * @param {Look} look
   * @param {string} colour
   * @param {(share: number) => void} onClick how far along the strip
   */
  constructor(look, colour, onClick) {
    this.look = look;
    this.colour = colour;
    const ariaLabel = t`${look.title}: no pictures yet`;
    this.canvas = element("canvas", { className: "strip", role: "img", ariaLabel, width: 1, height: 1 });
    this.label = element("span", { className: "row-label" }, markOf(look.mark, colour), look.title);
    this.canvas.addEventListener("click", ({ offsetX }) => this.path && onClick(offsetX / this.canvas.clientWidth));
  }

  /**
   * @param {Space} space
   * @param {Path} path
   */
  show(space, path) {
    const columns = path.pictures.length;
    this.space = space;
    this.path = path;
    this.shape(space, columns);
    drawPicture(this.canvas, joined(path.pictures), space.imageShape, 0, columns);
    this.canvas.ariaLabel = t`${this.look.title}: ${columns} pictures from A to B`;
  }

  /**
   * Makes the strip as high as its pictures will be.
   *
   * @param {Space} space
   * @param {number} columns
   */
  shape({ imageShape: [, height, width] }, columns) {
    this.canvas.style.aspectRatio = `${columns * width} / ${height}`;
  }
}

export class Strips {
  /** The rows of the first model where others stand beside it, and of these. @type {Row[]} */
  models = [];
  /** The followed one. @type {Curve} */
  curve = "linear";
  columns = 1;
  width = 0; // of a strip, in CSS pixels

  /**
   * @param {string[]} palette
   * @param {(t: number) => void} onJump the picture at t was clicked
   */
  constructor(palette, onJump) {
    this.palette = palette;
    this.onJump = onJump;
    const rows = PATHS.map((look) => /** @type {const} */ ([look.name, this.row(look)]));
    this.rows = /** @type {Record<PathName, Row>} */ (Object.fromEntries(rows));
    this.normChart = chart(
      t("Norm of z at each picture and the root mean square norm under the prior; the table below has the numbers"),
    );
    this.changeChart = chart(t("Change from each picture to the next; the table below has the numbers"));
    this.normScale = element("span", { className: "quiet" });
    this.rms = element("span", {
      className: "quiet",
      title: t("Root mean square of |z| over samples from the prior: √latent_dim. Their mean is a little smaller."),
    });
    this.changeScale = element("span", { className: "quiet" });
    this.table = element("table", {});
    this.charts = this.buildCharts();
    /** Of a grid with a column of labels. */
    this.cells = [...this.shown.flatMap(({ label, canvas }) => [label, canvas]), ...this.charts];
  }

  /** The rows on the page: one of each path, or of each model where there are several. */
  get shown() {
    const { models, curve, rows } = this;
    if (models.length) return models;
    return PATHS.filter(({ name }) => name !== "shortest" || curve === name).map(({ name }) => rows[name]);
  }

  /** Shows the rows that belong to the followed curve. @param {Curve} curve */
  follow(curve) {
    if (curve === this.curve) return;
    this.curve = curve;
    this.arrange();
  }

  /**
   * Shows a row for each model, the first one's own first; none: the paths of the first alone.
   *
   * @param {string[]} words of the models
   */
  setModels(words) {
    const looks = words.map((word, i) => ({ title: word, word, mark: MARKS[i], colour: i }));
    this.models = looks.map((look) => this.row(look));
    this.arrange();
  }

  arrange() {
    const { charts, shown, rows } = this;
    const place = charts[0].parentElement;
    const before = place ? [...place.querySelectorAll(".strip")] : [];
    for (const canvas of before) {
      canvas.previousElementSibling?.remove();
      canvas.remove();
    }
    charts[0].before(...shown.flatMap(({ label, canvas }) => [label, canvas]));
    const { space } = rows.linear;
    if (space) this.reserve(space, this.columns);
    this.showFirst();
    this.drawNumbers();
  }

  /** Where models stand side by side: the first one's followed path; until that is found, the straight one. */
  showFirst() {
    const { rows, curve, models } = this;
    const { space, path } = rows[curve].path ? rows[curve] : rows.linear;
    if (models.length && space && path) models[0].show(space, path);
  }

  /** @param {Look} look */
  row(look) {
    return new Row(look, this.palette[look.colour], (share) =>
      this.onJump(Math.floor(share * this.columns) / (this.columns - 1)),
    );
  }

  /**
   * Makes the strips as high as their pictures will be, before any have come.
   *
   * @param {Space} space
   * @param {number} columns
   */
  reserve(space, columns) {
    for (const row of this.shown) if (!row.path) row.shape(space, columns);
  }

  /**
   * Takes the decoded pictures of each curve; the pixel blend is between their common ends.
   *
   * @param {Space} space
   * @param {[curve: Curve, codes: number[][]][]} curves
   * @param {Pixels[]} pictures of all codes, in their order
   */
  show(space, curves, pictures) {
    const columns = curves[0][1].length,
      { rows } = this;
    this.columns = columns;
    rows.shortest.path = null;
    for (const [i, [curve, codes]] of curves.entries()) {
      rows[curve].show(space, pathOf(pictures.slice(i * columns, (i + 1) * columns), normsOf(space, codes)));
    }
    const mixed = shares(columns).map((at) =>
      blend([
        [pictures[0], 1 - at],
        [pictures[columns - 1], at],
      ]),
    );
    rows.pixels.show(space, pathOf(mixed, null));
    this.showFirst();
    this.drawNumbers();
  }

  /**
   * Takes the pictures of another model's followed path.
   *
   * @param {number} i 0 for the first of the others
   * @param {Space} space
   * @param {number[][]} codes
   * @param {Pixels[]} pictures
   */
  showOther(i, space, codes, pictures) {
    this.models[i + 1].show(space, pathOf(pictures, normsOf(space, codes)));
    this.drawNumbers();
  }

  /** @param {number} width of a strip, in CSS pixels */
  resize(width) {
    this.width = width;
    this.drawCharts();
  }

  drawNumbers() {
    this.drawCharts();
    this.fillTable();
  }

  /** The rows whose pictures are there, as many as the newest. */
  get filled() {
    return this.shown.flatMap(({ path, space, look, colour }) =>
      path && space && path.pictures.length === this.columns ? [{ ...path, space, colour, ...lookOf(look) }] : [],
    );
  }

  drawCharts() {
    const { filled, width, columns } = this;
    if (!filled.length || !width) return;
    const rms = rmsOf(filled.map(({ space }) => space));
    /** @param {"norms" | "changes"} key */
    const linesOf = (key) =>
      filled.flatMap(({ mark, colour, ...path }) => {
        const values = path[key];
        return values ? [{ values, mark, colour }] : [];
      });
    const norms = linesOf("norms"),
      changes = linesOf("changes");
    const longest = Math.max(1e-6, rms.value ?? 0, ...valuesOf(norms));
    const largest = Math.max(1e-6, ...valuesOf(changes));
    const em = Number.parseFloat(getComputedStyle(this.normChart).fontSize);
    if (!em) return; // off the page, where an element has no size
    const size = { width, height: CHART_HEIGHT * em, columns, em };
    drawChart(this.normChart, { ...size, lines: norms, top: longest, reference: rms.value });
    drawChart(this.changeChart, { ...size, lines: changes, top: largest, reference: null, between: true });
    say(this.normScale, t`0 to ${longest.toFixed(1)}`);
    say(this.rms, rms.text);
    say(this.changeScale, t`0 to ${largest.toFixed(1)} % of range`);
  }

  fillTable() {
    /** @type {(cells: string[], tag: "td" | "th") => HTMLTableRowElement} */
    const line = (cells, tag) => element("tr", {}, ...cells.map((cell) => element(tag, {}, cell)));
    const { filled } = this;
    const withNorms = filled.filter(({ norms }) => norms);
    const heads = [
      t("picture"),
      ...withNorms.map(({ word }) => `|z| ${word}`),
      ...filled.map(({ word }) => `Δ ${word}, %`),
    ];
    /** @param {number | undefined} value */
    const number = (value) => (value === undefined ? "" : value.toFixed(2));
    const lines = Array.from({ length: this.columns }, (_, i) => {
      const norms = withNorms.map((path) => number(path.norms?.[i]));
      const changes = filled.map((path) => number(path.changes[i - 1]));
      return line([`${i + 1}`, ...norms, ...changes], "td");
    });
    this.table.replaceChildren(line(heads, "th"), ...lines);
  }

  /** The first picture's norm, for the formula. */
  norms() {
    const path = this.filled.find(({ norms }) => norms);
    return path?.norms ? { norm: path.norms[0].toFixed(2), dimensions: `${path.space.latentDim}` } : null;
  }

  buildCharts() {
    const place = { className: "row-label chart-label" };
    const norms = element(
      "span",
      place,
      element("b", {}, "|z|"),
      help("|z|", () => this.norms()),
      this.normScale,
      this.rms,
    );
    const changes = element(
      "span",
      place,
      element("b", {}, t("Δ per step")),
      help("mean |Δ|", () => ({ delta: this.changeScale.textContent ?? "" })),
      this.changeScale,
    );
    changes.title = t("Mean absolute change of a pixel from one picture to the next, in % of the full range");
    return [norms, this.normChart, changes, this.changeChart];
  }
}

/** @param {Look} look */
function lookOf({ word, mark }) {
  return { word, mark };
}

/**
 * The root mean square norm under the prior, and its text: null where there is none, or not the same for all.
 *
 * @param {Space[]} spaces
 */
function rmsOf(spaces) {
  const dims = new Set(spaces.map(({ prior, latentDim }) => (prior ? latentDim : 0)));
  const [dim] = dims;
  if (dims.size > 1) return { value: null, text: t("no common prior") };
  const value = dim ? Math.sqrt(dim) : null;
  return { value, text: value === null ? t("no prior") : `╌ RMS √${dim} = ${value.toFixed(2)}` };
}

/**
 * @param {Space} space
 * @param {number[][]} codes
 */
function normsOf({ latentDim }, codes) {
  return codes.map((code) => norm(code.slice(0, latentDim)));
}

/**
 * @param {Uint8Array[]} pictures
 * @param {number[] | null} norms
 * @returns {Path}
 */
function pathOf(pictures, norms) {
  return { pictures, norms, changes: pictures.slice(1).map((picture, i) => 100 * change(picture, pictures[i])) };
}

/** @param {Line[]} lines */
function valuesOf(lines) {
  return lines.flatMap(({ values }) => values);
}

/** @param {string} description */
function chart(description) {
  return svgElement("svg", { class: "chart", role: "img", "aria-label": description });
}
