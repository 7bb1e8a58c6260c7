/**
 * Where things lie on the rate–distortion plane: rate (KL) across, distortion (reconstruction) up, both in nats.
 *
 * @typedef {{x: number, y: number}} Place in CSS pixels
 * @typedef {{left: number, top: number, width: number, height: number}} Box
 * @typedef {Box & {anchor: "start" | "middle" | "end", x: number, y: number, far: boolean}} LabelPlace
 */

import { roundStep } from "../lib/math.js";

const ROOM = 1.25; // of the largest rate: an image's own is often larger than the mean
const ABOVE = 1.06; // of the largest distortion
const FAR = 0.5; // of the largest distortion: where none is below, the axis does not begin at 0
const LINES = 6; // of equal −ELBO, at most
const STEPS = 5; // of an axis, about
const DISTANCES = [0.9, 1.6, 2.5, 3.5]; // of a label from its point, in heights of a line
const DOT = 0.45; // of a point's half side, in the same unit

export class PlaneScale {
  /**
   * @param {readonly (number | null)[]} rates of the models
   * @param {readonly (number | null)[]} distortions of models and marks
   * @param {Box} box of the plot
   */
  constructor(rates, distortions, box) {
    const known = distortions.filter((value) => value !== null);
    this.most = { rate: ROOM * Math.max(1, ...rates.map((rate) => rate ?? 0)), distortion: 0 };
    const lowest = Math.min(...known, Infinity),
      high = Math.max(Math.min(0, lowest) + 1, ...known);
    const isFar = lowest > FAR * high && high - lowest >= 1;
    const low = lowest < 0 || isFar ? lowest : 0;
    this.least = low + (low && (low - high) * (ABOVE - 1));
    this.most.distortion = high + Math.max(1e-9, (high - low) * (ABOVE - 1));
    this.box = box;
  }

  /** The place of a rate across; within the plot. @param {number} rate */
  x(rate) {
    const { left, width } = this.box;
    return left + width * clamp(rate / this.most.rate);
  }

  /** The place of a distortion; within the plot. @param {number} distortion */
  y(distortion) {
    const { top, height } = this.box;
    return top + height * (1 - clamp((distortion - this.least) / (this.most.distortion - this.least)));
  }

  /** Round rates for the axis. */
  get rates() {
    return ticks(0, this.most.rate);
  }

  /** Round distortions for the axis. */
  get distortions() {
    return ticks(this.least, this.most.distortion);
  }

  /**
   * Lines of equal −ELBO = rate + distortion, from their highest point to their lowest within the plot.
   *
   * @returns {{sum: number, from: Place, to: Place}[]}
   */
  equalSums() {
    const { most, least } = this;
    const step = roundStep((most.distortion + most.rate - least) / LINES);
    const lines = [];
    for (let sum = step * Math.ceil((least + 1e-9) / step); sum < most.distortion + most.rate; sum += step) {
      const first = Math.max(0, sum - most.distortion),
        last = Math.min(most.rate, sum - least);
      if (last <= first) continue;
      const place = (/** @type {number} */ rate) => ({ x: this.x(rate), y: this.y(sum - rate) });
      lines.push({ sum, from: place(first), to: place(last) });
    }
    return lines;
  }
}

/**
 * Round numbers from low to high.
 *
 * @param {number} low
 * @param {number} high
 */
export function ticks(low, high) {
  const step = roundStep((high - low) / STEPS);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * Where to write the labels of points so that none covers another one, or a point: beside its point, else further off, else
 * nowhere. The first points choose first.
 *
 * @param {readonly (Place & {width: number})[]} points with their labels' widths
 * @param {number} height of a line
 * @param {Box} box within which they stay
 * @param {readonly Box[]} [written] what is written there already
 * @returns {(LabelPlace | null)[]}
 */
export function placeLabels(points, height, box, written = []) {
  const half = DOT * height;
  const taken = points.map(({ x, y }) => ({ left: x - half, top: y - half, width: 2 * half, height: 2 * half }));
  taken.push(...written);
  return points.map((point, i) => {
    const places = candidates(point, height);
    const isFree = (/** @type {Box} */ place) => taken.every((other, k) => k === i || !overlap(place, other));
    const found = places.find((place) => isInside(place, box) && isFree(place)) ?? null;
    if (found) taken.push(found);
    return found;
  });
}

/**
 * @param {Place & {width: number}} point
 * @param {number} height
 * @returns {LabelPlace[]}
 */
function candidates({ x, y, width }, height) {
  return DISTANCES.flatMap((lines, k) => {
    const far = k > 0,
      distance = lines * height;
    const slope = distance * 0.75;
    /** @type {[anchor: LabelPlace["anchor"], across: number, down: number][]} */
    const ways = [
      ["start", distance, 0],
      ["end", -distance, 0],
      ["start", slope, -slope],
      ["start", slope, slope],
      ["end", -slope, -slope],
      ["end", -slope, slope],
      ["middle", 0, -distance - height / 4],
      ["middle", 0, distance + height / 4],
    ];
    return ways.map(([anchor, across, down]) => {
      const [at, middle] = [x + across, y + down];
      const left = anchor === "start" ? at : anchor === "end" ? at - width : at - width / 2;
      return { anchor, x: at, y: middle, far, left, top: middle - height / 2, width, height };
    });
  });
}

/** @param {Box} a @param {Box} b */
function overlap(a, b) {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

/** @param {Box} inner @param {Box} outer */
function isInside(inner, outer) {
  return (
    inner.left >= outer.left &&
    inner.top >= outer.top &&
    inner.left + inner.width <= outer.left + outer.width &&
    inner.top + inner.height <= outer.top + outer.height
  );
}

function clamp(/** @type {number} */ share) {
  return Math.max(0, Math.min(1, share));
}
