import assert from "node:assert/strict";
import { test } from "node:test";

import { linkedPin } from "../../../vae/frontend/map/pins.js";
import { encodedOf } from "../support/codes.js";

const ENCODED = encodedOf();

test("what a link has pinned is a test image of its class, or a place of no layout", () => {
  const pinned = { z: [1, 2, 3], row: 2, exact: true, near: true };
  const nowhere = { coordinates: null, config: null };
  assert.deepEqual(linkedPin(pinned, ENCODED), { ...pinned, label: ENCODED.labels[2], ...nowhere });
  assert.deepEqual(linkedPin({ ...pinned, row: null }, ENCODED), { ...pinned, row: null, label: null, ...nowhere });
  assert.equal(linkedPin(null, ENCODED), null);
});
