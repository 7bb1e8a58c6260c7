import assert from "node:assert/strict";
import { test } from "node:test";

import { boundsOf, countOutside, frameOf, frameOfPrior } from "../../../vae/frontend/lib/frame.js";
import { isNear } from "../support/codes.js";

/** Places on a circle of radius 1, and then some others. */
const circled = (/** @type {number} */ n, /** @type {number[]} */ ...others) => [
  ...Array.from({ length: n }, (_, i) => [Math.cos(i), Math.sin(i)]).flat(),
  ...others,
];

test("bounds are those of each dimension", () => {
  assert.deepEqual(boundsOf([0, 5, 2, -1], 2), { low: [0, -1], high: [2, 5] });
});

test("one place, or none, has room around it", () => {
  assert.deepEqual(boundsOf([1, 2, 1, 2], 2), { low: [-2, -1], high: [4, 5] });
  assert.deepEqual(boundsOf([], 3), { low: [-3, -3, -3], high: [3, 3, 3] });
  assert.deepEqual(frameOf([7, 7, 7], 3), { low: [4, 4, 4], high: [10, 10, 10] });
});

test("a cloud without outliers is shown whole", () => {
  const layout = circled(1000);
  assert.deepEqual(frameOf(layout, 2), boundsOf(layout, 2));
});

test("outliers do not widen the frame, and are counted", () => {
  const layout = circled(1000, 50, 0, 0, -80, 3, 3);
  const { low, high } = frameOf(layout, 2);
  isNear([...low, ...high], [-1, -1.1, 1.1, 1.1], 0.02); // at most 5 % of slack, and none where no point is
  assert.equal(countOutside(layout, { low, high }), 3);
  assert.equal(countOutside(layout, { low, high }, [...new Array(1002).fill(1), 0]), 2);
  assert.equal(countOutside([Number.NaN, 0], { low, high }), 1);
});

test("a few places are never outliers, nor are those beside many that are alike", () => {
  const few = circled(20, 9, 9);
  assert.deepEqual(frameOf(few, 2), boundsOf(few, 2));
  const alike = [...new Array(2000).fill(0), 2, 3];
  assert.deepEqual(frameOf(alike, 2), { low: [0, 0], high: [2, 3] });
});

test("the prior's frame is three standard deviations, unless that hides more than a tenth of the points", () => {
  const shown = { low: [-3, -3], high: [3, 3] };
  assert.deepEqual(frameOfPrior(circled(90), 2), shown);
  const most = circled(90, ...Array.from({ length: 10 }, () => [0, -9]).flat());
  assert.deepEqual(frameOfPrior(most, 2), shown);
  const wider = [...most, 0, 12];
  assert.deepEqual(frameOfPrior(wider, 2), frameOf(wider, 2));
  assert.deepEqual(frameOfPrior([], 3), { low: [-3, -3, -3], high: [3, 3, 3] });
});
