/** Models as the Compare page gets them. */

import { toBase64 } from "../../../vae/frontend/lib/bytes.js";

/** @import { ModelData } from "../../../vae/frontend/compare/models.js" */

/** @param {number[]} points k × 2 */
export function packedPoints(points) {
  return toBase64(new Uint8Array(Float32Array.from(points).buffer));
}

/**
 * A model with two dimensions, the second of them collapsed.
 *
 * @param {Partial<ModelData>} [changes]
 * @returns {ModelData}
 */
export function modelOf(changes = {}) {
  const dimension = { kl: 1.5, marginal_kl: 0.1, information: 1.4, mean_variance: 0.8, active: true };
  return {
    model: "a",
    local: null,
    version: 1,
    phrases: ["β = 1", "2-D · β = 1", "β = 1 · a"],
    family: "f",
    family_words: "MNIST",
    beta: 1,
    nats: { reconstruction: 80, kl: 20 },
    floor: 45.53,
    collapsed: 205.65,
    active: "1 of 2",
    dimensions: [dimension, { kl: 0, marginal_kl: 0, information: 0, mean_variance: 0.0001, active: false }],
    test_images: 3,
    latent_dim: 2,
    image_shape: [1, 1, 1],
    classes: 0,
    class_names: ["0", "1"],
    labels: toBase64(new Uint8Array(Uint16Array.of(0, 1, 1).buffer)),
    palette: ["#112233", "#445566"],
    noise: [0.5, -0.5],
    frame: null,
    bright: false,
    points: packedPoints([1, 0, 0, 2, -1, 0]),
    projection: {
      mean: [1, 0],
      components: [
        [1, 0],
        [0, 1],
      ],
    },
    ...changes,
  };
}

/** Of the same training with another β; null: the plain autoencoder. @param {number | null} beta */
export function memberOf(beta) {
  const words = beta === null ? "plain autoencoder" : `β = ${beta}`;
  const nats = { reconstruction: 80 + (beta ?? 0), kl: beta === null ? null : 20 - beta };
  return modelOf({ model: `b${beta}`, beta, nats, phrases: [words, `2-D · ${words}`, `${words} · b${beta}`] });
}
