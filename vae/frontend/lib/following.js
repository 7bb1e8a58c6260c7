/**
 * What a component shows while the user moves it: announced by the teacher's page, followed by the students'.
 *
 * A component that can be followed calls `announce` in the one place through which its state changes, and has a method
 * `follow(live)` that shows such a state at once, sends nothing to its host and asks nothing of the user.
 *
 * view: its name, as vae/views/shared/pages.py has it. Of the rest the component alone knows the meaning. It goes over
 * the network many times a second: a few numbers and texts, with four decimals.
 *
 * @typedef {{view: string, model: string} & Record<string, unknown>} Live
 */

import { fromBase64 } from "./bytes.js";

const EVENT = "latent-lab-live";
// The window's, because a page may have this module twice: with its host's scripts and with those that it loads later.
const HEARD = "latentLabIsHeard";

/**
 * Tells the page's window what a component shows now. Where nobody listens it checks one property and makes nothing.
 *
 * @param {EventTarget} node of the component
 * @param {() => Live} make
 */
export function announce(node, make) {
  if (!(HEARD in globalThis)) return;
  node.dispatchEvent(new CustomEvent(EVENT, { bubbles: true, composed: true, detail: make() }));
}

/**
 * Calls `take` with all that is announced beneath a node, until the function that it returns is called.
 *
 * @param {EventTarget} node
 * @param {(live: Live) => void} take
 */
export function listen(node, take) {
  const onLive = (/** @type {Event} */ event) => take(/** @type {CustomEvent<Live>} */ (event).detail);
  node.addEventListener(EVENT, onLive);
  Object.assign(globalThis, { [HEARD]: true });
  return () => {
    node.removeEventListener(EVENT, onLive);
    Reflect.deleteProperty(globalThis, HEARD);
  };
}

/**
 * Whether a value from the network is a latent vector of this many numbers.
 *
 * @param {unknown} value
 * @param {number} latentDim
 * @returns {value is number[]}
 */
export function isVector(value, latentDim) {
  return Array.isArray(value) && value.length === latentDim && value.every(Number.isFinite);
}

/**
 * Whether a value from the network is what a link's parameters are: texts by their names.
 *
 * @param {unknown} value
 * @returns {value is Record<string, string>}
 */
export function isParams(value) {
  return typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");
}

/**
 * The picture that a text from the network stands for; null where it is none of this size.
 *
 * @param {unknown} text base64
 * @param {readonly number[]} imageShape
 */
export function readPixels(text, imageShape) {
  if (typeof text !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4) return null;
  const pixels = fromBase64(text);
  return pixels.length === imageShape.reduce((product, side) => product * side, 1) ? pixels : null;
}

/**
 * Whether a value from the network is the number of one of so many rows.
 *
 * @param {unknown} value
 * @param {number} count
 * @returns {value is number}
 */
export function isRow(value, count) {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < count;
}
