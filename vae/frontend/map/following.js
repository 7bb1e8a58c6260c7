/**
 * The map as other pages follow it: where the user points, in the layout's coordinates, and what is pinned.
 *
 * z: of the place, which a page with another layout shows, too; left out where the place is a point, which all pages know.
 *
 * @import { Decoding } from "./decoding.js"
 * @import { Spot } from "./gestures.js"
 * @import { Pins } from "./pins.js"
 * @import { Plot } from "./plot.js"
 * @import { Pin, Projection } from "./projection.js"
 *
 * @typedef {{coordinates: number[], point: number, z?: number[]}} LiveSpot
 * @typedef {Pick<Pin, "z" | "row" | "exact" | "near" | "label" | "coordinates">} LivePin
 */

import { isRow, isVector } from "../lib/following.js";
import { round4 } from "../lib/math.js";

/**
 * @param {Pick<Decoding, "spot" | "z">} decoding
 * @param {Pick<Pins, "pin">} pins
 * @returns {{spot: LiveSpot | null, pin: LivePin | null}}
 */
export function announced({ spot, z }, { pin }) {
  const place = spot && { coordinates: spot.coordinates.map(round4), point: spot.point };
  const isPoint = spot !== null && spot.point >= 0;
  return {
    spot: place && (isPoint ? place : { ...place, z: z.map(asFloat) }),
    pin: pin && withoutConfig(pin),
  };
}

/**
 * The place that a value from the network describes, where it is on this page's plot; null for none.
 *
 * @param {unknown} value
 * @param {Pick<Plot, "placeOf" | "placeOfRow">} plot
 * @param {Pick<Projection, "encoded" | "dims">} projection this page's
 * @returns {Spot | null}
 */
export function readSpot(value, plot, { encoded, dims }) {
  const { coordinates, point, z } = /** @type {Partial<LiveSpot>} */ (value ?? {});
  if (isRow(point, encoded.n)) {
    const [x, y] = plot.placeOfRow(point);
    return { x, y, coordinates: coordinates ?? [], point };
  }
  if (!isVector(coordinates, dims) || !isVector(z, encoded.latentDim)) return null;
  const [x, y] = plot.placeOf(coordinates);
  return { x, y, coordinates, point: -1, z };
}

/**
 * The pin that a value from the network describes; null for none.
 *
 * @param {unknown} value
 * @param {Pick<Projection, "encoded" | "dims" | "config">} projection this page's
 * @returns {Pin | null}
 */
export function readPin(value, { encoded, dims, config }) {
  const pin = /** @type {Partial<LivePin>} */ (value ?? {});
  const { z, exact, near } = pin;
  if (!isVector(z, encoded.latentDim)) return null;
  const row = isRow(pin.row, encoded.n) ? pin.row : null;
  const label = isRow(pin.label, encoded.classNames.length) ? pin.label : null;
  const place = isVector(pin.coordinates, dims)
    ? { coordinates: pin.coordinates, config }
    : { coordinates: null, config: null };
  return { z, row, exact: exact === true, near: near !== false, label, ...place };
}

/** As many digits as a decoder's input has, so that the picture is the same. */
function asFloat(/** @type {number} */ value) {
  return Number(value.toPrecision(9));
}

/** @param {Pin} pin @returns {LivePin} */
function withoutConfig({ z, row, exact, near, label, coordinates }) {
  return { z, row, exact, near, label, coordinates: coordinates?.map(round4) ?? null };
}
