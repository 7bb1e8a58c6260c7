import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { noMarks, paintMarks } from "../../../vae/frontend/map/marks.js";
import { ClassNames, moveApart } from "../../../vae/frontend/map/names.js";
import { Plane } from "../../../vae/frontend/map/views.js";

const LABELS = [0, 1, 0, 1, 0, 1, 0];
const POINTS = [0, 0, 5, 5, 2, 9, 7, 5, 1, 1, 9, -4, 100, 3];
const ALL = new Array(7).fill(1);

test("each class is named at the median of its points along both axes", () => {
  const names = new ClassNames(["a", "b"], LABELS);
  assert.deepEqual(names.medians(POINTS, ALL), [
    { name: "a", x: 1.5, y: 2 }, // of 0, 1, 2, 100 and 0, 1, 3, 9
    { name: "b", x: 7, y: 5 },
  ]);
});

test("hidden points do not count, and a class without visible points has no name", () => {
  const names = new ClassNames(["a", "b"], LABELS);
  const shown = LABELS.map((label, i) => Number(label === 0 && i < 6));
  assert.deepEqual(names.medians(POINTS, shown), [{ name: "a", x: 1, y: 1 }]);
});

test("names follow the points while these move", () => {
  const names = new ClassNames(["a", "b"], LABELS);
  const moved = POINTS.map((value) => value / 2 + 10);
  assert.deepEqual(names.medians(moved, ALL)[1], { name: "b", x: 13.5, y: 12.5 });
});

test("more than twenty classes are not named, and a long name is cut", () => {
  const classes = (/** @type {number} */ n) => Array.from({ length: n }, (_, k) => `class ${k}`);
  assert.equal(ClassNames.of(classes(21), []), null);
  assert.equal(ClassNames.of(classes(20), [])?.names[19], "class 19");
  assert.deepEqual(ClassNames.of(["Ankle boot with laces"], [])?.names, ["Ankle boot wi…"]);
});

test("names that overlap are moved apart, others stay", () => {
  const box = (/** @type {number} */ x, /** @type {number} */ y) => ({ x, y, width: 10, height: 10 });
  const boxes = [box(0, 0), box(2, 1), box(2, 1), box(50, 50)];
  moveApart(boxes);
  assert.deepEqual(boxes[3], box(50, 50));
  boxes.slice(0, 3).forEach((one, i) => {
    for (const other of boxes.slice(0, i)) {
      assert.ok(Math.abs(one.x - other.x) >= 9 || Math.abs(one.y - other.y) >= 9, JSON.stringify(boxes));
    }
  });
  const apart = [box(0, 0), box(0, 10)];
  moveApart(apart);
  assert.deepEqual(apart, [box(0, 0), box(0, 10)]);
});

test("names are written above their halo, in the theme's colours, on pictures dark in every theme", () => {
  const colours = { text: "#eee", ground: "#111", accent: "#00f" };
  const written = (/** @type {boolean} */ onPictures) => {
    /** @type {unknown[]} */
    const calls = [];
    const style = { strokeStyle: "", fillStyle: "", font: "" };
    const writing = {
      strokeText: (/** @type {unknown[]} */ ...place) => calls.push([style.strokeStyle, ...place]),
      fillText: (/** @type {unknown[]} */ ...place) => calls.push([style.fillStyle, style.font, ...place]),
    };
    const context = /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (Object.assign(style, writing)));
    const nowhere = () => /** @type {[number, number]} */ ([0, 0]);
    const ground = { context, view: new Plane(100, 100), em: 10, colours, onPictures };
    const names = [
      { name: "7", x: 30, y: 40 },
      { name: "Sandal", x: 80, y: 80 },
    ];
    paintMarks({ ...ground, placeOf: nowhere, placeOfRow: nowhere }, noMarks(), names, null);
    return calls;
  };
  assert.deepEqual(written(false), [
    ["#111", "7", 30, 40],
    ["#eee", "bold 17px sans-serif", "7", 30, 40],
    ["#111", "Sandal", 80, 80],
    ["#eee", "bold 11px sans-serif", "Sandal", 80, 80],
  ]);
  assert.deepEqual(written(true).slice(0, 2), [
    ["#fff", "7", 30, 40],
    ["#000", "bold 17px sans-serif", "7", 30, 40],
  ]);
});
