/** The paths as strips of pictures over a common t, with the norm and the change of each picture beneath. */

import { joined } from "../lib/bytes.js";
import { drawPicture } from "../lib/canvas.js";
import { element, say, svgElement } from "../lib/dom.js";
import { help } from "../lib/glossary.js";
import { norm } from "../lib/math.js";
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
 * @typedef {"linear" | "spherical" | "shortest" | "pixels"} PathName
 * @typedef {Partial<Record<PathName, Path>> & {linear: Path}} Paths
 */

const CHART_HEIGHT = 2.8; // em
/** word: in the table. @type {{name: PathName, title: string, word: string, mark: Mark, colour: number}[]} */
export const PATHS = [
  { name: "linear", title: "Linear z", word: "linear", mark: "circle", colour: 0 },
  { name: "spherical", title: "Spherical z", word: "spherical", mark: "square", colour: 1 },
  { name: "shortest", title: "Shortest", word: "shortest", mark: "diamond", colour: 2 },
  { name: "pixels", title: "Pixel blend", word: "pixel blend", mark: "triangle", colour: 3 },
];
const SHORTEST = PATHS.findIndex(({ name }) => name === "shortest");

export class Strips {
  /**
   * @param {string[]} palette
   * @param {(t: number) => void} onJump the picture at t was clicked
   */
  constructor(palette, onJump) {
    this.palette = palette;
    this.onJump = onJump;
    /** @type {Paths | null} */
    this.paths = null;
    this.columns = 1;
    this.width = 0; // of a strip, in CSS pixels
    /** @type {Space | null} */
    this.space = null;
    this.canvases = PATHS.map(() => element("canvas", { className: "strip", role: "img", width: 1, height: 1 }));
    this.labels = PATHS.map(({ title, mark, colour }) =>
      element("span", { className: "row-label" }, markOf(mark, palette[colour]), title),
    );
    this.normChart = chart(
      "Norm of z at each picture and the root mean square norm under the prior; the table below has the numbers",
    );
    this.changeChart = chart("Change from each picture to the next; the table below has the numbers");
    this.normScale = element("span", { className: "quiet" });
    this.rms = element("span", {
      className: "quiet",
      title: "Root mean square of |z| over samples from the prior: √latent_dim. Their mean is a little smaller.",
    });
    this.changeScale = element("span", { className: "quiet" });
    this.table = element("table", {});
    this.cells = [...this.buildStrips(), ...this.buildCharts()]; // of a grid with a column of labels
  }

  /**
   * Makes the strips as high as their pictures will be, before any have come.
   *
   * @param {Space} space
   * @param {number} columns
   */
  reserve(space, columns) {
    if (!this.paths) this.shape(space, columns);
  }

  /**
   * @param {Space} space
   * @param {number} columns
   */
  shape({ imageShape: [, height, width] }, columns) {
    for (const canvas of this.canvases) canvas.style.aspectRatio = `${columns * width} / ${height}`;
  }

  /** The strips on the page. */
  get shown() {
    return this.canvases.filter((canvas) => canvas.isConnected);
  }

  /** @param {boolean} shown whether there is a row for the shortest path, after the two others through z */
  offerShortest(shown) {
    const row = [this.labels[SHORTEST], this.canvases[SHORTEST]];
    if (!shown) for (const cell of row) cell.remove();
    else if (!row[0].isConnected) this.canvases[SHORTEST - 1].after(...row);
  }

  /**
   * Takes the decoded pictures of each curve; the pixel blend is between their common ends.
   *
   * @param {Space} space
   * @param {[curve: Curve, codes: number[][]][]} curves the linear path first
   * @param {Pixels[]} pictures of all codes, in their order
   */
  show(space, curves, pictures) {
    const columns = curves[0][1].length;
    const paths = curves.map(([curve, codes], i) => {
      const norms = codes.map((code) => norm(code.slice(0, space.latentDim)));
      return [curve, pathOf(pictures.slice(i * columns, (i + 1) * columns), norms)];
    });
    const mixed = shares(columns).map((t) =>
      blend([
        [pictures[0], 1 - t],
        [pictures[columns - 1], t],
      ]),
    );
    this.space = space;
    this.columns = columns;
    this.shape(space, columns);
    this.paths = /** @type {Paths} */ ({ ...Object.fromEntries(paths), pixels: pathOf(mixed, null) });
    for (const [i, { name, title }] of PATHS.entries()) {
      const path = this.paths[name];
      if (!path) continue;
      drawPicture(this.canvases[i], joined(path.pictures), space.imageShape, 0, columns);
      this.canvases[i].ariaLabel = `${title}: ${columns} pictures from A to B`;
    }
    this.drawCharts();
    this.fillTable(this.paths);
  }

  /** @param {number} width of a strip, in CSS pixels */
  resize(width) {
    this.width = width;
    this.drawCharts();
  }

  drawCharts() {
    const { paths, space, width, columns } = this;
    if (!paths || !space || !width) return;
    const rms = space.prior ? Math.sqrt(space.latentDim) : null;
    /** @param {"norms" | "changes"} key */
    const linesOf = (key) =>
      PATHS.flatMap(({ name, mark, colour }) => {
        const values = paths[name]?.[key];
        return values ? [{ values, mark, colour: this.palette[colour] }] : [];
      });
    const norms = linesOf("norms"),
      changes = linesOf("changes");
    const longest = Math.max(1e-6, rms ?? 0, ...valuesOf(norms));
    const largest = Math.max(1e-6, ...valuesOf(changes));
    const em = Number.parseFloat(getComputedStyle(this.normChart).fontSize);
    const size = { width, height: CHART_HEIGHT * em, columns, em };
    drawChart(this.normChart, { ...size, lines: norms, top: longest, reference: rms });
    drawChart(this.changeChart, { ...size, lines: changes, top: largest, reference: null, between: true });
    say(this.normScale, `0 to ${longest.toFixed(1)}`);
    say(this.rms, rms === null ? "no prior" : `╌ RMS √${space.latentDim} = ${rms.toFixed(2)}`);
    say(this.changeScale, `0 to ${largest.toFixed(1)} % of range`);
  }

  /** @param {Paths} paths */
  fillTable(paths) {
    /** @type {(cells: string[], tag: "td" | "th") => HTMLTableRowElement} */
    const line = (cells, tag) => element("tr", {}, ...cells.map((cell) => element(tag, {}, cell)));
    const present = PATHS.flatMap(({ name, word }) => {
      const path = paths[name];
      return path ? [{ ...path, word }] : [];
    });
    const withNorms = present.filter(({ norms }) => norms);
    const heads = [
      "picture",
      ...withNorms.map(({ word }) => `|z| ${word}`),
      ...present.map(({ word }) => `Δ ${word}, %`),
    ];
    /** @param {number | undefined} value */
    const number = (value) => (value === undefined ? "" : value.toFixed(2));
    const lines = Array.from({ length: this.columns }, (_, i) => {
      const norms = withNorms.map((path) => number(path.norms?.[i]));
      const changes = present.map((path) => number(path.changes[i - 1]));
      return line([`${i + 1}`, ...norms, ...changes], "td");
    });
    this.table.replaceChildren(line(heads, "th"), ...lines);
  }

  // — the elements —

  buildStrips() {
    const cells = this.canvases.map((canvas, i) => {
      canvas.addEventListener("click", ({ offsetX }) => {
        const step = Math.floor((offsetX / canvas.clientWidth) * this.columns);
        if (this.paths) this.onJump(step / (this.columns - 1));
      });
      return [this.labels[i], canvas];
    });
    return cells.toSpliced(SHORTEST, 1).flat();
  }

  buildCharts() {
    const place = { className: "row-label chart-label" };
    const norms = element("span", place, element("b", {}, "|z|"), help("z"), this.normScale, this.rms);
    const changes = element("span", place, element("b", {}, "Δ per step"), this.changeScale);
    changes.title = "Mean absolute change of a pixel from one picture to the next, in % of the full range";
    return [norms, this.normChart, changes, this.changeChart];
  }
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
