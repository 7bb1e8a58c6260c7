import assert from "node:assert/strict";
import { test } from "node:test";

import { noiseFor, spent } from "../../../vae/frontend/reconstruction/beside.js";

const OWN = { latent_dim: 2, kl: [1, 2], noise: [0.5, -0.5] };
const SAMPLES = new Float32Array([0, 1, 2, 3, 4, 5]);
const never = () => assert.fail("its own samples are not asked for");

test("models of as many dimensions get the same noise", () => {
  const noise = new Float32Array([7, 8]);
  assert.equal(noiseFor(OWN, { mode: "evaluation", sampleAt: 0, noise }, never), noise);
  assert.equal(noiseFor(OWN, { mode: "sample", sampleAt: 2, noise }, never), noise);
});

test("a model of another number of dimensions gets its own, the same whenever it is shown", () => {
  const noise = new Float32Array([7, 8, 9]);
  assert.deepEqual(noiseFor(OWN, { mode: "evaluation", sampleAt: 0, noise }, never), new Float32Array([0.5, -0.5]));
  assert.deepEqual(
    noiseFor(OWN, { mode: "evaluation", sampleAt: 0, noise: null }, never),
    new Float32Array([0.5, -0.5]),
  );
  assert.deepEqual(
    noiseFor(OWN, { mode: "sample", sampleAt: 2, noise }, () => SAMPLES),
    new Float32Array([4, 5]),
  );
});

test("the mean has no noise, nor has a plain autoencoder", () => {
  const noise = new Float32Array([7, 8]);
  assert.equal(noiseFor(OWN, { mode: "mean", sampleAt: 0, noise: null }, never), null);
  assert.equal(noiseFor({ ...OWN, kl: null }, { mode: "evaluation", sampleAt: 0, noise }, never), null);
});

test("what an image costs is said with its parts, and a bound is called one only where z is drawn", () => {
  const shown = { words: "β = 1", reconstruction: 78.04, kl: 17.76, point: false, sampled: true, className: "" };
  assert.equal(spent(shown), "−ELBO 95.8 = 78.0 + KL 17.8 nats");
  assert.equal(spent({ ...shown, sampled: false }), "at z = μ 95.8 = 78.0 + KL 17.8 nats");
  assert.equal(spent({ ...shown, className: "7" }), "−ELBO 95.8 = 78.0 + KL 17.8 nats · as class 7");
  assert.equal(spent({ ...shown, kl: 0, point: true, sampled: false }), "reconstruction 78.0 nats");
});
