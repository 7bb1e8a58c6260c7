import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Plane } from "../../../vae/frontend/compare/plane.js";

Object.assign(globalThis, {
  addEventListener: () => {},
  removeEventListener: () => {},
  getComputedStyle: () => ({ fontSize: "12px" }),
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
});

/** @param {string} name @param {number} reconstruction @param {number | null} kl */
function pointOf(name, reconstruction, kl) {
  const about = `${name}. Choose it to compare it`;
  return {
    name,
    words: name,
    about,
    nats: { reconstruction, kl },
    member: name !== "other",
    first: name === "b1",
    compared: name === "b10",
  };
}

const MARKS = { floor: 45.5, collapsed: 205.7 };
const POINTS = [pointOf("ae", 74, null), pointOf("b1", 80, 19), pointOf("b10", 141, 4), pointOf("other", 132, 7)];

/** A plane of 600 × 400 CSS pixels with four models, and which of them were chosen. */
function planeOf() {
  /** @type {string[]} */
  const chosen = [];
  const plane = new Plane((name) => void chosen.push(name));
  Object.defineProperties(plane.element, { clientWidth: { value: 600 }, clientHeight: { value: 400 } });
  plane.show({ points: POINTS, marks: MARKS });
  const pointNamed = (/** @type {string} */ name) => {
    const found = [...plane.svg.querySelectorAll("g")].find((node) => node.getAttribute("data-name") === name);
    assert.ok(found);
    return found;
  };
  return { plane, chosen, pointNamed };
}

test("a model's point is a button that is chosen by click, Enter and space", () => {
  const { chosen, pointNamed } = planeOf();
  const point = pointNamed("b10");
  assert.deepEqual(
    ["role", "tabindex", "aria-pressed", "aria-label"].map((name) => point.getAttribute(name)),
    ["button", "0", "true", "b10. Choose it to compare it"],
  );
  point.dispatchEvent(new Event("click"));
  for (const key of ["Enter", " ", "a"]) point.dispatchEvent(Object.assign(new Event("keydown"), { key }));
  assert.deepEqual(chosen, ["b10", "b10", "b10"]);
});

test("who does not see the plane has a table of its models and marks", () => {
  const { plane } = planeOf();
  const rows = [...plane.body.children].map((row) => [...row.children].map(({ textContent }) => textContent));
  assert.deepEqual(rows, [
    ["ae", "none", "74.0"],
    ["b1", "19.0", "80.0"],
    ["b10", "4.0", "141.0"],
    ["other", "7.0", "132.0"],
    ["Floor: the picture itself", "", "45.5"],
    ["Collapsed: the mean picture", "0", "205.7"],
  ]);
});

test("a model without a rate stands beside the plot; the family's curve joins those with one", () => {
  const { plane, pointNamed } = planeOf();
  const dot = pointNamed("ae").querySelector("circle.dot");
  assert.equal(Number(dot?.getAttribute("cx")), plane.lane);
  const [curve] = plane.svg.querySelectorAll("polyline");
  assert.equal(curve.getAttribute("points")?.split(" ").length, 2);
});

test("this image's own points are drawn without drawing the rest again", () => {
  const { plane, pointNamed } = planeOf();
  const before = pointNamed("b1");
  plane.showOwn(
    new Map([
      ["b1", { reconstruction: 60, kl: 15 }],
      ["ae", { reconstruction: 50, kl: 0 }],
    ]),
  );
  const squares = [...plane.ownGroup.querySelectorAll("rect")];
  assert.deepEqual(
    squares.map((square) => [square.getAttribute("data-own"), square.getAttribute("class")]),
    [
      ["ae", ""],
      ["b1", "first"],
    ],
  );
  assert.equal(pointNamed("b1"), before);
});
