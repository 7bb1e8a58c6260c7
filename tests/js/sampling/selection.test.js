import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Card } from "../../../vae/frontend/sampling/selection.js";

const RECT = /** @type {DOMRect} */ ({ left: 0, top: 0, right: 100, bottom: 100 });

test("how far the chosen sample is from the test images stands in the formulas", () => {
  const card = new Card(async () => null);
  const testSet = /** @type {any} */ ({
    encoded: { images: 2, n: 2, classNames: ["zero"], labels: [0, 0], imageShape: [1, 1, 1] },
    pictures: { load: async () => Uint8Array.of(0) },
  });
  const show = () => card.show(RECT, RECT, Uint8Array.of(0), [1, 1, 1], "Row 1, column 1");
  assert.deepEqual(card.measured, {});
  show();
  card.showNearestCode({ index: 0, distance: 0.834, typical: 1.2 }, testSet, "latent units");
  card.showNearestPixels({ index: 1, distance: 0.123, typical: 0.2, count: 2 }, testSet);
  card.hide();
  assert.deepEqual(card.measured, { distance: "0.83", change: "12.3 %" });
  show();
  assert.deepEqual(card.measured, {}); // of another one nothing is found yet
});
