import { pixelsOf } from "../support/page.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { codesOf, PICTURES, RowPainter, way } from "../../../vae/frontend/home/rows.js";
import { LIVE_OPERATIONS } from "../../../vae/frontend/lib/contract.js";
import { FakeSocket } from "../support/socket.js";

const page = new EventTarget();
Object.assign(globalThis, {
  WebSocket: FakeSocket,
  addEventListener: page.addEventListener.bind(page),
  removeEventListener: page.removeEventListener.bind(page),
});

/** One image of each of ten classes, of one pixel. */
const IMAGES = {
  pixels: Array.from({ length: 10 }, (_, k) => Uint8Array.of(10 * k)),
  imageShape: /** @type {const} */ ([1, 1, 1]),
};
const NOISE = { 1: [[1], [2], [3], [4], [5], [6]] };

/** @type {RowPainter} */
let painter;

beforeEach(() => {
  FakeSocket.all = [];
  painter = new RowPainter("http://lab", NOISE, Promise.resolve(IMAGES));
});

afterEach(() => painter.close());

/** Adds rows; what each canvas shows, in the order of the rows, "missing" where there is nothing. */
function add(/** @type {[kind: string, model: string][]} */ ...rows) {
  const jobs = rows.map(([kind, model]) => {
    const canvas = document.createElement("canvas");
    const job = { row: { kind, model }, canvas, onMissing: () => Object.assign(canvas, { missing: true }) };
    return job;
  });
  painter.add(jobs);
  return jobs.map(({ canvas }) => canvas);
}

/** The grey levels of a row of one-pixel pictures. */
function greys(/** @type {HTMLCanvasElement} */ canvas) {
  const pixels = pixelsOf(canvas);
  return Array.from({ length: PICTURES }, (_, i) => pixels[8 * i]); // a pixel's gap between two
}

function isMissing(/** @type {HTMLCanvasElement} */ canvas) {
  return "missing" in canvas;
}

/** Lets promises settle. */
async function settle() {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test("codes are draws, or lie along the strongest or weakest dimension, with one class after the other", () => {
  const model = { latent_dim: 2, kl: [0.1, 3], classes: 0 };
  assert.deepEqual(codesOf("strongest", model, {}).at(0), [0, -3]);
  assert.deepEqual(codesOf("weakest", model, {}).at(-1), [3, 0]);
  assert.equal(codesOf("strongest", model, {}).length, PICTURES);
  assert.deepEqual(codesOf("strongest", { ...model, kl: null }, {}).at(0), [-3, 0]);
  const conditional = { latent_dim: 1, kl: [1], classes: 2 };
  assert.deepEqual(codesOf("draw", conditional, NOISE).slice(0, 3), [
    [1, 1, 0],
    [2, 0, 1],
    [3, 1, 0],
  ]);
});

test("a way has its ends, and as many steps as there are pictures", () => {
  assert.deepEqual(way([0], [10]), [[0], [2], [4], [6], [8], [10]]);
});

test("test images and their blend need no model", async () => {
  const [images, blend] = add(["image", ""], ["blend", ""]);
  await settle();
  assert.deepEqual(greys(images), [20, 30, 40, 50, 80, 90]);
  assert.deepEqual(greys(blend), [30, 40, 50, 60, 70, 80]);
  assert.equal(FakeSocket.all.length, 0);
});

test("rows of one model are decoded together, on one socket that then closes", async () => {
  const [first, second] = add(["draw", "a"], ["strongest", "b"], ["weakest", "a"]);
  await settle();
  const socket = FakeSocket.last;
  socket.open();
  socket.greet("a");
  await settle();
  socket.answer(0);
  await settle();
  assert.deepEqual(greys(first), [1, 2, 3, 4, 5, 6]);
  socket.answer(1);
  await settle();
  assert.deepEqual(
    socket.texts.map(({ model }) => model),
    ["a", "b"],
  );
  socket.greet("b");
  await settle();
  socket.answer(2);
  await settle();
  assert.equal(greys(second)[PICTURES - 1], 3);
  assert.deepEqual([FakeSocket.all.length, socket.readyState], [1, 3]);
});

test("a path is decoded between the codes of two images", async () => {
  const [canvas] = add(["path", "a"]);
  await settle();
  const socket = FakeSocket.last;
  socket.open();
  socket.greet("a");
  await settle();
  assert.deepEqual([socket.request(0).operation, [...socket.request(0).payload]], [LIVE_OPERATIONS.encode, [30, 80]]);
  socket.reply(0, new Uint8Array(Float32Array.of(10, 60, 0, 0).buffer)); // two means, two log variances
  await settle();
  socket.answer(1);
  await settle();
  assert.deepEqual(greys(canvas), [10, 20, 30, 40, 50, 60]);
});

test("a row is missing where the server has no such model, and where the images are of another size", async () => {
  const [unknown, wrong, drawn] = add(["draw", "a"], ["reconstruct", "b"], ["draw", "c"]);
  await settle();
  const socket = FakeSocket.last;
  socket.open();
  socket.say({ version: 1, error: "There is no checkpoint called 'a'." });
  await settle();
  socket.greet("b", { image_shape: [1, 2, 2] });
  await settle();
  socket.greet("c");
  await settle();
  socket.answer(0);
  await settle();
  assert.deepEqual([unknown, wrong, drawn].map(isMissing), [true, true, false]);
  assert.deepEqual(greys(drawn), [1, 2, 3, 4, 5, 6]);
});

test("without a film there are no test images, and what needs them is missing", async () => {
  painter = new RowPainter("http://lab", NOISE, Promise.resolve(null));
  const [images, blend] = add(["image", ""], ["blend", ""]);
  await settle();
  assert.ok(isMissing(images) && isMissing(blend));
});
