/**
 * From the coordinates of a layout to the screen and back: Plane for two dimensions, Space for three. Places on the
 * screen are in CSS pixels and count from the top left.
 *
 * @import { Bounds } from "../lib/frame.js"
 *
 * @typedef {ArrayLike<number>} Coordinates
 * @typedef {[number, number]} Place on the screen
 */

import { boundsOf } from "../lib/frame.js";

const MARGIN = 1.08; // of the smallest picture that holds all that is to be shown
const KEY_TURN = Math.PI / 24;
const DISTANCE = 4; // of the eye, in half widths of the space

/** Two coordinates, one scale for both, so that distances can be compared. */
export class Plane {
  dims = 2;
  width = 0;
  height = 0;
  centre = [0, 0];
  unit = 1; // layout units per CSS pixel
  fitted = 1; // the unit that shows what was fitted

  /** @param {number} width @param {number} height in CSS pixels */
  constructor(width, height) {
    this.resize(width, height);
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    const grown = this.width ? Math.min(width / this.width, height / this.height) : 1;
    this.unit /= grown;
    this.fitted /= grown;
    Object.assign(this, { width, height });
  }

  /** @param {Bounds} bounds what to show at least */
  fit({ low, high }) {
    this.centre = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
    this.unit = this.fitted = MARGIN * Math.max((high[0] - low[0]) / this.width, (high[1] - low[1]) / this.height);
  }

  /** How much larger than after `fit`. */
  get zoomed() {
    return this.fitted / this.unit;
  }

  /** What is shown of each axis: [lowest, highest] of the coordinates. */
  get ranges() {
    const half = [(this.width * this.unit) / 2, (this.height * this.unit) / 2];
    return half.map((size, axis) => [this.centre[axis] - size, this.centre[axis] + size]);
  }

  set ranges([x, y]) {
    this.centre = [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2];
    this.unit = (x[1] - x[0]) / this.width;
  }

  /**
   * Writes where these coordinates are on the screen.
   *
   * @param {Coordinates} layout n × 2
   * @param {Float32Array | number[]} screen n × 2
   */
  project(layout, screen) {
    const { centre, unit, width, height } = this;
    const left = width / 2 - centre[0] / unit,
      top = height / 2 + centre[1] / unit;
    for (let i = 0; i < layout.length; i += 2) {
      screen[i] = left + layout[i] / unit;
      screen[i + 1] = top - layout[i + 1] / unit;
    }
  }

  /**
   * The coordinates at a place on the screen.
   *
   * @param {number} x
   * @param {number} y
   */
  lift(x, y) {
    return [this.centre[0] + (x - this.width / 2) * this.unit, this.centre[1] - (y - this.height / 2) * this.unit];
  }

  /** @param {number} x @param {number} y CSS pixels by which the points move */
  pan(x, y) {
    this.centre = [this.centre[0] - x * this.unit, this.centre[1] + y * this.unit];
  }

  /**
   * Larger by this factor, while the place at (x, y) stays where it is.
   *
   * @param {number} factor
   */
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const [before0, before1] = this.lift(x, y);
    this.unit /= factor;
    const [after0, after1] = this.lift(x, y);
    this.centre = [this.centre[0] + before0 - after0, this.centre[1] + before1 - after1];
  }
}

/** Three coordinates seen from an eye that turns around their middle. */
export class Space {
  dims = 3;
  width = 0;
  height = 0;
  /** @type {Bounds} */
  box = boundsOf([], 3);
  centre = [0, 0, 0];
  half = 1; // of the box, in layout units
  yaw = 0.6;
  pitch = 0.4;
  zoomed = 1;
  shift = [0, 0]; // of the middle, in CSS pixels

  /** @param {number} width @param {number} height in CSS pixels */
  constructor(width, height) {
    this.resize(width, height);
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    Object.assign(this, { width, height });
  }

  /** @param {Bounds} bounds the box to show */
  fit(bounds) {
    this.box = bounds;
    const { low, high } = bounds;
    this.centre = low.map((value, axis) => (value + high[axis]) / 2);
    this.half = Math.max(...low.map((value, axis) => (high[axis] - value) / 2));
    Object.assign(this, { zoomed: 1, shift: [0, 0] });
  }

  /** CSS pixels per layout unit in the plane through the middle. */
  get scale() {
    return (this.zoomed * Math.min(this.width, this.height)) / (3.5 * this.half);
  }

  /** Rows: the screen's right, up, and towards the eye. */
  get rotation() {
    const [siny, cosy] = [Math.sin(this.yaw), Math.cos(this.yaw)];
    const [sinp, cosp] = [Math.sin(this.pitch), Math.cos(this.pitch)];
    return [cosy, siny, 0, -sinp * siny, sinp * cosy, cosp, cosp * siny, -cosp * cosy, sinp];
  }

  /**
   * Writes where these coordinates are on the screen, and their depths, from 0 for the farthest to 1 for the nearest.
   *
   * @param {Coordinates} layout n × 3
   * @param {Float32Array | number[]} screen n × 2
   * @param {Float32Array | null} [depths] n
   */
  project(layout, screen, depths) {
    const r = this.rotation,
      { centre, half, scale } = this;
    const middle = [this.width / 2 + this.shift[0], this.height / 2 + this.shift[1]];
    for (let i = 0, at = 0; i < layout.length; i += 3, at += 2) {
      const x = layout[i] - centre[0],
        y = layout[i + 1] - centre[1],
        z = layout[i + 2] - centre[2];
      const near = (r[6] * x + r[7] * y + r[8] * z) / half;
      const size = (scale * DISTANCE) / Math.max(0.1, DISTANCE - near);
      screen[at] = middle[0] + size * (r[0] * x + r[1] * y + r[2] * z);
      screen[at + 1] = middle[1] - size * (r[3] * x + r[4] * y + r[5] * z);
      if (depths) depths[i / 3] = Math.min(1, Math.max(0, 0.5 + near / 2));
    }
  }

  /**
   * The coordinates at a place on the screen, as far from the eye as the middle is.
   *
   * @param {number} x
   * @param {number} y
   */
  lift(x, y) {
    const r = this.rotation;
    const right = (x - this.width / 2 - this.shift[0]) / this.scale;
    const up = -(y - this.height / 2 - this.shift[1]) / this.scale;
    return this.centre.map((value, axis) => value + right * r[axis] + up * r[3 + axis]);
  }

  /** @param {number} x @param {number} y CSS pixels by which the points move */
  pan(x, y) {
    this.shift = [this.shift[0] + x, this.shift[1] + y];
  }

  /** @param {number} x @param {number} y radians */
  turn(x, y) {
    this.yaw += x;
    this.pitch = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, this.pitch + y));
  }

  /** @param {number} across @param {number} up steps, -1 to 1 */
  turnByKey(across, up) {
    this.turn(across * KEY_TURN, up * KEY_TURN);
  }

  /**
   * Larger by this factor, while the place at (x, y) stays where it is.
   *
   * @param {number} factor
   */
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const next = Math.max(0.2, Math.min(50, this.zoomed * factor));
    const grown = next / this.zoomed;
    const from = [x - this.width / 2, y - this.height / 2];
    this.shift = this.shift.map((value, axis) => from[axis] + grown * (value - from[axis]));
    this.zoomed = next;
  }

  /** The box's edges as pairs of corners; the first three are the axes. */
  get edges() {
    const { low, high } = this.box;
    const corner = (/** @type {number} */ bits) => low.map((value, axis) => (bits & (1 << axis) ? high[axis] : value));
    const pairs = [
      [0, 1],
      [0, 2],
      [0, 4],
      [1, 3],
      [1, 5],
      [2, 3],
      [2, 6],
      [4, 5],
      [4, 6],
      [3, 7],
      [5, 7],
      [6, 7],
    ];
    return pairs.map(([a, b]) => [corner(a), corner(b)]);
  }
}
