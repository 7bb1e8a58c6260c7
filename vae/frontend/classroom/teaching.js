/**
 * The class that is taught in this browser, while a page of the app is open: one connection, whatever the page shows. The
 * bar loads it where there is such a class, see lib/teaching.js.
 */

import { offerChip, setTaught, taught } from "../lib/teaching.js";
import { Broadcast } from "./broadcast.js";
import { Chip } from "./chip.js";

/** @type {Broadcast | null} */
let broadcast = null;

/**
 * The chip of the class that is taught now; null where none is.
 *
 * @param {string} base the app's address, without a slash at its end
 */
function chipOf(base) {
  const code = taught();
  if (broadcast && (broadcast.ended || broadcast.code !== code)) {
    broadcast.end();
    broadcast = null;
  }
  if (code) broadcast ??= begun(base, code);
  return broadcast && new Chip(broadcast);
}

/**
 * @param {string} base
 * @param {string} code
 */
function begun(base, code) {
  const begins = new Broadcast(base, code, window);
  begins.listeners.add(() => {
    if (begins.ended && taught() === code) setTaught(null); // closed, deleted, or this browser may teach it no more
  });
  return begins;
}

offerChip(chipOf);
