import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
const { ScoreHistogram } = await import("../../../vae/frontend/reconstruction/histogram.js");
const { PosteriorChart } = await import("../../../vae/frontend/reconstruction/posterior-chart.js");
const { PosteriorPlane } = await import("../../../vae/frontend/reconstruction/posterior-plane.js");

/** What a screen reader says of a canvas. @param {HTMLCanvasElement} canvas */
const said = (canvas) => [canvas.getAttribute("role"), canvas.ariaLabel];

test("a chart has its name before the first image is encoded", () => {
  const name = "q(z|x) of this image, mean ± standard deviation";
  assert.deepEqual(said(new PosteriorChart().canvas), ["img", name]);
  assert.deepEqual(said(new PosteriorPlane(() => {}).canvas), ["img", "Where it lies"]);
});

test("a histogram is a picture with a name as soon as there are scores", () => {
  const histogram = new ScoreHistogram();
  assert.equal(histogram.canvas.getAttribute("role"), null);
  histogram.setScores(Float32Array.of(1, 2, 3), null, "−ELBO, nats");
  assert.deepEqual(said(histogram.canvas), ["img", "−ELBO, nats"]);
});
