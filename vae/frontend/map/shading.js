/**
 * How much the picture changes per step of z, as the ground of the map: bright where little changes, dark at the cliffs
 * between clusters. The server measures it. Format: docstring of vae/server/gradients/geometry.py.
 *
 * @import { Plane } from "./views.js"
 *
 * A part of the map in cells, row by row from the lowest. x, y: from and to. Unit of values: grey levels per unit of z.
 *
 * @typedef {{x: number[], y: number[], columns: number, rows: number, values: number[]}} Grid
 *
 * A plane of z = origin + x directions[0] + y directions[1]; label: the class of a conditional model, else null.
 *
 * @typedef {{base: string, model: string, origin: number[], directions: number[][], label: number | null}} Ground
 */

import { contextOf, element, messageOf, say } from "../lib/dom.js";
import { hasServer } from "../lib/files.js";
import { help } from "../lib/glossary.js";
import { NewestStream } from "../lib/gradient-stream.js";
import { t } from "../lib/words.js";

const CELLS = 2400;
const REST_MS = 200; // after the last change of the view
const OPACITY = 0.85; // of the largest change
const OUTLIERS = 0.02; // share of the cells beyond each end of the scale
const NEEDS_APP = t("The change per step needs the app, whose server measures it.");
const GREY = t("grey levels per unit of z");
const MEANING = t(
  "How much the decoded picture changes per unit of z: √det of the decoder's metric JᵀJ in this plane, as its root, so the geometric mean over the directions; the root mean square over the picture's values, in grey levels of 255. The scale is logarithmic, from the 2nd to the 98th percentile.",
);

export class Shading {
  /** @type {Grid | null} */
  grid = null;
  /** The same for all parts of a ground. @type {{low: number, high: number} | null} */
  scale = null;
  /** What is shown, null for nothing. @type {Ground | null} */
  ground = null;
  /** The part that was asked for. */
  asked = "";
  /** @type {NewestStream<{columns: number, rows: number, values: number[]}> | null} */
  stream = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  /** The grid in its own pixels. */
  sheet = element("canvas");

  /** @param {() => void} onChange there is something new to paint */
  constructor(onChange) {
    this.onChange = onChange;
    this.text = element("p", { className: "quiet" });
    this.help = help("change per unit of z", () => {
      const { scale } = this;
      return scale && { change: `${short(Math.sqrt(scale.low * scale.high))} ${GREY}` };
    });
    this.row = element("div", { className: "shading-scale", title: MEANING });
    const parts = [element("b", {}, t("Change per step of z")), this.help, this.row, this.text];
    this.element = element(
      "section",
      { className: "shading", ariaLabel: t("Scale of the ground"), hidden: true },
      ...parts,
    );
  }

  /**
   * Shows another ground, or none.
   *
   * @param {Ground | null} ground
   */
  show(ground) {
    const same = JSON.stringify(ground) === JSON.stringify(this.ground);
    if (same) return;
    this.stop();
    this.ground = ground;
    this.element.hidden = !ground;
    this.row.hidden = true;
    say(this.text, ground && !hasServer() ? NEEDS_APP : t("Measuring…"));
    this.onChange();
  }

  /** Whether there is a ground, or will be as soon as it is measured. */
  get isMeasured() {
    return this.ground !== null && hasServer();
  }

  stop() {
    clearTimeout(this.timer);
    this.stream?.stop();
    Object.assign(this, { stream: null, grid: null, scale: null, asked: "", ground: null });
  }

  /**
   * Follows the view: the part that is seen is measured once it rests, at first at once.
   *
   * @param {Plane} plane
   */
  follow(plane) {
    const { ground } = this;
    if (!ground || !hasServer()) return;
    const part = partOf(plane),
      key = JSON.stringify(part);
    if (key === this.asked) return;
    const wait = this.asked ? REST_MS : 0;
    this.asked = key;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(ground, part), wait);
  }

  /**
   * @param {Ground} ground
   * @param {ReturnType<typeof partOf>} part
   */
  ask({ base, ...ground }, part) {
    this.stream ??= new NewestStream(`${base}/live/metric`, {
      onLine: (grid, { x, y }) => this.take(/** @type {Grid} */ ({ ...grid, x, y }), grid.values.length > CELLS / 2),
      onEnd: () => {},
      onError: (error) => say(this.text, messageOf(error)),
    });
    this.stream.ask({ ...ground, ...part });
  }

  /**
   * @param {Grid} grid
   * @param {boolean} whole whether it has all cells; a coarser one's scale may change
   */
  take(grid, whole) {
    const scale = this.scale ?? scaleOf(grid.values);
    if (whole) this.scale = scale;
    this.grid = grid;
    drawSheet(this.sheet, grid, scale);
    this.showScale(scale);
    this.element.dataset.cells = `${grid.values.length}`; // for tests
    this.onChange();
  }

  /** @param {{low: number, high: number}} scale */
  showScale({ low, high }) {
    this.row.hidden = false;
    const bar = element("span", { className: "ramp" });
    this.row.replaceChildren(short(low), bar, short(high));
    say(this.text, t`grey levels per unit of z, on a log scale; middle ${short(Math.sqrt(low * high))}`);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Plane} plane
   * @param {string} colour of the largest change
   */
  paint(context, plane, colour) {
    const { grid, sheet } = this;
    if (!grid) return;
    const tinted = element("canvas", { width: sheet.width, height: sheet.height }),
      own = contextOf(tinted);
    own.drawImage(sheet, 0, 0);
    Object.assign(own, { globalCompositeOperation: "source-in", fillStyle: colour });
    own.fillRect(0, 0, tinted.width, tinted.height);
    /** @type {[number, number]} */
    const place = [0, 0];
    plane.project([grid.x[0], grid.y[1]], place);
    const [wide, high] = [grid.x, grid.y].map(([low, top]) => (top - low) / plane.unit);
    Object.assign(context, { imageSmoothingEnabled: true, imageSmoothingQuality: "high" });
    context.drawImage(tinted, ...place, wide, high);
  }

  /**
   * What the ground says of a place, "" where it was not measured.
   *
   * @param {number[]} coordinates
   */
  textAt(coordinates) {
    const value = this.grid && valueAt(this.grid, coordinates);
    return value === null ? "" : t` · ${short(value)} grey levels per step of z`;
  }
}

/**
 * What is seen of a plane, and in how many cells it is measured.
 *
 * @param {Plane} plane
 */
export function partOf(plane) {
  const rows = Math.max(1, Math.round(Math.sqrt((CELLS * plane.height) / plane.width)));
  const [x, y] = plane.ranges.map((range) => range.map((value) => Number(value.toPrecision(6))));
  return { x, y, columns: Math.max(1, Math.floor(CELLS / rows)), rows };
}

/**
 * The scale of some values, without outliers; never empty, and above 0 because it is logarithmic.
 *
 * @param {number[]} values
 */
export function scaleOf(values) {
  const sorted = Float64Array.from(values).sort(),
    last = sorted.length - 1;
  const high = Math.max(1e-3, sorted[Math.ceil((1 - OUTLIERS) * last)]);
  return { low: Math.min(high / 2, Math.max(high / 1000, sorted[Math.floor(OUTLIERS * last)])), high };
}

/**
 * Where a value lies on a logarithmic scale, from 0 to 1.
 *
 * @param {number} value
 * @param {{low: number, high: number}} scale
 */
export function shareOf(value, { low, high }) {
  return Math.max(0, Math.min(1, Math.log(Math.max(value, low) / low) / Math.log(high / low)));
}

/**
 * The value of the cell at these coordinates; null outside.
 *
 * @param {Grid} grid
 * @param {number[]} coordinates
 */
export function valueAt({ x, y, columns, rows, values }, [across, up]) {
  const column = Math.floor(((across - x[0]) / (x[1] - x[0])) * columns),
    row = Math.floor(((up - y[0]) / (y[1] - y[0])) * rows);
  return column >= 0 && column < columns && row >= 0 && row < rows ? values[row * columns + column] : null;
}

/**
 * Draws a grid's cells, a pixel each, the more opaque the larger the value.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Grid} grid
 * @param {{low: number, high: number}} scale
 */
function drawSheet(canvas, { columns, rows, values }, scale) {
  Object.assign(canvas, { width: columns, height: rows });
  const context = contextOf(canvas),
    image = context.createImageData(columns, rows);
  for (let i = 0; i < values.length; i++) {
    const at = (rows - 1 - Math.floor(i / columns)) * columns + (i % columns);
    image.data[4 * at + 3] = Math.round(255 * OPACITY * shareOf(values[i], scale));
  }
  context.putImageData(image, 0, 0);
}

/** Two digits, which is what one can see. @param {number} value */
function short(value) {
  return `${Number(value.toPrecision(2))}`;
}
