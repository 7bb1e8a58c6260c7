/** Lines and labels of the charts. */

import { svgElement } from "../lib/dom.js";

/**
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {string} kind its class
 */
export function line(x1, y1, x2, y2, kind) {
  return svgElement("line", { x1, y1, x2, y2, class: kind });
}

/**
 * @param {string | number} text
 * @param {number} x
 * @param {number} y
 * @param {"start" | "middle" | "end"} anchor
 */
export function label(text, x, y, anchor) {
  const node = svgElement("text", { x, y, "text-anchor": anchor });
  node.textContent = `${text}`;
  return node;
}

/**
 * The size of a chart's text in CSS pixels. All around the plot is in proportion to it.
 *
 * @param {SVGElement} svg
 */
export function textSize(svg) {
  return Number.parseFloat(getComputedStyle(svg).fontSize);
}
