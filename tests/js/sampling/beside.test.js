import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { stateFor } from "../../../vae/frontend/sampling/beside.js";

/** @import { SamplingState } from "../../../vae/frontend/sampling/state.js" */

const OTHER = {
  kl: [0.1, 3, 2],
  spread: [0.1, 1, 1],
  latent_dim: 3,
  components: { directions: [[1, 0, 0], [0, 1, 0]], explained: [0.5, 0.3] }, // biome-ignore format: two vectors
};
const MATCH = [{ dimension: 2, correlation: -0.9 }, null, { dimension: 0, correlation: 0.8 }];
/** @type {SamplingState} */
const STATE = {
  ...{ view: "one", seed: 3, side: 8, temperature: 0.5, truncation: 2, choices: ["second", "prior"] },
  ...{ labels: [null, null], hold: { dimension: 0, value: null }, plane: ["z0", "z2"] },
};

test("seed, grid, temperature, truncation and source are the same in the other model", () => {
  const { hold, plane, ...same } = stateFor(OTHER, MATCH, STATE);
  const { hold: _, plane: __, ...expected } = STATE;
  assert.deepEqual(same, expected);
  assert.equal(hold.value, null);
  assert.deepEqual(plane, ["z2", "z0"]);
});

test("the held latent is the one that follows it, the other way round where they are opposed", () => {
  const held = (/** @type {number} */ dimension) =>
    stateFor(OTHER, MATCH, { ...STATE, hold: { dimension, value: 1.5 } }).hold;
  assert.deepEqual(held(0), { dimension: 2, value: -1.5 });
  assert.deepEqual(held(2), { dimension: 0, value: 1.5 });
  assert.equal(held(1).value, null); // none follows: it varies
});

test("an axis that none follows is one of the strongest latents that are free", () => {
  const plane = (/** @type {string[]} */ axes) => stateFor(OTHER, MATCH, { ...STATE, plane: axes }).plane;
  assert.deepEqual(plane(["z1", "z0"]), ["z1", "z2"]);
  assert.deepEqual(plane(["z0", "z1"]), ["z2", "z1"]);
  assert.deepEqual(plane(["pc1", "pc2"]), ["pc1", "pc2"]);
  assert.deepEqual(plane(["pc3", "z0"]), ["z1", "z2"]); // it has two components
});
