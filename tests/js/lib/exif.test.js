import assert from "node:assert/strict";
import { before, test } from "node:test";

import { asStored, orientationOf } from "../../../vae/frontend/lib/exif.js";
import { python } from "../support/python.js";

/** A JPEG in base64; its pixels as the file has them, and upright. @typedef {{file: string, raw: number[][], upright: number[][]}} Case */
/** @type {Case[]} by orientation, from 1 */
let cases;

before(() => {
  cases = python(`
import base64, io, json
import numpy as np
from PIL import Image, ImageOps
picture = Image.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3))
cases = []
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "a camera", orientation
    file = io.BytesIO()
    picture.save(file, "JPEG", exif=exif)
    turned = picture.copy()
    turned.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(turned))
    text = base64.b64encode(file.getvalue()).decode()
    cases.append({"file": text, "raw": np.asarray(picture).tolist(), "upright": upright.tolist()})
print(json.dumps(cases))`);
});

function bytes(/** @type {string} */ text) {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

test("the orientation is what the file says", () => {
  assert.deepEqual(
    cases.map(({ file }) => orientationOf(bytes(file).buffer)),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
});

test("what Pillow has turned upright is turned back", () => {
  cases.forEach(({ raw, upright }, i) => {
    const { plane, width, height } = asStored(
      Float32Array.from(upright.flat()),
      upright[0].length,
      upright.length,
      i + 1,
    );
    assert.deepEqual([width, height], [3, 2]);
    assert.deepEqual([...plane], raw.flat(), `orientation ${i + 1}`);
  });
});

test("a file without an orientation, cut short anywhere or of another kind is upright", () => {
  const whole = bytes(cases[5].file);
  for (let length = 0; length < whole.length; length++) {
    const found = orientationOf(whole.slice(0, length).buffer);
    assert.ok(found === 1 || found === 6);
  }
  for (const text of ["", "GIF89a", "\u00ff\u00d8\u00ff\u00da"])
    assert.equal(orientationOf(Buffer.from(text, "latin1").buffer), 1);
  assert.equal(orientationOf(new Uint8Array(64).fill(0xff).buffer), 1);
});
