/** Small line charts whose columns stand under the pictures of a strip. */

import { svgElement } from "../lib/dom.js";

const TOP = 5,
  BOTTOM = 4; // CSS pixels of margin

/** @typedef {"circle" | "square" | "triangle"} Mark */
/** @typedef {{values: number[], mark: Mark, colour: string}} Line */

/**
 * Draws lines into an svg of this size. Each value is in the middle of its column; between: at the border to the next
 * one. The scale is from 0 to `top`; reference: a dashed line at this height, null for none.
 *
 * @param {SVGSVGElement} svg
 * @param {{width: number, height: number, columns: number, lines: Line[], top: number, reference: number | null,
 *   between?: boolean}} chart
 */
export function drawChart(svg, { width, height, columns, lines, top, reference, between = false }) {
  /** @param {number} i */
  const x = (i) => ((i + (between ? 1 : 0.5)) * width) / columns;
  /** @param {number} value */
  const y = (value) => height - BOTTOM - (value / top) * (height - TOP - BOTTOM);
  /** @type {SVGElement[]} */
  const parts = [svgElement("line", { x1: 0, x2: width, y1: y(0), y2: y(0), class: "axis" })];
  if (reference !== null) {
    parts.push(svgElement("line", { x1: 0, x2: width, y1: y(reference), y2: y(reference), class: "reference" }));
  }
  for (const { values, mark, colour } of lines) {
    const points = values.map((value, i) => [x(i), y(value)]);
    parts.push(svgElement("polyline", { points: points.join(" "), stroke: colour, fill: "none", "stroke-width": 1.5 }));
    parts.push(...points.map(([atX, atY]) => svgElement("path", { d: MARKS[mark](atX, atY), fill: colour })));
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", `${width}`);
  svg.setAttribute("height", `${height}`);
  svg.replaceChildren(...parts);
}

/** @type {Record<Mark, (x: number, y: number) => string>} */
const MARKS = {
  circle: (x, y) => `M${x - 3},${y}a3,3 0 1,0 6,0a3,3 0 1,0 -6,0`,
  square: (x, y) => `M${x - 2.6},${y - 2.6}h5.2v5.2h-5.2z`,
  triangle: (x, y) => `M${x},${y - 3.2}l3.4,5.8h-6.8z`,
};

/**
 * A mark as the charts have it, for a legend.
 *
 * @param {Mark} mark
 * @param {string} colour
 */
export function markOf(mark, colour) {
  const svg = svgElement("svg", { width: 10, height: 10, viewBox: "-5 -5 10 10", "aria-hidden": "true" });
  svg.append(svgElement("path", { d: MARKS[mark](0, 0), fill: colour }));
  return svg;
}
