/**
 * A picture that goes along when the user opens its mean in Explore: the link has the z of one model only, and others have to
 * encode the picture themselves. The browser's tab keeps the last one.
 */

import { fromBase64, toBase64 } from "./bytes.js";

const KEY = "latent-lab: picture brought to Explore";

/**
 * @param {string} model whose z it is
 * @param {readonly number[]} z its mean, as the link has it
 * @param {Uint8Array} pixels
 */
export function bring(model, z, pixels) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ model, z, pixels: toBase64(pixels) }));
  } catch {
    // A tab without storage, or a full one: other models then start without the picture.
  }
}

/**
 * The picture that belongs to this z of this model; null where none was brought.
 *
 * @param {string} model
 * @param {readonly number[]} z
 */
export function brought(model, z) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return kept?.model === model && String(kept.z) === String(z) ? fromBase64(kept.pixels) : null;
  } catch {
    return null;
  }
}
