import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { bring, brought } from "../../../vae/frontend/lib/brought.js";

const PIXELS = Uint8Array.of(0, 128, 255);
/** @type {Map<string, string>} */
let kept;
beforeEach(() => {
  kept = new Map();
  Object.assign(globalThis, {
    sessionStorage: {
      getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value),
    },
  });
});

test("a picture belongs to the z of the model under which it was brought", () => {
  assert.equal(brought("a", [0.5, -1]), null);
  bring("a", [0.5, -1], PIXELS);
  assert.deepEqual(brought("a", [0.5, -1]), PIXELS);
  assert.equal(brought("b", [0.5, -1]), null);
  assert.equal(brought("a", [0.5, -1.0001]), null);
});

test("the last one counts", () => {
  bring("a", [1], PIXELS);
  bring("a", [2], PIXELS.slice(1));
  assert.deepEqual([brought("a", [1]), brought("a", [2])], [null, PIXELS.slice(1)]);
});

test("a tab without storage, or with something else in it, has none", () => {
  bring("a", [1], PIXELS);
  for (const key of kept.keys()) kept.set(key, "{");
  assert.equal(brought("a", [1]), null);
  const fails = () => {
    throw new Error("no storage");
  };
  Object.assign(globalThis, { sessionStorage: { getItem: fails, setItem: fails } });
  bring("a", [1], PIXELS);
  assert.equal(brought("a", [1]), null);
});
