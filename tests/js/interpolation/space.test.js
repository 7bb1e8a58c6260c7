import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { readEnd, readVector, testEnd, vectorEnd, writeEnd } from "../../../vae/frontend/interpolation/ends.js";
import { ALL, blend, change, cornerWeights, LASSOS, shares, Space } from "../../../vae/frontend/interpolation/space.js";
import { encodedOf, isNear, uniform } from "../support/codes.js";

const ENCODED = encodedOf();
const CLIENT = {
  /** Pictures of one pixel: the first number of the code. */
  decode: async (/** @type {number[][]} */ codes) =>
    await Promise.resolve({ n: codes.length, pixels: Uint8Array.from(codes.map(([z]) => z)), imageShape: [1, 1, 1] }),
};
/** @type {any} */
const SETTINGS = { client: CLIENT, encoded: ENCODED, images: null, classes: 0, prior: true, lassos: {} };
const SPACE = new Space(SETTINGS);
const CONDITIONAL = new Space({ ...SETTINGS, classes: 3 });

test("shares are evenly spaced from 0 to 1", () => {
  assert.deepEqual(shares(5), [0, 0.25, 0.5, 0.75, 1]);
});

test("pictures are mixed pixel by pixel, rounded, and compared over the full range", () => {
  const mixed = blend([
    [Uint8Array.of(0, 255), 0.25],
    [Uint8Array.of(255, 254), 0.75],
  ]);
  assert.deepEqual([...mixed], [191, 254]);
  assert.equal(change(Uint8Array.of(0, 255), Uint8Array.of(255, 255)), 0.5);
});

test("the corners' weights are bilinear: one at its corner, all the same in the middle, in sum one", () => {
  assert.deepEqual(
    [cornerWeights(0, 0), cornerWeights(1, 0)],
    [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
    ],
  );
  assert.deepEqual(cornerWeights(0.5, 0.5), [0.25, 0.25, 0.25, 0.25]);
  isNear([cornerWeights(0.3, 0.9).reduce((sum, weight) => sum + weight, 0)], [1]);
});

test("a code of a conditional model ends with its class, which changes along the way, too", () => {
  const [a, b] = [vectorEnd([1, 0, 0], "z", "a", 0), vectorEnd([0, 1, 0], "z", "b", 2)];
  assert.deepEqual(CONDITIONAL.code(b), [0, 1, 0, 0, 0, 1]);
  assert.deepEqual(SPACE.code(b), [0, 1, 0]);
  isNear(CONDITIONAL.between("linear", a, b, 0.25), [0.75, 0.25, 0, 0.75, 0, 0.25]);
  isNear(SPACE.between("spherical", a, b, 0.5), [Math.SQRT1_2, Math.SQRT1_2, 0]);
});

test("decoded codes are a picture each, or nothing", async () => {
  const pictures = await SPACE.decode([[7], [9]], {});
  assert.deepEqual(
    pictures?.map((pixels) => [...pixels]),
    [[7], [9]],
  );
  const refused = new Space({ ...SETTINGS, client: { decode: async () => await Promise.resolve(null) } });
  assert.equal(await refused.decode([[7]], {}), null);
});

test("groups are classes, all images, and the map's lassos without rows that are not there", () => {
  const space = new Space({ ...SETTINGS, lassos: { A: [1, 2, 60], B: [] } });
  assert.deepEqual(
    space.group(1),
    Array.from({ length: 20 }, (_, i) => 3 * i + 1),
  );
  assert.equal(space.group(ALL).length, 60);
  assert.deepEqual([space.group(LASSOS.A), space.group(LASSOS.B)], [[1, 2], []]);
  assert.deepEqual(
    space.groupOptions().map(([, name]) => name),
    ["a", "b", "c", "all images", "lasso A", "lasso B"],
  );
});

test("a group's centre is the mean of its codes, 0 of an empty one", () => {
  isNear(
    SPACE.centre([0, 1]),
    [0, 1, 2].map((d) => (ENCODED.mean[d] + ENCODED.mean[3 + d]) / 2),
  );
  assert.deepEqual(SPACE.centre([]), [0, 0, 0]);
});

/** Mean and standard deviation of many samples' first dimension. */
function moments(/** @type {Space} */ space) {
  const samples = Array.from({ length: 5000 }, () => space.sample()[0]);
  const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
  return [mean, Math.sqrt(samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / samples.length)];
}

test("samples are the prior's; of a plain autoencoder a Gaussian's like its codes", (t) => {
  t.mock.method(Math, "random", uniform(9));
  isNear(moments(SPACE), [0, 1], 0.05);
  const first = ENCODED.mean.filter((_, i) => i % 3 === 0);
  const mean = first.reduce((sum, x) => sum + x, 0) / first.length;
  const spread = Math.sqrt(first.reduce((sum, x) => sum + (x - mean) ** 2, 0) / first.length);
  isNear(moments(new Space({ ...SETTINGS, prior: false })), [mean, spread], 0.05);
});

test("a code's class is that of most of its nearest", () => {
  const mean = Float32Array.from({ length: 180 }, (_, i) => 100 * (Math.floor(i / 3) % 3) + (i % 7));
  const space = new Space({ ...SETTINGS, encoded: { ...ENCODED, mean } });
  for (const row of [0, 1, 2]) assert.equal(space.classOf(space.mean(row), row), row);
});

test("the closest classes are those whose mean codes are", () => {
  const mean = Float32Array.from({ length: 180 }, (_, i) => [0, 50, 49][Math.floor(i / 3) % 3]);
  const space = new Space({ ...SETTINGS, encoded: { ...ENCODED, mean } });
  assert.deepEqual(space.closestClasses(), [1, 2]);
  const alone = { ...ENCODED, classNames: ["a"], labels: new Uint16Array(60) };
  assert.deepEqual(new Space({ ...SETTINGS, encoded: alone }).closestClasses(), [0, 0]);
});

// — ends in links —

test("an end is written and read back: a test image by its row, all else by z", () => {
  for (const space of [SPACE, CONDITIONAL]) {
    for (const end of [testEnd(space, 7), vectorEnd([0.5, -1.25, 3], "z", "pinned z")]) {
      assert.deepEqual(readEnd(writeEnd(end, space), space), end);
    }
  }
  assert.equal(writeEnd(testEnd(SPACE, 7), SPACE), "7");
  assert.equal(writeEnd(vectorEnd([0.5, -1.25, 3], "sample", "x"), SPACE), "z0.5,-1.25,3");
});

test("a class that is not the image's own is in the link of a conditional model", () => {
  const end = { ...testEnd(CONDITIONAL, 7), label: 2 };
  assert.equal(writeEnd(end, CONDITIONAL), "7@2");
  assert.equal(readEnd("7@2", CONDITIONAL)?.label, 2);
  assert.equal(writeEnd(end, SPACE), "7");
});

test("a link that means no end of this model is null", () => {
  const wrong = [
    "",
    "60",
    "-1",
    "1.5",
    "1e1",
    "z1,2",
    "z1,2,3,4",
    "z1,2,x",
    "z1,,2",
    "z1,2,1001",
    "zNaN,1,2",
    "7@3",
    "7@x",
  ];
  for (const text of wrong) assert.equal(readEnd(text, CONDITIONAL), null, text);
});

test("a vector may be typed with commas, semicolons or white space", () => {
  assert.deepEqual(readVector(" 1, 2;\n-3 ", SPACE)?.z, [1, 2, -3]);
  assert.equal(readVector("1 2", SPACE), null);
});
