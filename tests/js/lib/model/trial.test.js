import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { LocalModel } from "../../../../vae/frontend/lib/model/local-model.js";
import { PlainArithmetic } from "../../../../vae/frontend/lib/model/product.js";
import { tried } from "../../../../vae/frontend/lib/model/trial.js";
import { readWeights } from "../../../../vae/frontend/lib/model/weights.js";
import { MLP, modelFile, randomTensors } from "../../support/model.js";

const weights = readWeights(modelFile(MLP, randomTensors(MLP, false)));

let now = 0;
mock.method(performance, "now", () => now);

/** A model each of whose requests takes so many ms, and so many for each picture. */
function model(/** @type {number} */ each, /** @type {number} */ more) {
  const slow = new LocalModel(weights, new PlainArithmetic());
  const { decode } = slow;
  slow.decode = (n, codes) => {
    now += each + more * n;
    return decode.call(slow, n, codes);
  };
  return slow;
}

let closed = 0;
beforeEach(() => {
  closed = 0;
});

/** A graphics processor with such times, whose pictures are off by this many levels. */
function gpu(/** @type {number} */ each, /** @type {number} */ more, off = 0) {
  const right = new LocalModel(weights, new PlainArithmetic());
  return () =>
    Promise.resolve({
      decode: (/** @type {number} */ n, /** @type {Float32Array<ArrayBuffer>} */ codes) => {
        now += each + more * n;
        return Promise.resolve(right.decode(n, codes).map((level) => (level > 127 ? level - off : level + off)));
      },
      close: () => {
        closed++;
      },
    });
}

test("a graphics processor is faster where it is for one picture and for sixteen", async () => {
  assert.equal(await tried(model(0, 5), weights, gpu(2, 0.1)), "faster");
  assert.equal(await tried(model(0, 5), weights, gpu(6, 0.1)), "slower");
  assert.equal(await tried(model(4, 0.1), weights, gpu(0, 2)), "slower");
  assert.equal(closed, 3);
});

test("a graphics processor that rounds a level differently is taken, one that draws other pictures is not", async () => {
  assert.equal(await tried(model(0, 5), weights, gpu(1, 0.1, 1)), "faster");
  assert.equal(await tried(model(0, 5), weights, gpu(1, 0.1, 2)), "slower");
});

test("a quick model, no graphics processor, and one that fails are slower", async () => {
  assert.equal(await tried(model(0, 0.5), weights, () => assert.fail()), "slower");
  assert.equal(await tried(model(0, 5), weights, () => Promise.resolve(null)), "slower");
  assert.equal(await tried(model(0, 5), weights), "slower");
  const lost = { decode: () => Promise.reject(new Error("lost")), close: () => {} };
  assert.equal(await tried(model(0, 5), weights, () => Promise.resolve(lost)), "slower");
});
