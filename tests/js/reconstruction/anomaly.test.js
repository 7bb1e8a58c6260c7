import { send } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Anomaly } from "../../../vae/frontend/reconstruction/anomaly.js";
import { complexity } from "../../../vae/frontend/reconstruction/complexity.js";

/** @import { AnomalyData } from "../../../vae/frontend/reconstruction/anomaly.js" */

Object.assign(globalThis, {
  ResizeObserver: class {
    observe() {}
  },
}); // the histogram has no size here

const base64 = (/** @type {number[]} */ scores) => Buffer.from(Float32Array.from(scores).buffer).toString("base64");

/** @type {AnomalyData} */
const DATA = {
  image_shape: [1, 4, 4],
  kl: [1, 1],
  latent_dim: 2,
  likelihood: "bernoulli",
  density_offset: 0,
  corrected: base64([-100, 0]),
  first: false,
  comparisons: [{ name: "a black picture", auroc: 0.25, corrected: 0.75 }],
  other: null,
};
const ENCODED = { reconstruction: Float32Array.of(10, 20, 30, 40), kl: Float32Array.of(1, 1, 1, 1) };

/** The panel, open, of a model that gives a black picture this score. */
async function panelOf(score = 5, /** @type {Partial<AnomalyData>} */ change = {}) {
  /** @type {Uint8Array[]} */
  const scored = [];
  const scoreOf = (/** @type {Uint8Array} */ pixels) => {
    scored.push(pixels);
    return Promise.resolve(score);
  };
  const panel = new Anomaly({ onChoose: () => {}, scoreOf });
  panel.setData({ ...DATA, ...change }, true);
  panel.setTestScores(ENCODED);
  assert.equal(scored.length, 0); // not before it can be seen
  panel.element.open = true;
  send(panel.element, "toggle");
  await Promise.resolve();
  return { panel, scored };
}

test("a black picture is scored once the panel is open, and what that shows is said", async () => {
  const { panel, scored } = await panelOf();
  assert.deepEqual(scored, [new Uint8Array(16)]);
  const text = panel.exampleText.textContent ?? "";
  assert.match(text, /^What −ELBO cannot do: this black picture scores 5.00 nats, computed now: lower than 100.0 %/);
  const length = complexity(new Uint8Array(16), [1, 4, 4], "bernoulli");
  assert.ok(
    text.includes(`Corrected: 5.00 − ${length.toFixed(2)} = −${(length - 5).toFixed(2)} nats, higher than 50.0 %`),
  );
  assert.ok(text.includes("of 2 test images chosen at random"));
  assert.match(panel.table.textContent ?? "", /a black picture0.2500.750/);
});

test("a model that finds a black picture strange is not said to fail", async () => {
  const { panel } = await panelOf(35);
  assert.match(panel.exampleText.textContent ?? "", /^This black picture scores 35.00 nats, .* lower than 25.0 %/);
});

test("a plain autoencoder has no bound and no corrected score", async () => {
  const { panel } = await panelOf(5, { kl: null, corrected: null });
  panel.show(25, new Uint8Array(16));
  panel.describe();
  assert.equal(panel.scoreText.textContent, "−log p(x|z) 25.00 nats: higher than 50.0 % of the test images.");
  assert.equal(panel.modes.hidden, true);
  assert.ok(!panel.element.textContent?.includes("ELBO nats"));
});

test("the test images with pictures are named as what they are", async () => {
  const { panel } = await panelOf(5, { first: true });
  assert.match(panel.exampleText.textContent ?? "", /of the first 2 test images, whose pictures the checkpoint brings/);
  const all = await panelOf(5, { first: true, corrected: base64([1, 2, 3, 4]) });
  assert.match(all.panel.exampleText.textContent ?? "", /of the 4 test images\.$/);
});
