import "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { partOf, scaleOf, Shading, shareOf, valueAt } from "../../../vae/frontend/map/shading.js";
import { Plane } from "../../../vae/frontend/map/views.js";
import { isNear } from "../support/codes.js";

const GROUND = {
  base: "http://lab",
  model: "a",
  origin: [0, 0],
  directions: [
    [1, 0],
    [0, 1],
  ],
  label: null,
};
const GRID = { columns: 3, rows: 2, x: [0, 3], y: [-1, 1], values: [1, 2, 3, 4, 5, 6] };

/** The bodies of what was asked. @type {any[]} */
let asked = [];
/** @type {(values: object) => void} */
let answer = () => {};

beforeEach(() => {
  asked = [];
  globalThis.fetch = (_, init) => {
    asked.push(JSON.parse(`${init?.body}`));
    const stream = new ReadableStream({
      start(controller) {
        init?.signal?.addEventListener("abort", () => controller.error(init.signal?.reason));
        answer = (values) =>
          controller.enqueue(new TextEncoder().encode(`${JSON.stringify({ version: 1, ...values })}\n`));
      },
    });
    return Promise.resolve(new Response(stream));
  };
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** @param {number} width @param {number} height */
function planeOf(width, height) {
  const plane = new Plane(width, height);
  plane.fit({ low: [-3, -3], high: [3, 3] });
  return plane;
}

test("all that is seen is measured, in cells that are about squares", () => {
  const plane = planeOf(800, 400),
    { x, y, columns, rows } = partOf(plane);
  isNear([...x, ...y], plane.ranges.flat(), 1e-4);
  assert.ok(columns * rows <= 4096);
  assert.ok(Math.abs(columns / rows - 2) < 0.1);
});

test("the scale leaves out outliers, is logarithmic, and never empty", () => {
  const values = Array.from({ length: 101 }, (_, i) => 10 ** (i / 50));
  const scale = scaleOf([...values, 1e9]);
  assert.ok(scale.low > 1 && scale.high < 101);
  isNear(
    [scale.low, Math.sqrt(scale.low * scale.high), scale.high].map((value) => shareOf(value, scale)),
    [0, 0.5, 1],
  );
  assert.deepEqual([shareOf(0, scale), shareOf(1e9, scale)], [0, 1]);
  for (const same of [[0, 0], [7, 7], [5]]) {
    const { low, high } = scaleOf(same);
    assert.ok(low > 0 && low < high);
  }
});

test("a place has the value of its cell, outside of the grid none", () => {
  assert.equal(valueAt(GRID, [0.5, -0.5]), 1);
  assert.equal(valueAt(GRID, [2.9, 0.9]), 6);
  assert.equal(valueAt(GRID, [1.5, 0.1]), 5);
  assert.equal(valueAt(GRID, [3.1, 0]), null);
  assert.equal(valueAt(GRID, [1, -1.1]), null);
});

test("a ground is measured where it is seen, and said in grey levels where one points", async () => {
  let changes = 0;
  const shading = new Shading(() => changes++);
  shading.show(GROUND);
  assert.equal(shading.element.hidden, false);
  assert.ok(shading.isMeasured);
  const plane = planeOf(60, 60);
  shading.follow(plane);
  shading.follow(plane); // as each frame does
  await settled();
  const { base, ...ground } = GROUND;
  assert.deepEqual(asked, [{ version: 1, ...ground, ...partOf(plane) }]);
  const before = changes;
  answer({ columns: 2, rows: 1, values: [3, 212.4] });
  await settled();
  assert.equal(changes, before + 1);
  assert.equal(shading.textAt([1, 0]), " · 210 grey levels per step of z");
  assert.equal(shading.textAt([9, 0]), "");
  assert.match(`${shading.element.textContent}`, /3.*210.*log scale; middle 25/);
});

test("without a ground nothing is asked, painted or said", async () => {
  const shading = new Shading(() => {});
  shading.follow(planeOf(60, 60));
  await settled();
  assert.deepEqual(asked, []);
  shading.show(GROUND);
  shading.show(null);
  assert.equal(shading.element.hidden, true);
  assert.ok(!shading.isMeasured);
  assert.equal(shading.textAt([0, 0]), "");
});

test("what the server cannot do is said beside the map", async () => {
  const shading = new Shading(() => {});
  shading.show(GROUND);
  shading.follow(planeOf(60, 60));
  await settled();
  answer({ error: "Try again." });
  await settled();
  assert.match(`${shading.element.textContent}`, /Try again\./);
});
