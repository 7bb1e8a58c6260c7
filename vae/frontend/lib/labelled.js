/** An image with the classes under which a conditional model is asked about it, and the likeliest one's reply. */

/** @import { ReconstructReply } from "./live-client.js" */

/** @typedef {Pick<ReconstructReply, "mean" | "logvar" | "pixels">} Rows of one image */
/** @typedef {Rows & { label: number | null, reconstruction: number, kl: number }} Best of the classes that were tried */

/**
 * The image as the live service takes it: once for each label, followed by it; alone without labels.
 *
 * @param {Uint8Array<ArrayBuffer>} input
 * @param {number[]} labels
 */
export function payload(input, labels) {
  if (!labels.length) return input;
  const stride = input.length + 2;
  const rows = new Uint8Array(labels.length * stride);
  labels.forEach((label, k) => {
    rows.set(input, k * stride);
    rows.set([label & 255, label >> 8], k * stride + input.length);
  });
  return rows;
}

/**
 * The same noise for each of n classes that are tried.
 *
 * @param {Float32Array} noise
 * @param {number} n
 */
export function repeated(noise, n) {
  return Array.from({ length: n }, () => Array.from(noise)).flat();
}

/**
 * Of the replies under each label, the one under which the image is most likely; without labels, the only one.
 *
 * @param {ReconstructReply} reply
 * @param {number[]} labels
 * @returns {Best}
 */
export function bestOf({ n, mean, logvar, reconstruction, kl, pixels }, labels) {
  const loss = Array.from(reconstruction);
  const best = loss.indexOf(Math.min(...loss));
  const [d, size] = [mean.length / n, pixels.length / n];
  return {
    label: labels[best] ?? null,
    reconstruction: reconstruction[best],
    kl: kl[best],
    mean: mean.slice(best * d, (best + 1) * d),
    logvar: logvar.slice(best * d, (best + 1) * d),
    pixels: pixels.slice(best * size, (best + 1) * size),
  };
}
