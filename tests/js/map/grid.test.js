import "../support/page.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { svgElement } from "../../../vae/frontend/lib/dom.js";
import { drawGrid, ticksOf } from "../../../vae/frontend/map/grid.js";
import { Plane } from "../../../vae/frontend/map/views.js";

/** @type {[low: number, high: number, most: number, texts: string[]][]} */
const cases = [
  [-3.2, 3.2, 7, ["−3", "−2", "−1", "0", "1", "2", "3"]],
  [-3.2, 3.2, 4, ["−2", "0", "2"]],
  [-0.26, 0.31, 6, ["−0.2", "−0.1", "0.0", "0.1", "0.2", "0.3"]],
  [120, 980, 5, ["200", "400", "600", "800"]],
  [0.101, 0.104, 3, ["0.101", "0.102", "0.103", "0.104"]],
  [0, 0, 5, []],
];

for (const [low, high, most, texts] of cases) {
  test(`from ${low} to ${high}, ${most} lines at most: ${texts.join(" ")}`, () => {
    assert.deepEqual(
      ticksOf(low, high, most).map(({ text }) => text),
      texts,
    );
  });
}

test("numbers stand where the plane shows them, and an axis that means nothing has none", () => {
  const plane = new Plane(200, 100);
  plane.ranges = [
    [-10, 10],
    [-5, 5],
  ];
  const style = { titles: ["z[0]", null], width: 240, height: 130, pans: true, em: 10, left: 30, top: 5 };
  const svg = svgElement("svg", {});
  drawGrid(svg, plane, { ...style, colours: { grid: "grey", ground: "white" } });
  const texts = [...svg.querySelectorAll("text")].map((node) => [node.textContent, Number(node.getAttribute("x"))]);
  assert.deepEqual(texts, [
    ["−10", 30],
    ["0", 130],
    ["10", 230],
    ["z[0]", 130],
  ]);
});
