/**
 * What is painted on the map: the colours of the points, and the lines and marks above them.
 *
 * @import { Rgb } from "../lib/canvas.js"
 * @import { EncodedSet } from "../lib/encoded-set.js"
 * @import { Place } from "./views.js"
 */

import { rgb } from "../lib/canvas.js";
import { excessOf } from "../lib/encoded-set.js";
import { t } from "../lib/words.js";

/** The ramp for numbers: viridis, evenly sampled. Source: van der Walt & Smith 2015, CC0. */
const VIRIDIS = [
  "#440154",
  "#482878",
  "#3e4a89",
  "#31688e",
  "#26828e",
  "#1f9e89",
  "#35b779",
  "#6ece58",
  "#b5de2b",
  "#fde725",
];
const RAMP_STEPS = 64;

export const RAMP = Array.from({ length: RAMP_STEPS }, (_, i) => between(VIRIDIS, i / (RAMP_STEPS - 1)));
export const RAMP_CSS = `linear-gradient(90deg, ${VIRIDIS.join(", ")})`;

/**
 * @param {string[]} colours
 * @param {number} share 0 for the first to 1 for the last
 * @returns {Rgb}
 */
function between(colours, share) {
  const at = share * (colours.length - 1),
    low = Math.min(colours.length - 2, Math.floor(at));
  const [from, to] = [rgb(colours[low]), rgb(colours[low + 1])];
  const [red, green, blue] = from.map((value, c) => Math.round(value + (at - low) * (to[c] - value)));
  return [red, green, blue];
}

/**
 * The ramp's colour of each point for a number, and its scale; null for the classes, which have colours of their own.
 *
 * @param {string} by "class", "excess", "reconstruction", "kl", or "z3" for a dimension
 * @param {EncodedSet} encoded
 */
export function scaleOf(by, encoded) {
  if (by === "class") return null;
  if (by === "excess")
    return { ...onRamp(excessOf(encoded) ?? encoded.reconstruction), unit: t("nats above the best possible") };
  if (by === "reconstruction" || by === "kl") return { ...onRamp(encoded[by]), unit: "nats" };
  const { n, latentDim, mean } = encoded;
  const axis = Number(by.slice(1));
  return { ...onRamp(Float32Array.from({ length: n }, (_, i) => mean[i * latentDim + axis])), unit: "" };
}

/**
 * The colour of each value on the ramp, which goes from the 2nd to the 98th percentile.
 *
 * @param {Float32Array} values
 */
function onRamp(values) {
  const sorted = values.slice().sort();
  const last = RAMP.length - 1,
    n = values.length;
  const low = sorted[Math.floor(0.02 * (n - 1))],
    high = sorted[Math.ceil(0.98 * (n - 1))];
  const step = (/** @type {number} */ value) =>
    Math.round(last * Math.max(0, Math.min(1, (value - low) / (high - low || 1))));
  return { low, high, colours: Uint8Array.from(values, step) };
}

/**
 * Draws a path twice, the wider one beneath in the opposite shade, so that it is visible on any ground.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Path2D} path
 * @param {string} colour
 * @param {number} width
 */
export function outlined(context, path, colour, width, halo = "#000") {
  for (const [strokeStyle, lineWidth] of [
    [halo, 2 * width + 1],
    [colour, width],
  ]) {
    Object.assign(context, { strokeStyle, lineWidth });
    context.stroke(path);
  }
}

/**
 * Text that is readable on any ground.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {number} size in CSS pixels
 * @param {string} colour
 * @param {string} halo
 */
export function label(context, text, x, y, size, colour, halo) {
  Object.assign(context, { font: `bold ${size}px sans-serif`, textAlign: "center", textBaseline: "middle" });
  Object.assign(context, { lineJoin: "round", strokeStyle: halo, fillStyle: colour, lineWidth: size / 3 });
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

/** @param {number} x @param {number} y @param {number} radius */
export function circle(x, y, radius) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 2 * Math.PI);
  return path;
}

/** @param {number} x @param {number} y @param {number} size */
export function cross(x, y, size) {
  const path = new Path2D();
  for (const [dx, dy] of [
    [1, 0],
    [0, 1],
  ]) {
    path.moveTo(x - size * dx, y - size * dy);
    path.lineTo(x + size * dx, y + size * dy);
  }
  return path;
}

/** @param {Place[][]} pairs the ends of each line */
export function lines(pairs) {
  const path = new Path2D();
  for (const [[x0, y0], [x1, y1]] of pairs) {
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
  }
  return path;
}
