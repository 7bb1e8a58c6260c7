import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Decoding } from "../../../vae/frontend/map/decoding.js";

/** A map over two test images; the place [9, 9] is far from all, and [1, 1] between codes. */
function opened({ prior = true, exact = false, entropy = Float32Array.of(40, 50) } = {}) {
  const encoded = {
    ...{ n: 2, latentDim: 2, labels: [0, 1], entropy, kl: Float32Array.of(20, 10) },
    ...{ mean: Float32Array.of(0, 0, 1, 1), reconstruction: Float32Array.of(78.25, 90) },
  };
  const inverse = {
    exact,
    at: () => [0, 0],
    trustAt: (/** @type {number[]} */ [x]) => ({ error: x > 5 ? null : 0.123, blended: [] }),
  };
  const projection = { encoded, inverse, pointText: () => "a point", placeText: () => "a place" };
  const parts = {
    card: { show: () => {}, hide: () => {}, drawOriginal: () => {}, drawDecoded: () => {} },
    plot: {
      setMarks: () => {},
      shading: { textAt: () => "" },
      layers: { element: { getBoundingClientRect: () => ({ left: 0, top: 0 }) } },
    },
    bar: { rest: "mean" },
    meter: { took: () => {} },
  };
  const shown = {
    ...{ model: { prior, images: { count: 2, load: async () => null }, encoded }, projection },
    ...{ client: { decode: async () => null }, data: { label: null, classes: 0 } },
  };
  const state = { shown: /** @type {any} */ (shown) };
  const decoding = new Decoding(
    /** @type {any} */ (parts),
    () => state.shown,
    () => undefined,
  );
  const look = (/** @type {number} */ point, coordinates = [0, 0]) =>
    decoding.look(/** @type {any} */ ({ point, coordinates, x: 0, y: 0 }));
  return { decoding, look, state };
}

test("the numbers of the image that was last under the pointer stand in the formulas, also after it has left", () => {
  const { decoding, look, state } = opened();
  assert.equal(decoding.measured(), null);
  look(0);
  decoding.leave();
  assert.deepEqual(decoding.measured(), { reconstruction: "78.3 nats", kl: "20.0 nats", least: "40.0 nats" });
  state.shown = { ...state.shown, projection: { ...state.shown.projection } };
  assert.equal(decoding.measured(), null); // another layout
});

test("a model without a prior has no KL, and an error that is all its own no floor", () => {
  const { decoding, look } = opened({ prior: false, entropy: /** @type {any} */ (null) });
  look(1);
  assert.deepEqual(decoding.measured(), { reconstruction: "90.0 nats" });
});

test("of a place it is how far off its z is", () => {
  const { decoding, look } = opened();
  look(-1, [1, 1]);
  assert.deepEqual(decoding.measured(), { off: "0.12" });
  look(-1, [9, 9]);
  assert.equal(decoding.measured(), null);
  const linear = opened({ exact: true });
  linear.look(-1, [1, 1]);
  assert.deepEqual(linear.decoding.measured(), { off: "0.00" });
});
