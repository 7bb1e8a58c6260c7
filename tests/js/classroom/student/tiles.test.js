import assert from "node:assert/strict";
import { test } from "node:test";

import { areaInside, planesOf, sizeOf } from "../../../../vae/frontend/classroom/student/tiles.js";

test("a tile is no larger than the picture, and no side longer than 64 pixels", () => {
  assert.deepEqual(sizeOf(28, 28), [28, 28]);
  assert.deepEqual(sizeOf(640, 320), [64, 32]);
  assert.deepEqual(sizeOf(1, 900), [1, 64]);
});

test("a picture of greys is one plane, one of colours is three", () => {
  assert.deepEqual(planesOf([7, 7, 7, 255, 9, 9, 9, 255], 2, 1), { shape: [1, 1, 2], pixels: Uint8Array.of(7, 9) });
  const { shape, pixels } = planesOf([1, 2, 3, 255, 4, 5, 6, 255], 2, 1);
  assert.deepEqual(shape, [3, 1, 2]);
  assert.deepEqual([...pixels], [1, 4, 2, 5, 3, 6]);
});

test("where nothing was drawn a tile is white", () => {
  assert.deepEqual([...planesOf([0, 0, 0, 0, 0, 0, 0, 255], 2, 1).pixels], [255, 0]);
});

test("of a picture counts what is in the window", () => {
  const box = { left: -10, right: 30, top: 80, bottom: 120 };
  assert.equal(areaInside(box, 100, 100), 30 * 20);
  assert.equal(areaInside({ ...box, top: 120, bottom: 150 }, 100, 100), 0);
});
