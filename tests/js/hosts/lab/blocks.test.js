import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Blocks } from "../../../../vae/frontend/hosts/lab/blocks.js";

const PROJECTIONS = { names: { tsne: "t-SNE", pca: "PCA" }, parameters: { perplexity: 30, seed: 0 } };
const HEADER = {
  n: 3,
  latent_dim: 2,
  classes: ["zero", "one"],
  image_shape: [1, 1, 2],
  images: 2,
  pca: { mean: [0, 0], components: [], explained: [] },
  arrays: [
    { name: "mean", dtype: "<f4", shape: [3, 2], offset: 512 },
    { name: "logvar", dtype: "<f4", shape: [3, 2], offset: 536 },
    { name: "labels", dtype: "<u2", shape: [3], offset: 560 },
  ],
};

/** The encoded set's bytes: three images with means (1, 2), (3, 4), (5, 6). */
function encoded() {
  const body = new ArrayBuffer(568);
  new DataView(body).setUint32(0, 508, true);
  new Uint8Array(body, 4).set(new TextEncoder().encode(JSON.stringify(HEADER).padEnd(508)));
  new Float32Array(body, 512, 6).set([1, 2, 3, 4, 5, 6]);
  new Float32Array(body, 536, 6).set([0, 0, 0, 0, 0, 2 * Math.log(3)]);
  new Uint16Array(body, 560, 3).set([1, 0, 1]);
  return new Uint8Array(body);
}

/** @type {Map<string, Uint8Array<ArrayBuffer>>} */
let page;
/** @type {Blocks} */
let blocks;
let reads = 0;

beforeEach(() => {
  reads = 0;
  page = new Map([
    ["live/encoded?model=a", encoded()],
    ["live/images?model=a", Uint8Array.of(10, 11, 20, 21)],
    ["live/projections?model=a&method=tsne&dims=2", Uint8Array.of(1)],
  ]);
  blocks = new Blocks((name) => {
    reads++;
    const found = page.get(name);
    return found ? Promise.resolve(found) : Promise.reject(new Error(`the page has no ${name}`));
  }, PROJECTIONS);
});

/** Status and text of an answer. */
async function answerTo(/** @type {string} */ path, /** @type {Record<string, string>} */ query) {
  const response = await blocks.answer(path, new URLSearchParams({ model: "a", ...query }));
  return [response.status, await response.text()];
}

test("a block is the answer to its address, whatever version is asked for, and is unpacked once", async () => {
  for (const v of ["1", "2"]) {
    const response = await blocks.answer("live/encoded", new URLSearchParams({ model: "a", v }));
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), encoded());
  }
  assert.equal(reads, 1);
});

test("rows of images are cut out of their block, as many as it has", async () => {
  for (const count of ["1", "2"]) {
    const response = await blocks.answer("live/images", new URLSearchParams({ model: "a", start: "1", count }));
    assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [20, 21]);
  }
  assert.deepEqual(await answerTo("live/images", { start: "2", count: "1" }), [
    404,
    "This file has only 2 test images.",
  ]);
});

test("a film is answered from the byte on that is asked for; a model without one has none", async () => {
  page.set("live/film?model=a", Uint8Array.of(1, 2, 3, 4));
  const film = async (/** @type {string} */ query) => {
    const response = await blocks.answer("live/film", new URLSearchParams(query));
    return [response.status, ...new Uint8Array(await response.arrayBuffer()).slice(0, 4)];
  };
  assert.deepEqual(await film("kind=checkpoint&name=a&from=0"), [200, 1, 2, 3, 4]);
  assert.deepEqual(await film("kind=checkpoint&name=a&from=3"), [200, 4]);
  assert.deepEqual(await film("kind=checkpoint&name=a&from=4"), [200]);
  assert.equal((await film("kind=checkpoint&name=b&from=0"))[0], 404);
});

test("a test image's place and posterior come from the encoded set", async () => {
  const image = { row: 2, label: 1, title: "test image 2 · one", z: [5, 6] };
  assert.deepEqual(await answerTo("lab/data", { view: "image", image: "2" }), [200, JSON.stringify(image)]);
  const [status, text] = await answerTo("lab/data", { view: "source", source: "image:2" });
  const { weights, means, factors } = JSON.parse(`${text}`).source;
  const floats = (/** @type {string} */ packed) => [
    ...new Float32Array(Uint8Array.from(Buffer.from(packed, "base64")).buffer),
  ];
  assert.deepEqual([status, weights, floats(means), floats(factors)], [200, [1], [5, 6], [1, 0, 0, 3]]);
  assert.deepEqual(await answerTo("lab/data", { view: "image", image: "3" }), [
    404,
    "This file has the first 3 test images.",
  ]);
});

test("what a file has not is said in a sentence", async () => {
  const tsne = [404, "This file has no such t-SNE: only the app can compute one."];
  assert.deepEqual(await answerTo("live/projections", { method: "tsne", dims: "3" }), tsne);
  assert.deepEqual(await answerTo("live/projections", { method: "tsne", dims: "2", perplexity: "50" }), tsne);
});

test("a parameter that the method does not use changes nothing", async () => {
  const query = { method: "tsne", dims: "2", perplexity: "30", seed: "0", neighbours: "7" };
  assert.equal((await answerTo("live/projections", query))[0], 200);
});

test("noise of any other seed is drawn here, always the same, and said to be another than the app's", async () => {
  const [status, text] = await answerTo("lab/data", { view: "noise", seed: "4294967295" });
  const { noises, note } = JSON.parse(`${text}`);
  assert.deepEqual([status, Object.keys(noises).sort()], [200, ["0", "4294967295"]]);
  assert.equal(note, "The noise of seed 4294967295 is this file's own: the app draws another one from this seed.");
  const again = JSON.parse(`${(await answerTo("lab/data", { view: "noise", seed: "0" }))[1]}`);
  assert.deepEqual(again.noises[0], noises[0]);
  const values = new Float32Array(Uint8Array.from(Buffer.from(noises[0].values, "base64")).buffer);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  assert.equal(values.length, 256 * 2);
  assert.ok(Math.abs(mean) < 0.15 && Math.abs(square - 1) < 0.25, `${mean} ${square}`);
  assert.equal(Buffer.from(noises[0].choice, "base64").length, 256 * 8);
});

test("the code of a term is in the page, whatever the model", async () => {
  page.set("terms", new TextEncoder().encode(JSON.stringify({ KL: { "": [] } })));
  assert.deepEqual(await answerTo("lab/data", { view: "term", term: "KL" }), [
    200,
    JSON.stringify({ code: { "": [] } }),
  ]);
});
