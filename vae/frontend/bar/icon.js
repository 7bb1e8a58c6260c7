/** The bar's icons: lines of the text's colour, drawn rather than written, because no font has them all. */

import { svgElement } from "../lib/dom.js";

/** @param {string} path in a square of 16 */
export function icon(path) {
  const svg = svgElement("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" });
  svg.append(svgElement("path", { d: path }));
  return svg;
}
