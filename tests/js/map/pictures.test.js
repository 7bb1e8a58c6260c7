import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { placeBeside } from "../../../vae/frontend/map/pictures.js";

const CARD = { width: 100, height: 150 };

test("a card is right of a place, left of it where there is no room, at the place's height", () => {
  assert.deepEqual(placeBeside([40, 300], CARD, 1000), [54, 250]);
  assert.deepEqual(placeBeside([950, 300], CARD, 1000), [836, 250]);
  assert.deepEqual(placeBeside([40, 300], { ...CARD, height: 400 }, 1000), [54, 250]); // a longer text moves no picture
});

test("on a narrow screen a card is above the place, or beneath where it does not fit there", () => {
  assert.deepEqual(placeBeside([100, 300], CARD, 190), [50, 122]);
  assert.deepEqual(placeBeside([100, 90], CARD, 190), [50, 118]);
});
