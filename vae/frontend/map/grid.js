/**
 * The axes of the plane where there is no Plotly: grid, numbers and titles as an SVG, as Plotly draws them. Pointers and
 * keys move the plane then (gestures.js).
 *
 * @import { Plane } from "./views.js"
 *
 * titles: of the two axes, null where an axis means nothing. pans: whether dragging moves the map.
 *
 * @typedef {{titles: (string | null)[], width: number, height: number, pans: boolean,
 *            colours: {grid: string, ground: string}}} AxesStyle
 */

import { svgElement } from "../lib/dom.js";

const SPACING = 6; // em between two lines, at least
const STEPS = [1, 2, 5];

/**
 * Round numbers from low to high, at most `most` of them (and one more), a step of 1, 2 or 5 times a power of ten apart.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} most
 */
export function ticksOf(low, high, most) {
  const least = (high - low) / Math.max(1, most),
    power = 10 ** Math.floor(Math.log10(least));
  const step = power * (STEPS.find((each) => each * power >= least) ?? 10);
  if (!(step > 0 && Number.isFinite(step))) return [];
  const first = Math.ceil(low / step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return {
      value,
      text: value
        .toFixed(Math.min(20, decimals))
        .replace(/^-(?=0(\.0*)?$)/, "")
        .replace("-", "−"),
    };
  });
}

/**
 * Draws the axes into an SVG element.
 *
 * @param {SVGElement} svg
 * @param {Plane} plane
 * @param {AxesStyle & {em: number, left: number, top: number}} style left, top: of the area of the points in the SVG
 */
export function drawGrid(svg, plane, { titles, width, height, colours, em, left, top }) {
  const { width: across, height: down } = plane;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(svgElement("rect", { x: left, y: top, width: across, height: down, fill: colours.ground }));
  const line = (/** @type {Record<string, number>} */ ends, /** @type {boolean} */ zero) =>
    svg.append(svgElement("line", { ...ends, stroke: colours.grid, "stroke-width": zero ? 2 : 1 }));
  const text = (/** @type {string} */ content, /** @type {Record<string, string | number>} */ attributes) => {
    const node = svgElement("text", { fill: "currentcolor", "font-size": em, ...attributes });
    node.textContent = content;
    svg.append(node);
  };
  const [x, y] = plane.ranges;
  if (titles[0] !== null) {
    for (const { value, text: number } of ticksOf(x[0], x[1], across / (SPACING * em))) {
      const at = left + (value - x[0]) / plane.unit;
      line({ x1: at, x2: at, y1: top, y2: top + down }, value === 0);
      text(number, { x: at, y: top + down + 1.1 * em, "text-anchor": "middle" });
    }
    text(titles[0], { x: left + across / 2, y: top + down + 2.4 * em, "text-anchor": "middle" });
  }
  if (titles[1] !== null) {
    for (const { value, text: number } of ticksOf(y[0], y[1], down / (SPACING * em))) {
      const at = top + (y[1] - value) / plane.unit;
      line({ x1: left, x2: left + across, y1: at, y2: at }, value === 0);
      text(number, { x: left - 0.4 * em, y: at + 0.35 * em, "text-anchor": "end" });
    }
    const [column, middle] = [left - 2.6 * em, top + down / 2];
    text(titles[1], { x: column, y: middle, "text-anchor": "middle", transform: `rotate(-90 ${column} ${middle})` });
  }
}
