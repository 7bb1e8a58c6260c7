import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Foot } from "../../../vae/frontend/map/controls.js";
import { neighboursOf } from "../../../vae/frontend/map/inverse.js";
import { neighbourText } from "../../../vae/frontend/map/panel.js";

const PROTOCOL = "4 nearest neighbours of all 9 points, Euclidean";

test("the quality names as many neighbours as were compared", () => {
  const foot = new Foot();
  foot.showQuality({ trustworthiness: 0.9, continuity: 0.8, neighbours_kept: 0.5, neighbours: 4, protocol: PROTOCOL });
  assert.equal(
    foot.quality.textContent,
    "trustworthiness 0.90 · continuity 0.80 · 50 % of the true 4 nearest neighbours kept",
  );
});

test("where nothing can be compared, the quality says why and gives no number", () => {
  const foot = new Foot();
  const protocol = "All 4 points are the same in latent space: there are no nearest ones to compare.";
  foot.showQuality({ trustworthiness: null, continuity: null, neighbours_kept: null, neighbours: null, protocol });
  assert.equal(foot.quality.textContent, protocol);
});

test("the source says what was lowered", () => {
  const foot = new Foot();
  const lowering = "perplexity lowered to 13: 40 pictures";
  foot.showSource(40, { source: "computed here", seconds: 0.5, lowering });
  assert.equal(foot.source.textContent, "40 test images, each at its mean μ of q(z|x) · computed here in 0.5 s");
  assert.equal(foot.lowering.textContent, lowering);
  foot.showSource(1);
  assert.deepEqual([foot.source.textContent, foot.lowering.textContent], ["1 test image, at its mean μ of q(z|x)", ""]);
});

test("an image with the code of many others has no nearest ones, and one alone has none", () => {
  const codes = { n: 20, latentDim: 2, mean: new Float32Array(40) };
  codes.mean.set([1, 2], 38);
  const text = (/** @type {number} */ row) => neighbourText(neighboursOf(row, codes, codes.mean, 2));
  assert.match(text(0), /^18 other images have the very same code/);
  assert.match(text(19), /of its 10 true nearest/);
  const alone = { n: 1, latentDim: 2, mean: new Float32Array(2) };
  assert.equal(neighbourText(neighboursOf(0, alone, alone.mean, 2)), "It is the only image.");
  const few = { n: 4, latentDim: 1, mean: Float32Array.of(0, 1, 3, 7) };
  assert.match(neighbourText(neighboursOf(0, few, few.mean, 1)), /3 of its 3 true nearest are among the 3 nearest/);
});
