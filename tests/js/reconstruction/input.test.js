import { send } from "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { toBase64 } from "../../../vae/frontend/lib/bytes.js";
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
const DATA = { image_shape: [1, 28, 28], frame: null, bright: false, class_names: ["a"], image: null, own: true };

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

const FRAME = { side: 20, across: 14.5, down: 14.5 };
const INK = Array.from({ length: 3600 }, (_, i) => (i % 60 > 26 && i % 60 < 31 && i > 900 && i < 2700 ? 40 : 210));
const PHOTO = { pixels: Uint8Array.from([...INK, ...INK, ...INK]), width: 60, height: 60, orientation: 1 };

/** The input of a page on which a photograph of a stroke was uploaded. */
function uploaded() {
  const input = opened({ frame: FRAME });
  input.develop({ photo: PHOTO, changed: {}, name: "one.jpg" });
  input.loadDeveloped();
  return input;
}

function switches(/** @type {Input} */ { steps }) {
  return Object.fromEntries(steps.rows.map(({ step, input }) => [step, input.checked]));
}

function flip(/** @type {Input} */ { steps }, /** @type {string} */ name) {
  const row = steps.rows.find(({ step }) => step === name);
  assert.ok(row);
  row.input.checked = !row.input.checked;
  send(row.input, "change");
}

test("an uploaded photograph and the state of its steps are there again on another visit", () => {
  const input = uploaded();
  assert.ok(Object.values(switches(input)).every((on) => on));
  assert.ok(input.pad.pixels[14 * 28 + 14] > 250);
  assert.deepEqual([input.steps.element.hidden, input.pad.centredLabel?.hidden], [false, true]);
  flip(input, "inverted");
  flip(input, "centred");
  assert.equal(input.title(), "one.jpg, scaled to 28×28");
  const again = opened({ frame: FRAME });
  assert.deepEqual(switches(again), switches(input));
  assert.deepEqual(again.pad.pixels, input.pad.pixels);
  assert.equal(again.title(), input.title());
  flip(again, "inverted");
  flip(again, "centred");
  assert.deepEqual(again.pad.pixels, uploaded().pad.pixels);
});

test("an uploaded photograph is developed anew for another model, and as before for the first", () => {
  const input = uploaded();
  draw(input);
  const { pixels } = input.pad;
  input.setModel({ ...DATA, image_shape: [3, 64, 64] });
  assert.equal(input.pad.pixels.length, 3 * 64 * 64);
  assert.ok(Math.min(...input.pad.pixels.slice(0, 64)) > 200, "the paper is bright");
  assert.equal(input.title(), "one.jpg, scaled to 64×64, drawn on");
  assert.deepEqual(
    input.steps.rows.filter(({ label }) => !label.hidden).map(({ step }) => step),
    ["oriented", "inverted", "stretched"],
  );
  input.setModel({ ...DATA, frame: FRAME });
  assert.deepEqual(input.pad.pixels, pixels);
});

test("a pad that is emptied has no steps until that is undone, also on another visit", () => {
  const input = uploaded();
  input.draw();
  assert.deepEqual([input.steps.element.hidden, input.pad.centredLabel?.hidden], [true, false]);
  draw(input);
  const again = opened({ frame: FRAME });
  assert.equal(again.title(), "Your drawing");
  again.pad.undo();
  again.pad.undo();
  assert.equal(again.title(), "one.jpg");
  assert.equal(again.steps.element.hidden, false);
  again.load(new Uint8Array(784), { kind: "test", index: 3, noise: null });
  assert.equal(again.steps.element.hidden, true);
  assert.equal(opened().steps.chosen, null);
});

test("a drawing is dark on bright for a data set that is, unless the user inverts it", () => {
  const input = opened({ bright: true });
  assert.equal(Math.min(...input.pad.pixels), 255);
  draw(input);
  assert.equal(Math.min(...input.pad.pixels), 0);
  const dark = input.pad.pixels;
  input.pad.inverted.checked = false;
  send(input.pad.inverted, "change");
  assert.deepEqual(
    input.pad.pixels,
    dark.map((value) => 255 - value),
  );
  assert.deepEqual(opened({ bright: true }).pad.pixels, input.pad.pixels);
  input.setModel(DATA);
  assert.equal(Math.max(...input.pad.pixels.slice(0, 28)), 0);
  input.setModel({ ...DATA, bright: true });
  assert.deepEqual(input.pad.pixels, dark);
  input.load(new Uint8Array(784).fill(200), { kind: "test", index: 3, noise: null });
  assert.equal(Math.max(...input.pad.pixels), 200);
});

test("another page's picture is shown, and the user's own stays kept", () => {
  const input = opened();
  draw(input);
  const own = opened().pad.pixels;
  const picture = Uint8Array.from({ length: 784 }, (_, i) => i % 251);
  void input.follow(undefined, toBase64(picture));
  assert.deepEqual([input.pad.pixels, input.title()], [picture, "Your teacher's picture"]);
  assert.deepEqual([opened().pad.pixels, choices], [own, []]);
  void input.follow(undefined, toBase64(picture.slice(1)));
  void input.follow(-1, "?");
  assert.deepEqual(input.pad.pixels, picture);
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** Nine test images, each of its own number, with that number as noise. */
function testSet() {
  const images = { load: (/** @type {number} */ i) => Promise.resolve(new Uint8Array(784).fill(i)) };
  const noise = { load: (/** @type {number} */ i) => Promise.resolve(new Uint8Array(new Float32Array([i]).buffer)) };
  const encoded = { images: 9, labels: new Uint8Array(9), reconstruction: new Float32Array(9) };
  return /** @type {any} */ ({ images, encoded, noise });
}

test("another page's test image comes in place of what is on the pad, as soon as there are test images", async () => {
  const input = opened();
  draw(input);
  void input.follow(7, undefined);
  input.setTestSet(testSet());
  await settled();
  assert.deepEqual([input.pad.pixels[0], input.source.kind], [7, "test"]);
  assert.deepEqual([opened().pad.empty, choices], [false, []]);
  void input.follow(9, undefined);
  assert.equal(input.wantedImage, 7);
});

test("what another page has drawn on a test image is sampled with that image's noise, and the newest drawing counts", async () => {
  const input = opened();
  input.setTestSet(testSet());
  await settled();
  const [first, second] = [1, 2].map((value) => new Uint8Array(784).fill(value));
  void input.follow(undefined, toBase64(first), 3);
  void input.follow(undefined, toBase64(second), 4);
  await settled();
  assert.deepEqual(input.pad.pixels, second);
  assert.deepEqual(input.source, { kind: "other", title: "Your teacher's picture", noise: new Float32Array([4]) });
});
