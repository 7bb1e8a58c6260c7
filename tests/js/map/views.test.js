import assert from "node:assert/strict";
import { test } from "node:test";

import { boundsOf } from "../../../vae/frontend/lib/frame.js";
import { Plane, Space } from "../../../vae/frontend/map/views.js";
import { isNear } from "../support/codes.js";

/** Where a place of the layout is on the screen. */
function placed(/** @type {Plane | Space} */ view, /** @type {number[]} */ coordinates) {
  /** @type {[number, number]} */
  const screen = [0, 0];
  view.project(coordinates, screen);
  return screen;
}

test("the plane shows all points with one scale for both axes, y upwards", () => {
  const plane = new Plane(400, 200);
  plane.fit({ low: [0, 0], high: [10, 10] });
  const [[x0, y0], [x1, y1]] = [placed(plane, [0, 0]), placed(plane, [10, 10])];
  assert.ok(x0 < x1 && y1 < y0);
  assert.equal((x1 - x0).toFixed(6), (y0 - y1).toFixed(6));
  for (const [x, y] of [
    [x0, y0],
    [x1, y1],
  ])
    assert.ok(x > 0 && x < 400 && y > 0 && y < 200);
  isNear(plane.lift(...placed(plane, [3, 4])), [3, 4]);
});

test("zooming keeps the place under the pointer, panning moves it with the pointer", () => {
  const plane = new Plane(400, 200);
  plane.fit({ low: [0, 0], high: [10, 10] });
  const before = plane.lift(50, 60);
  plane.zoom(3, 50, 60);
  isNear(plane.lift(50, 60), before);
  isNear([plane.zoomed], [3]);
  plane.pan(7, -8);
  isNear(plane.lift(57, 52), before);
});

test("a plane of another size shows as much", () => {
  const plane = new Plane(400, 200);
  plane.fit({ low: [0, 0], high: [10, 10] });
  const [, [low, high]] = plane.ranges;
  plane.resize(200, 100);
  isNear(plane.ranges[1], [low, high]);
  plane.ranges = [
    [0, 4],
    [1, 3],
  ];
  isNear([...plane.centre, plane.unit], [2, 2, 0.02]);
});

test("points that are all the same have axes of a sensible size", () => {
  const plane = new Plane(400, 200);
  for (const same of [
    [5, 5],
    [5, 5, 5 + 1e-7, 5],
  ]) {
    plane.fit(boundsOf(same, 2));
    isNear(placed(plane, [5, 5]), [200, 100], 1e-4);
    isNear(plane.ranges[1], [5 - 3.24, 5 + 3.24], 1e-4);
  }
  const space = new Space(200, 200);
  space.fit(boundsOf([5, 5, 5], 3));
  assert.deepEqual([space.half, space.box.low, space.box.high], [3, [2, 2, 2], [8, 8, 8]]);
});

test("a fitted plane holds the bounds and little more, and is not zoomed", () => {
  const plane = new Plane(400, 200);
  plane.zoom(5);
  plane.fit({ low: [-3, -3], high: [3, 3] });
  isNear(plane.ranges[1], [-3.24, 3.24]);
  isNear(plane.ranges[0], [-6.48, 6.48]); // one scale for both axes
  assert.equal(plane.zoomed, 1);
});

test("space is seen from an eye: the middle in the middle, nearer points deeper", () => {
  const space = new Space(300, 300);
  space.fit({ low: [-1, -1, -1], high: [1, 1, 1] });
  isNear(placed(space, [0, 0, 0]), [150, 150]);
  const screen = new Float32Array(4),
    depths = new Float32Array(2);
  space.turn(-space.yaw, -space.pitch); // the eye looks along the second axis
  space.project([0, -1, 0, 0, 1, 0], screen, depths);
  assert.ok(depths[0] > depths[1]);
  assert.ok(depths.every((depth) => depth >= 0 && depth <= 1));
});

test("the rotation keeps lengths and angles", () => {
  const space = new Space(300, 300);
  space.turn(1.1, 0.3);
  const [a, b, c] = [0, 3, 6].map((at) => space.rotation.slice(at, at + 3));
  const dot = (/** @type {number[]} */ one, /** @type {number[]} */ other) =>
    one.reduce((sum, value, i) => sum + value * other[i], 0);
  isNear([dot(a, a), dot(b, b), dot(c, c), dot(a, b), dot(a, c), dot(b, c)], [1, 1, 1, 0, 0, 0]);
});

test("a place lifted into space lies under the pointer again", () => {
  const space = new Space(300, 200);
  space.fit({ low: [-1, -2, -3], high: [4, 5, 6] });
  space.pan(10, 20);
  isNear(placed(space, space.lift(70, 90)), [70, 90]);
  space.zoom(2, 70, 90);
  isNear(placed(space, space.lift(70, 90)), [70, 90]);
});

test("space turns by keys, never over the top, and zooms within limits", () => {
  const space = new Space(300, 200);
  const { yaw } = space;
  space.turnByKey(1, 0);
  assert.ok(space.yaw > yaw);
  for (let k = 0; k < 100; k++) space.turnByKey(0, 1);
  assert.equal(space.pitch, Math.PI / 2);
  for (let k = 0; k < 100; k++) space.zoom(2);
  assert.equal(space.zoomed, 50);
  space.fit({ low: [0, 0, 0], high: [1, 1, 1] });
  assert.equal(space.edges.length, 12);
});
