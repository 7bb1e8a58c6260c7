import { input, send } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { DrawingPad } from "../../../vae/frontend/lib/drawing.js";

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

test("under a photograph that is taken as it is, the sheet does not count as ink", () => {
  const { pad } = padOf(SHAPE, MNIST);
  const photo = Uint8Array.from({ length: 784 }, (_, i) => 200 - (i % 28));
  for (let y = 3; y < 13; y++) photo.fill(60, 28 * y + 4, 28 * y + 6); // dark ink, off centre
  pad.load(photo);
  assert.deepEqual(pad.pixels, photo);
  pad.centred.checked = true;
  send(pad.centred, "change");
  const rows = Array.from({ length: 28 }, (_, y) => ink(pad.pixels.subarray(28 * y, 28 * (y + 1))) > 0.1);
  assert.deepEqual([rows.indexOf(true), rows.lastIndexOf(true)], [4, 23]);
  assert.equal(pad.pixels[0], 0);
});

test("an image of another size fills the pad", () => {
  const { pad } = padOf([1, 4, 4]);
  const fine = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 32 ? 0 : 200));
  pad.load(fine, { imageShape: [1, 64, 64] });
  assert.deepEqual([...pad.pixels.subarray(0, 4)], [0, 0, 200, 200]);
});

test("what is on a pad is taken over by a pad of another size, to draw on and to undo", () => {
  const { pad, surface } = padOf(SHAPE, MNIST);
  send(surface, "pointerdown", at(4, 14));
  send(surface, "pointermove", at(24, 14));
  send(surface, "pointerup");
  const other = padOf([1, 56, 56]).pad; // without a frame
  other.restore(pad.state);
  assert.deepEqual([other.empty, other.canUndo, other.centred.checked], [false, true, false]);
  const middle = other.pixels.subarray(28 * 56, 29 * 56);
  assert.ok(Math.abs(ink(middle) - 40) < 6, `${ink(middle)}`); // twice as long
  other.undo();
  assert.deepEqual([ink(other.pixels), pad.empty], [0, false]); // the other pad keeps its own
  const same = padOf(SHAPE, MNIST).pad;
  same.restore(pad.state);
  assert.deepEqual([same.pixels, same.centred.checked], [pad.pixels, true]);
});
