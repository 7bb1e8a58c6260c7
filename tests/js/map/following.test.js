import assert from "node:assert/strict";
import { test } from "node:test";

import { announced, readPin, readSpot } from "../../../vae/frontend/map/following.js";
import { Projection } from "../../../vae/frontend/map/projection.js";
import { encodedOf } from "../support/codes.js";

/** @import { Config } from "../../../vae/frontend/map/projection-files.js" */
/** @import { Place } from "../../../vae/frontend/map/views.js" */

/** @type {Config} */
const TSNE = { method: "tsne", dims: 2, axes: [] };
const ENCODED = encodedOf();
const MAP = Projection.local(TSNE, ENCODED, new Float32Array(2 * ENCODED.n), 2);
/** On this page's screen, a place is at a hundred times its coordinates. */
const PLOT = {
  placeOf: (/** @type {number[]} */ [x, y]) => /** @type {Place} */ ([100 * x, 100 * y]),
  placeOfRow: (/** @type {number} */ i) => /** @type {Place} */ ([i, 2 * i]),
};
const PIN = { z: [1, 2, 3], row: null, exact: false, near: true, label: 1, coordinates: [0.5, 0.25], config: TSNE };

/** As it comes over the network. */
const sent = (/** @type {unknown} */ value) => JSON.parse(JSON.stringify(value));

test("a place on the map is the same place and z on another page, wherever that draws it", () => {
  const spot = { x: 7, y: 8, coordinates: [0.123456, 1], point: -1 };
  const { spot: live, pin } = sent(announced({ spot, z: [0.1, 0.2000612345678, -1] }, { pin: null }));
  assert.deepEqual(readSpot(live, PLOT, MAP), { x: 12.35, y: 100, coordinates: [0.1235, 1], point: -1, z: [0.1, 0.200061235, -1] }); // biome-ignore format: a line
  assert.equal(readPin(pin, MAP), null);
});

test("a point is the same test image on another page, whose layout may be another", () => {
  const { spot } = sent(announced({ spot: { x: 7, y: 8, coordinates: [5, 6], point: 3 }, z: [1, 1, 1] }, { pin: PIN }));
  assert.deepEqual(spot, { coordinates: [5, 6], point: 3 });
  assert.deepEqual(readSpot(spot, PLOT, MAP), { x: 3, y: 6, coordinates: [5, 6], point: 3 });
});

test("a pin is the same place of this layout, and one of a layout of other dimensions is at its z", () => {
  const { spot, pin } = sent(announced({ spot: null, z: [] }, { pin: PIN }));
  assert.equal(readSpot(spot, PLOT, MAP), null);
  assert.deepEqual(readPin(pin, MAP), PIN);
  assert.deepEqual(readPin({ ...pin, coordinates: [1, 2, 3] }, MAP), { ...PIN, coordinates: null, config: null });
});

test("what fits no model here is nothing", () => {
  for (const wrong of [
    undefined,
    "x",
    { point: 1e9 },
    { coordinates: [1, 2], point: -1 },
    { coordinates: [1], z: [1, 2, 3] },
  ])
    assert.equal(readSpot(wrong, PLOT, MAP), null, JSON.stringify(wrong));
  for (const wrong of [undefined, 3, { z: [1] }, { z: [1, 2, "3"] }]) assert.equal(readPin(wrong, MAP), null);
});

test("a place and a pin of 64 dimensions are less than 4 KiB", () => {
  const z = Array.from({ length: 64 }, (_, i) => -100.1234567890123 - i);
  const spot = { x: 7, y: 8, coordinates: [-0.123456, 1.234567], point: -1 };
  const text = JSON.stringify({
    view: "latent_map",
    model: "m".repeat(64),
    ...announced({ spot, z }, { pin: { ...PIN, z } }),
  });
  assert.ok(text.length < 4096, `${text.length}`);
});
