import assert from "node:assert/strict";
import { test } from "node:test";

import * as math from "../../../vae/frontend/lib/math.js";
import { isNear, uniform } from "../support/codes.js";
import { python } from "../support/python.js";

test("quantiles of the normal distribution are those of Python's statistics to 1e-8", () => {
  const shares = [1e-12, 1e-6, 0.001, 0.02424, 0.02426, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97575, 0.99, 1 - 1e-6];
  const program = `
import json, sys
from statistics import NormalDist
print(json.dumps([NormalDist().inv_cdf(share) for share in json.load(sys.stdin)]))`;
  isNear(shares.map(math.normalQuantile), python(program, JSON.stringify(shares)), 2e-8);
});

test("shares of the normal distribution are those of Python's statistics to 1e-7", () => {
  const values = [-9, -4, -1.5, -0.3, 0, 1e-6, 0.7, 2, 5, 40];
  const program = `
import json, sys
from statistics import NormalDist
print(json.dumps([NormalDist().cdf(value) for value in json.load(sys.stdin)]))`;
  isNear(values.map(math.normalCdf), python(program, JSON.stringify(values)), 1e-7);
});

test("quantiles are symmetric", () => {
  const shares = [2 ** -20, 2 ** -3, 0.375]; // 1 - share is exact
  for (const share of shares) assert.equal(math.normalQuantile(1 - share), -math.normalQuantile(share));
});

test("the arc between two codes is White's formula, as NumPy computes it", () => {
  const [a, b] = [
    [1, 2, -0.5],
    [-0.3, 0.7, 2],
  ];
  const shares = [0, 0.1, 0.25, 0.5, 0.9, 1];
  const program = `
import json, numpy as np
a, b = np.array(${JSON.stringify([a, b])}, np.float64)
norms = np.linalg.norm(a), np.linalg.norm(b)
angle = np.arccos(a @ b / (norms[0] * norms[1]))
def at(t):
    along = (np.sin((1 - t) * angle) * a / norms[0] + np.sin(t * angle) * b / norms[1]) / np.sin(angle)
    return ((1 - t) * norms[0] + t * norms[1]) * along
print(json.dumps([at(t).tolist() for t in ${JSON.stringify(shares)}]))`;
  const expected = python(program);
  for (const [i, t] of shares.entries()) isNear(math.spherical(a, b, t), expected[i]);
});

test("the arc keeps a norm that both ends have, and turns at a constant rate", () => {
  for (let k = 0; k <= 10; k++) {
    const [x, y] = math.spherical([2, 0], [0, 2], k / 10);
    isNear([Math.hypot(x, y), Math.atan2(y, x)], [2, (Math.PI / 20) * k]);
  }
});

test("the arc's ends are exact", () => {
  const [a, b] = [
    [0.1, 0.7, 0.3],
    [0.9, -0.2, 0.4],
  ];
  assert.deepEqual(math.spherical(a, b, 0), a);
  assert.deepEqual(math.spherical(a, b, 1), b);
});

test("where there is no arc, the way is straight", () => {
  for (const [a, b] of [
    [
      [0, 0],
      [1, 1],
    ],
    [
      [1, 0],
      [2, 0],
    ],
    [
      [1, 0],
      [-1, 0],
    ],
  ]) {
    assert.deepEqual(math.spherical(a, b, 0.25), math.linear(a, b, 0.25));
  }
  assert.deepEqual(math.linear([0, 4], [2, 0], 0.25), [0.5, 3]);
});

test("the nearest rows are those of a sort by distance", () => {
  const random = uniform();
  const points = Float32Array.from({ length: 300 }, random);
  const target = [0.5, 0.5, 0.5];
  const distances = Array.from({ length: 100 }, (_, i) =>
    Math.hypot(...target.map((value, d) => points[3 * i + d] - value)),
  );
  const order = distances.map((_, i) => i).sort((a, b) => distances[a] - distances[b]);
  const found = math.nearest(points, 3, target, 7);
  assert.deepEqual(
    found.map(({ index }) => index),
    order.slice(0, 7),
  );
  isNear(
    found.map(({ distance }) => distance),
    order.slice(0, 7).map((i) => distances[i]),
  );
  assert.equal(math.nearest(points, 3, target, 1, order[0])[0].index, order[1]);
  assert.equal(math.nearest(points, 3, target, 1000).length, 100);
  assert.deepEqual(math.nearest([], 3, target, 2), []);
});

test("columns have a mean each", () => {
  assert.deepEqual(math.columnMeans([1, 10, 3, 20], 2, 2), [2, 15]);
});

test("indices are sorted by their values, the largest first", () => {
  assert.deepEqual(math.strongestFirst([0.1, 3, 2]), [1, 2, 0]);
});

test("a dimension is unused if its KL shows as 0.01 or less", () => {
  assert.equal(math.isUnused(0.0149), (0.0149).toFixed(2) === "0.01");
  assert.equal(math.isUnused(0.0151), false);
});

test("classes lie evenly within ±2.5", () => {
  isNear(
    [0, 1, 2, 3, 4].map((label) => math.classHeight(label, 5)),
    [-2, -1, 0, 1, 2],
  );
  assert.equal(math.classHeight(0, 0), 0);
});

test("z is rounded to four decimals, without a negative zero", () => {
  assert.equal(math.round4(1.23456789), 1.2346);
  assert.ok(Object.is(math.round4(-0.00001), 0));
});

test("draws have the moments of N(0, 1)", (t) => {
  t.mock.method(Math, "random", uniform(7));
  const draws = [...math.gaussians(20_000)];
  const moment = (/** @type {number} */ power) => draws.reduce((sum, x) => sum + x ** power, 0) / draws.length;
  isNear([moment(1), moment(2), moment(3), moment(4)], [0, 1, 0, 3], 0.05);
  t.mock.method(Math, "random", () => 0); // the least that it returns: log(0) would be infinite
  assert.equal(math.gaussian(), -0);
});

test("steps are 1, 2 or 5 times a power of ten", () => {
  assert.deepEqual(
    [0.011, 0.2, 0.21, 3, 5.1, 1000].map((least) => math.roundStep(least)),
    [0.02, 0.2, 0.5, 5, 10, 1000],
  );
  assert.equal(math.roundStep(0.3, 1), 1);
});

test("the norm is Euclidean", () => {
  assert.equal(math.norm(Float32Array.of(3, 4)), 5);
});
