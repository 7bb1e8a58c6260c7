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
