/**
 * Interpolation as other pages follow it: the state of its link, with the place on the way as it is while that moves.
 *
 * @import { EndKey, State } from "./ends.js"
 */

/** @type {readonly EndKey[]} */
export const END_KEYS = ["from", "to", "third", "fourth", "base"];
/** The place of the large picture, which changes with every movement. */
const MOVING = /** @type {const} */ (["t", "x", "y", "strength"]);
const OTHERS = /** @type {const} */ (["view", "steps", "path", "plus", "minus", "apply", "draw"]);
const KEYS = [...END_KEYS, ...MOVING, ...OTHERS];

/** A share from 0 to 1 as a link has it. */
export function shareText(/** @type {number} */ share) {
  return share.toFixed(3).replace(/\.?0+$/, "");
}

/**
 * What is new in the state of another page.
 *
 * @param {State} before
 * @param {Record<string, string>} params of that page's link
 * @returns {{state: State, ends: EndKey[], moves: boolean, others: boolean}} the new state, the ends that are others, and
 *   whether the place on the way or anything else is another
 */
export function changesOf(before, params) {
  /** @type {State} */
  const state = Object.fromEntries(KEYS.filter((key) => key in params).map((key) => [key, params[key]]));
  const differs = (/** @type {keyof State} */ key) => state[key] !== before[key];
  return { state, ends: END_KEYS.filter(differs), moves: MOVING.some(differs), others: OTHERS.some(differs) };
}
