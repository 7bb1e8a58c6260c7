/**
 * What the page says: this image's nats under a model, and what a dimension does.
 *
 * @import { Dimension, ModelData } from "./models.js"
 * @import { Result } from "./reconstructions.js"
 */

import { nameOf } from "./models.js";

/**
 * This image's nats under the model on the dial.
 *
 * @param {Pick<ModelData, "nats">} model
 * @param {Pick<Result, "reconstruction" | "kl">} result
 */
export function imageNats({ nats }, { reconstruction, kl }) {
  if (nats.kl === null) return `reconstruction ${reconstruction.toFixed(1)} nats; no KL, so no −ELBO`;
  const sum = (reconstruction + kl).toFixed(1);
  return `−ELBO ${sum} = reconstruction ${reconstruction.toFixed(1)} + KL ${kl.toFixed(1)} nats`;
}

/**
 * The whole test set's nats under a model.
 *
 * @param {Pick<ModelData, "nats" | "active" | "test_images">} model
 */
export function testNats({ nats: { reconstruction, kl }, active, test_images: count }) {
  const of = `mean of ${count.toLocaleString("en")} test images`;
  const units = `active ${active} dimensions`;
  if (kl === null) return `${of}: reconstruction ${reconstruction.toFixed(1)} nats, no KL · ${units}`;
  const sum = (reconstruction + kl).toFixed(1);
  return `${of}: −ELBO ${sum} = ${reconstruction.toFixed(1)} + ${kl.toFixed(1)} nats · ${units}`;
}

/**
 * What a dimension does, in words.
 *
 * @param {Dimension} dimension
 */
export function verdictOf({ kl, active }) {
  if (!active) return `collapsed: the picture does not move it${kl === null ? "" : `, ${kl.toFixed(2)} nats`}`;
  return "active";
}

/**
 * "3 of 10 dimensions have collapsed: z₁, z₂, z₇."
 *
 * @param {Pick<ModelData, "beta" | "nats" | "phrases" | "dimensions">} model
 * @param {(i: number) => string} named
 */
export function diagnosis(model, named) {
  const { dimensions } = model;
  const name = nameOf(model).replace(/^the/, "The");
  const dead = dimensions.map((_, i) => i).filter((i) => !dimensions[i].active);
  if (!dead.length) return `${name}: the picture moves all ${dimensions.length} dimensions.`;
  const which = dead.length > 6 ? "" : `: ${dead.map(named).join(", ")}`;
  const have = dead.length === 1 ? "dimensions has" : "dimensions have";
  return `${name}: ${dead.length} of ${dimensions.length} ${have} collapsed to the prior${which}.`;
}

/**
 * A model's point on the plane in words.
 *
 * @param {string} words
 * @param {{reconstruction: number, kl: number | null}} nats
 */
export function pointText(words, { reconstruction, kl }) {
  const rate = kl === null ? "no KL" : `KL ${kl.toFixed(1)}`;
  return `${words}: ${rate}, reconstruction ${reconstruction.toFixed(1)} nats`;
}
