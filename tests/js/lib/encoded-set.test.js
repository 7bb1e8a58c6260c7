import assert from "node:assert/strict";
import { test } from "node:test";

import {
  excessOf,
  loadEncoded,
  meanOf,
  readEncoded,
  spreadOf,
  TestRows,
} from "../../../vae/frontend/lib/encoded-set.js";

/**
 * A body as the docstring of vae/server/latent_map/routes.py describes it: the header's length, the header, zeros up to a
 * multiple of 8, then the arrays.
 *
 * @param {object} header
 * @param {Record<string, {data: Float32Array | Uint16Array, shape: number[]}>} arrays
 */
function bodyOf(header, arrays) {
  let offset = 1024;
  const about = Object.entries(arrays).map(([name, { data, shape }]) => {
    const entry = { name, dtype: data instanceof Float32Array ? "<f4" : "<u2", shape, offset };
    offset += Math.ceil(data.byteLength / 8) * 8;
    return entry;
  });
  const body = new Uint8Array(offset);
  const text = new TextEncoder().encode(JSON.stringify({ ...header, arrays: about }));
  new DataView(body.buffer).setUint32(0, text.length, true);
  body.set(text, 4);
  for (const [i, { data }] of Object.values(arrays).entries()) {
    body.set(new Uint8Array(data.buffer), about[i].offset);
  }
  return body.buffer;
}

const HEADER = {
  ...{ version: 1, model: "a", n: 2, latent_dim: 3, classes: ["zéro", "one"], image_shape: [1, 1, 2], images: 1 },
  pca: { mean: [1.5, 2.5, 3.5], components: [[1, 0, 0]], explained: [1] },
};
const BODY = bodyOf(HEADER, {
  mean: { data: Float32Array.of(0, 1, 2, 3, 4, 5), shape: [2, 3] },
  logvar: { data: Float32Array.of(-10, -9, -8, -7, -6, -5), shape: [2, 3] },
  labels: { data: Uint16Array.of(1, 65_000), shape: [2] },
  reconstruction: { data: Float32Array.of(7, 8), shape: [2] },
  kl: { data: Float32Array.of(0.5, 1.5), shape: [2] },
});

/** Answers fetch with these, by address; what is not among them is a lost connection. */
function serve(
  /** @type {import("node:test").TestContext} */ t,
  /** @type {Record<string, () => Response>} */ answers,
) {
  /** @type {string[]} */
  const asked = [];
  t.mock.method(globalThis, "fetch", async (/** @type {string} */ address) => {
    asked.push(address);
    await Promise.resolve();
    if (!answers[address]) throw new TypeError("fetch failed");
    return answers[address]();
  });
  return asked;
}

test("an encoded set has what the body says", async (t) => {
  serve(t, { here: () => new Response(BODY) });
  const encoded = await loadEncoded("here");
  assert.deepEqual([encoded.n, encoded.latentDim, encoded.images], [2, 3, 1]);
  assert.deepEqual(
    [encoded.classNames, encoded.imageShape],
    [
      ["zéro", "one"],
      [1, 1, 2],
    ],
  );
  assert.deepEqual([...encoded.mean], [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...encoded.logvar], [-10, -9, -8, -7, -6, -5]);
  assert.deepEqual([...encoded.labels], [1, 65_000]);
  assert.deepEqual(
    [[...encoded.reconstruction], [...encoded.kl]],
    [
      [7, 8],
      [0.5, 1.5],
    ],
  );
  assert.deepEqual(encoded.pca.mean, [1.5, 2.5, 3.5]);
});

test("the server's refusal is the error", async (t) => {
  serve(t, { here: () => new Response("There is no model a.", { status: 404 }) });
  await assert.rejects(loadEncoded("here"), { message: "There is no model a." });
});

test("a body that is cut anywhere is an error, not wrong numbers", () => {
  const end = BODY.byteLength; // of the last array, which has 8 bytes
  for (let length = 0; length < end; length += 1) assert.throws(() => readEncoded(BODY.slice(0, length)));
});

test("a body with arrays beyond its end, of other kinds, or without a header is an error", () => {
  const array = { name: "mean", dtype: "<f4", shape: [1, 1], offset: 8 };
  for (const wrong of [{ offset: 1e9 }, { offset: 3 }, { offset: -8 }, { shape: [1e9] }, { dtype: "<f2" }]) {
    assert.throws(() => readEncoded(bodyWith({ ...HEADER, arrays: [{ ...array, ...wrong }] })));
  }
  for (const value of [null, {}, HEADER, "text"]) assert.throws(() => readEncoded(bodyWith(value)));
});

/** A body that is a header alone. */
function bodyWith(/** @type {unknown} */ header) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(4 + text.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  return bytes.buffer;
}

test("a mean is a row, and the spread is the standard deviation of each column", () => {
  const encoded = readEncoded(BODY);
  assert.deepEqual(meanOf(encoded, 1), [3, 4, 5]);
  assert.deepEqual(spreadOf(encoded), [1.5, 1.5, 1.5]);
});

test("rows come in chunks, each fetched once", async (t) => {
  // Rows of 32 KiB: two to a chunk. Row i is full of i.
  const size = 32 * 1024;
  const rows =
    (/** @type {number[]} */ ...values) =>
    () =>
      new Response(Uint8Array.from(values.flatMap((value) => new Array(size).fill(value))));
  const asked = serve(t, { "rows?m&start=0&count=2": rows(0, 1), "rows?m&start=2&count=1": rows(2) });
  const images = new TestRows("rows?m", 3, [1, 32, 1024]);
  const found = await Promise.all([images.load(0), images.load(1), images.load(2), images.load(3), images.load(0)]);
  assert.deepEqual(
    found.map((row) => row && [row.length, row[0], row[size - 1]]),
    [[size, 0, 0], [size, 1, 1], [size, 2, 2], null, [size, 0, 0]],
  );
  assert.equal(asked.length, 2);
});

test("a row whose connection was lost is fetched again, one that the server refuses is not", async (t) => {
  /** @type {Record<string, () => Response>} */
  const answers = {};
  const asked = serve(t, answers);
  const images = new TestRows("rows?m", 1, [4]);
  assert.equal(await images.load(0), null);
  answers["rows?m&start=0&count=1"] = () => new Response("no", { status: 404 });
  assert.equal(await images.load(0), null);
  assert.equal(await images.load(0), null);
  assert.equal(asked.length, 2);
});

test("a chunk that ends early has the rows up to there", async (t) => {
  const asked = serve(t, { "rows?m&start=0&count=9": () => new Response(Uint8Array.of(1, 2, 3, 4)) });
  const rows = new TestRows("rows?m", 9, [2]);
  assert.deepEqual([await rows.load(1), await rows.load(2)], [Uint8Array.of(3, 4), null]);
  assert.equal(asked.length, 1);
});

test("of many chunks the oldest are forgotten", async (t) => {
  let fetched = 0;
  t.mock.method(globalThis, "fetch", async () => {
    fetched++;
    return await Promise.resolve(new Response(new Uint8Array(64 * 1024)));
  });
  const images = new TestRows("rows?m", 600, [64 * 1024]);
  for (let i = 0; i < 600; i++) await images.load(i);
  await images.load(599);
  assert.equal(fetched, 600);
  await images.load(0);
  assert.equal(fetched, 601);
  assert.ok(images.chunks.size <= 512);
});

test("the excess of an error is what is above the image's own entropy", () => {
  const reconstruction = Float32Array.of(78, 50, 46);
  const excess = excessOf({ reconstruction, entropy: Float32Array.of(45.5, 50.00001, 40) });
  assert.deepEqual([...(excess ?? [])], [32.5, 0, 6]);
  assert.equal(excessOf({ reconstruction, entropy: new Float32Array(3) }), null); // black and white: the error itself
  assert.equal(excessOf({ reconstruction }), null);
});
