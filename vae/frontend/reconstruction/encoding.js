/** An image on its way to the live service and back: once for each class that is tried, and the likeliest class's reply. */

import { bestOf, payload, repeated } from "../lib/labelled.js";

/** @import { ModelClient } from "../lib/model-client.js" */
/** @import { TestSet } from "./input.js" */
/** @import { Source } from "./remarks.js" */

/**
 * What is asked of a model. classes: of a conditional one, otherwise 0. label: the class that the user chose. noise: for the
 * sample of an image that the evaluation has not seen. kl: null of a plain autoencoder.
 *
 * @typedef {{ classes: number, label: number | null, noise: number[], kl: number[] | null }} EncoderData
 */

const MAX_CLASSES_TRIED = 32;

/** Asks the live service what the model makes of an image. */
export class Encoder {
  /**
   * @param {ModelClient} client
   * @param {EncoderData} data
   */
  constructor(client, data) {
    this.client = client;
    this.data = data;
  }

  /**
   * The reply under the likeliest of these classes; null when it was overtaken.
   *
   * @param {Uint8Array<ArrayBuffer>} input
   * @param {number[]} labels
   * @param {Float32Array | null} noise
   * @param {string} [slot]
   */
  async reconstruct(input, labels, noise, slot) {
    const n = labels.length || 1;
    const options = { slot, noise: noise && repeated(noise, n) };
    const reply = await this.client.reconstruct(n, payload(input, labels), options);
    return reply && bestOf(reply, labels);
  }

  /**
   * The ε of this image's sample, the same whenever it is shown: the evaluation's, where it has evaluated the image; the
   * one that Python would draw for it alone, otherwise. null of a plain autoencoder.
   *
   * @param {Source} source
   */
  fixedNoise(source) {
    if (this.data.kl === null) return null;
    return storedNoise(source) ?? Float32Array.from(this.data.noise);
  }

  /**
   * The classes that a conditional model receives: the one chosen or known, else all of them, to compare.
   *
   * @param {Source} source
   * @param {TestSet | null} testSet
   */
  candidateLabels(source, testSet) {
    const { classes, label } = this.data;
    if (!classes) return [];
    if (label !== null) return [label];
    if (source.kind === "test" && testSet) return [testSet.encoded.labels[source.index]];
    const most = Math.min(MAX_CLASSES_TRIED, this.client.greeting?.limits.vectors ?? MAX_CLASSES_TRIED);
    return classes <= most ? Array.from({ length: classes }, (_, k) => k) : [0];
  }

  /**
   * The anomaly score of another picture, as Python computes it, in nats; null when it was overtaken.
   *
   * @param {Uint8Array<ArrayBuffer>} pixels
   */
  async scoreOf(pixels) {
    /** @type {Source} */
    const source = { kind: "drawing" };
    const best = await this.reconstruct(pixels, this.candidateLabels(source, null), this.fixedNoise(source), "example");
    return best && best.reconstruction + best.kl;
  }
}

/**
 * The ε with which Python scored this image; null where it has not.
 *
 * @param {Source} source
 */
export function storedNoise(source) {
  return source.kind === "test" || source.kind === "other" ? source.noise : null;
}
