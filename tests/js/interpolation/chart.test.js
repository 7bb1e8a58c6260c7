import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { drawChart } from "../../../vae/frontend/interpolation/chart.js";
import { svgElement } from "../../../vae/frontend/lib/dom.js";

/** @import { Line } from "../../../vae/frontend/interpolation/chart.js" */

/** @type {Line} */
const LINE = { values: [0, 2], mark: "square", colour: "#123456" };

/** Where the marks of a chart are, and how large. */
function marksOf(/** @type {number} */ em) {
  const svg = svgElement("svg", {});
  const size = { width: 100, height: 4 * em, em, columns: 2 };
  drawChart(svg, { ...size, lines: [LINE], top: 2, reference: 1 });
  return Array.from(svg.querySelectorAll("path"), (path) => path.getAttribute("transform") ?? "");
}

test("a chart's marks stand in the middle of their columns, from the bottom to the top", () => {
  const places = marksOf(14).map((transform) => transform.match(/[\d.]+/g)?.map(Number) ?? []);
  assert.deepEqual(
    places.map(([x]) => x),
    [25, 75],
  );
  assert.ok(places[0][1] > 50 && places[1][1] < 6);
});

test("a chart's marks and lines grow with the page's text", () => {
  assert.ok(marksOf(14).every((transform) => transform.endsWith("scale(1)")));
  assert.ok(marksOf(28).every((transform) => transform.endsWith("scale(2)")));
});
