import { pixelsOf, send } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { ClassGrid } from "../../../vae/frontend/explore/classes.js";

Object.assign(globalThis, {
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
  getComputedStyle: () => ({ fontSize: "10px" }),
});

/** A client whose picture of a class is one pixel, as bright as its number. */
function client() {
  /** @type {number[][][]} */
  const asked = [];
  const decodeCodes = (/** @type {number[][]} */ codes) => {
    asked.push(codes);
    return Promise.resolve({ pixels: Uint8Array.from(codes, (_, k) => 10 * k), imageShape: [1, 1, 1] });
  };
  return { asked, decodeCodes };
}

/** A grid of so many classes in three columns; what was chosen. */
async function shown(count = 5) {
  /** @type {number[]} */
  const chosen = [];
  const grid = new ClassGrid((label) => chosen.push(label));
  Object.defineProperty(grid.element, "clientWidth", { value: 90 });
  grid.take(Array.from({ length: count }, (_, k) => `class ${k}`));
  grid.show(1);
  const { asked, decodeCodes } = client();
  await grid.refresh(/** @type {any} */ ({ decodeCodes }), [0.5, -1]);
  grid.canvas.getBoundingClientRect = () => /** @type {any} */ ({ left: 0, top: 0, width: 90, height: 60 });
  return { grid, chosen, asked };
}

test("z is decoded as each class, with the weights of that class", async () => {
  const { grid, asked } = await shown(3);
  assert.deepEqual(asked, [
    [
      [0.5, -1, 1, 0, 0],
      [0.5, -1, 0, 1, 0],
      [0.5, -1, 0, 0, 1],
    ],
  ]);
  assert.deepEqual(
    [0, 1, 2].map((i) => pixelsOf(grid.canvas)[4 * i]),
    [0, 10, 20],
  );
});

test("a click chooses the class there; a click beyond the last, or on the one of now, chooses none", async () => {
  const { grid, chosen } = await shown();
  const click = (/** @type {number} */ clientX, /** @type {number} */ clientY) =>
    send(grid.pad, "click", { clientX, clientY });
  click(80, 10);
  click(10, 50);
  click(85, 50);
  click(10, 50);
  assert.deepEqual(chosen, [2, 3]);
  assert.equal(grid.pad.ariaValueText, "class 3");
});

test("arrow keys go from class to class, and from row to row", async () => {
  const { grid, chosen } = await shown();
  for (const key of ["ArrowRight", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowDown", "ArrowLeft", "x"])
    send(grid.pad, "keydown", { key });
  assert.deepEqual(chosen, [2, 1, 4, 3]);
});

test("a key that is a class' name chooses it, and reaches nobody else; shortcuts pass", async () => {
  const { grid, chosen } = await shown();
  grid.take(["A", "b", "c"]);
  const page = document.createElement("div");
  /** @type {string[]} */
  const passed = [];
  page.append(grid.element);
  page.addEventListener("keydown", ({ key }) => passed.push(key));
  send(grid.pad, "keydown", { key: "c" });
  send(grid.pad, "keydown", { key: "a" });
  send(grid.pad, "keydown", { key: "A", ctrlKey: true });
  assert.deepEqual([chosen, passed], [[2], ["A"]]);
});

test("the class of now is framed", async () => {
  const { grid } = await shown();
  grid.show(4);
  const { left, top, width, height } = grid.mark.style;
  assert.deepEqual(
    [left, top, width, height].map((length) => Math.round(Number.parseFloat(length))),
    [33, 50, 33, 50],
  );
});

test("rows are of one length as far as they can be: ten classes where nine have room are two rows of five", async () => {
  const grid = new ClassGrid(() => {});
  Object.defineProperty(grid.element, "clientWidth", { value: 260 });
  grid.take(Array.from({ length: 10 }, (_, k) => `${k}`));
  await grid.refresh(/** @type {any} */ (client()), [0]);
  assert.deepEqual([grid.columns, grid.rows], [5, 2]);
});

test("a model that is told no class, and one of too many, has no grid", () => {
  const grid = new ClassGrid(() => {});
  for (const [count, hidden] of /** @type {[number, boolean][]} */ ([
    [0, true],
    [62, false],
    [1000, true],
  ])) {
    grid.take(Array.from({ length: count }, (_, k) => `${k}`));
    assert.equal(grid.element.hidden, hidden);
  }
});
