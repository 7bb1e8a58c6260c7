/** The user's own picture on the pad, kept by the browser's tab for all pages that have one. */

import { fromBase64, toBase64 } from "./bytes.js";

/** @import { PadState } from "./drawing.js" */
/** @import { Chosen } from "./photo-steps.js" */

/**
 * @typedef {Chosen & {name: string}} Upload name: of the file, and its size
 *
 * title: of the picture under the drawing; "" where there is none. upload: the file's picture that it comes from.
 *
 * @typedef {PadState & {title: string, upload: Upload | null}} Kept
 */

const KEY = "latent-lab: Reconstruction's pad";

/** @param {Kept | null} kept null: nothing */
export function remember(kept) {
  try {
    if (!kept) sessionStorage.removeItem(KEY);
    else
      sessionStorage.setItem(
        KEY,
        JSON.stringify(kept, (_, value) => (isBytes(value) ? toBase64(value) : value)),
      );
  } catch {
    // A tab without storage, or a full one, forgets the pad when the page is left.
  }
}

/** @returns {Kept | null} */
export function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null", (key, value) =>
      key === "pixels" ? fromBase64(value) : value,
    );
  } catch {
    return null;
  }
}

/** @param {unknown} value */
function isBytes(value) {
  return value instanceof Uint8Array;
}
