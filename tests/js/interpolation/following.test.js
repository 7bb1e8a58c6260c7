import assert from "node:assert/strict";
import { test } from "node:test";

import { changesOf, shareText } from "../../../vae/frontend/interpolation/following.js";

const BEFORE = { view: "ends", from: "3", t: "0.5" };

test("what comes of another page's link is the state alone", () => {
  const { state } = changesOf(BEFORE, { checkpoint: "m", compare: "n", ...BEFORE, t: "0.6" });
  assert.deepEqual(state, { ...BEFORE, t: "0.6" });
});

test("a movement, another end and another view are told apart", () => {
  const changes = (/** @type {Record<string, string>} */ params) => {
    const { ends, moves, others } = changesOf(BEFORE, params);
    return [ends, moves, others];
  };
  assert.deepEqual(changes(BEFORE), [[], false, false]);
  assert.deepEqual(changes({ ...BEFORE, t: "0.51" }), [[], true, false]);
  assert.deepEqual(changes({ ...BEFORE, to: "z1,2" }), [["to"], false, false]);
  assert.deepEqual(changes({ ...BEFORE, view: "corners" }), [[], false, true]);
  assert.deepEqual(changes({}), [["from"], true, true]);
});

test("a share is as short as three decimals allow", () => {
  assert.deepEqual([0, 0.5, 1 / 3, 1].map(shareText), ["0", "0.5", "0.333", "1"]);
});
