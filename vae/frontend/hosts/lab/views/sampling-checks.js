/**
 * Which settings of a link to Sampling fit a model. As CHECKS of vae/ui/pages/sampling.py; a test compares the two.
 *
 * @import { SamplingKey } from "../../../lib/contract.js"
 * @import { About } from "../source.js"
 *
 * What of the component's data says what fits.
 *
 * @typedef {{offered: {id: string, problem: string}[], components: {directions: number[][]}}} Offer
 * @typedef {(text: string, about: About, offer: Offer) => boolean} Check
 */

import { MAX_GRID_SIDE, MAX_SEED } from "../../../lib/contract.js";
import { t } from "../../../lib/words.js";
import { parseWhole } from "../link.js";

/** @type {(text: string, least: number, most: number) => boolean} */
const isWhole = (text, least, most) => parseWhole(text, least, most) !== null;

/** @type {(text: string, least: number, most: number) => boolean} */
const isDecimal = (text, least, most) => /^\d(\.\d{1,2})?$/.test(text) && Number(text) >= least && Number(text) <= most;

/** @type {Check} */
const isClass = (text, { classes }) => isWhole(text, 0, classes - 1);

/** @type {Check} */
export const isSource = (text, { prior, test_images: images }, { offered }) => {
  if (text.startsWith("image:")) return prior && isWhole(text.slice("image:".length), 0, images - 1);
  return text !== "image" && offered.some(({ id, problem }) => id === text && !problem);
};

/** @type {Check} */
const isHold = (text, { latent_dim: latentDim }) => {
  const [dimension, ...value] = text.split(":");
  return isWhole(dimension, 0, latentDim - 1) && /^-?\d{1,3}(\.\d{1,2})?$/.test(value.join(":"));
};

/** @type {Check} */
const isPlane = (text, { latent_dim: latentDim }, { components }) => {
  const axes = text.split(",");
  const fits = axes.every((axis) =>
    axis.startsWith("pc")
      ? isWhole(axis.slice(2), 1, components.directions.length)
      : axis.startsWith("z") && isWhole(axis.slice(1), 0, latentDim - 1),
  );
  return fits && axes.length === Math.min(2, latentDim);
};

/** What fits, and what that is in words. @type {Record<SamplingKey, [Check, string]>} */
export const CHECKS = {
  view: [(text) => ["one", "two", "plane"].includes(text), t("one, two or plane")],
  seed: [(text) => isWhole(text, 0, MAX_SEED), t`a whole number from 0 to ${MAX_SEED}`],
  side: [(text) => isWhole(text, 2, MAX_GRID_SIDE), t`a whole number from 2 to ${MAX_GRID_SIDE}`],
  temperature: [(text) => isDecimal(text, 0, 2), t("a number from 0 to 2 with up to two decimals")],
  truncation: [(text) => isDecimal(text, 0.1, 4), t("a number from 0.1 to 4 with up to two decimals")],
  source: [isSource, t("a source of this model")],
  against: [isSource, t("a source of this model")],
  told: [isClass, t("the number of a class of this conditional model")],
  against_told: [isClass, t("the number of a class of this conditional model")],
  hold: [isHold, t("a latent dimension of this model and its value, such as 0:1.5")],
  plane: [isPlane, t("axes of this model, such as z0,z1")],
};
