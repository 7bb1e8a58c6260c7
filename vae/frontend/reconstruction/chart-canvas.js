/** The canvas of a chart: its size and colours. */

import { drawingScale } from "../lib/canvas.js";
import { contextOf } from "../lib/dom.js";

export const THIS_IMAGE = "#e66101"; // its colour in every chart

/**
 * The width of an element in the unit of `fitted`; 0 where it is not shown.
 *
 * @param {Element} node
 */
export function widthOf(node) {
  const { clientWidth: width } = node;
  return width && (width * devicePixelRatio) / drawingScale();
}

/**
 * The context of a canvas of this size, cleared; its unit is the CSS pixel of a laptop's screen.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function fitted(canvas, width, height) {
  const scale = drawingScale();
  const [columns, rows] = [width, height].map((length) => Math.round(length * scale));
  if (canvas.width !== columns || canvas.height !== rows) {
    Object.assign(canvas, { width: columns, height: rows });
    const css = scale / devicePixelRatio;
    Object.assign(canvas.style, { width: `${width * css}px`, height: `${height * css}px` });
  }
  const context = contextOf(canvas);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** @param {Element} node */
export function inkOf(node) {
  return getComputedStyle(node).color;
}
