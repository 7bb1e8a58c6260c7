/** Where models are decoded, as the user chose it: kept in this browser, for all pages. */

import { hasServer } from "./files.js";

const KEY = "vae-decode-on";
/** What the window receives when the choice changes. */
export const DECODE_CHOICE_CHANGED = "vae-decode-choice";

/** Whether the server decodes, also what this browser could. */
export function prefersServer() {
  if (!hasServer()) return false;
  try {
    return localStorage.getItem(KEY) === "server";
  } catch {
    return false; // the browser keeps nothing for this page
  }
}

/** Changes where models are decoded, on this page at once. */
export function preferServer(/** @type {boolean} */ server) {
  try {
    if (server) localStorage.setItem(KEY, "server");
    else localStorage.removeItem(KEY);
  } finally {
    dispatchEvent(new Event(DECODE_CHOICE_CHANGED));
  }
}
