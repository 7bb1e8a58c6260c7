import assert from "node:assert/strict";
import { test } from "node:test";

import * as inverse from "../../../vae/frontend/map/inverse.js";
import { encodedOf, isNear } from "../support/codes.js";
import { python } from "../support/python.js";

const ENCODED = encodedOf();
const PLANE = ENCODED.pca.components.slice(0, 2);
const code = (/** @type {number} */ i) => Array.from(ENCODED.mean.subarray(3 * i, 3 * i + 3));

test("a place on the PCA plane and its z are each other's inverse", () => {
  const plane = inverse.LinearInverse.of({ method: "pca", axes: [] }, ENCODED, 2);
  const z = plane.at([1.5, -0.5]);
  isNear(plane.project(z), [1.5, -0.5]);
  isNear(z, [0.5 + 1.5 * 0.6 - 0.5 * 0.8, -0.5 + 1.5 * 0.8 + 0.5 * 0.6, 1]);
  isNear(plane.at(plane.project(code(4)), code(4)), code(4)); // what lies outside the plane is kept
});

test("raw axes are the latent dimensions; the others are at the data's mean, or where the base has them", () => {
  const plane = inverse.LinearInverse.of({ method: "raw", axes: [2, 0] }, ENCODED, 2);
  const mean = [0, 1, 2].map(
    (d) => ENCODED.mean.filter((_, i) => i % 3 === d).reduce((sum, x) => sum + x, 0) / ENCODED.n,
  );
  isNear(plane.at([7, 8]), [8, mean[1], 7]);
  assert.deepEqual(plane.at([7, 8], [1, 2, 3]), [8, 2, 7]);
  assert.deepEqual(plane.project([1, 2, 3]), [3, 1]);
});

test("one latent dimension is its own line", () => {
  const line = inverse.LinearInverse.of({ method: "raw", axes: [0] }, encodedOf(5, 1), 2);
  assert.deepEqual(line.at([3]), [3]);
});

test("where the codes lie close together, the local inverse is their mean", () => {
  const layout = Float32Array.from({ length: 2 * ENCODED.n }, (_, i) => (i < 24 ? (i % 2) * 0.01 : 1000 + i));
  const local = new inverse.LocalInverse(layout, 2, ENCODED);
  const near = [0, 1, 2].map((d) => {
    const values = Array.from({ length: 12 }, (_, i) => ENCODED.mean[3 * i + d]);
    return values.reduce((sum, value) => sum + value, 0) / 12;
  });
  isNear(local.at([0, 0.01]), near, 1e-4);
});

test("at a point, the local inverse is nearly its code, and its error is that of the others", () => {
  const layout = ENCODED.mean; // the map is the latent space itself
  const local = new inverse.LocalInverse(layout, 3, ENCODED);
  assert.ok(inverse.distance(local.at(code(5)), code(5)) < 0.15);
  const errors = Array.from({ length: 12 }, (_, i) => local.errorOf(i));
  assert.ok(errors.every((error) => error > 0 && error < 3));
  assert.ok(local.errorAt(code(5)) > 0);
  assert.equal(local.errorOf(3), errors[3]);
});

test("the typical distance is that between random pairs", () => {
  let sum = 0;
  for (let a = 0; a < ENCODED.n; a++) for (let b = 0; b < ENCODED.n; b++) sum += inverse.distance(code(a), code(b));
  const typical = inverse.typicalDistance(ENCODED);
  assert.ok(Math.abs(typical / (sum / ENCODED.n ** 2) - 1) < 0.2, `${typical}`);
  assert.equal(inverse.typicalDistance({ ...ENCODED, n: 1 }), 1); // no pair: any unit
});

test("neighbours are counted as kept where the map has them near too", () => {
  const same = inverse.neighboursOf(7, ENCODED, ENCODED.mean, 3);
  assert.equal(same.kept, 10);
  assert.ok(same.lines.every(([from, to]) => from === 7 && same.drawn.includes(to)));
  const mixed = Float32Array.from({ length: ENCODED.n }, (_, i) => (i * 31) % 60);
  assert.ok(inverse.neighboursOf(7, ENCODED, mixed, 1).kept < 10);
});

test("the mismatch with the prior is the KL of the Gaussian that NumPy fits", () => {
  const { mean, logvar, n } = ENCODED;
  const program = `
import json, sys
import numpy as np
mean, logvar, plane = (np.array(values) for values in json.load(sys.stdin))
mean, logvar = mean.reshape(-1, 3), logvar.reshape(-1, 3)
covariance = plane @ (np.cov(mean.T, bias=True) + np.diag(np.exp(logvar).mean(0))) @ plane.T
centre = plane @ mean.mean(0)
print(json.dumps(float(np.trace(covariance) + centre @ centre - len(plane) - np.linalg.slogdet(covariance)[1]) / 2))`;
  assert.equal(n, mean.length / 3);
  for (const plane of [PLANE, ENCODED.pca.components]) {
    const expected = python(program, JSON.stringify([[...mean], [...logvar], plane]));
    isNear([inverse.priorMismatch(ENCODED, plane)], [expected]);
  }
});

test("codes that are the prior's have no mismatch; codes on a line have a finite one", () => {
  const two = {
    n: 2,
    latentDim: 1,
    mean: Float32Array.of(-0.6, 0.6),
    logvar: new Float32Array(2).fill(Math.log(0.64)),
  };
  isNear([inverse.priorMismatch(two, [[1]])], [0]);
  const flat = { ...two, mean: new Float32Array(2), logvar: new Float32Array(2).fill(-200) };
  assert.ok(Number.isFinite(inverse.priorMismatch(flat, [[1]])));
});
