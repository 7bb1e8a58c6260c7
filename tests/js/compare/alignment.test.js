import assert from "node:assert/strict";
import { test } from "node:test";

import {
  halfSides,
  nearestTurn,
  placedClouds,
  placeIn,
  turned,
  UNTURNED,
} from "../../../vae/frontend/compare/alignment.js";
import { memberOf, packedPoints } from "./models.js";

const CLOUD = [3, 0, 0, 1, -2, 1, -1, -2];

/** @param {Iterable<number>} found @param {number[]} expected */
function isNear(found, expected) {
  const values = [...found];
  assert.equal(values.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(values[i] - value) < 1e-5, `${values} is not ${expected}`);
  });
}

/**
 * @param {number} angle
 * @param {number} sign 1, or -1 to mirror
 * @returns {import("../../../vae/frontend/compare/alignment.js").Turn}
 */
function turnOf(angle, sign) {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  return [
    [cos, -sign * sin],
    [sin, sign * cos],
  ];
}

test("a cloud that was rotated, or mirrored as well, is turned back", () => {
  for (const sign of [1, -1]) {
    for (const angle of [0, 1, 2.5, -3]) {
      const other = turned(CLOUD, turnOf(angle, sign));
      isNear(turned(other, nearestTurn(other, CLOUD)), CLOUD);
    }
  }
});

test("a collapsed cloud stays as it is", () => {
  const turn = nearestTurn([0, 0, 0, 0], [1, 2, 3, 4]);
  isNear(turned([3, 4], turn), [3, 4]);
});

test("a code lies in the plane where its points lie", () => {
  const components = [
    [1, 0, 0],
    [0, 0, 2],
  ];
  isNear(placeIn([2, 7, 4], { mean: [1, 1, 1], components }, UNTURNED), [1, 6]);
  isNear(placeIn([2], { mean: [1], components: [[3]] }, UNTURNED), [3, 0]); // of one dimension
});

test("clouds of about one width share a scale, one that is far wider has its own", () => {
  const at = (/** @type {number} */ far) => [far, 0, -far, 0, 0, far, 0, -far];
  const [small, large, wide] = halfSides([at(1), at(1.8), at(9)]);
  assert.equal(small, large);
  assert.ok(Math.abs(large - 1.08 * 1.8) < 1e-5);
  assert.ok(wide > 9);
});

test("each model's cloud lies as its neighbour's, whatever the signs of its components", () => {
  const [first, second] = [memberOf(1), memberOf(4)];
  const placed = placedClouds([
    { ...first, points: packedPoints(CLOUD) },
    { ...second, points: packedPoints(CLOUD.map((value, i) => (i % 2 ? value : -value))) },
  ]);
  isNear(placed.get("b4")?.cloud.points ?? [], CLOUD);
});
