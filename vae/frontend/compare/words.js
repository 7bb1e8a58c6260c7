/**
 * What the page says: this image's nats under a model, and what a dimension does.
 *
 * @import { Dimension, ModelData } from "./models.js"
 * @import { Result } from "./reconstructions.js"
 */

import { t } from "../lib/words.js";
import { nameOf } from "./models.js";

/**
 * This image's nats under the model on the dial.
 *
 * @param {Pick<ModelData, "nats">} model
 * @param {Pick<Result, "reconstruction" | "kl">} result
 */
export function imageNats({ nats }, { reconstruction, kl }) {
  if (nats.kl === null) return t`reconstruction ${reconstruction.toFixed(1)} nats; no KL, so no −ELBO`;
  const sum = (reconstruction + kl).toFixed(1);
  return t`−ELBO ${sum} = reconstruction ${reconstruction.toFixed(1)} + KL ${kl.toFixed(1)} nats`;
}

/**
 * The whole test set's nats under a model.
 *
 * @param {Pick<ModelData, "nats" | "active" | "test_images">} model
 */
export function testNats({ nats: { reconstruction, kl }, active, test_images: count }) {
  const of = t`mean of ${count.toLocaleString("en")} test images`;
  const [used, all] = active.split(" of ");
  const units = t`active ${used} of ${all} dimensions`;
  if (kl === null) return t`${of}: reconstruction ${reconstruction.toFixed(1)} nats, no KL · ${units}`;
  const sum = (reconstruction + kl).toFixed(1);
  return t`${of}: −ELBO ${sum} = ${reconstruction.toFixed(1)} + ${kl.toFixed(1)} nats · ${units}`;
}

/**
 * What a dimension does, in words.
 *
 * @param {Dimension} dimension
 */
export function verdictOf({ kl, active }) {
  if (!active) return t`collapsed: the picture does not move it${kl === null ? "" : t`, ${kl.toFixed(2)} nats`}`;
  return t("active");
}

/**
 * "3 of 10 dimensions have collapsed: z₁, z₂, z₇."
 *
 * @param {Pick<ModelData, "beta" | "nats" | "phrases" | "dimensions">} model
 * @param {(i: number) => string} named
 */
export function diagnosis(model, named) {
  const { dimensions } = model;
  const name = nameOf(model).replace(/^[a-z](?=[a-z]+ )/, (letter) => letter.toUpperCase());
  const dead = dimensions.map((_, i) => i).filter((i) => !dimensions[i].active);
  if (!dead.length) return t`${name}: the picture moves all ${dimensions.length} dimensions.`;
  const which = dead.length > 6 ? "" : `: ${dead.map(named).join(", ")}`;
  return dead.length === 1
    ? t`${name}: 1 of ${dimensions.length} dimensions has collapsed to the prior${which}.`
    : t`${name}: ${dead.length} of ${dimensions.length} dimensions have collapsed to the prior${which}.`;
}

/**
 * A model's point on the plane in words.
 *
 * @param {string} words
 * @param {{reconstruction: number, kl: number | null}} nats
 */
export function pointText(words, { reconstruction, kl }) {
  const rate = kl === null ? t("no KL") : `KL ${kl.toFixed(1)}`;
  return t`${words}: ${rate}, reconstruction ${reconstruction.toFixed(1)} nats`;
}
