/** Small line charts whose columns stand under the pictures of a strip. */

import { svgElement } from "../lib/dom.js";

const TOP = 5,
  BOTTOM = 4; // CSS pixels of margin

/**
 * Draws rows {values, mark: "circle" | "square" | "triangle", colour} into an svg of this size. Each value stands in the
 * middle of its column, of `columns` in all; between: at the border to the next one. The scale is from 0 to `top`;
 * reference: a dashed line at this height, null for none.
 */
export function drawChart(svg, { width, height, columns, rows, top, reference, between }) {
  const x = (i) => ((i + (between ? 1 : 0.5)) * width) / columns;
  const y = (value) => height - BOTTOM - (value / top) * (height - TOP - BOTTOM);
  const parts = [svgElement("line", { x1: 0, x2: width, y1: y(0), y2: y(0), class: "axis" })];
  if (reference !== null) {
    parts.push(svgElement("line", { x1: 0, x2: width, y1: y(reference), y2: y(reference), class: "reference" }));
  }
  for (const { values, mark, colour } of rows) {
    const points = values.map((value, i) => [x(i), y(value)]);
    parts.push(svgElement("polyline", { points: points.join(" "), stroke: colour, fill: "none", "stroke-width": 1.5 }));
    parts.push(...points.map(([atX, atY]) => svgElement("path", { d: MARKS[mark](atX, atY), fill: colour })));
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.replaceChildren(...parts);
}

const MARKS = {
  circle: (x, y) => `M${x - 3},${y}a3,3 0 1,0 6,0a3,3 0 1,0 -6,0`,
  square: (x, y) => `M${x - 2.6},${y - 2.6}h5.2v5.2h-5.2z`,
  triangle: (x, y) => `M${x},${y - 3.2}l3.4,5.8h-6.8z`,
};

/** A mark as it stands in the charts, for a legend. */
export function markOf(mark, colour) {
  const svg = svgElement("svg", { width: 10, height: 10, viewBox: "-5 -5 10 10", "aria-hidden": "true" });
  svg.append(svgElement("path", { d: MARKS[mark](0, 0), fill: colour }));
  return svg;
}
