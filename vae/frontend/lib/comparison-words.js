/**
 * What is said about models side by side. The test set's mean nats, as vae/views/shared/comparison.py has them: kl is null
 * for a plain autoencoder, label what the class costs that a conditional model is given.
 *
 * @typedef {{reconstruction: number, kl: number | null, label?: number}} Nats
 * @typedef {{words: string, nats: Nats}} Named
 */

import { t } from "./words.js";

/**
 * What a model spends: "β = 1 spends 19.4 nats on z and 80.3 on the picture".
 *
 * @param {Named} model
 */
export function spends({ words, nats: { reconstruction, kl } }) {
  const picture = reconstruction.toFixed(1);
  if (kl === null) return t`${words} spends ${picture} nats on the picture and has no prior`;
  return t`${words} spends ${kl.toFixed(1)} nats on z and ${picture} on the picture`;
}

/**
 * How a model differs from the first: "β = 10 spends 15.6 nats less on z and 61.0 more on the picture".
 *
 * @param {Named} first
 * @param {Named} other
 */
export function difference(first, other) {
  const picture = other.nats.reconstruction - first.nats.reconstruction;
  const { words } = other,
    { kl, label } = other.nats;
  const given = (label ?? 0) > (first.nats.label ?? 0) ? t`; its class costs ${(label ?? 0).toFixed(1)} nats` : "";
  if (kl === null) {
    const spending = spent(picture, true);
    return first.nats.kl === null
      ? t`${words} spends ${spending} on the picture${given}`
      : t`${words} has no prior and spends ${spending} on the picture${given}`;
  }
  if (first.nats.kl === null) {
    const none = first.words;
    return t`${words} spends ${kl.toFixed(1)} nats on z, where ${none} has no prior, and ${spent(picture)} on the picture${given}`;
  }
  return t`${words} spends ${spent(kl - first.nats.kl, true)} on z and ${spent(picture)} on the picture${given}`;
}

/**
 * Each model's first phrase that no other one has at the same place; as `words` in vae/views/shared/comparison.py.
 *
 * @param {string[][]} phrases of each model, shortest first; the last is unique
 * @returns {string[]}
 */
export function apart(phrases) {
  const isOwn = (/** @type {string[]} */ own, /** @type {number} */ k) =>
    phrases.every((other) => other === own || other[k] !== own[k]);
  return phrases.map((own) => own.find((_, k) => isOwn(own, k)) ?? own[own.length - 1]);
}

/** @param {number} more in nats @param {boolean} [named] with the unit */
function spent(more, named = false) {
  const size = Math.abs(more).toFixed(1);
  if (size === "0.0") return named ? t("as many nats") : t("as many");
  if (more < 0) return named ? t`${size} nats less` : t`${size} less`;
  return named ? t`${size} nats more` : t`${size} more`;
}
