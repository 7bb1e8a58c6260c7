import assert from "node:assert/strict";
import { test } from "node:test";

import * as inverse from "../../../vae/frontend/map/inverse.js";
import { Projection } from "../../../vae/frontend/map/projection.js";
import { encodedOf, isNear } from "../support/codes.js";
import { python } from "../support/python.js";

const ENCODED = encodedOf();
const PLANE = ENCODED.pca.components.slice(0, 2);
const code = (/** @type {number} */ i) => Array.from(ENCODED.mean.subarray(3 * i, 3 * i + 3));

test("a place on the PCA plane and its z are each other's inverse", () => {
  const plane = inverse.LinearInverse.of({ method: "pca", axes: [] }, ENCODED, 2);
  const z = plane.at([1.5, -0.5]);
  isNear(plane.project(z), [1.5, -0.5]);
  isNear(z, [0.5 + 1.5 * 0.6 - 0.5 * 0.8, -0.5 + 1.5 * 0.8 + 0.5 * 0.6, 1]);
  isNear(plane.at(plane.project(code(4)), code(4)), code(4)); // what lies outside the plane is kept
});

test("raw axes are the latent dimensions; the others are at the data's mean, or where the base has them", () => {
  const plane = inverse.LinearInverse.of({ method: "raw", axes: [2, 0] }, ENCODED, 2);
  const mean = [0, 1, 2].map(
    (d) => ENCODED.mean.filter((_, i) => i % 3 === d).reduce((sum, x) => sum + x, 0) / ENCODED.n,
  );
  isNear(plane.at([7, 8]), [8, mean[1], 7]);
  assert.deepEqual(plane.at([7, 8], [1, 2, 3]), [8, 2, 7]);
  assert.deepEqual(plane.project([1, 2, 3]), [3, 1]);
});

test("one latent dimension is its own line", () => {
  const line = inverse.LinearInverse.of({ method: "raw", axes: [0] }, encodedOf(5, 1), 2);
  assert.deepEqual(line.at([3]), [3]);
});

test("where the codes lie close together, the local inverse is their mean", () => {
  const layout = Float32Array.from({ length: 2 * ENCODED.n }, (_, i) => (i < 24 ? (i % 2) * 0.01 : 1000 + i));
  const local = new inverse.LocalInverse(layout, 2, ENCODED);
  const near = [0, 1, 2].map((d) => {
    const values = Array.from({ length: 12 }, (_, i) => ENCODED.mean[3 * i + d]);
    return values.reduce((sum, value) => sum + value, 0) / 12;
  });
  isNear(local.at([0, 0.01]), near, 1e-4);
});

test("at a point, the local inverse is nearly its code, and its error is that of the others", () => {
  const layout = ENCODED.mean; // the map is the latent space itself
  const local = new inverse.LocalInverse(layout, 3, ENCODED);
  assert.ok(inverse.distance(local.at(code(5)), code(5)) < 0.15);
  const alone = Array.from({ length: 12 }, (_, i) => local.leaveOut(i, 0).error);
  assert.ok(alone.every((error) => error > 0 && error < 3));
  const { error: shown, blended } = local.trustAt(code(5));
  assert.ok(shown !== null);
  assert.equal(blended[0].index, 5);
  isNear([blended.reduce((sum, { share }) => sum + share, 0)], [1]);
  assert.equal(local.leaveOut(3, 0).error, alone[3]);
});

/** A sheet of codes in three dimensions that curves and is noisy, in two halves with a gap between, laid out flat. */
function sheet() {
  const n = 2000,
    layout = new Float32Array(2 * n),
    mean = new Float32Array(3 * n);
  const random = generator();
  for (let i = 0; i < n; i++) {
    const x = random() * 10 + (i % 2 ? 14 : 0),
      y = random() * 10;
    layout.set([x, y], 2 * i);
    const noise = () => 0.2 * (random() + random() - 1);
    mean.set([x + noise(), y + noise(), 2 * Math.sin(x) * Math.cos(y) + noise()], 3 * i);
  }
  return { layout, mean, n, labels: Uint16Array.from({ length: n }, (_, i) => i % 2) };
}

/** Numbers from 0 to 1, the same each time. */
function generator(state = 1) {
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * The true and the shown error at test points that are not in the map, with no point of the map within `hole` of them.
 *
 * @param {number} hole
 */
function errors(hole) {
  const { layout, mean, n } = sheet();
  const found = [];
  for (let i = 0; i < n; i += 19) {
    const [x, y] = layout.subarray(2 * i, 2 * i + 2);
    const kept = Array.from({ length: n }, (_, j) => j).filter(
      (j) => j !== i && Math.hypot(layout[2 * j] - x, layout[2 * j + 1] - y) >= hole,
    );
    const rows = (/** @type {Float32Array} */ from, /** @type {number} */ width) =>
      Float32Array.from(kept.flatMap((j) => [...from.subarray(width * j, width * (j + 1))]));
    const known = { mean: rows(mean, 3), n: kept.length, latentDim: 3 };
    const local = new inverse.LocalInverse(rows(layout, 2), 2, known);
    const truth = inverse.distance(local.at([x, y]), mean.subarray(3 * i, 3 * i + 3)) / local.typical;
    found.push({ truth, shown: local.trustAt([x, y]).error });
  }
  const given = found.filter(({ shown }) => shown !== null);
  const mean_ = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const ratio = mean_(given.map(({ truth }) => truth)) / mean_(given.map(({ shown }) => shown ?? 0));
  return { share: given.length / found.length, ratio, truth: mean_(found.map(({ truth }) => truth)) };
}

test("on the data, the error that is shown is the true one of points that the map does not have", () => {
  const onData = errors(0);
  assert.ok(onData.share > 0.9, `${onData.share}`);
  assert.ok(onData.ratio > 0.8 && onData.ratio < 1.2, `${onData.ratio}`);
});

test("in small holes the error that is shown grows as the true one does; in voids there is none", () => {
  const spacing = 0.5 * Math.sqrt(100 / 1000); // of 1,000 random points on a square of side 10
  const [onData, inHoles, inVoids] = [0, 1.4 * spacing, 6 * spacing].map(errors);
  assert.ok(inHoles.truth > 1.1 * onData.truth, `${inHoles.truth} ${onData.truth}`);
  assert.ok(inHoles.share > 0.5 && inHoles.ratio > 0.8 && inHoles.ratio < 1.2, `${inHoles.share} ${inHoles.ratio}`);
  assert.equal(inVoids.share, 0);
  assert.ok(inVoids.truth > 2 * onData.truth, `${inVoids.truth}`); // what the number would have concealed
});

test("in a gap between two groups and far outside there is no error, but the classes that are blended", () => {
  const { layout, mean, n, labels } = sheet();
  const encoded = { ...encodedOf(n), n, mean, labels, latentDim: 3, classNames: ["left", "right"] };
  const map = Projection.local({ method: "tsne", dims: 2, axes: [] }, encoded, layout, 2);
  const text = (/** @type {number} */ x, /** @type {number} */ y) => map.placeText([x, y], [0, 0, 0]);
  assert.match(text(12, 5), /^no image is near: z is a guess from images of (left and right|right and left)$/);
  assert.equal(text(-8, 5), "no image is near: z is a guess from images of left");
  assert.match(text(5, 5), /^approximate: off by 0\.\d\d of the typical distance$/);
});

test("images that are there twice do not make the map look better, nor its places remote", () => {
  const { layout, mean, n } = sheet();
  const twice = (/** @type {Float32Array} */ rows) => Float32Array.from([...rows, ...rows]);
  const once = new inverse.LocalInverse(layout, 2, { mean, n, latentDim: 3 });
  const copies = { mean: twice(mean), n: 2 * n, latentDim: 3 };
  const both = new inverse.LocalInverse(twice(layout), 2, copies);
  for (const i of [0, 7, 400]) assert.equal(both.leaveOut(i, 0).away, once.leaveOut(i, 0).away);
  const { error } = both.trustAt([5, 5]);
  assert.ok(error !== null && error > 0.5 * (once.trustAt([5, 5]).error ?? Infinity));
});

test("points on one place are near themselves, and nowhere else", () => {
  const alike = { n: 20, latentDim: 1, mean: new Float32Array(20).fill(2) };
  const local = new inverse.LocalInverse(new Float32Array(40), 2, alike);
  assert.equal(local.trustAt([0, 0]).error, 0);
  assert.equal(local.trustAt([1, 0]).error, null);
});

test("the typical distance is that between random pairs", () => {
  let sum = 0;
  for (let a = 0; a < ENCODED.n; a++) for (let b = 0; b < ENCODED.n; b++) sum += inverse.distance(code(a), code(b));
  const typical = inverse.typicalDistance(ENCODED);
  assert.ok(Math.abs(typical / (sum / ENCODED.n ** 2) - 1) < 0.2, `${typical}`);
  assert.equal(inverse.typicalDistance({ ...ENCODED, n: 1 }), 1); // no pair: any unit
});

test("neighbours are counted as kept where the map has them near too", () => {
  const same = inverse.neighboursOf(7, ENCODED, ENCODED.mean, 3);
  assert.equal(same.kept, 10);
  assert.ok(same.lines.every(([from, to]) => from === 7 && same.drawn.includes(to)));
  const mixed = Float32Array.from({ length: ENCODED.n }, (_, i) => (i * 31) % 60);
  assert.ok(inverse.neighboursOf(7, ENCODED, mixed, 1).kept < 10);
});

test("the mismatch with the prior is the KL of the Gaussian that NumPy fits", () => {
  const { mean, logvar, n } = ENCODED;
  const program = `
import json, sys
import numpy as np
mean, logvar, plane = (np.array(values) for values in json.load(sys.stdin))
mean, logvar = mean.reshape(-1, 3), logvar.reshape(-1, 3)
covariance = plane @ (np.cov(mean.T, bias=True) + np.diag(np.exp(logvar).mean(0))) @ plane.T
centre = plane @ mean.mean(0)
print(json.dumps(float(np.trace(covariance) + centre @ centre - len(plane) - np.linalg.slogdet(covariance)[1]) / 2))`;
  assert.equal(n, mean.length / 3);
  for (const plane of [PLANE, ENCODED.pca.components]) {
    const expected = python(program, JSON.stringify([[...mean], [...logvar], plane]));
    isNear([inverse.priorMismatch(ENCODED, plane)], [expected]);
  }
});

test("codes that are the prior's have no mismatch; codes on a line have a finite one", () => {
  const two = {
    n: 2,
    latentDim: 1,
    mean: Float32Array.of(-0.6, 0.6),
    logvar: new Float32Array(2).fill(Math.log(0.64)),
  };
  isNear([inverse.priorMismatch(two, [[1]])], [0]);
  const flat = { ...two, mean: new Float32Array(2), logvar: new Float32Array(2).fill(-200) };
  assert.ok(Number.isFinite(inverse.priorMismatch(flat, [[1]])));
});
