/**
 * How a class looks wherever one is drawn: a disc in one of the palette's colours, and, where there are more classes
 * than colours, another shape for each further round of them. The colours come from vae/views/shared/palette.py.
 */

/** @import { Rgb, StampPixel } from "./canvas.js" */

import { dotStamp, rgb } from "./canvas.js";
import { element } from "./dom.js";
import { t } from "./words.js";

/**
 * A shape's corners; the disc has none. They turn around the origin, at most 1 away in x and in y, y downwards. A hole
 * is a path that comes back to its beginning within them.
 *
 * @typedef {readonly (readonly [x: number, y: number])[]} Corners
 */

/** @type {readonly (readonly [name: string, corners: Corners])[]} in the order of use: the most different first */
const SHAPES = [
  ["disc", []],
  ["cross", turned(plusOf(0.26), Math.PI / 4)],
  [
    "frame",
    [...squareOf(0.9), [-0.9, -0.9], [-0.42, -0.42], [-0.42, 0.42], [0.42, 0.42], [0.42, -0.42], [-0.42, -0.42]],
  ],
  [
    "triangle",
    [
      [0, -1],
      [1, 0.8],
      [-1, 0.8],
    ],
  ],
  ["plus", plusOf(0.28)],
  ["square", squareOf(0.8)],
  ["bar", boxOf(1, 0.3)],
];
export const MOST_NAMES = 70; // in a legend: as many as there are marks, with ten colours
const GROWN = 1.4; // a shape with corners has to be larger than a disc to be recognised
const SAMPLES = 4; // per pixel and axis, for the edge of a shape

/** @param {number} half the arm's width @returns {Corners} */
function plusOf(half) {
  return [
    [-half, -1],
    [half, -1],
    [half, -half],
    [1, -half],
    [1, half],
    [half, half],
    [half, 1],
    [-half, 1],
    [-half, half],
    [-1, half],
    [-1, -half],
    [-half, -half],
  ];
}

/** @param {number} half @returns {Corners} */
function squareOf(half) {
  return boxOf(half, half);
}

/** @param {number} across half its width @param {number} down half its height @returns {Corners} */
function boxOf(across, down) {
  return [
    [-across, -down],
    [across, -down],
    [across, down],
    [-across, down],
  ];
}

/** @param {Corners} corners @param {number} angle @returns {Corners} */
function turned(corners, angle) {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  return corners.map(([x, y]) => [x * cos - y * sin, x * sin + y * cos]);
}

/** The marks of a number of classes. */
export class ClassMarks {
  /**
   * @param {readonly string[]} palette "#rrggbb"
   * @param {number} count of classes
   */
  constructor(palette, count) {
    this.palette = palette;
    this.count = count;
    /** Of each class, for pixels. @type {readonly Rgb[]} */
    this.rgb = Array.from({ length: count }, (_, k) => rgb(this.colour(k)));
    /** The last ones that were made. @type {{radius: number, stamps: readonly (readonly StampPixel[])[]}} */
    this.made = { radius: 0, stamps: [] };
  }

  /** @param {number} k a class */
  colour(k) {
    return this.palette[k % this.palette.length];
  }

  /** @param {number} k a class @returns {string} */
  shape(k) {
    return this.shapeOf(k)[0];
  }

  /** @param {number} k a class */
  shapeOf(k) {
    return SHAPES[Math.floor(k / this.palette.length) % SHAPES.length];
  }

  /** What a reader of the colours must know: "" where every class has its own. */
  get note() {
    const { count, palette } = this,
      most = palette.length * SHAPES.length;
    if (count <= palette.length) return "";
    const few = t`${palette.length} colours: the shape tells classes of one colour apart.`;
    return count <= most ? few : t`${few} From class ${most + 1} on they repeat.`;
  }

  /**
   * Stamps for `paintDots`: one for all classes, or one for each.
   *
   * @param {number} radius of the disc, in pixels of the canvas
   */
  stamps(radius) {
    if (this.made.radius !== radius) this.made = { radius, stamps: this.makeStamps(radius) };
    return this.made.stamps;
  }

  /** @param {number} radius */
  makeStamps(radius) {
    if (this.count <= this.palette.length) return [dotStamp(radius)];
    const stamps = SHAPES.map(([, corners]) => (corners.length ? stampOf(corners, GROWN * radius) : dotStamp(radius)));
    return Array.from({ length: this.count }, (_, k) => stamps[Math.floor(k / this.palette.length) % stamps.length]);
  }

  /**
   * The mark of a class in a legend.
   *
   * @param {number} k a class
   */
  swatch(k) {
    const swatch = element("span", { className: "swatch" });
    this.mark(swatch, k);
    return swatch;
  }

  /**
   * Makes a swatch that of another class.
   *
   * @param {HTMLElement} swatch
   * @param {number} k a class
   */
  mark(swatch, k) {
    const [shape, corners] = this.shapeOf(k);
    const percent = (/** @type {number} */ value) => `${Math.round(50 + 50 * value)}%`;
    const path = corners.map(([x, y]) => `${percent(x)} ${percent(y)}`).join(", ");
    Object.assign(swatch.style, {
      backgroundColor: this.colour(k),
      borderRadius: path ? "0px" : "50%",
      clipPath: path && `polygon(evenodd, ${path})`,
    });
    swatch.dataset.shape = shape; // for tests
  }
}

/**
 * A shape of this radius as pixels, each covered by the share of its area that lies inside.
 *
 * @param {Corners} corners
 * @param {number} radius in pixels of the canvas
 */
function stampOf(corners, radius) {
  /** @type {StampPixel[]} */
  const pixels = [],
    reach = Math.ceil(radius);
  const offsets = Array.from({ length: SAMPLES }, (_, i) => (i + 0.5) / SAMPLES - 0.5);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const inside = offsets.flatMap((dy) =>
        offsets.filter((dx) => contains(corners, (x + dx) / radius, (y + dy) / radius)),
      );
      if (inside.length) pixels.push({ x, y, coverage: inside.length / SAMPLES ** 2, light: 1 });
    }
  }
  return pixels;
}

/**
 * Whether a place is inside, by the even-odd rule.
 *
 * @param {Corners} corners
 * @param {number} x
 * @param {number} y
 */
function contains(corners, x, y) {
  let inside = false;
  corners.forEach(([x0, y0], i) => {
    const [x1, y1] = corners[(i + 1) % corners.length];
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
  });
  return inside;
}
