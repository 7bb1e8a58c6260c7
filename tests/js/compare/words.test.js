import assert from "node:assert/strict";
import { test } from "node:test";

import { diagnosis, imageNats, pointText, testNats, verdictOf } from "../../../vae/frontend/compare/words.js";
import { memberOf, modelOf } from "./models.js";

const RESULT = { reconstruction: 52.34, kl: 18.66 };

test("an image's nats add up to its −ELBO, which a plain autoencoder does not have", () => {
  assert.equal(imageNats(memberOf(1), RESULT), "−ELBO 71.0 = reconstruction 52.3 + KL 18.7 nats");
  assert.equal(imageNats(memberOf(null), RESULT), "reconstruction 52.3 nats; no KL, so no −ELBO");
});

test("the test set's nats come with the number of its images and of the active dimensions", () => {
  const text = "mean of 10,000 test images: −ELBO 100.0 = 80.0 + 20.0 nats · active 1 of 2 dimensions";
  assert.equal(testNats(modelOf({ test_images: 10000 })), text);
  assert.match(testNats(memberOf(null)), /reconstruction 80\.0 nats, no KL/);
});

test("a dimension that the picture does not move has collapsed, and says with how many nats", () => {
  const [active, dead] = modelOf().dimensions;
  assert.equal(verdictOf(active), "active");
  assert.equal(verdictOf(dead), "collapsed: the picture does not move it, 0.00 nats");
  assert.equal(verdictOf({ ...dead, kl: null }), "collapsed: the picture does not move it");
});

test("collapsed dimensions are counted, and named while they are few", () => {
  const named = (/** @type {number} */ i) => `z${i}`;
  const [active, dead] = modelOf().dimensions;
  const of = (/** @type {number} */ n) =>
    modelOf({ beta: 10, dimensions: [active, active, ...Array.from({ length: n }, () => dead)] });
  assert.equal(diagnosis(of(0), named), "β = 10: the picture moves all 2 dimensions.");
  assert.equal(diagnosis(of(1), named), "β = 10: 1 of 3 dimensions has collapsed to the prior: z2.");
  assert.equal(diagnosis(of(2), named), "β = 10: 2 of 4 dimensions have collapsed to the prior: z2, z3.");
  assert.equal(diagnosis(of(9), named), "β = 10: 9 of 11 dimensions have collapsed to the prior.");
});

test("a point on the plane says its two numbers", () => {
  assert.equal(pointText("β = 4", { reconstruction: 102.52, kl: 9.56 }), "β = 4: KL 9.6, reconstruction 102.5 nats");
  assert.equal(pointText("plain", { reconstruction: 74.39, kl: null }), "plain: no KL, reconstruction 74.4 nats");
});
