/**
 * What is said about models side by side. The test set's mean nats, as vae/views/shared/comparison.py has them: kl is null
 * for a plain autoencoder, label what the class costs that a conditional model is given.
 *
 * @typedef {{reconstruction: number, kl: number | null, label?: number}} Nats
 * @typedef {{words: string, nats: Nats}} Named
 */

/**
 * What a model spends: "β = 1 spends 19.4 nats on z and 80.3 on the picture".
 *
 * @param {Named} model
 */
export function spends({ words, nats: { reconstruction, kl } }) {
  if (kl === null) return `${words} spends ${nats(reconstruction)} on the picture and has no prior`;
  return `${words} spends ${nats(kl)} on z and ${reconstruction.toFixed(1)} on the picture`;
}

/**
 * How a model differs from the first: "β = 10 spends 15.6 nats less on z and 61.0 more on the picture".
 *
 * @param {Named} first
 * @param {Named} other
 */
export function difference(first, other) {
  const picture = other.nats.reconstruction - first.nats.reconstruction;
  const given = (other.nats.label ?? 0) > (first.nats.label ?? 0) ? `; its class costs ${nats(other.nats.label)}` : "";
  if (other.nats.kl === null) {
    const noPrior = first.nats.kl === null ? "" : "has no prior and ";
    return `${other.words} ${noPrior}spends ${spent(picture, " nats")} on the picture${given}`;
  }
  if (first.nats.kl === null) {
    const onZ = `${nats(other.nats.kl)} on z, where ${first.words} has no prior,`;
    return `${other.words} spends ${onZ} and ${spent(picture)} on the picture${given}`;
  }
  const z = other.nats.kl - first.nats.kl;
  return `${other.words} spends ${spent(z, " nats")} on z and ${spent(picture)} on the picture${given}`;
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

/** @param {number} more in nats @param {string} [unit] */
function spent(more, unit = "") {
  const size = Math.abs(more).toFixed(1);
  if (size === "0.0") return unit ? "as many nats" : "as many";
  return `${size}${unit} ${more < 0 ? "less" : "more"}`;
}

/** @param {number} [value] */
function nats(value = 0) {
  return `${value.toFixed(1)} nats`;
}
