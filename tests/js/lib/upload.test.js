import "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { readPicture } from "../../../vae/frontend/lib/upload.js";

/** @typedef {(x: number, y: number) => readonly [red: number, green: number, blue: number, opacity: number]} Painter */

/** @type {{width: number, height: number, paint?: Painter, readable?: boolean}} */
let next = { width: 0, height: 0 };

/** What the browser makes of the next file: its picture has this size and these pixels. */
class FakeImage {
  /** @type {(() => void) | undefined} */
  onload;
  /** @type {(() => void) | undefined} */
  onerror;

  set src(/** @type {string} */ address) {
    assert.equal(address, "blob:1");
    const { width, height, paint, readable = true } = next;
    this.naturalWidth = width;
    this.naturalHeight = height;
    if (paint) this.raster = { width, height, data: Uint8ClampedArray.from(pixelsOf(width, height, paint)) };
    queueMicrotask(() => (readable ? this.onload : this.onerror)?.());
  }
}

function pixelsOf(/** @type {number} */ width, /** @type {number} */ height, /** @type {Painter} */ paint) {
  return Array.from({ length: width * height }, (_, i) => paint(i % width, Math.floor(i / width))).flat();
}

Object.assign(globalThis, { Image: FakeImage });
mock.method(URL, "createObjectURL", () => "blob:1");
const revoke = mock.method(URL, "revokeObjectURL", () => {});

beforeEach(() => revoke.mock.resetCalls());

/** @type {Painter} */
const RED = () => [255, 0, 0, 255];
const file = new File(["x"], "photo.png");

test("the middle of a wide picture becomes an image of the model's size", async () => {
  next = { width: 40, height: 20, paint: (x) => (x < 10 || x >= 30 ? [9, 9, 9, 255] : [200, 100, 50, 255]) };
  const { pixels, width, height } = await readPicture(file, [3, 4, 4], false);
  assert.deepEqual([width, height], [40, 20]);
  assert.deepEqual(
    [...pixels],
    [200, 100, 50].flatMap((value) => new Array(16).fill(value)),
  );
  assert.equal(revoke.mock.callCount(), 1);
});

test("colour becomes the grey of ITU-R BT.601", async () => {
  next = { width: 8, height: 8, paint: RED };
  const { pixels } = await readPicture(file, [1, 2, 2], false);
  assert.deepEqual([...pixels], new Array(4).fill(Math.round(0.299 * 255)));
});

test("what is transparent becomes white", async () => {
  next = { width: 8, height: 8, paint: (x) => [0, 0, 0, x < 4 ? 0 : 255] };
  const { pixels } = await readPicture(file, [1, 1, 2], false);
  assert.deepEqual([...pixels], [255, 0]);
});

test("a large picture is scaled down before its pixels are read", async (t) => {
  next = { width: 900, height: 600, paint: RED };
  const { prototype } = Object.getPrototypeOf(document.createElement("canvas")).constructor;
  const getContext = t.mock.method(prototype, "getContext");
  await readPicture(file, [1, 28, 28], false);
  const { width, height } = /** @type {HTMLCanvasElement} */ (getContext.mock.calls[0].this);
  assert.deepEqual([width, height], [512, 512]);
});

const REFUSED = [
  { what: "no picture", about: { width: 0, height: 0, readable: false }, sentence: /photo.png is not a picture/ },
  { what: "without a size", about: { width: 0, height: 0 }, sentence: /does not say how large its picture is/ },
  { what: "too large", about: { width: 10_000, height: 5201 }, sentence: /52 million pixels; 50 million are the most/ },
  { what: "not decodable", about: { width: 10, height: 10 }, sentence: /could not be decoded by this browser/ },
];
for (const { what, about, sentence } of REFUSED) {
  test(`a file that is ${what} is refused with a sentence`, async () => {
    next = about;
    await assert.rejects(readPicture(file, [1, 28, 28], false), sentence);
    assert.equal(revoke.mock.callCount(), 1);
  });
}

test("a file that is too long is not opened", async () => {
  const long = { name: "long.png", size: 33 * 2 ** 20 };
  await assert.rejects(readPicture(/** @type {File} */ (long), [1, 28, 28], false), /long.png has more than 32 MiB/);
  assert.equal(revoke.mock.callCount(), 0);
});

test("ink on paper is found where the model's images are drawings", async () => {
  next = {
    width: 60,
    height: 90,
    paint: (x, y) => (x === 20 && y > 30 && y < 70 ? [60, 60, 60, 255] : [220, 215, 200, 255]),
  };
  const { pixels, drawing } = await readPicture(file, [1, 28, 28], true);
  assert.ok(Math.min(...pixels) > 100);
  assert.equal(drawing?.inverted, true);
  assert.ok(drawing.pixels.filter((value) => value > 127).length < drawing.pixels.length / 8);
  next = { width: 60, height: 90, paint: () => [220, 215, 200, 255] };
  assert.equal((await readPicture(file, [1, 28, 28], true)).drawing, null);
});
