import assert from "node:assert/strict";
import { test } from "node:test";

import { developed, neededSteps, offeredSteps } from "../../../vae/frontend/lib/steps.js";

/** @import { Photo, Switches, Target } from "../../../vae/frontend/lib/steps.js" */

/** @type {Target} */
const DRAWINGS = { imageShape: [1, 28, 28], frame: { side: 20, across: 14.5, down: 14.5 }, bright: false };
/** @type {Target} */
const CLOTHES = { imageShape: [1, 8, 8], frame: null, bright: false };
/** @type {Target} */
const COLOURED = { imageShape: [3, 8, 8], frame: null, bright: false };
/** @type {Switches} */
const NONE = { oriented: true, levelled: false, inverted: false, stretched: false, centred: false };
/** @type {Switches} */
const ALL = { oriented: true, levelled: true, inverted: true, stretched: true, centred: true };

const WIDTH = 60,
  HEIGHT = 90;

/** A vertical stroke left of the middle, on paper that is darker below. @returns {Photo} */
function stroke(orientation = 1) {
  const plane = Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    return Math.round((x >= 18 && x < 22 && y > 30 && y < 70 ? 0.3 : 1) * (220 - y));
  });
  return { pixels: Uint8Array.from([...plane, ...plane, ...plane]), width: WIDTH, height: HEIGHT, orientation };
}

/** The picture after a step. */
function after(/** @type {Photo} */ photo, /** @type {Switches} */ switches, /** @type {keyof Switches} */ step) {
  const shown = developed(photo, switches, DRAWINGS).pictures.get(step);
  assert.ok(shown);
  return shown;
}

/** The value at a place of the picture after a step. */
function at(/** @type {ReturnType<typeof after>} */ { pixels, imageShape }, x = 0, y = 0) {
  return pixels[y * imageShape[2] + x];
}

test("each step has its picture: the light becomes even, dark bright, ink white, and it is moved to its place", () => {
  const photo = stroke();
  assert.deepEqual(neededSteps(photo, DRAWINGS), ALL);
  assert.equal(at(after(photo, ALL, "oriented"), 40, 80), 140);
  const even = after(photo, ALL, "levelled");
  for (const y of [5, 80]) assert.ok(at(even, 40, y) > 240, `${at(even, 40, y)}`);
  assert.ok(at(even, 20, 50) < 110);
  assert.equal(at(after(photo, ALL, "inverted"), 20, 50), 255 - at(even, 20, 50));
  const stretched = after(photo, ALL, "stretched");
  assert.equal(at(stretched, 40, 80), 0);
  assert.ok(at(stretched, 20, 50) > 250);
  const { pixels, imageShape } = after(photo, ALL, "centred");
  assert.deepEqual(imageShape, [1, 28, 28]);
  assert.ok(Math.max(...pixels.slice(14 * 28, 15 * 28)) > 200);
  assert.equal(Math.max(...pixels.slice(0, 4 * 28)), 0);
});

test("a step that is left out changes nothing, and the steps after it take what is there", () => {
  const photo = stroke();
  for (const step of /** @type {const} */ (["levelled", "inverted"])) {
    const without = { ...ALL, [step]: false };
    const before = after(photo, without, step === "levelled" ? "oriented" : "levelled");
    assert.deepEqual(after(photo, without, step), before);
  }
  const uneven = { ...ALL, levelled: false };
  assert.equal(at(after(photo, uneven, "inverted"), 40, 80), 255 - 140);
  assert.ok(at(after(photo, uneven, "stretched"), 20, 50) > 200, "ink is found in uneven light, too");
  const bright = after(photo, { ...ALL, inverted: false, centred: false }, "stretched");
  assert.ok(at(bright, 40, 50) > at(bright, 20, 50), "bright paper is stretched as any picture is");
  const whole = developed(photo, { ...ALL, centred: false }, DRAWINGS);
  assert.deepEqual(whole.base, { pixels: whole.pixels, imageShape: [1, 28, 28] });
  assert.ok(whole.pixels.filter((value) => value > 127).length < 60);
});

test("without any step the picture is as it is, its middle at the model's size", () => {
  const { pixels, centred } = developed(stroke(), NONE, DRAWINGS);
  assert.equal(centred, false);
  assert.ok(Math.abs(pixels[0] - (220 - 16)) <= 1, `${pixels[0]}`);
  assert.ok(Math.min(...pixels) < 100);
});

test("a picture that was turned lies as its file has it, where orienting is left out", () => {
  const turned = after(stroke(6), { ...ALL, oriented: false }, "oriented");
  assert.deepEqual(turned.imageShape, [1, WIDTH, HEIGHT]);
  const { pixels } = developed(stroke(6), { ...ALL, oriented: false }, DRAWINGS);
  assert.ok(pixels[14 * 28 + 5] > 200, "the stroke lies");
  assert.equal(pixels[5 * 28 + 14], 0);
});

test("only drawings are levelled and centred; a grey picture on bright is inverted for data on dark, none in colour", () => {
  assert.deepEqual(offeredSteps(CLOTHES), ["oriented", "inverted", "stretched"]);
  const photo = stroke();
  assert.deepEqual(neededSteps(photo, CLOTHES), { ...NONE, inverted: true });
  assert.deepEqual(neededSteps(photo, { ...CLOTHES, bright: true }), NONE);
  assert.deepEqual(neededSteps(photo, COLOURED), NONE);
  const { pictures, pixels } = developed(photo, { ...NONE, stretched: true }, COLOURED);
  assert.deepEqual([...pictures.keys()], ["oriented", "inverted", "stretched"]);
  assert.equal(pixels.length, 192);
  assert.ok(Math.max(...pixels) > Math.max(...developed(photo, NONE, COLOURED).pixels));
});
