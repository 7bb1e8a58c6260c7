import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Foot } from "../../../vae/frontend/map/controls.js";
import { Meter } from "../../../vae/frontend/lib/live-client.js";
import { neighboursOf } from "../../../vae/frontend/map/inverse.js";
import { imageText, neighbourText, PinPanel, pinText } from "../../../vae/frontend/map/pin-panel.js";

const PROTOCOL = "4 nearest neighbours of all 9 points, Euclidean";

test("the quality names as many neighbours as were compared", () => {
  const foot = new Foot(new Meter(), () => null);
  foot.showQuality({ trustworthiness: 0.9, continuity: 0.8, neighbours_kept: 0.5, neighbours: 4, protocol: PROTOCOL });
  assert.equal(
    foot.quality.textContent,
    "Trustworthiness 0.90? · continuity 0.80? · 50 % of the true 4 nearest neighbours kept?",
  );
});

test("where nothing can be compared, the quality says why and gives no number", () => {
  const foot = new Foot(new Meter(), () => null);
  const protocol = "All 4 points are the same in latent space: there are no nearest ones to compare.";
  foot.showQuality({ trustworthiness: null, continuity: null, neighbours_kept: null, neighbours: null, protocol });
  assert.equal(foot.quality.textContent, protocol);
});

test("the source says what was lowered", () => {
  const foot = new Foot(new Meter(), () => null);
  const lowering = "perplexity lowered to 13: 40 pictures";
  foot.showSource(40, { source: "computed here", seconds: 0.5, lowering });
  assert.equal(foot.source.textContent, "40 test images, each at its mean μ of q(z|x) · computed here in 0.5 s");
  assert.equal(foot.lowering.textContent, lowering);
  foot.showSource(1);
  assert.deepEqual([foot.source.textContent, foot.lowering.textContent], ["1 test image, at its mean μ of q(z|x)", ""]);
});

test("an image with the code of many others has no nearest ones, and one alone has none", () => {
  const codes = { n: 20, latentDim: 2, mean: new Float32Array(40) };
  codes.mean.set([1, 2], 38);
  const text = (/** @type {number} */ row) => neighbourText(neighboursOf(row, codes, codes.mean, 2));
  assert.match(text(0), /^18 other images have the very same code/);
  assert.match(text(19), /of its 10 true nearest/);
  const alone = { n: 1, latentDim: 2, mean: new Float32Array(2) };
  assert.equal(neighbourText(neighboursOf(0, alone, alone.mean, 2)), "It is the only image.");
  const few = { n: 4, latentDim: 1, mean: Float32Array.of(0, 1, 3, 7) };
  assert.match(neighbourText(neighboursOf(0, few, few.mean, 1)), /3 of its 3 true nearest are among the 3 nearest/);
});

test("the panel says how well z is known: exact, approximate, or not at all", () => {
  const pin = { z: [0.123, -1], exact: true, near: true };
  assert.equal(pinText(pin), "z = 0.12, -1.00");
  assert.equal(pinText({ ...pin, exact: false }), "z = 0.12, -1.00 (approximate)");
  assert.equal(pinText({ ...pin, exact: false, near: false }), "z = 0.12, -1.00 (no image near)");
  assert.equal(pinText({ ...pin, z: new Array(7).fill(0) }), "z = 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, …");
});

const MODEL = {
  images: { count: 2 },
  encoded: { n: 3, labels: Uint16Array.of(0, 1, 1), classNames: ["cat", "dog"] },
};

test("beside the decoded picture is the pinned image, or the nearest one and its class", () => {
  const [image, place] = [{ row: 1 }, { row: null }];
  assert.deepEqual(imageText(image, 1, MODEL), { text: "Image", about: "Test image 1 · dog", isThere: true });
  const nearest = imageText(place, 0, MODEL);
  assert.equal(nearest.text, "Nearest image · cat");
  assert.equal(nearest.about, "Test image 0 of the first 2, nearest in latent space");
  const all = imageText(place, 0, { ...MODEL, images: { count: 3 } });
  assert.equal(all.about, "Test image 0, nearest in latent space");
  const missing = imageText({ row: 2 }, 2, MODEL);
  assert.deepEqual([missing.text, missing.isThere], ["The server has no image from 2 on", false]);
});

test("another image is not shown under the new caption while it is loading", () => {
  const panel = new PinPanel(() => {});
  const model = /** @type {import("../../../vae/frontend/map/panel.js").ShownModel} */ (/** @type {unknown} */ (MODEL));
  const pin = { z: [0, 0], row: 0, exact: true, near: true, label: null, coordinates: null, config: null };
  const { canvas } = panel.image;
  panel.expectImage(pin, 0, model);
  assert.ok(canvas.classList.contains("expected"));
  panel.drawImage(Uint8Array.of(1, 2, 3, 4), [1, 2, 2]);
  assert.deepEqual(
    [canvas.classList.contains("expected"), canvas.width, canvas.ariaLabel],
    [false, 2, "Test image 0 · cat"],
  );
  panel.expectImage(pin, 0, model);
  assert.ok(!canvas.classList.contains("expected")); // it is the same
  panel.expectImage({ ...pin, row: 1 }, 1, model);
  assert.ok(canvas.classList.contains("expected"));
  panel.expectImage({ ...pin, row: 2 }, 2, model);
  assert.ok(canvas.hidden);
});
