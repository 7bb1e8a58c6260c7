import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { send } from "../../support/page.js";
import { columnsOf, rove } from "../../../../vae/frontend/classroom/teacher/roving.js";

/** @type {HTMLElement} */
let grid;
/** @type {() => void} */
let refresh;

beforeEach(() => {
  grid = document.createElement("div");
  fill(7);
  document.body.replaceChildren(grid);
  refresh = rove(grid);
  refresh();
});

/** Buttons in rows of three. @param {number} count */
function fill(count) {
  const buttons = Array.from({ length: count }, (_, i) => {
    const node = Object.assign(document.createElement("button"), { tabIndex: -1, textContent: `${i}` });
    Object.defineProperty(node, "offsetTop", { value: 40 * Math.floor(i / 3) });
    return node;
  });
  grid.replaceChildren(...buttons);
}

const buttons = () => [...grid.querySelectorAll("button")];
const stops = () => buttons().flatMap(({ tabIndex }, i) => (tabIndex === 0 ? [i] : []));

test("a grid is one stop of the Tab key, the first button at the beginning", () => {
  assert.deepEqual(stops(), [0]);
  assert.equal(columnsOf(buttons()), 3);
});

test("arrows, Home and End move in it, not beyond it", () => {
  buttons()[0].focus();
  for (const [key, place] of /** @type {const} */ ([
    ["ArrowRight", 1],
    ["ArrowDown", 4],
    ["ArrowLeft", 3],
    ["ArrowUp", 0],
    ["ArrowUp", 0],
    ["End", 6],
    ["ArrowRight", 6],
    ["Home", 0],
    ["x", 0],
  ])) {
    send(document.activeElement ?? grid, "keydown", { key });
    assert.equal(document.activeElement?.textContent, `${place}`, key);
    send(document.activeElement ?? grid, "focusin");
    assert.deepEqual(stops(), [place]);
  }
});

test("a grid whose buttons are others has one stop again", () => {
  fill(2);
  assert.deepEqual(stops(), []);
  refresh();
  assert.deepEqual(stops(), [0]);
  for (const node of buttons()) node.tabIndex = 0;
  refresh();
  assert.deepEqual(stops(), [0]);
});
