/**
 * A model as the page gets it, and what it is called on the dial.
 *
 * @import { DrawingFrame, ImageShape } from "../lib/contract.js"
 * @import { Nats } from "../lib/comparison-words.js"
 * @import { LocalModel } from "../lib/model-client.js"
 *
 * What a latent dimension holds: see DimensionUse in vae/evaluation/metrics.py.
 *
 * @typedef {{kl: number | null, marginal_kl: number | null, information: number | null, mean_variance: number,
 *            active: boolean}} Dimension
 *
 * A model as vae/views/compare.py has it.
 *
 * @typedef {object} ModelData
 * @property {string} model
 * @property {LocalModel | null} local
 * @property {number} version
 * @property {string[]} phrases its names, shortest first
 * @property {string | null} family
 * @property {string} family_words
 * @property {number | null} beta
 * @property {Nats} nats of the test set
 * @property {number | null} floor
 * @property {number | null} collapsed
 * @property {string} active
 * @property {Dimension[]} dimensions
 * @property {number} test_images
 * @property {number} latent_dim
 * @property {ImageShape} image_shape
 * @property {number} classes
 * @property {string[]} class_names
 * @property {string} [labels] of the chosen model alone
 * @property {string[]} palette
 * @property {number[]} noise
 * @property {DrawingFrame | null} frame
 * @property {boolean} bright
 * @property {string} points
 * @property {{mean: number[], components: number[][]}} projection
 */

import { t, translate } from "../lib/words.js";

/**
 * A model's β in the link.
 *
 * @param {Pick<ModelData, "beta">} model
 */
export function betaText({ beta }) {
  return beta === null ? "ae" : `${beta}`;
}

/**
 * A model's place on the dial in words.
 *
 * @param {Pick<ModelData, "beta" | "nats" | "phrases">} model
 */
export function tickText(model) {
  if (model.beta !== null) return `${model.beta}`;
  return model.nats.kl === null ? t("no KL") : translate(model.phrases[0]);
}

/**
 * A model on the dial, in words.
 *
 * @param {Pick<ModelData, "beta" | "nats" | "phrases">} model
 */
export function nameOf({ beta, nats, phrases }) {
  if (beta !== null) return `β = ${beta}`;
  return nats.kl === null ? t("the plain autoencoder") : translate(phrases[0]);
}
