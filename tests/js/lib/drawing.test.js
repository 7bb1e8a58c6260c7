import { input, send } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { DrawingPad, framed, resized } from "../../../vae/frontend/lib/drawing.js";
import { python } from "../support/python.js";

/** @import { Pixels } from "../../../vae/frontend/lib/canvas.js" */
/** @import { DrawingFrame, ImageShape } from "../../../vae/frontend/lib/contract.js" */

const MNIST = { side: 20, across: 14.5, down: 14.5 }; // what drawing_frame in vae/datasets/drawing.py finds
/** @type {ImageShape} */
const SHAPE = [1, 28, 28];

/** A pad whose surface is shown at half its size, and what its callbacks received. */
function padOf(/** @type {ImageShape} */ imageShape = SHAPE, /** @type {DrawingFrame | null} */ frame = null) {
  /** @type {Pixels[]} */
  const changes = [];
  const heard = { changes, released: 0 };
  const onRelease = () => {
    heard.released++;
  };
  const pad = new DrawingPad({ imageShape, frame, onChange: (pixels) => changes.push(pixels), onRelease });
  const { width, height } = pad.surface;
  const box = { left: 10, top: 20, width: width / 2, height: height / 2 };
  pad.surface.getBoundingClientRect = () => /** @type {DOMRect} */ (box);
  const tool = (/** @type {string} */ text) => {
    const found = [...pad.element.querySelectorAll("button")].find((node) => node.textContent === text);
    assert.ok(found);
    return found;
  };
  return { pad, heard, tool, surface: pad.surface };
}

/** The event properties of a place in pixels of the image. */
const at = (/** @type {number} */ x, /** @type {number} */ y) => ({ clientX: 10 + 5 * x, clientY: 20 + 5 * y });

const ink = (/** @type {Uint8Array} */ pixels) => pixels.reduce((sum, value) => sum + value, 0) / 255;

test("an empty pad is black, and there is nothing to undo or to clear", () => {
  const { pad, heard, tool } = padOf();
  assert.equal(ink(pad.pixels), 0);
  assert.deepEqual([pad.empty, pad.canUndo, pad.undoButton.disabled, pad.wasCleared], [true, false, true, false]);
  tool("Clear").click();
  pad.undo();
  assert.deepEqual(heard, { changes: [], released: 0 });
});

test("a stroke follows the pointer, with each movement a change, and one release", () => {
  const { pad, heard, surface } = padOf();
  send(surface, "pointermove", at(3, 3));
  send(surface, "pointerdown", at(4, 14));
  assert.equal(ink(pad.pixels.subarray(14 * 28, 15 * 28)) > 0, true);
  send(surface, "pointermove", at(14, 14));
  send(surface, "pointermove", { ...at(24, 14), getCoalescedEvents: () => [at(18, 14), at(24, 14)] });
  send(surface, "pointermove", { ...at(24, 27), pointerId: 2 }); // another finger
  send(surface, "pointerdown", { ...at(24, 27), pointerId: 2 });
  assert.deepEqual([heard.changes.length, heard.released], [3, 0]);
  send(surface, "pointerup", { pointerId: 2 });
  send(surface, "pointerup");
  send(surface, "lostpointercapture");
  assert.equal(heard.released, 1);
  assert.equal(heard.changes.at(-1), pad.pixels);
  const length = 20,
    width = pad.lineWidth;
  assert.ok(Math.abs(ink(pad.pixels) - (length * width + (Math.PI * width ** 2) / 4)) < 2, `${ink(pad.pixels)}`);
});

test("other buttons draw nothing, a pen's other end rubs out", () => {
  const { pad, surface } = padOf();
  send(surface, "pointerdown", { ...at(14, 14), button: 2 });
  assert.equal(pad.empty, true);
  send(surface, "pointerdown", at(14, 14));
  send(surface, "pointerup");
  assert.ok(ink(pad.pixels) > 1);
  send(surface, "pointerdown", { ...at(14, 14), button: 5 });
  assert.equal(ink(pad.pixels), 0);
});

test("the rubber draws in black while it is pressed", () => {
  const { pad, surface, tool } = padOf();
  pad.load(new Uint8Array(784).fill(255));
  tool("Rubber").click();
  assert.equal(tool("Rubber").ariaPressed, "true");
  send(surface, "pointerdown", at(14, 14));
  assert.ok(ink(pad.pixels) < 784);
  tool("Rubber").click();
  assert.equal(tool("Rubber").ariaPressed, "false");
});

test("the line is as wide as its slider says", () => {
  const { pad, surface } = padOf();
  const slider = pad.element.querySelector("input");
  assert.ok(slider);
  input(slider, 6);
  assert.equal(pad.element.querySelector("output")?.textContent, "6.0 px");
  send(surface, "pointerdown", at(14, 14));
  assert.ok(Math.abs(ink(pad.pixels) - Math.PI * 9) < 1, `${ink(pad.pixels)}`);
});

test("undo takes back strokes and clearings, the newest first, and keeps a loaded image", () => {
  const { pad, heard, surface, tool } = padOf();
  const image = Uint8Array.from({ length: 784 }, (_, i) => i & 0xff);
  pad.load(image);
  assert.deepEqual(pad.pixels, image);
  assert.deepEqual([heard.changes.length, pad.canUndo, pad.empty], [0, false, false]);
  send(surface, "pointerdown", at(14, 14));
  send(surface, "pointerup");
  const drawn = pad.pixels;
  tool("Clear").click();
  assert.deepEqual([ink(pad.pixels), pad.empty, pad.wasCleared], [0, true, true]);
  send(surface, "keydown", { key: "z", ctrlKey: true });
  assert.deepEqual([pad.pixels, pad.wasCleared], [drawn, false]);
  tool("Undo").click();
  assert.deepEqual(pad.pixels, image);
  assert.deepEqual([tool("Undo").disabled, heard.released], [true, 4]);
  pad.undo();
  assert.deepEqual(pad.pixels, image);
});

test("keys move a pen, which the space key puts down and lifts", () => {
  const { pad, heard, surface } = padOf();
  const key = (/** @type {string} */ name, more = {}) => send(surface, "keydown", { key: name, ...more });
  assert.equal(key("ArrowLeft").defaultPrevented, true);
  assert.equal(pad.pen.x, 13.5);
  key(" ");
  for (let k = 0; k < 20; k++) key("ArrowRight", { shiftKey: true });
  assert.equal(pad.pen.x, 28); // not beyond the image
  assert.equal(pad.cursor.style.left, "100%");
  assert.ok(pad.cursor.classList.contains("down"));
  key(" ");
  assert.equal(heard.released, 1);
  assert.ok(Math.abs(ink(pad.pixels) - 14.5 * pad.lineWidth) < 6);
  key(" ");
  key("Escape");
  assert.equal(heard.released, 2);
  assert.equal(key("Escape").defaultPrevented, false);
  assert.equal(key("a").defaultPrevented, false);
  assert.equal(key("ArrowUp").defaultPrevented, true);
  send(surface, "blur");
  assert.equal(pad.cursor.hidden, true);
});

test("a colour pad draws in the chosen colour", () => {
  const { pad, surface } = padOf([3, 28, 28]);
  const colour = pad.element.querySelector("input[type=color]");
  assert.ok(colour instanceof Object);
  input(/** @type {HTMLInputElement} */ (colour), "#ff0000");
  send(surface, "pointerdown", at(14, 14));
  const [red, green, blue] = [0, 1, 2].map((c) => ink(pad.pixels.subarray(784 * c, 784 * (c + 1))));
  assert.ok(red > 1);
  assert.deepEqual([green, blue], [0, 0]);
  const image = Uint8Array.from({ length: 3 * 784 }, (_, i) => i % 251);
  pad.load(image);
  assert.deepEqual(pad.pixels, image);
});

test("a drawing is placed as the data set's where that is checked, and the box shows where it was", () => {
  const { pad, heard, surface } = padOf(SHAPE, MNIST);
  pad.load(new Uint8Array(784));
  assert.equal(pad.box.hidden, true);
  pad.centred.checked = true;
  send(surface, "pointerdown", at(5, 5));
  send(surface, "pointermove", at(5, 10));
  send(surface, "pointerup");
  const rows = Array.from({ length: 28 }, (_, y) => ink(pad.pixels.subarray(28 * y, 28 * (y + 1))) > 0);
  assert.equal(rows.filter(Boolean).length, 20);
  assert.equal(pad.box.hidden, false);
  assert.equal(Number.parseFloat(pad.box.style.left).toFixed(0), "14");
  pad.centred.checked = false;
  send(pad.centred, "change");
  assert.deepEqual([heard.changes.length, pad.box.hidden], [3, true]);
  pad.clear();
  assert.equal(pad.centred.checked, true);
  pad.undo();
  assert.equal(pad.centred.checked, false);
});

// — placing and resizing —

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
