import assert from "node:assert/strict";
import { test } from "node:test";

import { readParams, writeParams } from "../../../vae/frontend/sampling/state.js";

/** What Python sends, of which the state needs no more than this. */
const DATA = /** @type {any} */ ({
  classes: 0,
  default_sources: { source: "mixture", against: "prior" },
  kl: [0.5, 2, 1],
  spread: [1, 1, 1],
});

test("without parameters the page starts with its defaults, on the strongest dimensions", () => {
  const state = readParams({}, DATA);
  assert.deepEqual([state.view, state.seed, state.side, state.temperature, state.truncation], ["two", 0, 8, 1, 4]);
  assert.deepEqual(state.choices, ["mixture", "prior"]);
  assert.deepEqual(state.hold, { dimension: 1, value: null });
  assert.deepEqual(state.plane, ["z1", "z2"]);
  assert.deepEqual(writeParams(state, DATA), {});
});

test("a plain autoencoder's dimensions are sorted by their spread", () => {
  assert.deepEqual(readParams({}, { ...DATA, kl: null, spread: [3, 1, 2] }).plane, ["z0", "z2"]);
});

test("a grid has a column for each class of a conditional model, where that fits", () => {
  assert.deepEqual(
    [2, 10, 16, 17].map((classes) => readParams({}, { ...DATA, classes }).side),
    [8, 10, 16, 8],
  );
});

test("what a link says is written back as it was", () => {
  const params = {
    ...{ view: "plane", seed: "17", side: "4", temperature: "0.5", truncation: "1.5" },
    ...{ source: "class:3", against: "image:12", told: "2", against_told: "0", hold: "2:-1.25", plane: "pc1,z0" },
  };
  const state = readParams(params, DATA);
  assert.deepEqual([state.seed, state.temperature, state.hold], [17, 0.5, { dimension: 2, value: -1.25 }]);
  assert.deepEqual(writeParams(state, DATA), params);
  for (const [name, value] of Object.entries(params)) {
    assert.deepEqual(writeParams(readParams({ [name]: value }, DATA), DATA), { [name]: value });
  }
});
