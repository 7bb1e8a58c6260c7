import assert from "node:assert/strict";
import { test } from "node:test";

import { PlaneScale, placeLabels, ticks } from "../../../vae/frontend/compare/plane-scale.js";

const BOX = { left: 50, top: 10, width: 400, height: 300 };
const scale = new PlaneScale([20, null, 4], [80, 74, 141, 45.53, 205.65, null], BOX);

test("no rate is at the left edge, a lower distortion further down, and all that is known lies within the plot", () => {
  assert.equal(scale.x(0), 50);
  assert.ok(scale.x(20) < 450);
  assert.ok(scale.y(205.65) > 10);
  assert.equal(scale.y(0), 310);
  assert.ok(scale.y(45.53) > scale.y(80));
});

test("what is beyond the plot is drawn at its edge", () => {
  assert.equal(scale.x(1000), 450);
  assert.equal(scale.y(1000), 10);
});

test("a likelihood of densities has distortions below 0, which have room, too", () => {
  const densities = new PlaneScale([5], [-700, -650], BOX);
  assert.ok(densities.y(-700) < 310);
  assert.ok(densities.y(-650) > 10);
});

test("distortions that are all far above 0, as a colour picture's are, have the plot to themselves", () => {
  const colour = new PlaneScale([20, 31], [7363, 7449, 6193], BOX);
  assert.ok(colour.y(6193) > 280 && colour.y(6193) < 310);
  assert.ok(colour.y(7363) - colour.y(7449) > 15);
  assert.equal(new PlaneScale([20], [80], BOX).y(0), 310 + 0);
});

test("along a line of equal −ELBO rate and distortion have the same sum, whatever the scales", () => {
  const perRate = (scale.x(10) - scale.x(0)) / 10,
    perNat = (scale.y(0) - scale.y(10)) / 10;
  const lines = scale.equalSums();
  assert.ok(lines.length > 2);
  for (const { sum, from, to } of lines) {
    for (const { x, y } of [from, to]) {
      assert.ok(Math.abs((x - 50) / perRate + (310 - y) / perNat - sum) < 1e-6);
      assert.ok(x >= 50 && x <= 450 && y >= 10 && y <= 310);
    }
  }
});

test("an axis has round numbers within its ends", () => {
  assert.deepEqual(ticks(0, 25), [0, 5, 10, 15, 20, 25]);
  assert.deepEqual(ticks(-742, 3), [-600, -400, -200, 0]);
});

test("labels of near points cover neither each other nor a point, and stay within the box", () => {
  const points = [
    { x: 300, y: 100 },
    { x: 303, y: 104 },
    { x: 290, y: 101 },
    { x: 440, y: 100 },
  ].map((place) => ({ ...place, width: 90 }));
  const placed = placeLabels(points, 16, { left: 0, top: 0, width: 460, height: 320 });
  const dots = points.map(({ x, y }) => ({ left: x - 7, top: y - 7, width: 14, height: 14 }));
  const boxes = placed.flatMap((label) => label ?? []).concat(/** @type {any} */ (dots));
  assert.equal(boxes.length, 8);
  placed.forEach((label, i) => {
    assert.ok(label);
    assert.ok(label.left >= 0 && label.left + label.width <= 460);
    boxes.forEach((other, k) => {
      if (k === i || k === placed.length + i) return;
      const apart =
        label.left >= other.left + other.width ||
        other.left >= label.left + label.width ||
        label.top >= other.top + other.height ||
        other.top >= label.top + label.height;
      assert.ok(apart, `label ${i} covers ${k}`);
    });
  });
});

test("a label does not cover what is written already", () => {
  const box = { left: 0, top: 0, width: 300, height: 100 };
  const point = { x: 100, y: 50, width: 60 };
  const [beside] = placeLabels([point], 16, box);
  assert.equal(beside?.anchor, "start");
  const [elsewhere] = placeLabels([point], 16, box, [{ left: 120, top: 45, width: 20, height: 10 }]);
  assert.equal(elsewhere?.anchor, "end");
});

test("a label for which there is no room is not written", () => {
  const points = [1, 2, 3].map((k) => ({ x: 20 + k, y: 10, width: 30 }));
  const placed = placeLabels(points, 16, { left: 0, top: 0, width: 70, height: 20 });
  assert.deepEqual(
    placed.map((label) => label !== null),
    [true, false, false],
  );
});
