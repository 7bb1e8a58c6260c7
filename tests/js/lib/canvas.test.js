import { pixelsOf } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { meanDifference } from "../../../vae/frontend/reconstruction/remarks.js";
import * as canvases from "../../../vae/frontend/lib/canvas.js";

/** Red, green, blue and opacity of the pixels, four numbers each. */
function rows(/** @type {HTMLCanvasElement} */ canvas) {
  const data = pixelsOf(canvas);
  return Array.from({ length: data.length / 4 }, (_, i) => [...data.subarray(4 * i, 4 * i + 4)]);
}

const canvasOf = () => document.createElement("canvas");
const grey = (/** @type {number} */ value) => [value, value, value, 255];

test("a grey picture is drawn at its own size", () => {
  const canvas = canvasOf();
  canvases.drawPicture(canvas, Uint8Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3]);
  assert.deepEqual([canvas.width, canvas.height], [3, 2]);
  assert.deepEqual(rows(canvas), [1, 2, 3, 4, 5, 6].map(grey));
});

test("a colour picture is drawn channel by channel", () => {
  const canvas = canvasOf();
  canvases.drawPicture(canvas, Uint8Array.of(1, 2, 11, 12, 21, 22), [3, 1, 2]);
  assert.deepEqual(rows(canvas), [
    [1, 11, 21, 255],
    [2, 12, 22, 255],
  ]);
});

test("some of many pictures lie side by side, and each drawing is counted", () => {
  const canvas = canvasOf();
  const pixels = Uint8Array.of(0, 0, 1, 2, 3, 4); // three pictures of two rows and one column
  canvases.drawPicture(canvas, pixels, [1, 2, 1], 1, 2);
  assert.deepEqual(rows(canvas), [1, 3, 2, 4].map(grey));
  canvases.drawPicture(canvas, pixels, [1, 2, 1], 1, 2);
  assert.equal(canvas.dataset.frame, "2");
});

test("a difference is coloured by its sign, as opaque as it is large", () => {
  const canvas = canvasOf();
  const [brighter, darker] = [canvases.BRIGHTER, canvases.DARKER];
  const mean = canvases.drawDifference(
    canvas,
    Uint8Array.of(100, 50, 9),
    Uint8Array.of(90, 250, 9),
    [1, 1, 3],
    brighter,
    darker,
  );
  assert.deepEqual(rows(canvas).slice(0, 2), [
    [...brighter, 20],
    [...darker, 255],
  ]);
  assert.equal(rows(canvas)[2][3], 0);
  assert.equal(mean, 210 / 3 / 255);
});

test("a colour difference is the mean of |Δ| over pixels and channels, also where the channels' sum stays the same", () => {
  const canvas = canvasOf();
  const now = Uint8Array.of(200, 10, 0, 10, 100, 10); // two pixels: red, green, blue of both
  const before = Uint8Array.of(100, 10, 100, 10, 100, 40);
  const mean = canvases.drawDifference(canvas, now, before, [3, 1, 2], canvases.BRIGHTER, canvases.DARKER);
  assert.equal(mean.toFixed(9), ((100 + 100 + 30) / 6 / 255).toFixed(9));
  assert.equal(mean.toFixed(9), meanDifference(now, before).toFixed(9)); // what the remarks and Refill say
  assert.deepEqual(
    rows(canvas).map(([, , , opacity]) => opacity),
    [Math.round((2 * 200) / 3), 20],
  );
});

test("a grid has its pictures row by row, with gaps between", () => {
  const canvas = canvasOf();
  canvases.drawGrid(canvas, Uint8Array.of(1, 2, 3), [1, 1, 1], 3, 2);
  assert.deepEqual([canvas.width, canvas.height], [3, 3]);
  const none = [0, 0, 0, 0];
  assert.deepEqual(rows(canvas), [grey(1), none, grey(2), none, none, none, grey(3), none, none]);
  canvases.drawGrid(canvas, Uint8Array.of(1, 11, 21, 2, 12, 22), [3, 1, 1], 2, 2, 0);
  assert.deepEqual(rows(canvas), [
    [1, 11, 21, 255],
    [2, 12, 22, 255],
  ]);
  assert.equal(canvas.dataset.frame, "2");
});

test("a PNG is made of enlarged pixels", async (t) => {
  const canvas = canvasOf();
  canvases.drawPicture(canvas, Uint8Array.of(7, 9), [1, 1, 2]);
  const blob = await canvases.pngOf(canvas, 2);
  assert.equal(blob.type, "image/png");
  const found = [...new Uint8Array(await blob.arrayBuffer())].filter((_, i) => i % 4 === 0);
  assert.deepEqual(found, [7, 7, 9, 9, 7, 7, 9, 9]);
  t.mock.method(Object.getPrototypeOf(canvas), "toBlob", (/** @type {(blob: null) => void} */ take) => take(null));
  await assert.rejects(canvases.pngOf(canvas, 2), /cannot save 4 × 2 pixels/);
});

test("a picture fits into its room at a whole number of screen pixels", () => {
  const canvas = canvasOf(); // on a screen with two pixels per CSS pixel
  assert.equal(canvases.fitPicture(canvas, [1, 28, 28], 300), 21 * 14);
  assert.deepEqual([canvas.style.width, canvas.style.height], ["294px", "294px"]);
  assert.equal(canvas.style.imageRendering, "pixelated");
});

test("a picture of more pixels than there is room is reduced to it, and smoothed", () => {
  const canvas = document.createElement("canvas");
  for (const [height, width, room, shown, rendering] of /** @type {const} */ ([
    [128, 128, 116, 64, "pixelated"], // two screen pixels per CSS pixel
    [256, 256, 116, 116, "auto"],
    [512, 256, 116, 58, "auto"],
    [256, 512, 0.1, 0.5, "auto"],
  ])) {
    assert.equal(canvases.fitPicture(canvas, [3, height, width], room), shown);
    assert.equal(canvas.style.height, `${(shown * height) / width}px`);
    assert.equal(canvas.style.imageRendering, rendering);
  }
});

test("colours are read from their hexadecimal text", () => {
  assert.deepEqual(canvases.rgb("#0aff80"), [10, 255, 128]);
});

test("a dot covers its area, and is darker at its rim", () => {
  for (const radius of [1.5, 2.4, 7]) {
    const stamp = canvases.dotStamp(radius);
    const area = stamp.reduce((sum, { coverage }) => sum + coverage, 0);
    assert.ok(Math.abs(area / (Math.PI * radius ** 2) - 1) < 0.06, `${area}`);
    assert.equal(stamp.find(({ x, y }) => x === 0 && y === 0)?.light, 1);
    assert.ok(stamp.filter(({ x, y }) => Math.hypot(x, y) > radius - 0.6).every(({ light }) => light < 1));
  }
  assert.ok(canvases.dotStamp(1.2).every(({ light }) => light === 1)); // all of it would be rim
});

test("dots are painted where they are visible, and the bright ones last", () => {
  const image = /** @type {ImageData} */ ({ width: 8, height: 4, data: new Uint8ClampedArray(4 * 8 * 4).fill(9) });
  const stamp = [{ x: 0, y: 0, coverage: 1, light: 1 }];
  const at = (/** @type {number} */ x, /** @type {number} */ y) => [...image.data.slice(4 * (8 * y + x)).slice(0, 4)];
  const dots = {
    screen: [1, 0.5, 1, 0.5, 3, 1, 0, 0, -500, 0, Number.NaN, 0],
    colours: [1, 0, 0, 1, 0, 0],
    palette: /** @type {const} */ ([
      [255, 0, 0],
      [0, 0, 255],
    ]),
    visible: [1, 1, 1, 0, 1, 1],
    bright: null,
    depths: null,
  };
  canvases.paintDots(image, 2, [stamp], dots);
  assert.deepEqual(at(6, 2), [255, 0, 0, 217]); // 85 % opaque
  assert.deepEqual(at(0, 0), [0, 0, 0, 0]);
  assert.ok(at(2, 1)[0] > at(2, 1)[2]); // the later dot lies above
  canvases.paintDots(image, 2, [stamp], { ...dots, bright: [1, 0, 0, 1, 1, 1] });
  assert.ok(at(2, 1)[2] > at(2, 1)[0]);
  assert.deepEqual(at(6, 2), [255, 0, 0, 31]); // dimmed
  canvases.paintDots(image, 2, [stamp], { ...dots, depths: [0, 0, 0, 0, 0, 0] });
  assert.deepEqual(at(6, 2), [255, 0, 0, 65]);
});

test("each colour may have a stamp of its own, and all dots one opacity", () => {
  const image = /** @type {ImageData} */ ({ width: 3, height: 1, data: new Uint8ClampedArray(12) });
  const at = (/** @type {number} */ x) => ({ x, y: 0, coverage: 1, light: 1 });
  const dots = { screen: [1, 0, 1, 0], colours: [0, 1], visible: [1, 1], bright: null, depths: null, opacity: 0.2 };
  canvases.paintDots(image, 1, [[at(-1)], [at(1)]], {
    ...dots,
    palette: [
      [255, 0, 0],
      [0, 0, 255],
    ],
  });
  assert.deepEqual([...image.data], [255, 0, 0, 51, 0, 0, 0, 0, 0, 0, 255, 51]);
});

test("a dot at the edge is cut there", () => {
  const image = /** @type {ImageData} */ ({ width: 2, height: 1, data: new Uint8ClampedArray(8) });
  const dots = { screen: [0, 0], colours: [0], visible: [1], bright: null, depths: null };
  canvases.paintDots(image, 1, [canvases.dotStamp(3)], { ...dots, palette: [[1, 2, 3]] });
  assert.ok(image.data[3] > 0 && image.data[7] > 0);
});
