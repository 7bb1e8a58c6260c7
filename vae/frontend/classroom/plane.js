/**
 * Where the class's drawings lie in the plane of the shared map, and which of them are meant: without a page.
 *
 * @import { ImageShape } from "../lib/contract.js"
 *
 * The plane's origin in latent space, and a latent vector for each of its axes.
 *
 * @typedef {{mean: number[], components: number[][]}} Projection
 *
 * A drawing that the class has handed in: as the section "map" of the class's state has it. picture: bytes, channels first,
 * as base64. mean, logvar: of q(z|x).
 *
 * @typedef {{label: string | null, picture: string, shape: ImageShape, mean: number[], logvar: number[] | null}} Drawing
 *
 * Drawings with the same label. mark: index of its mark, classes of the model first.
 *
 * @typedef {{name: string, mark: number, ids: string[]}} Group
 *
 * One standard deviation of a Gaussian in the plane. angle: of the longer axis, counter-clockwise from the first axis.
 *
 * @typedef {{major: number, minor: number, angle: number}} Ellipse
 *
 * @typedef {readonly [x: number, y: number]} Place
 */

import { frameOf } from "../lib/frame.js";
import { classHeight } from "../lib/math.js";
import { t } from "../lib/words.js";

export const UNNAMED = t("no label");

/**
 * Where a latent vector lies: (z − mean)·components. The second axis of a 1-D latent space means nothing: it shows the
 * label, in the middle where that is no class.
 *
 * @param {Projection} projection
 * @param {ArrayLike<number>} z
 * @param {number} label index of a class, −1 for none
 * @param {number} classes
 * @returns {Place}
 */
export function placeOf({ mean, components }, z, label = -1, classes = 0) {
  const along = (/** @type {number[]} */ component) =>
    component.reduce((sum, weight, k) => sum + weight * (z[k] - mean[k]), 0);
  if (mean.length === 1) return [along(components[0]), label < 0 ? 0 : classHeight(label, classes)];
  return [along(components[0]), along(components[1])];
}

/**
 * The diagonal Gaussian seen in the plane: its covariance is W·diag(σ²)·Wᵀ, the ellipse's axes are that matrix's
 * eigenvectors, as long as the roots of its eigenvalues. null for a code without variance.
 *
 * @param {Projection} projection
 * @param {readonly number[] | null} logvar
 * @returns {Ellipse | null}
 */
export function ellipseOf({ mean, components }, logvar) {
  if (!logvar?.length || !logvar.every(Number.isFinite)) return null;
  const covariance = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
    logvar.reduce((sum, value, k) => sum + a[k] * b[k] * Math.exp(value), 0);
  const [first, second] = components;
  if (mean.length === 1) return { major: Math.sqrt(covariance(first, first)), minor: 0, angle: 0 };
  const xx = covariance(first, first),
    yy = covariance(second, second),
    xy = covariance(first, second);
  const middle = (xx + yy) / 2,
    reach = Math.hypot((xx - yy) / 2, xy);
  return {
    major: Math.sqrt(middle + reach),
    minor: Math.sqrt(Math.max(0, middle - reach)),
    angle: Math.atan2(2 * xy, xx - yy) / 2,
  };
}

/**
 * The drawings by their label: first those of the model's classes, in their order, then the class's own words in the
 * order in which they came. Capitals make no other label.
 *
 * @param {Record<string, Drawing>} drawings by their number
 * @param {readonly string[]} classNames
 * @returns {Group[]}
 */
export function groupsOf(drawings, classNames) {
  const marks = new Map(classNames.map((name, mark) => [keyOf(name), mark]));
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const id of Object.keys(drawings).sort((a, b) => Number(a) - Number(b))) {
    const name = drawings[id].label?.trim() || UNNAMED,
      key = keyOf(name);
    const mark = marks.get(key) ?? marks.size;
    marks.set(key, mark);
    const group = groups.get(key) ?? { name: classNames[mark] ?? name, mark, ids: [] };
    group.ids.push(id);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => a.mark - b.mark);
}

function keyOf(/** @type {string} */ label) {
  return label.trim().toLocaleLowerCase("en");
}

/**
 * The square that shows nearly all points and the drawings; a drawing that would make it more than twice as large stays
 * outside. One scale for both axes, so that distances are true.
 *
 * @param {Float32Array} points 2 numbers each
 * @param {readonly Place[]} drawings
 * @returns {{x: number, y: number, half: number}}
 */
export function squareOf(points, drawings) {
  const { low, high } = frameOf(points, 2);
  const most = Math.max(high[0] - low[0], high[1] - low[1]) / 2;
  const [left, bottom, right, top] = [low[0] - most, low[1] - most, high[0] + most, high[1] + most];
  for (const [x, y] of drawings) {
    if (x < left || x > right || y < bottom || y > top) continue;
    [low[0], high[0]] = [Math.min(low[0], x), Math.max(high[0], x)];
    [low[1], high[1]] = [Math.min(low[1], y), Math.max(high[1], y)];
  }
  const half = (1.12 * Math.max(high[0] - low[0], high[1] - low[1])) / 2;
  return { x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, half };
}

/**
 * The drawing that is nearest to a place; null where none is within reach. Of two at the same distance the later one,
 * which lies on top.
 *
 * @param {ReadonlyMap<string, Place>} places
 * @param {Place} place
 * @param {number} reach
 */
export function nearestTo(places, [x, y], reach) {
  /** @type {string | null} */
  let best = null;
  let least = reach;
  for (const [id, [left, top]] of places) {
    const distance = Math.hypot(left - x, top - y);
    if (distance <= least) [best, least] = [id, distance];
  }
  return best;
}

/**
 * The nearest drawing in a direction, within 45° of it; null where there is none.
 *
 * @param {ReadonlyMap<string, Place>} places
 * @param {string} from a drawing
 * @param {Place} direction a unit vector along an axis
 */
export function nextTowards(places, from, [right, up]) {
  const [x, y] = places.get(from) ?? [0, 0];
  /** @type {string | null} */
  let best = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [id, [otherX, otherY]] of places) {
    const along = (otherX - x) * right + (otherY - y) * up,
      aside = Math.abs((otherX - x) * up) + Math.abs((otherY - y) * right);
    if (id === from || along <= 0 || aside > along) continue;
    if (along + aside < least) [best, least] = [id, along + aside];
  }
  return best;
}

/**
 * The drawing after or before another one in the order of the groups, around the end; the first where there is none yet.
 *
 * @param {readonly Group[]} groups
 * @param {string | null} from
 * @param {1 | -1} step
 */
export function stepped(groups, from, step) {
  const ids = groups.flatMap((group) => group.ids);
  if (!ids.length) return null;
  const at = from === null ? -1 : ids.indexOf(from);
  if (at < 0) return ids[step > 0 ? 0 : ids.length - 1];
  return ids[(at + step + ids.length) % ids.length];
}
