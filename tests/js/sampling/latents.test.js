import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Latents } from "../../../vae/frontend/sampling/latents.js";

const DATA = { latent_dim: 2, components: [], kl: null, spread: [], centre: [] };
const labels = (/** @type {number} */ classes, /** @type {number} */ side, /** @type {number | null} */ label = null) =>
  new Latents({ .../** @type {any} */ (DATA), classes }).labels(/** @type {any} */ ({ side, labels: [label] }), 0);

test("each class has a column of its own where a grid has so many columns", () => {
  assert.deepEqual(labels(3, 3), [0, 1, 2, 0, 1, 2, 0, 1, 2]);
  assert.deepEqual(labels(10, 2), [0, 1, 0, 1]);
});

test("of more classes than a grid has columns all take turns, so that letters are seen as well as digits", () => {
  assert.deepEqual(
    labels(62, 8),
    Array.from({ length: 64 }, (_, i) => i % 62),
  );
});

test("a chosen class is that of all cells", () => {
  assert.deepEqual(labels(62, 2, 40), [40, 40, 40, 40]);
});
