import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Strips } from "../../../vae/frontend/interpolation/strips.js";
import { element } from "../../../vae/frontend/lib/dom.js";

/** @type {any} */
const SPACE = { imageShape: [1, 1, 1], latentDim: 2, prior: true };
/** @type {any} */
const OTHER = { imageShape: [1, 1, 1], latentDim: 3, prior: true };
const CODES = [
  [3, 4],
  [0, 0],
  [0, 1],
];
const PICTURES = [0, 51, 255].map((value) => Uint8Array.of(value));
const PALETTE = ["#ff0000", "#00ff00", "#0000ff", "#00ffff"];

function placed() {
  globalThis.getComputedStyle = /** @type {any} */ (() => ({ fontSize: "16px" }));
  const strips = new Strips(PALETTE, () => {});
  const place = element("div", {}, ...strips.cells);
  strips.resize(300);
  return {
    strips,
    labels: () => [...place.querySelectorAll(".row-label:not(.chart-label)")].map((each) => each.textContent),
  };
}

const heads = (/** @type {Strips} */ strips) =>
  [...strips.table.querySelectorAll("th")].map((cell) => cell.textContent);
const line = (/** @type {Strips} */ strips, /** @type {number} */ i) =>
  [...strips.table.querySelectorAll("tr")[i].querySelectorAll("td")].map((cell) => cell.textContent);

test("one model has a row for each path, the shortest while it is followed", () => {
  const { strips, labels } = placed();
  assert.deepEqual(labels(), ["Linear z", "Spherical z", "Pixel blend"]);
  strips.show(
    SPACE,
    [
      ["linear", CODES],
      ["spherical", CODES],
    ],
    [...PICTURES, ...PICTURES],
  );
  assert.deepEqual(heads(strips).slice(1, 3), ["|z| linear", "|z| spherical"]);
  assert.deepEqual(line(strips, 1).slice(1, 3), ["5.00", "5.00"]);
  assert.deepEqual(line(strips, 2).slice(3, 5), ["20.00", "20.00"]); // % of the range
  strips.follow("shortest");
  assert.deepEqual(labels(), ["Linear z", "Spherical z", "Shortest", "Pixel blend"]);
  const three = /** @type {[any, number[][]][]} */ (["linear", "spherical", "shortest"].map((curve) => [curve, CODES]));
  strips.show(SPACE, three, [...PICTURES, ...PICTURES, ...PICTURES]);
  assert.ok(heads(strips).includes("|z| shortest"));
  strips.follow("linear");
  assert.deepEqual(labels(), ["Linear z", "Spherical z", "Pixel blend"]);
});

test("several models have a row each for the followed path, with numbers of each", () => {
  const { strips, labels } = placed();
  strips.show(
    SPACE,
    [
      ["linear", CODES],
      ["spherical", CODES],
    ],
    [...PICTURES, ...PICTURES],
  );
  strips.setModels(["β = 1", "β = 10"]);
  assert.deepEqual(labels(), ["β = 1", "β = 10"]);
  assert.deepEqual(heads(strips), ["picture", "|z| β = 1", "Δ β = 1, %"]); // the other's has not come yet
  strips.showOther(
    0,
    OTHER,
    [
      [2, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ],
    PICTURES.toReversed(),
  );
  assert.deepEqual(heads(strips), ["picture", "|z| β = 1", "|z| β = 10", "Δ β = 1, %", "Δ β = 10, %"]);
  assert.deepEqual(line(strips, 1), ["1", "5.00", "2.00", "", ""]);
  assert.equal(strips.rms.textContent, "no common prior");
  strips.follow("shortest"); // until it is found the straight one
  assert.deepEqual(line(strips, 1).slice(1, 2), ["5.00"]);
  strips.follow("linear");
  strips.setModels([]);
  assert.deepEqual(labels(), ["Linear z", "Spherical z", "Pixel blend"]);
  assert.match(`${strips.rms.textContent}`, /√2/);
});

test("pictures that come when the page is left draw no chart", () => {
  const { strips } = placed();
  globalThis.getComputedStyle = /** @type {any} */ (() => ({ fontSize: "" })); // as of an element outside a document
  strips.show(SPACE, [["linear", CODES]], PICTURES);
  assert.equal(strips.normChart.childElementCount, 0);
});
