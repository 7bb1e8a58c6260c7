import assert from "node:assert/strict";
import { test } from "node:test";

import { framed, resized } from "../../../vae/frontend/lib/placing.js";
import { python } from "../support/python.js";

/** @import { ImageShape } from "../../../vae/frontend/lib/contract.js" */

const MNIST = { side: 20, across: 14.5, down: 14.5 }; // what drawing_frame in vae/datasets/drawing.py finds
/** @type {ImageShape} */
const SHAPE = [1, 28, 28];

const ink = (/** @type {Uint8Array} */ pixels) => pixels.reduce((sum, value) => sum + value, 0) / 255;

test("nothing drawn is placed nowhere", () => {
  assert.equal(framed([new Float32Array(784).fill(24)], 28, 28, SHAPE, MNIST), null);
});

test("a square is scaled to the frame's side with its centre of mass in the middle", () => {
  const plane = new Float32Array(100 * 100);
  for (let y = 10; y < 50; y++) plane.fill(255, 100 * y + 30, 100 * y + 70);
  const found = framed([plane], 100, 100, SHAPE, { side: 20, across: 14, down: 14 });
  assert.deepEqual(found?.box, { left: 30, top: 10, width: 40, height: 40 });
  const expected = Uint8Array.from({ length: 784 }, (_, i) => {
    const [x, y] = [i % 28, Math.floor(i / 28)];
    return Math.min(x, y) >= 4 && Math.max(x, y) < 24 ? 255 : 0;
  });
  assert.deepEqual(found?.pixels, expected);
});

test("a drawing whose centre of mass is far from its middle stays inside", () => {
  const plane = new Float32Array(784);
  plane[0] = 30; // faint, far from the rest
  for (let y = 18; y < 28; y++) plane.fill(255, 28 * y + 18, 28 * y + 28);
  const found = framed([plane], 28, 28, SHAPE, { side: 28, across: 2, down: 26 });
  assert.equal(found && ink(found.pixels).toFixed(1), ink(Uint8Array.from(plane)).toFixed(1));
});

test("MNIST's own digits stay where they are", () => {
  // The examples of the shipped checkpoint: one PNG with all of them side by side.
  const images = python(`
import json
from pathlib import Path
import numpy as np
from PIL import Image
sheet = np.asarray(Image.open("checkpoints/mnist-z10/examples.png"))
rows, columns = sheet.shape[0] // 28, sheet.shape[1] // 28
images = sheet.reshape(rows, 28, columns, 28).swapaxes(1, 2).reshape(-1, 784)
print(json.dumps(images[images.any(axis=1)][:200].tolist()))`);
  const same = (/** @type {Uint8Array} */ a, /** @type {number[]} */ b, shift = 0) =>
    b.every((value, i) => Math.abs((a[i + shift] ?? 0) - value) <= 24);
  let kept = 0;
  for (const image of images) {
    const found = framed([Float32Array.from(image)], 28, 28, SHAPE, MNIST);
    assert.ok(found);
    // MNIST's makers rounded some centres to the neighbouring pixel.
    const shifts = [0, 1, -1, 28, -28, 29, 27, -27, -29];
    assert.ok(shifts.some((shift) => same(found.pixels, image, shift)));
    kept += Number(same(found.pixels, image));
  }
  assert.equal(images.length, 200);
  assert.ok(kept / images.length > 0.98, `${kept}`);
});

test("resizing keeps the mean, at whole and broken ratios", () => {
  const plane = Float32Array.from({ length: 35 * 21 }, (_, i) => (i * 7919) % 256);
  const mean = plane.reduce((sum, value) => sum + value, 0) / plane.length;
  for (const [rows, columns] of [
    [21, 35],
    [7, 5],
    [4, 9],
    [30, 50],
  ]) {
    const found = resized([plane], 35, 21, [1, rows, columns]);
    const mine = found.reduce((sum, value) => sum + value, 0) / found.length;
    assert.ok(Math.abs(mine - mean) < 0.5, `${mine} is not ${mean}`);
  }
});

test("resizing takes the mean over areas: that of NumPy over blocks of a repeated plane", () => {
  const plane = Float32Array.from({ length: 35 * 21 }, (_, i) => (i * 7919) % 256);
  const program = `
import json, sys
import numpy as np
plane = np.array(json.load(sys.stdin)).reshape(21, 35)
fine = np.kron(plane, np.ones((4, 9)))  # whole blocks of 21 × 35 for each of 4 × 9 pixels
print(json.dumps(fine.reshape(4, 21, 9, 35).mean(axis=(1, 3)).ravel().tolist()))`;
  const expected = python(program, JSON.stringify([...plane]));
  const found = resized([plane], 35, 21, [1, 4, 9]);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(found[i] - value) < 0.501, `${found[i]}, ${value}`);
});
