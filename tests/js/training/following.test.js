import assert from "node:assert/strict";
import { test } from "node:test";

import { changesOf } from "../../../vae/frontend/training/following.js";

const LIVE = { view: "training", model: "m", film: "f", share: 0.25, grid: true };

test("another page's moment and map are followed for the same film", () => {
  assert.deepEqual(changesOf(LIVE, "f"), { share: 0.25, grid: true });
});

test("another film, no film, a link without a moment, and what is no share change nothing", () => {
  const nothing = { share: null, grid: null };
  assert.deepEqual(changesOf(LIVE, "other"), nothing);
  assert.deepEqual(changesOf({ ...LIVE, film: "" }, ""), nothing);
  assert.deepEqual(changesOf({ view: "training", model: "m", params: { frame: "3" } }, "f"), nothing);
  for (const share of [-0.1, 1.1, Number.NaN, "0.5", null])
    assert.deepEqual(changesOf({ ...LIVE, share, grid: 1 }, "f"), nothing);
});
