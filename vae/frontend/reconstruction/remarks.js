/** Sentences about an image and its reconstruction. */

import { t } from "../lib/words.js";

/**
 * Where the image comes from. noise: the ε with which a test image was evaluated, or an image of another data set scored;
 * null of a plain autoencoder, and where the server does not have it.
 *
 * @typedef {{ kind: "drawing" } | { kind: "upload", title: string }
 *   | { kind: "other", title: string, noise: Float32Array | null }
 *   | { kind: "test", index: number, noise: Float32Array | null }} Source
 */
/** @typedef {{ reconstruction: number, kl: number }} Loss nats */

/** What −log p(x|z) + KL is where z is the mean: with its noise left out it lies below −ELBO. */
export const AT_MEAN = t("error + KL at z = μ, not a bound:");
const VISIBLE = 0.005; // nats that change the second decimal

/**
 * What the image is.
 *
 * @param {Source} source
 * @param {{ empty: boolean, canUndo: boolean }} pad
 * @param {string} className of a test image
 * @param {string} place of a test image in the chosen order
 */
export function titleOf(source, pad, className, place) {
  if (source.kind === "drawing") return pad.empty ? t("An empty pad: draw on it.") : t("Your drawing");
  const edited = pad.canUndo ? t(", drawn on") : "";
  if (source.kind !== "test") return source.title + edited;
  return t`Test image ${source.index.toLocaleString("en")} · class ${className}${place}${edited}`;
}

/**
 * What the evaluation stored for the same test image: it decoded one sample z, not the mean.
 *
 * @param {Loss} stored
 * @param {Loss & { noise: Float32Array | null }} shown
 * @param {Float32Array | null} noise the evaluation's
 * @param {boolean} point whether the model is a plain autoencoder
 */
export function storedRemark(stored, shown, noise, point) {
  if (point) return t`Stored from the evaluation: ${stored.reconstruction.toFixed(2)}.`;
  const sum = stored.reconstruction + stored.kl;
  if (!noise || shown.noise !== noise) return t`Stored from the evaluation, with one sample z: ${sum.toFixed(2)}.`;
  const away = Math.abs(shown.reconstruction + shown.kl - sum);
  const why = away > VISIBLE ? t(": it ran with another class, rounding, device or version of torch") : "";
  return t`Stored from the evaluation, with this ε: ${sum.toFixed(2)}, ${away.toFixed(4)} away${why}.`;
}

/**
 * Which class a conditional model's decoder received.
 *
 * @param {string} name
 * @param {boolean} chosen whether the user chose it
 * @param {Source} source
 */
export function classRemark(name, chosen, source) {
  if (chosen) return t`Decoded as class ${name}, as chosen.`;
  return source.kind === "test"
    ? t`Decoded as class ${name}, its own.`
    : t`Decoded as class ${name}, the most likely of all.`;
}

/**
 * How much of the damage the model repairs.
 *
 * @param {{ whole: Uint8Array, input: Uint8Array, pixels: Uint8Array }} images undamaged, damaged, reconstructed
 */
export function damageRemark({ whole, input, pixels }) {
  const [before, after] = [input, pixels].map((image) => percent(meanDifference(image, whole)));
  return t`Mean |Δ| to the undamaged image: input ${before}, reconstruction ${after}.`;
}

/**
 * Mean |a − b| in parts of the grey range, over all pixels, or over those that are `inside` in each of the channels.
 *
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 * @param {number[] | null} inside indices into a channel
 */
export function meanDifference(a, b, inside = null, channels = 1) {
  const size = a.length / channels;
  let sum = 0,
    count = 0;
  const add = (/** @type {number} */ i) => {
    sum += Math.abs(a[i] - b[i]);
    count++;
  };
  if (inside) for (let c = 0; c < channels; c++) for (const i of inside) add(c * size + i);
  else for (let i = 0; i < a.length; i++) add(i);
  return count ? sum / count / 255 : 0;
}

/** @param {number} share */
export function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
