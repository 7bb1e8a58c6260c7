import { send } from "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Input } from "../../../vae/frontend/reconstruction/input.js";

/** @import { InputData } from "../../../vae/frontend/reconstruction/input.js" */

/** @type {Map<string, string>} */
const tab = new Map();
const sessionStorage = {
  getItem: (/** @type {string} */ key) => tab.get(key) ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ value) => tab.set(key, value),
  removeItem: (/** @type {string} */ key) => tab.delete(key),
};
/** @type {(number | null)[]} */
const choices = []; // that were sent
beforeEach(() => {
  tab.clear();
  choices.length = 0;
  Object.assign(globalThis, { sessionStorage });
});

/** @type {InputData} */
const DATA = { image_shape: [1, 28, 28], frame: null, class_names: ["a"], image: null, own: true };

/** The input of a page that is opened; each opening is another page's visit. */
function opened(/** @type {Partial<InputData>} */ change = {}) {
  return new Input({ ...DATA, ...change }, { onChange: () => {}, onChoice: (image) => choices.push(image) });
}

function draw(/** @type {Input} */ { pad }) {
  const { surface } = pad;
  surface.getBoundingClientRect = () => /** @type {DOMRect} */ ({ left: 0, top: 0, width: 28, height: 28 });
  send(surface, "pointerdown", { clientX: 4, clientY: 9 });
  send(surface, "pointermove", { clientX: 20, clientY: 9 });
  send(surface, "pointerup");
}

test("a drawing is there again when the page is opened again, and can be undone", () => {
  const first = opened();
  draw(first);
  const again = opened();
  assert.deepEqual(again.pad.pixels, first.pad.pixels);
  assert.equal(again.source.kind, "drawing");
  again.pad.undo();
  assert.ok(again.pad.empty);
  assert.ok(opened().pad.empty);
});

test("a drawing stays when the model is another, at its size", () => {
  const input = opened();
  draw(input);
  input.setModel({ ...DATA, image_shape: [1, 8, 8] });
  assert.ok(Math.max(...input.pad.pixels) > 80);
  assert.equal(input.pad.pixels.length, 64);
  assert.equal(input.title(), "Your drawing");
});

test("so does an uploaded picture, and one that was drawn on", () => {
  const input = opened();
  const picture = Uint8Array.from({ length: 784 }, (_, i) => i % 256);
  input.load(picture, { kind: "upload", title: "cat.png" });
  assert.deepEqual([opened().pad.pixels, opened().title()], [picture, "cat.png"]);
  draw(input);
  assert.equal(opened().title(), "cat.png, drawn on");
  input.load(picture, { kind: "test", index: 17, noise: null });
  draw(input);
  assert.equal(opened().title(), "test image 17, drawn on");
});

test("a test image as it is is not kept, and one that was chosen later is shown in place of a drawing", () => {
  const input = opened();
  draw(input);
  assert.ok(opened({ image: 0, own: false }).pad.empty);
  assert.ok(!opened({ image: 0 }).pad.empty);
  input.load(new Uint8Array(784).fill(9), { kind: "test", index: 17, noise: null });
  assert.ok(opened().pad.empty);
  input.setModel(DATA);
  assert.ok(input.pad.empty);
});

test("a tab without storage works, and forgets", () => {
  const refuse = () => {
    throw new Error("denied");
  };
  Object.assign(globalThis, { sessionStorage: { getItem: refuse, setItem: refuse, removeItem: refuse } });
  draw(opened());
  assert.ok(opened().pad.empty);
});

test("Python is told once that a picture of the user's own comes before the test image", () => {
  const input = opened({ image: 3, own: false });
  input.load(new Uint8Array(784).fill(9), { kind: "test", index: 3, noise: null });
  assert.deepEqual(choices, []);
  draw(input);
  draw(input);
  assert.deepEqual(choices, [null]);
  input.choose(5);
  draw(input);
  assert.deepEqual(choices, [null, 5, null]);
  draw(opened());
  assert.equal(choices.length, 3);
});
