import assert from "node:assert/strict";
import { before, test } from "node:test";

import { drawingIn, inkOf, placedDrawing } from "../../../vae/frontend/lib/photograph.js";
import { resized } from "../../../vae/frontend/lib/placing.js";
import { python } from "../support/python.js";

/** @import { Grey } from "../../../vae/frontend/lib/paper.js" */
/** @import { ImageShape } from "../../../vae/frontend/lib/contract.js" */

const MNIST = { side: 20, across: 14.5, down: 14.5 };
/** @type {ImageShape} */
const SHAPE = [1, 28, 28];

/** name: of the scene. photo: base64. original: the digit, 28 × 28. @typedef {{name: string, photo: string, original: number[]}} Case */
/** @type {{digits: Case[], sevens: Case[], blank: string, seven: string}} */
let photos;

before(() => {
  photos = python(`
import base64, json
import numpy as np
from pathlib import Path
from tests.support.photographs import SEVEN, line, photograph, written
from vae.storage.checkpoints import read_checkpoint
checkpoint = read_checkpoint(Path("checkpoints/mnist-z10"))
images, labels = checkpoint.load_examples()[:, 0], checkpoint.load_encoded().labels
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
blank = photograph(np.zeros((600, 450)))
print(json.dumps({"digits": digits, "sevens": sevens, "blank": text(blank), "seven": text(thick)}))`);
});

/** The photograph as the upload sees it: 400 pixels high. @returns {Grey} */
function seen(/** @type {string} */ photo) {
  const plane = Float32Array.from(resized([Float32Array.from(Buffer.from(photo, "base64"))], 450, 600, [1, 400, 300]));
  return { plane, width: 300, height: 400 };
}

/** What the model sees of a photograph. */
function placed(/** @type {string} */ photo) {
  const drawing = drawingIn(seen(photo));
  assert.ok(drawing);
  const pixels = placedDrawing(drawing, SHAPE, MNIST);
  assert.ok(pixels);
  return pixels;
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
  for (const { name, photo, original } of photos.digits) {
    const pixels = placed(photo);
    const found = likeness(pixels, original);
    assert.ok(found > 0.9, `${name}: ${found}`);
    assert.ok(Math.max(...pixels) > 240, "the ink is stretched to white");
    assert.ok(pixels.filter((value) => value === 0).length > 400, "the paper is black");
  }
});

test("a thin pen's seven looks like one of a thick pen", () => {
  const thick = placed(photos.seven);
  for (const { name, photo } of photos.sevens) {
    const found = likeness(placed(photo), thick);
    assert.ok(found > 0.85, `a pen of ${name} pixels: ${found}`);
  }
});

test("it is said whether ink was darker than the paper", () => {
  const inverted = (/** @type {Case} */ { photo }) => inkOf(seen(photo))?.inverted;
  assert.deepEqual(
    photos.digits.map(inverted),
    photos.digits.map(({ name }) => name !== "chalk"),
  );
});

test("a blank sheet has no ink, and neither has a picture that is bright on black already", () => {
  assert.equal(inkOf(seen(photos.blank)), null);
  const { original } = photos.digits[0];
  assert.equal(inkOf({ plane: Float32Array.from(original), width: 28, height: 28 }), null);
});

test("an even grey, one pixel and two colours are no obstacle", () => {
  for (const value of [25, 128, 255]) {
    assert.equal(inkOf({ plane: new Float32Array(900).fill(value), width: 30, height: 30 }), null);
    assert.equal(inkOf({ plane: new Float32Array(1).fill(value), width: 1, height: 1 }), null);
  }
  const plane = Float32Array.from({ length: 900 }, (_, i) => (i % 30 < 15 ? 255 : 60));
  assert.doesNotThrow(() => inkOf({ plane, width: 30, height: 30 }));
});
