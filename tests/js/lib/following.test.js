import assert from "node:assert/strict";
import { test } from "node:test";

import { announce, isVector, listen } from "../../../vae/frontend/lib/following.js";

test("an announcement reaches who listens, and nobody after that", () => {
  const page = new EventTarget();
  /** @type {unknown[]} */
  const heard = [];
  const stop = listen(page, (live) => heard.push(live));
  announce(page, () => ({ view: "explore", model: "m", z: [1, 2] }));
  stop();
  announce(page, () => ({ view: "explore", model: "m", z: [3, 4] }));
  assert.deepEqual(heard, [{ view: "explore", model: "m", z: [1, 2] }]);
});

test("where nobody listens nothing is made", () => {
  announce(new EventTarget(), () => assert.fail("nobody asked for it"));
});

test("a vector from the network has as many numbers as the model, and numbers alone", () => {
  assert.ok(isVector([0, -1.5], 2));
  for (const wrong of [[0], [0, Number.NaN], [0, "1"], "00", null, undefined, { length: 2 }]) {
    assert.ok(!isVector(wrong, 2), JSON.stringify(wrong));
  }
});
