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

test("a small picture comes as it is, in colour", async () => {
  next = { width: 40, height: 20, paint: (x) => (x < 10 ? [9, 8, 7, 255] : [200, 100, 50, 255]) };
  const { photo, width, height } = await readPicture(file);
  assert.deepEqual([width, height, photo.width, photo.height, photo.orientation], [40, 20, 40, 20, 1]);
  assert.deepEqual(
    [0, 39, 800, 839, 1600, 1639].map((i) => photo.pixels[i]),
    [9, 200, 8, 100, 7, 50],
  );
  assert.equal(revoke.mock.callCount(), 1);
});

test("what is transparent becomes white", async () => {
  next = { width: 8, height: 8, paint: (x) => [0, 0, 0, x < 4 ? 0 : 255] };
  const { pixels } = (await readPicture(file)).photo;
  assert.deepEqual([pixels[3], pixels[4]], [255, 0]);
});

test("a large picture is scaled down before its pixels are read", async (t) => {
  next = { width: 900, height: 600, paint: RED };
  const { prototype } = Object.getPrototypeOf(document.createElement("canvas")).constructor;
  const getContext = t.mock.method(prototype, "getContext");
  const { photo, width } = await readPicture(file);
  const canvas = /** @type {HTMLCanvasElement} */ (getContext.mock.calls[0].this);
  assert.deepEqual([canvas.width, canvas.height, photo.width, photo.height, width], [400, 267, 400, 267, 900]);
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
    await assert.rejects(readPicture(file), sentence);
    assert.equal(revoke.mock.callCount(), 1);
  });
}

test("a file that is too long is not opened", async () => {
  const long = { name: "long.png", size: 33 * 2 ** 20 };
  await assert.rejects(readPicture(/** @type {File} */ (long)), /long.png has more than 32 MiB/);
  assert.equal(revoke.mock.callCount(), 0);
});
