/**
 * A model that runs here: what vae/server/live/inference.py's engine does, on the wire's arrays. Every method throws an
 * Error of one sentence for a request that the service would refuse.
 */

import { LARGEST_Z, MODEL_LIMITS } from "../contract.js";
import { codeDim, pictureBytes } from "./config.js";
import { klDivergence, lossOf, painter, unit } from "./likelihood.js";
import { decoderNetwork, encoderNetwork } from "./network.js";

/** @import { Arithmetic } from "./product.js" */
/** @import { Grid } from "./grid.js" */
/** @import { Weights } from "./weights.js" */

const UNITS = Float32Array.from({ length: 256 }, (_, level) => unit(level));
const LABEL_BYTES = 2;

export class LocalModel {
  /**
   * @param {Weights} weights
   * @param {Arithmetic} arithmetic with an empty memory
   */
  constructor(weights, arithmetic) {
    this.config = weights.config;
    this.kl = weights.kl;
    this.arithmetic = arithmetic;
    this.decoder = decoderNetwork(weights, arithmetic);
    this.encoder = weights.whole ? encoderNetwork(weights, arithmetic) : null;
    this.paint = painter(weights.config);
    this.loss = lossOf(weights.config, weights.tensors.get("decoder.log_scale"));
  }

  /**
   * The pictures of n codes, each z and the weights of the classes.
   *
   * @param {number} n
   * @param {Float32Array} codes
   */
  decode(n, codes) {
    this.checkCodes(n, codes);
    const size = pictureBytes(this.config);
    const pixels = new Uint8Array(n * size);
    this.decoded(n, codes, (k, parameters) => this.paint(parameters, pixels.subarray(k * size, (k + 1) * size)));
    return pixels;
  }

  /**
   * Means and log variances of q(z|x) of n images.
   *
   * @param {number} n
   * @param {Uint8Array} images
   */
  encode(n, images) {
    this.check(n, images, pictureBytes(this.config), "encode");
    const { latent_dim: size, posterior } = this.config;
    const mean = new Float32Array(n * size),
      logvar = new Float32Array(n * size).fill(-MODEL_LIMITS.logvar);
    const { encoder, arithmetic } = this;
    if (!encoder) throw new Error("The model's file has no encoder.");
    const picture = pictureBytes(this.config);
    for (let start = 0; start < n; start += encoder.pictures) {
      const count = Math.min(encoder.pictures, n - start);
      for (let k = 0; k < count; k++) this.place(encoder.input, k, images.subarray((start + k) * picture));
      encoder.run(count);
      for (let k = 0; k < count; k++) {
        const from = (encoder.output.address + k * encoder.output.distance) / 4;
        const at = (start + k) * size;
        mean.set(arithmetic.floats.subarray(from, from + size), at);
        if (posterior === "point") continue;
        for (let i = 0; i < size; i++) logvar[at + i] = bounded(arithmetic.floats[from + size + i]);
      }
    }
    return { mean, logvar };
  }

  /**
   * What encode gives, -log p(x|z) and KL in nats, and the pictures of z. noise: n × latent_dim numbers, for
   * z = μ + σ noise in place of μ.
   *
   * @param {number} n
   * @param {Uint8Array} images each followed by its label for a conditional model, 2 bytes
   * @param {Float32Array | null} noise
   */
  reconstruct(n, images, noise) {
    const { config } = this;
    const size = pictureBytes(config);
    const { pictures, labels } = this.parted(n, images);
    if (noise) {
      this.check(n, noise, config.latent_dim, "sample_posterior");
      checkReach(noise, "noise value");
    }
    const { mean, logvar } = this.encode(n, pictures);
    const codes = this.codes(n, mean, logvar, labels, noise);
    const [reconstruction, kl] = [new Float32Array(n), new Float32Array(n)];
    const pixels = new Uint8Array(n * size);
    this.decoded(n, codes, (k, parameters) => {
      const row = (/** @type {Float32Array} */ rows) =>
        rows.subarray(k * config.latent_dim, (k + 1) * config.latent_dim);
      reconstruction[k] = this.loss(parameters, pictures.subarray(k * size, (k + 1) * size));
      if (config.posterior !== "point") kl[k] = klDivergence(row(mean), row(logvar));
      this.paint(parameters, pixels.subarray(k * size, (k + 1) * size));
    });
    return { mean, logvar, reconstruction, kl, pixels };
  }

  /**
   * Runs the decoder, and passes the outputs of each code on. They are overwritten afterwards.
   *
   * @param {number} n
   * @param {Float32Array} codes
   * @param {(k: number, parameters: Float32Array) => void} take
   */
  decoded(n, codes, take) {
    const { arithmetic, decoder, config } = this;
    const width = codeDim(config);
    for (let start = 0; start < n; start += decoder.pictures) {
      const count = Math.min(decoder.pictures, n - start);
      for (let k = 0; k < count; k++) {
        const code = codes.subarray((start + k) * width, (start + k + 1) * width);
        arithmetic.floats.set(code, (decoder.input.address + k * decoder.input.distance) / 4);
      }
      decoder.run(count);
      for (let k = 0; k < count; k++) {
        const from = (decoder.output.address + k * decoder.output.distance) / 4;
        take(start + k, arithmetic.floats.subarray(from, from + pictureBytes(config)));
      }
    }
  }

  /**
   * Writes the image's features for the encoder: channels last for its convolutions, as they are for an MLP.
   *
   * @param {Grid} grid
   * @param {number} k
   * @param {Uint8Array} image
   */
  place(grid, k, image) {
    const { floats } = this.arithmetic;
    const start = (grid.inside + k * grid.distance) / 4;
    const [line, pixel] = [grid.lineBytes / 4, grid.features];
    for (let c = 0, i = 0; c < grid.channels; c++)
      for (let y = 0; y < grid.height; y++)
        for (let x = 0, at = start + y * line + c; x < grid.width; x++, i++, at += pixel) floats[at] = UNITS[image[i]];
  }

  /**
   * Images and labels of a request that has each image's label after it.
   *
   * @param {number} n
   * @param {Uint8Array} rows
   */
  parted(n, rows) {
    const { classes } = this.config;
    const size = pictureBytes(this.config);
    const width = size + (classes ? LABEL_BYTES : 0);
    this.check(n, rows, width, "reconstruct");
    if (!classes) return { pictures: rows, labels: null };
    const pictures = new Uint8Array(n * size);
    const labels = Array.from({ length: n }, (_, k) => {
      pictures.set(rows.subarray(k * width, k * width + size), k * size);
      return rows[k * width + size] + 256 * rows[k * width + size + 1];
    });
    const wrong = labels.find((label) => label >= classes);
    if (wrong !== undefined) throw new Error(`Every label must be a number from 0 to ${classes - 1}, not ${wrong}.`);
    return { pictures, labels };
  }

  /**
   * z = μ + σ noise of each image and, for a conditional model, the weights of its class.
   *
   * @param {number} n
   * @param {Float32Array} mean
   * @param {Float32Array} logvar
   * @param {number[] | null} labels
   * @param {Float32Array | null} noise
   */
  codes(n, mean, logvar, labels, noise) {
    const { latent_dim: size, posterior } = this.config;
    const width = codeDim(this.config);
    const codes = new Float32Array(n * width);
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < size; i++) {
        const at = k * size + i;
        const off = noise && posterior !== "point" ? Math.fround(Math.exp(0.5 * logvar[at])) * noise[at] : 0;
        codes[k * width + i] = mean[at] + Math.fround(off);
      }
      if (labels) codes[k * width + size + labels[k]] = 1;
    }
    return codes;
  }

  /** Throws where codes are not what decode takes. */
  checkCodes(/** @type {number} */ n, /** @type {Float32Array} */ codes) {
    this.check(n, codes, codeDim(this.config), "decode");
    checkReach(codes, "z");
  }

  /**
   * @param {number} n
   * @param {{length: number}} rows
   * @param {number} width
   * @param {string} operation
   */
  check(n, rows, width, operation) {
    if (n < 1 || rows.length !== n * width)
      throw new Error(`A request to ${operation} ${n} has ${n * width} numbers for this model, not ${rows.length}.`);
  }
}

/** A log variance with its smooth bound. */
function bounded(/** @type {number} */ logvar) {
  return MODEL_LIMITS.logvar * Math.tanh(logvar / MODEL_LIMITS.logvar);
}

function checkReach(/** @type {Float32Array} */ values, /** @type {string} */ name) {
  if (!values.every((value) => Math.abs(value) <= LARGEST_Z))
    throw new Error(`Every ${name} must be a number from -${LARGEST_Z} to ${LARGEST_Z}.`);
}
