/**
 * What a decoder's outputs mean, as vae/model/losses.py and networks.py have it: the picture, and -log p(x|z) in nats.
 * Sums are in double precision.
 */

import { LOGIT_LIKELIHOODS } from "../contract.js";

/** @import { ModelConfig } from "./config.js" */

const HALF_LEVEL = 1 / 510; // half the distance between two of 256 grey levels in [0, 1]
const NEAR = 0.1; // logits below which a series takes the place of a difference of large numbers
// Added and subtracted in float32, it rounds to a whole number, a half to the even one, as PyTorch does.
const TO_WHOLE = 2 ** 23;

/**
 * The mean of a pixel's distribution, in [0, 1].
 *
 * @param {ModelConfig} config
 * @returns {(parameter: number) => number}
 */
function meanOf({ likelihood }) {
  if (likelihood === "bernoulli") return (logit) => 1 / (1 + Math.exp(-logit));
  if (likelihood === "continuous-bernoulli") return continuousMean;
  return (mean) => Math.min(1, Math.max(0, mean));
}

/** Source: Loaiza-Ganem & Cunningham 2019, section 3. */
function continuousMean(/** @type {number} */ logit) {
  if (Math.abs(logit) < NEAR) return 0.5 + logit / 12 - logit ** 3 / 720;
  return 0.5 + 0.5 / Math.tanh(logit / 2) - 1 / logit;
}

/**
 * Writes the pictures of these outputs, one byte a pixel.
 *
 * @param {ModelConfig} config
 * @returns {(parameters: Float32Array, pixels: Uint8Array) => void}
 */
export function painter(config) {
  const mean = meanOf(config);
  return (parameters, pixels) => {
    for (let i = 0; i < pixels.length; i++) {
      const level = Math.fround(Math.fround(mean(parameters[i])) * 255);
      pixels[i] = Math.fround(level + TO_WHOLE) - TO_WHOLE;
    }
  };
}

/**
 * -log p(x|z) of one image, summed over its pixels.
 *
 * @param {ModelConfig} config
 * @param {ArrayLike<number> | undefined} logScale of the weights, where the likelihood has one
 * @returns {(parameters: Float32Array, levels: Uint8Array) => number}
 */
export function lossOf(config, logScale) {
  const { likelihood, sigma, image_shape: shape } = config;
  if (isLogit(likelihood)) return bernoulliLoss(likelihood === "continuous-bernoulli");
  if (likelihood === "discretised-logistic") return logisticLoss(logScale ?? [], shape[1] * shape[2]);
  return gaussianLoss(likelihood === "gaussian" ? Math.fround(Math.log(sigma)) : (logScale?.[0] ?? 0));
}

function isLogit(/** @type {string} */ likelihood) {
  return /** @type {readonly string[]} */ (LOGIT_LIKELIHOODS).includes(likelihood);
}

/** @returns {(parameters: Float32Array, levels: Uint8Array) => number} */
function bernoulliLoss(/** @type {boolean} */ continuous) {
  return (parameters, levels) => {
    let sum = 0;
    for (let i = 0; i < levels.length; i++) {
      const logit = parameters[i];
      sum += Math.max(logit, 0) - logit * unit(levels[i]) + Math.log1p(Math.exp(-Math.abs(logit)));
      if (continuous) sum -= logConstant(logit);
    }
    return sum;
  };
}

/** log of the continuous Bernoulli's normalising constant. Source: Loaiza-Ganem & Cunningham 2019, equation 5. */
function logConstant(/** @type {number} */ logit) {
  if (Math.abs(logit) < NEAR) return Math.LN2 + logit ** 2 / 12 - (7 * logit ** 4) / 1440;
  return Math.log(logit / Math.tanh(logit / 2));
}

/** @returns {(parameters: Float32Array, levels: Uint8Array) => number} */
function gaussianLoss(/** @type {number} */ logSigma) {
  const inverse = Math.exp(-2 * logSigma);
  const constant = Math.log(2 * Math.PI) + 2 * logSigma;
  return (parameters, levels) => {
    let sum = 0;
    for (let i = 0; i < levels.length; i++) sum += (unit(levels[i]) - parameters[i]) ** 2;
    return 0.5 * (constant * levels.length + sum * inverse);
  };
}

/**
 * Of the probability that a logistic distribution gives to a level. Source: Kingma et al. 2016, appendix A.
 *
 * @param {ArrayLike<number>} logScale of each colour
 * @param {number} plane pixels of a colour
 * @returns {(parameters: Float32Array, levels: Uint8Array) => number}
 */
function logisticLoss(logScale, plane) {
  return (parameters, levels) => {
    let sum = 0;
    for (let i = 0; i < levels.length; i++) {
      const inverse = Math.exp(-logScale[Math.floor(i / plane)]);
      const difference = unit(levels[i]) - parameters[i];
      const left = logSigmoid((difference + HALF_LEVEL) * inverse);
      const right = logSigmoid(-(difference - HALF_LEVEL) * inverse);
      if (levels[i] === 0) sum -= left;
      else if (levels[i] === 255) sum -= right;
      else sum -= left + right + Math.log(-Math.expm1(-2 * HALF_LEVEL * inverse));
    }
    return sum;
  };
}

function logSigmoid(/** @type {number} */ x) {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
}

/** A grey level as the float32 in [0, 1] that the networks take. */
export function unit(/** @type {number} */ level) {
  return Math.fround(level / 255);
}

/** KL from N(mean, exp(logvar)) to N(0, I), summed over dimensions. Unit: nats. */
export function klDivergence(/** @type {Float32Array} */ mean, /** @type {Float32Array} */ logvar) {
  return mean.reduce((sum, m, i) => sum + 0.5 * (m * m + Math.exp(logvar[i]) - 1 - logvar[i]), 0);
}
