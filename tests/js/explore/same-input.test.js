import assert from "node:assert/strict";
import { test } from "node:test";

import { sameInput, scoreOf } from "../../../vae/frontend/explore/same-input.js";

/** @import { Codes } from "../../../vae/frontend/explore/same-input.js" */

const SCORES = [-2, -1, 0, 1, 2];

/** Gaussian codes with these means and deviations. @returns {Codes} */
function gaussian(/** @type {number[]} */ mean, /** @type {number[]} */ deviation) {
  const quantiles = mean.map((value, j) => SCORES.map((score) => value + score * deviation[j]));
  return { mean, deviation, scores: SCORES, quantiles };
}

const FIRST = { codes: gaussian([0, 1], [1, 2]), start: [0.5, 1] };
const OTHER = {
  codes: gaussian([10, 20, 30], [4, 1, 3]),
  start: [11, 21, 31],
  match: [{ dimension: 2, correlation: -0.9 }, null],
};
const close = (/** @type {number[]} */ found, /** @type {number[]} */ expected) =>
  assert.deepEqual(
    found.map((value) => Number(value.toFixed(6))),
    expected,
  );

test("each model starts at its own mean of the image", () => {
  close(sameInput("image", FIRST.start, FIRST, OTHER), OTHER.start);
});

test("a matched dimension moves by as many deviations, turned round where the correlation is negative", () => {
  close(sameInput("image", [1.5, 1], FIRST, OTHER), [11, 21, 28]); // one deviation of 1 here, of 3 there
  close(sameInput("image", [0.5, 9], FIRST, OTHER), OTHER.start); // nothing there follows z₁
});

test("where the start is no image's, both are measured from the means of their codes", () => {
  close(sameInput("image", [1, 1], FIRST, { ...OTHER, start: null }), [10, 20, 27]);
});

test("at the same percentile a matched dimension has the same score, the others are at their median", () => {
  close(sameInput("percentile", [1, 5], FIRST, OTHER), [10, 20, 27]);
  close(sameInput("percentile", [-3, 5], FIRST, OTHER), [10, 20, 39]); // beyond the outermost quantiles, too
});

test("a score is that of the quantiles, which need not be a Gaussian's", () => {
  const codes = { ...gaussian([0], [1]), quantiles: [[-4, -1, 0, 0.5, 3]] };
  assert.equal(scoreOf(-1, codes, 0), -1);
  assert.equal(scoreOf(0.25, codes, 0), 0.5);
  assert.equal(scoreOf(5.5, codes, 0), 3);
});

test("the same numbers are the same numbers", () => {
  close(sameInput("z", [1, 2], FIRST, OTHER), [1, 2]);
});

test("a collapsed dimension, whose quantiles are all the same, has a score all the same", () => {
  const codes = { ...gaussian([0], [0]) };
  assert.equal(Number.isFinite(scoreOf(1, codes, 0)), true);
});
