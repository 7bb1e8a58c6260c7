import assert from "node:assert/strict";
import { test } from "node:test";

import { inState, nextOf } from "../../../../vae/frontend/classroom/teacher/drawings.js";
import { tileSize } from "../../../../vae/frontend/classroom/teacher/tiles.js";
import "../../support/page.js";

const drawing = (/** @type {"waiting" | "approved"} */ state) => ({
  label: "3",
  picture: "",
  shape: /** @type {const} */ ([1, 1, 1]),
  mean: [],
  logvar: [],
  seat: 1,
  state,
});

test("drawings of a state come with the oldest first", () => {
  const drawings = { 10: drawing("waiting"), 9: drawing("waiting"), 2: drawing("approved") };
  assert.deepEqual(
    inState(drawings, "waiting").map(([id]) => id),
    ["9", "10"],
  );
});

test("after one is gone, the one in its place is looked at, else the last; at the beginning the first", () => {
  assert.equal(nextOf(["1", "2", "3"], ["1", "3"], "2"), "3");
  assert.equal(nextOf(["1", "2", "3"], ["1", "2"], "3"), "2");
  assert.equal(nextOf(["1", "2", "3"], ["3"], "1"), "3");
  assert.equal(nextOf([], ["4", "5"], null), "4");
  assert.equal(nextOf(["4"], [], "4"), null);
});

test("the more tiles there are, the smaller each is", () => {
  const sizes = [1, 12, 13, 40, 41, 120, 121, 400].map(tileSize);
  assert.deepEqual(
    [...sizes].sort((a, b) => b - a),
    sizes,
  );
});
