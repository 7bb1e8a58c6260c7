import assert from "node:assert/strict";
import { before, test } from "node:test";

import { developed, neededSteps } from "../../../vae/frontend/lib/steps.js";
import { resized } from "../../../vae/frontend/lib/placing.js";
import { python } from "../support/python.js";

/** @import { Pixels } from "../../../vae/frontend/lib/canvas.js" */
/** @import { Photo, Switches, Target } from "../../../vae/frontend/lib/steps.js" */

/** @type {Target} */
const MNIST = { imageShape: [1, 28, 28], frame: { side: 20, across: 14.5, down: 14.5 }, bright: false };

/** name: of the scene. photo: base64. original: the digit, 28 × 28. @typedef {{name: string, photo: string, original: number[]}} Case */
/** needed: the steps from the photograph to the input. pixels: the input. @typedef {{name: string, needed: Switches, pixels: Pixels, original: number[]}} Developed */
/** @type {{digits: Developed[], sevens: Developed[], shadowed: Developed[], blank: Photo, thick: Pixels}} */
let photos;

before(() => {
  const { digits, sevens, shadowed, blank, seven } = python(`
import base64, json
import numpy as np
from pathlib import Path
from safetensors import safe_open
from tests.support.photographs import SEVEN, line, photograph, written
from vae.storage.files import read_sheet
folder = Path("checkpoints/mnist-z10")
images = read_sheet(folder / "examples.png", 500, (1, 28, 28))[:, 0]
with safe_open(folder / "encoded.safetensors", "numpy") as file:
    labels = file.get_tensor("labels")
text = lambda photo: base64.b64encode(photo.tobytes()).decode()
case = lambda name, photo, original: {"name": name, "photo": text(photo), "original": original.ravel().tolist()}
rows = [int(np.flatnonzero(labels[:500] == label)[3]) for label in range(10)]
digits = [case("plain", photograph(written(images[row], 150 + 8 * k, 170 + 10 * k, 360 - 12 * k), seed=k), images[row])
          for k, row in enumerate(rows)]
digits += [case(scene, photograph(written(images[row]), scene=scene), images[row])
           for scene in ("squared", "shadow", "table") for row in rows[2:8:2]]
digits += [case("chalk", 255 - photograph(written(images[row]), darkness=0.8, seed=1), images[row]) for row in rows[3:6]]
digits += [case("faint", photograph(written(images[rows[7]]), darkness=0.4), images[rows[7]])]
thick = photograph(line(SEVEN, 16))
sevens = [case(str(width), photograph(line(SEVEN, width)), thick) for width in (3, 5, 8)]
shadowed = [case(f"{width} at {left}", photograph(line(SEVEN, width, left=left, top=top, side=side), scene="shadow"), thick)
            for width in (4, 6, 10) for left, top, side in ((60, 90, 150), (200, 300, 150), (120, 200, 250))]
blank = photograph(np.zeros((600, 450)))
print(json.dumps({"digits": digits, "sevens": sevens, "shadowed": shadowed, "blank": text(blank), "seven": text(thick)}))`);
  photos = {
    digits: digits.map(asDeveloped),
    sevens: sevens.map(asDeveloped),
    shadowed: shadowed.map(asDeveloped),
    blank: seen(blank),
    thick: asDeveloped({ name: "thick", photo: seven, original: [] }).pixels,
  };
});

/** A grey picture as the upload sees it. @returns {Photo} */
function grey(/** @type {ArrayLike<number>} */ plane, /** @type {number} */ width, /** @type {number} */ height) {
  const pixels = new Uint8Array(3 * plane.length);
  for (let channel = 0; channel < 3; channel++) pixels.set(plane, channel * plane.length);
  return { pixels, width, height, orientation: 1 };
}

/** The photograph as the upload sees it: 400 pixels high. */
function seen(/** @type {string} */ photo) {
  return grey(resized([Float32Array.from(Buffer.from(photo, "base64"))], 450, 600, [1, 400, 300]), 300, 400);
}

/** What the model sees of a photograph. @returns {Developed} */
function asDeveloped(/** @type {Case} */ { name, photo, original }) {
  const upload = seen(photo),
    needed = neededSteps(upload, MNIST);
  assert.ok(needed.centred, name);
  return { name, needed, pixels: developed(upload, needed, MNIST).pixels, original };
}

/** Correlation of two images, the best of the nine by which one may be shifted by a pixel. */
function likeness(/** @type {ArrayLike<number>} */ a, /** @type {ArrayLike<number>} */ b) {
  const at = (/** @type {number} */ shift) => {
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = 0; i < a.length; i++) {
      const other = b[i + shift] ?? 0;
      ab += a[i] * other;
      aa += a[i] ** 2;
      bb += other ** 2;
    }
    return ab / Math.sqrt(aa * bb);
  };
  return Math.max(...[0, 1, -1, 28, -28, 29, -29, 27, -27].map(at));
}

test("a digit of MNIST's that was written on paper and photographed becomes that digit again", () => {
  for (const { name, pixels, original } of photos.digits) {
    const found = likeness(pixels, original);
    assert.ok(found > 0.9, `${name}: ${found}`);
    assert.ok(Math.max(...pixels) > 240, "the ink is stretched to white");
    assert.ok(pixels.filter((value) => value === 0).length > 400, "the paper is black");
  }
});

test("a thin pen's seven looks like one of a thick pen", () => {
  for (const { name, pixels } of photos.sevens) {
    const found = likeness(pixels, photos.thick);
    assert.ok(found > 0.85, `a pen of ${name} pixels: ${found}`);
  }
});

test("neither a shadow beside a thin pen's seven nor one over it counts as ink", () => {
  for (const { name, pixels } of photos.shadowed) {
    const found = likeness(pixels, photos.thick);
    assert.ok(found > 0.85, `a pen of ${name}: ${found}`);
  }
});

const AS_IT_IS = { oriented: true, levelled: false, inverted: false, stretched: false, centred: false };

test("all steps are needed where ink is on paper, and all but inverting where chalk is on a board", () => {
  const all = { oriented: true, levelled: true, inverted: true, stretched: true, centred: true };
  for (const { name, needed } of photos.digits) assert.deepEqual(needed, { ...all, inverted: name !== "chalk" }, name);
});

test("a blank sheet has no ink, and neither has a picture that is bright on black already", () => {
  assert.deepEqual(neededSteps(photos.blank, MNIST), AS_IT_IS);
  assert.deepEqual(neededSteps(grey(photos.digits[0].original, 28, 28), MNIST), AS_IT_IS);
});

test("an even grey, one pixel and two colours are no obstacle, with each step and without", () => {
  const even = [25, 128, 255].flatMap((value) => [
    grey(new Uint8Array(900).fill(value), 30, 30),
    grey([value], 1, 1),
    grey([value, value, value], 1, 3),
  ]);
  for (const photo of even) assert.deepEqual(neededSteps(photo, MNIST), AS_IT_IS);
  const halves = grey(
    Uint8Array.from({ length: 900 }, (_, i) => (i % 30 < 15 ? 255 : 60)),
    30,
    30,
  );
  for (const photo of [...even, halves]) {
    for (let bits = 0; bits < 32; bits++) {
      const [oriented, levelled, inverted, stretched, centred] = [1, 2, 4, 8, 16].map((bit) => Boolean(bits & bit));
      const { pixels } = developed(photo, { oriented, levelled, inverted, stretched, centred }, MNIST);
      assert.equal(pixels.length, 784);
    }
  }
});
