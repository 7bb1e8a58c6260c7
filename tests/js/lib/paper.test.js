import assert from "node:assert/strict";
import { test } from "node:test";

import { median } from "../../../vae/frontend/lib/paper.js";
import { uniform } from "../support/codes.js";

test("the median is the middle of the sorted values, the upper one of two, also among equal ones", () => {
  const random = uniform();
  for (let n = 1; n < 60; n++) {
    for (const levels of [1, 2, 3, 1e6]) {
      const values = Array.from({ length: n }, () => Math.floor(levels * random()) / 7);
      assert.equal(median(values), Math.fround(values.toSorted((a, b) => a - b)[n >> 1]));
    }
  }
  assert.equal(median(Float32Array.of(3, 1, 2)), 2);
});

test("the values stay in their order, and numbers in order or backwards are no obstacle", () => {
  const values = Float32Array.from({ length: 1001 }, (_, i) => i);
  assert.equal(median(values), 500);
  assert.equal(values[0], 0);
  assert.equal(median(values.toReversed()), 500);
});
