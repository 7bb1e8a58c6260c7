import assert from "node:assert/strict";
import { test } from "node:test";

import { scaleOf } from "../../../vae/frontend/map/paint.js";
import { Projection } from "../../../vae/frontend/map/projection.js";
import { encodedOf, isNear } from "../support/codes.js";

/** @import { Config } from "../../../vae/frontend/map/projection-files.js" */

const ENCODED = encodedOf();
/** @type {Config} */
const RAW = { method: "raw", dims: 2, axes: [2, 0] };
/** @type {Config} */
const TSNE = { method: "tsne", dims: 2, axes: [] };
const LAYOUT = Float32Array.from({ length: 2 * ENCODED.n }, (_, i) => Math.sin(i));
const PIN = { z: [1, 2, 3], row: null, exact: true, near: true, label: null, coordinates: [0.5, 0.25], config: TSNE };

test("a linear projection has its layout, titles and exact places by itself", () => {
  const map = Projection.linear(RAW, ENCODED);
  isNear(map.layout.subarray(0, 2), [ENCODED.mean[2], ENCODED.mean[0]]);
  assert.deepEqual([map.titles(), map.isPlane, map.leavesOut], [["z₂", "z₀"], true, true]);
  assert.deepEqual(map.priorCentre, [0, 0]);
  assert.ok(Number.isFinite(map.mismatch));
  assert.equal(map.placeText([1, -2], map.inverse.at([1, -2])), "exact: z₂ = 1.00, z₀ = -2.00");
  assert.deepEqual(map.placeOf(PIN), [3, 1]); // pinned in another layout
});

test("PCA says how much of the variance its components explain", () => {
  const titles = (/** @type {number} */ dims) => Projection.linear({ method: "pca", dims, axes: [] }, ENCODED).titles();
  assert.deepEqual(titles(2), ["component 1 (50 % of the variance)", "component 2 (30 % of the variance)"]);
  assert.deepEqual(titles(3), ["component 1 (50 %)", "component 2 (30 %)", "component 3 (20 %)"]);
});

test("a local projection is an approximation without axes and prior", () => {
  const map = Projection.local(TSNE, ENCODED, LAYOUT, 2);
  assert.deepEqual([map.titles(), map.isPlane, map.leavesOut], [[null, null], false, true]);
  assert.deepEqual([map.priorCentre, map.mismatch], [null, null]);
  const near = map.placeText([LAYOUT[8], LAYOUT[9]], [0, 0, 0]);
  assert.match(near, /^approximate: off by \d\.\d\d of the typical distance(; blends [abc]( and [abc])+)?$/);
  assert.match(map.placeText([9, 9], [0, 0, 0]), /^no image is near: z is a guess from images of [abc]/);
  assert.deepEqual(map.placeOf(PIN), PIN.coordinates); // pinned in this layout
  assert.equal(map.placeOf({ ...PIN, row: 3 }), null); // where its point is
  assert.equal(map.labelNear([LAYOUT[8], LAYOUT[9]]), ENCODED.labels[4]);
});

test("one latent dimension is exact with every method", () => {
  assert.ok(Projection.isLinear(TSNE, { ...ENCODED, latentDim: 1 }));
  const map = Projection.linear(TSNE, encodedOf(9, 1));
  assert.deepEqual([map.dims, map.isPlane, map.leavesOut, map.titles()], [2, false, false, ["z₀", null]]);
  assert.equal(map.placeText([0.5, 1], map.inverse.at([0.5, 1])), "exact: z₀ = 0.50");
});

test("the pictures of a map lie evenly over the prior's mass, or over that of the data", () => {
  const prior = Projection.linear(RAW, ENCODED).manifold(11, true).places();
  isNear(prior[60], [0, 0]);
  isNear([prior[0][0], prior[0][1], prior[1][0] - prior[0][0]], [-30 / 11, -30 / 11, 6 / 11]); // to ±3 σ
  assert.equal(prior.length, 121);
  const pca = Projection.linear({ method: "pca", dims: 2, axes: [] }, ENCODED);
  const across = ENCODED.mean.reduce((sum, _, i) => sum + (i % 3 ? 0 : pca.layout[(i / 3) * 2]), 0) / ENCODED.n;
  isNear([pca.manifold(11, true).places()[60][0]], [across], 1e-5);
});

test("latent axes with a prior show its mass at first, other maps where most points are", () => {
  const prior = { low: [-3, -3], high: [3, 3] };
  const raw = Projection.linear(RAW, ENCODED);
  assert.deepEqual(raw.frame(true), prior);
  for (const other of [raw.frame(false), Projection.local(TSNE, ENCODED, LAYOUT, 2).frame(true)]) {
    assert.ok(other.high.every((value) => value < 2.1));
  }
});

test("where no image is near a place of a local projection, its z is not near either", () => {
  const map = Projection.local(TSNE, ENCODED, LAYOUT, 2);
  assert.deepEqual(map.certaintyAt([LAYOUT[8], LAYOUT[9]]), { exact: false, near: true });
  assert.deepEqual(map.certaintyAt([9, 9]), { exact: false, near: false });
  assert.deepEqual(Projection.linear(RAW, ENCODED).certaintyAt([9, 9]), { exact: true, near: true });
});

test("a number colours the points from its 2nd to its 98th percentile", () => {
  const scale = scaleOf("z1", ENCODED);
  assert.ok(scale);
  assert.ok(scale.low < scale.high && scale.unit === "");
  assert.deepEqual([Math.min(...scale.colours), Math.max(...scale.colours)], [0, 63]);
  assert.equal(scaleOf("kl", ENCODED)?.unit, "nats");
  assert.equal(scaleOf("class", ENCODED), null);
});

test("an error is compared with the best possible one, where that is known", () => {
  const n = ENCODED.n;
  const encoded = { ...ENCODED, reconstruction: new Float32Array(n).fill(78), entropy: new Float32Array(n).fill(45.5) };
  const map = Projection.linear(RAW, encoded);
  assert.equal(map.pointText(1, true), "test image 1 · b · error 78.0 (32.5 above the best possible), KL 0.0 nats");
  assert.equal(Projection.linear(RAW, ENCODED).pointText(1, false), "test image 1 · b · error 0.0 nats");
  encoded.reconstruction[0] = 50;
  const scale = scaleOf("excess", encoded);
  assert.deepEqual([scale?.low, scale?.high, scale?.unit], [32.5, 32.5, "nats above the best possible"]);
  assert.equal(scale?.colours[0], 0);
});
