/**
 * The class's drawings: which wait, which are on the map, which are hidden.
 *
 * @import { ClassState, DrawingState } from "../state.js"
 *
 * @typedef {ClassState["drawings"][string]} Drawing
 */

/** @type {readonly (readonly [DrawingState, string])[]} */
export const STATES = [
  ["waiting", "Waiting"],
  ["approved", "On the map"],
  ["hidden", "Hidden"],
];

/**
 * The drawings of a state, the oldest first.
 *
 * @param {Record<string, Drawing>} drawings
 * @param {DrawingState} state
 * @returns {[id: string, drawing: Drawing][]}
 */
export function inState(drawings, state) {
  return Object.entries(drawings)
    .filter(([, drawing]) => drawing.state === state)
    .sort(([a], [b]) => Number(a) - Number(b));
}

/**
 * Which drawing to look at after one has left the list: the one that takes its place, else the last; the first one where
 * none was looked at.
 *
 * @param {readonly string[]} before the list with it
 * @param {readonly string[]} now
 * @param {string | null} gone
 */
export function nextOf(before, now, gone) {
  if (!now.length) return null;
  if (gone === null) return now[0];
  const at = before.indexOf(gone);
  return before.slice(at + 1).find((id) => now.includes(id)) ?? now[now.length - 1];
}
