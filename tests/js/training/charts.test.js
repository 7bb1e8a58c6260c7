import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Curve, rangeOf } from "../../../vae/frontend/training/charts.js";

/** @import { Point, Range, Series } from "../../../vae/frontend/training/charts.js" */

const REFERENCE = { term: /** @type {const} */ ("reconstruction"), value: 100, label: "mnist-z10" };
/** @type {Range} */
const RANGE = [90, 150];

/** Where the name of the reference is put beside this training curve. */
function place(/** @type {Point[]} */ training, /** @type {Range} */ range = RANGE, reference = REFERENCE) {
  const curve = Object.assign(new Curve("reconstruction", "Reconstruction"), { width: 300, height: 128 });
  /** @type {Series} */
  const series = { training, validation: [] };
  const node = curve.nameOf(reference, series, range);
  const [x, y] = ["x", "y"].map((name) => Number(node.getAttribute(name)));
  return { text: node.textContent, anchor: node.getAttribute("text-anchor"), x, above: y < curve.y(100, range) };
}

test("a reference's name is at the right above its line where no curve is", () => {
  assert.deepEqual(place([]), { text: "mnist-z10 100.0", anchor: "end", x: 291.6, above: true });
});

test("a reference's name avoids a curve that settles just above the line", () => {
  const found = place([
    [0, 150],
    [0.1, 104],
    [1, 102],
  ]);
  assert.deepEqual([found.anchor, found.above], ["end", false]);
});

test("a reference's name avoids a curve that ends on the line at the right", () => {
  const found = place([
    [0, 150],
    [0.6, 130],
    [0.61, 101],
    [1, 99],
  ]);
  assert.deepEqual([found.anchor, found.above], ["start", true]);
});

test("a reference's name stays inside the plot, and has an arrow where its line is outside", () => {
  assert.equal(place([], [90, 100]).above, false);
  assert.equal(place([], [100, 150]).above, true);
  assert.equal(place([], [110, 150]).text, "mnist-z10 100.0 ↓");
  assert.equal(place([], [50, 90]).text, "mnist-z10 100.0 ↑");
});

test("the names of two references outside the plot on one side are beside each other", () => {
  const curve = Object.assign(new Curve("reconstruction", "Reconstruction"), { width: 300, height: 128 });
  const names = ["one", "other"].map((label) =>
    curve.nameOf({ ...REFERENCE, label }, { training: [], validation: [] }, [110, 150]),
  );
  assert.deepEqual(
    names.map((node) => node.getAttribute("text-anchor")),
    ["end", "start"],
  );
});

test("a range has room around the curves and takes in the references that are near", () => {
  /** @type {any} */
  const film = {
    frames: [
      { share: 0, reconstruction: null },
      { share: 0.5, reconstruction: 130 },
      { share: 1, reconstruction: 110 },
    ],
    epochs: [],
  };
  const [low, high] = rangeOf([film], "reconstruction", []) ?? [NaN, NaN];
  assert.ok(Math.abs(low - 108.4) < 1e-9 && Math.abs(high - 131.6) < 1e-9);
  const [lower] = rangeOf([film], "reconstruction", [REFERENCE]) ?? [NaN, NaN];
  assert.ok(Math.abs(lower - 97.6) < 1e-9);
  assert.equal(rangeOf([{ ...film, frames: [] }], "reconstruction", [REFERENCE]), null);
});
