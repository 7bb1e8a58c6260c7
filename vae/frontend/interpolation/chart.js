/** Small line charts whose columns stand under the pictures of a strip. */

import { svgElement } from "../lib/dom.js";

const TOP = 0.36,
  BOTTOM = 0.29; // em of margin
const MARK = 1 / 14, // em of a unit of MARKS
  STROKE = 0.11; // em

/** @typedef {"circle" | "square" | "triangle" | "diamond"} Mark */
/** @typedef {{values: number[], mark: Mark, colour: string}} Line */

/**
 * Draws lines into an svg of this size. Each value is in the middle of its column; between: at the border to the next
 * one. The scale is from 0 to `top`; reference: a dashed line at this height, null for none. width, height, em, the size
 * of the page's text: in CSS pixels.
 *
 * @param {SVGSVGElement} svg
 * @param {{width: number, height: number, em: number, columns: number, lines: Line[], top: number,
 *   reference: number | null, between?: boolean}} chart
 */
export function drawChart(svg, { width, height, em, columns, lines, top, reference, between = false }) {
  /** @param {number} i */
  const x = (i) => ((i + (between ? 1 : 0.5)) * width) / columns;
  /** @param {number} value */
  const y = (value) => height - BOTTOM * em - (value / top) * (height - (TOP + BOTTOM) * em);
  /** @type {SVGElement[]} */
  const parts = [svgElement("line", { x1: 0, x2: width, y1: y(0), y2: y(0), class: "axis" })];
  if (reference !== null) {
    parts.push(svgElement("line", { x1: 0, x2: width, y1: y(reference), y2: y(reference), class: "reference" }));
  }
  for (const { values, mark, colour } of lines) {
    const points = values.map((value, i) => [x(i), y(value)]);
    const stroke = { stroke: colour, fill: "none", "stroke-width": STROKE * em };
    parts.push(svgElement("polyline", { points: points.join(" "), ...stroke }));
    for (const [atX, atY] of points) {
      const transform = `translate(${atX} ${atY}) scale(${MARK * em})`;
      parts.push(svgElement("path", { d: MARKS[mark], fill: colour, transform }));
    }
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", `${width}`);
  svg.setAttribute("height", `${height}`);
  svg.replaceChildren(...parts);
}

/** @type {Record<Mark, string>} */
const MARKS = {
  circle: "M-3,0a3,3 0 1,0 6,0a3,3 0 1,0 -6,0",
  square: "M-2.6,-2.6h5.2v5.2h-5.2z",
  diamond: "M0,-3.6l3.2,3.6l-3.2,3.6l-3.2,-3.6z",
  triangle: "M0,-3.2l3.4,5.8h-6.8z",
};

/**
 * A mark as the charts have it, for a legend.
 *
 * @param {Mark} mark
 * @param {string} colour
 */
export function markOf(mark, colour) {
  const svg = svgElement("svg", { viewBox: "-5 -5 10 10", "aria-hidden": "true" });
  svg.append(svgElement("path", { d: MARKS[mark], fill: colour }));
  return svg;
}
