import assert from "node:assert/strict";
import { test } from "node:test";

import { cellsOf, manifoldVectors, Noise, Source } from "../../../vae/frontend/sampling/sources.js";
import { isNear, uniform } from "../support/codes.js";
import { python } from "../support/python.js";

const base64 = (/** @type {Float32Array | Float64Array} */ numbers) => Buffer.from(numbers.buffer).toString("base64");

/** ε of 256 cells in two dimensions and a uniform number for each cell, from Python as the page gets them. */
const PACKED = python(`
import base64, json
import numpy as np
generator = np.random.default_rng(3)
values, choice = generator.normal(size=(256, 2)), generator.random(256)
pack = lambda array, kind: base64.b64encode(array.astype(kind).tobytes()).decode()
print(json.dumps({"values": pack(values, "<f4"), "choice": pack(choice, "<f8")}))`);

const WEIGHTS = [0.25, 0.75];
const MEANS = [1, 2, -3, 4];
const FACTORS = [2, 0, 0.5, 1, 0.1, 0, -0.3, 0.2]; // lower triangular, one matrix per component
const packed = (weights = WEIGHTS) => ({
  weights,
  means: base64(Float32Array.from(MEANS)),
  factors: base64(Float32Array.from(FACTORS)),
});

test("a cell keeps its noise when the grid grows", () => {
  const [small, large] = [cellsOf(3), cellsOf(5)];
  assert.deepEqual(small, [0, 1, 2, 16, 17, 18, 32, 33, 34]);
  assert.ok(small.every((cell) => large.includes(cell)));
  assert.deepEqual(
    cellsOf(16),
    Array.from({ length: 256 }, (_, i) => i),
  );
});

test("truncated noise has the quantile of the whole in the distribution that is cut off", () => {
  const noise = new Noise(PACKED);
  for (const bound of [0.1, 1, 3]) {
    noise.truncate(bound);
    const program = `
import json, sys
from statistics import NormalDist
normal, (bound, values) = NormalDist(), json.load(sys.stdin)
below = normal.cdf(-bound)
def cut(x):
    # In the lower tail, where the digits are.
    share = below + normal.cdf(-abs(x)) * (1 - 2 * below)
    return (1 if x > 0 else -1) * -normal.inv_cdf(share)
print(json.dumps([cut(x) for x in values]))`;
    isNear(noise.truncated, python(program, JSON.stringify([bound, [...noise.values]])), 1e-5);
    assert.ok(noise.truncated.every((value) => Math.abs(value) <= Math.fround(bound)));
  }
  noise.truncate(4);
  assert.equal(noise.truncated, noise.values);
});

test("a mixture's vectors are mean + temperature · factor ε, in the component that the choice picks", () => {
  const noise = new Noise(PACKED);
  const source = new Source(packed(), 2);
  const cells = [0, 17, 255];
  const program = `
import base64, json, sys
import numpy as np
packed, cells = json.load(sys.stdin)
values = np.frombuffer(base64.b64decode(packed["values"]), "<f4").reshape(-1, 2)
choice = np.frombuffer(base64.b64decode(packed["choice"]), "<f8")
means, factors = np.array(${JSON.stringify(MEANS)}).reshape(2, 2), np.array(${JSON.stringify(FACTORS)}).reshape(2, 2, 2)
component = np.searchsorted(np.cumsum(${JSON.stringify(WEIGHTS)}), choice, side="right")
vectors = lambda t: [(means[component[c]] + t * factors[component[c]] @ values[c]).tolist() for c in cells]
print(json.dumps([vectors(1), vectors(0.5), component.mean()]))`;
  const [whole, half, share] = python(program, JSON.stringify([PACKED, cells]));
  assert.ok(share > 0 && share < 1); // both components occur
  for (const [temperature, expected] of /** @type {const} */ ([
    [1, whole],
    [0.5, half],
    [1, whole],
  ])) {
    isNear(
      source.vectors(cells, noise, temperature).flatMap((z) => [...z]),
      expected.flat(),
      1e-5,
    );
  }
  noise.truncate(0.1);
  const near = source.vectors([0], noise, 1)[0];
  assert.ok(Math.hypot(near[0] - whole[0][0], near[1] - whole[0][1]) > 0.01); // prepared anew
});

test("weights need not add up to one, and rounding leaves no cell without a component", () => {
  assert.deepEqual(
    [0, 0.24, 0.26, 1].map((share) => new Source(packed([1, 3]), 2).componentAt(share)),
    [0, 0, 1, 1],
  );
});

test("a marginal has the moments of many draws", () => {
  const source = new Source(packed(), 2);
  const random = uniform(5);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  for (const [i, temperature] of [
    [0, 1],
    [1, 0.5],
  ]) {
    let sum = 0,
      squares = 0;
    const n = 40_000;
    for (let k = 0; k < n; k++) {
      const c = random() < 0.25 ? 0 : 1;
      const [a, b] = [gaussian(), gaussian()];
      const z = MEANS[2 * c + i] + temperature * (FACTORS[4 * c + 2 * i] * a + FACTORS[4 * c + 2 * i + 1] * b);
      sum += z;
      squares += z * z;
    }
    const { mean, deviation } = source.marginal(i, temperature);
    isNear([mean, deviation], [sum / n, Math.sqrt(squares / n - (sum / n) ** 2)], 0.02);
  }
});

test("the manifold stands at the middle quantiles, upwards, and shrinks with the temperature", () => {
  const directions = [
    [2, 0],
    [0, 1],
  ];
  const quantiles = python(`
import json
from statistics import NormalDist
print(json.dumps([NormalDist().inv_cdf((i + 0.5) / 3) for i in range(3)]))`);
  const vectors = manifoldVectors(3, directions, [10, 20], 0.5);
  for (let i = 0; i < 9; i++) {
    isNear(vectors[i], [10 + quantiles[i % 3], 20 - 0.5 * quantiles[Math.floor(i / 3)]], 1e-6);
  }
});

test("the manifold of one dimension is read like a text", () => {
  const vectors = manifoldVectors(2, [[1]], [0], 1);
  const values = vectors.map(([z]) => z);
  assert.deepEqual(
    values,
    [...values].sort((a, b) => a - b),
  );
  isNear([values[0]], [-values[3]]);
});
