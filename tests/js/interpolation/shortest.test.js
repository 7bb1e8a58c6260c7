import "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { vectorEnd } from "../../../vae/frontend/interpolation/ends.js";
import { PathPlane, viewOf } from "../../../vae/frontend/interpolation/path-map.js";
import { along, lengthsText, moved, Shortest } from "../../../vae/frontend/interpolation/shortest.js";
import { isNear } from "../support/codes.js";

const BENT = [
  [0, 0],
  [0, 1],
  [1, 1],
];
const LENGTHS = { shortest: 242.9, straight: 291.7, spherical: 391.6 };
const [A, B] = [vectorEnd([0, 0], "z", "a", 1), vectorEnd([1, 1], "z", "b", 2)];
/** @type {any} */
const SPACE = { classes: 0 };
/** @type {any} */
const CONDITIONAL = { classes: 3 };

/** The bodies of what was asked. @type {any[]} */
let asked = [];
/** @type {(text: string) => void} */
let answer = () => {};

beforeEach(() => {
  asked = [];
  globalThis.fetch = (_, init) => {
    asked.push(JSON.parse(`${init?.body}`));
    const stream = new ReadableStream({
      start(controller) {
        init?.signal?.addEventListener("abort", () => controller.error(init.signal?.reason));
        answer = (text) => controller.enqueue(new TextEncoder().encode(text));
      },
    });
    return Promise.resolve(new Response(stream));
  };
});

const settled = () => new Promise((resolve) => setTimeout(resolve));
const found = (/** @type {object} */ values) =>
  `${JSON.stringify({ version: 1, points: BENT, ...LENGTHS, done: true, ...values })}\n`;

test("a place on a path lies between two of its points, and at its ends exactly there", () => {
  assert.deepEqual(along(BENT, 0), [0, 0]);
  assert.deepEqual(along(BENT, 0.25), [0, 0.5]);
  assert.deepEqual(along(BENT, 0.75), [0.5, 1]);
  assert.deepEqual(along(BENT, 1), [1, 1]);
});

test("a path follows its ends while these are moved", () => {
  assert.deepEqual(moved(BENT, [0, 0], [1, 1]), BENT);
  assert.deepEqual(moved(BENT, [-2, 0], [1, 3]), [
    [-2, 0],
    [-1, 2],
    [1, 3],
  ]);
});

test("the lengths are in words, with what the shortest path saves", () => {
  const base = { points: BENT, ...LENGTHS };
  const numbers = "straight 291.7 · spherical 391.6 · shortest 242.9 grey levels";
  assert.equal(lengthsText({ ...base, done: true }), `${numbers}, 17 % less than straight`);
  assert.equal(lengthsText({ ...base, done: false }), `${numbers}, 17 % less than straight so far`);
  const none = { ...base, straight: 0, spherical: 0, shortest: 0, done: true };
  assert.equal(lengthsText(none), "straight 0.0 · spherical 0.0 · shortest 0.0 grey levels");
});

test("ends are asked for once, each with its class where the model is conditional", async () => {
  const shortest = new Shortest("http://lab", () => {});
  shortest.ask("a", SPACE, A, B);
  shortest.ask("a", SPACE, A, B);
  await settled();
  assert.deepEqual(asked, [{ version: 1, model: "a", start: [0, 0], end: [1, 1], labels: null }]);
  new Shortest("http://lab", () => {}).ask("b", CONDITIONAL, A, B);
  assert.deepEqual(asked[1].labels, [1, 2]);
});

test("until a path is found z is on the straight one, then on it, and while an end is dragged beside it", async () => {
  let changes = 0;
  const shortest = new Shortest("http://lab", () => changes++);
  shortest.ask("a", SPACE, A, B);
  assert.deepEqual(shortest.at(A, B, 0.5), [0.5, 0.5]);
  answer(found({ done: false }));
  await settled();
  assert.deepEqual(shortest.at(A, B, 0.5), [0, 1]);
  assert.deepEqual([changes, shortest.searching], [1, true]);
  answer(found({}));
  await settled();
  assert.deepEqual([changes, shortest.searching], [2, false]);
  const dragged = vectorEnd([1, 3], "z", "dragged");
  shortest.ask("a", SPACE, A, dragged);
  assert.deepEqual(shortest.at(A, dragged, 0.5), [0, 2]);
  assert.deepEqual(shortest.at(A, dragged, 1), [1, 3]);
});

test("what the server says in place of a path is shown, and the path is straight", async () => {
  const shortest = new Shortest("http://lab", () => {});
  shortest.ask("a", SPACE, A, B);
  answer(`${JSON.stringify({ version: 1, error: "The server is full." })}\n`);
  await settled();
  assert.deepEqual([shortest.problem, shortest.searching], ["The server is full.", false]);
  assert.deepEqual(shortest.at(A, B, 0.5), [0.5, 0.5]);
});

test("the map is the latent space itself, or the plane of two components, in which an end moves", () => {
  const mean = Float32Array.of(1, 2, 3, 4);
  const itself = PathPlane.of({ mean, latentDim: 2, pca: { mean: [], components: [], explained: [] } });
  assert.deepEqual([...itself.layout], [1, 2, 3, 4]);
  assert.deepEqual(itself.lift([7, 8], 1, 2), [1, 2]);

  const pca = {
    mean: [1, 0, 0],
    components: [
      [0.6, 0.8, 0],
      [0, 0, 1],
    ],
    explained: [],
  };
  const plane = PathPlane.of({ mean: Float32Array.of(1, 1, 5), latentDim: 3, pca });
  isNear([...plane.layout], [0.8, 5]);
  const lifted = plane.lift([1, 1, 5], 2, -1);
  isNear(plane.project(lifted), [2, -1]);
  isNear([lifted[0] * 0.8 - lifted[1] * 0.6], [0.2]); // what lies outside of the plane stays
});

test("the map shows the paths and what is around them, or all images where the paths take more room", () => {
  const images = Float32Array.from({ length: 200 }, (_, i) => (i % 2 ? 1 : -1) * (i / 20));
  const all = viewOf(images, Float32Array.of(-20, -20, 20, 20));
  const near = viewOf(images, Float32Array.of(1, 1, 4, 2));
  isNear([near.x, near.y], [2.5, 1.5]);
  assert.ok(near.half > 1.5 && near.half < all.half);
  const least = viewOf(images, Float32Array.of(1, 1, 1, 1));
  assert.ok(least.half >= 0.2 * all.half);
});
