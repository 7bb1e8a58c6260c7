import assert from "node:assert/strict";
import { test } from "node:test";

import { Reconstructions } from "../../../vae/frontend/compare/reconstructions.js";
import { memberOf, modelOf } from "./models.js";

/** @import { ReconstructReply } from "../../../vae/frontend/lib/live-client.js" */
/** @import { Input } from "../../../vae/frontend/compare/reconstructions.js" */

/**
 * @typedef {{model: string, pixels: Uint8Array, noise: unknown, answer: (reconstruction?: number[]) => void}} Asked
 */

/** Models whose clients are asked, and answer when the test says so. */
function opened() {
  /** @type {Asked[]} */
  const asked = [];
  /** @type {string[]} */
  const closed = [];
  /** @type {string[]} */
  const results = [];
  const reconstructions = new Reconstructions(
    ({ model }) => ({
      reconstruct: (n, pixels, options) =>
        new Promise((resolve) => {
          const answer = (reconstruction = [10]) => {
            const codes = { mean: new Float32Array(2 * n), logvar: new Float32Array(2 * n) };
            const nats = { reconstruction: Float32Array.from(reconstruction), kl: new Float32Array(n).fill(2) };
            const reply = { n, ...codes, ...nats, pixels: Uint8Array.from(reconstruction) };
            resolve(/** @type {ReconstructReply} */ (/** @type {unknown} */ (reply)));
          };
          asked.push({ model, pixels, noise: options?.noise, answer });
        }),
      close: () => void closed.push(model),
    }),
    { onResult: (name) => void results.push(name), onStatus: () => {} },
  );
  return { reconstructions, asked, closed, results };
}

/** @type {Input} */
const PICTURE = { pixels: Uint8Array.of(7), label: null, noise: null };

/** Answers all that was asked, and lets what waits for it go on. @param {Asked[]} asked */
async function answerAll(asked) {
  for (const each of asked) each.answer();
  await new Promise((resolve) => setImmediate(resolve));
}

test("the model on the dial is asked first, the others when it has answered", async () => {
  const { reconstructions, asked, results } = opened();
  reconstructions.setMembers([0.5, 1, 4].map(memberOf), "b1");
  void reconstructions.show(PICTURE);
  assert.deepEqual(asked.length, 1);
  await answerAll(asked);
  assert.deepEqual(
    asked.map(({ model }) => model),
    ["b1", "b0.5", "b4"],
  );
  await answerAll(asked);
  assert.deepEqual(results, ["b1", "b0.5", "b4"]);
  assert.equal(reconstructions.results.get("b4")?.reconstruction, 10);
});

test("while a picture changes, only the model on the dial follows; the last picture goes to all", async () => {
  const { reconstructions, asked } = opened();
  reconstructions.setMembers([1, 4].map(memberOf), "b1");
  void reconstructions.show(PICTURE);
  void reconstructions.show({ ...PICTURE, pixels: Uint8Array.of(8) });
  await answerAll(asked);
  assert.deepEqual(
    asked.map(({ model, pixels }) => [model, ...pixels]),
    [
      ["b1", 7],
      ["b1", 8],
      ["b4", 8],
    ],
  );
});

test("where the dial comes to, a model is asked unless it has answered the newest picture", async () => {
  const { reconstructions, asked } = opened();
  reconstructions.setMembers([1, 4].map(memberOf), "b1");
  void reconstructions.show(PICTURE);
  reconstructions.setFirst("b4");
  assert.deepEqual(
    asked.map(({ model }) => model),
    ["b1", "b4"],
  );
  await answerAll(asked);
  await answerAll(asked);
  const before = asked.length;
  reconstructions.setFirst("b1");
  assert.equal(asked.length, before);
});

test("a test image has its evaluation's noise, another picture the model's own, a plain autoencoder none", async () => {
  const { reconstructions, asked } = opened();
  reconstructions.setMembers([1, null].map(memberOf), "b1");
  void reconstructions.show({ ...PICTURE, noise: Float32Array.of(3, 4) });
  void reconstructions.show(PICTURE);
  await answerAll(asked);
  assert.deepEqual(
    asked.map(({ noise }) => noise),
    [[3, 4], [0.5, -0.5], null],
  );
});

test("a conditional model gets a test image's class; of a drawing it tries all and takes the likeliest", async () => {
  const { reconstructions, asked } = opened();
  reconstructions.setMembers([modelOf({ classes: 3 })], "a");
  void reconstructions.show({ ...PICTURE, label: 2 });
  void reconstructions.show(PICTURE);
  assert.deepEqual([...asked[0].pixels], [7, 2, 0]);
  assert.deepEqual([...asked[1].pixels], [7, 0, 0, 7, 1, 0, 7, 2, 0]);
  asked[1].answer([30, 10, 20]);
  await answerAll([]);
  const result = reconstructions.results.get("a");
  assert.deepEqual([result?.label, result?.reconstruction], [1, 10]);
});

test("models that leave the family are closed, those that stay are not", async () => {
  const { reconstructions, asked, closed } = opened();
  reconstructions.setMembers([1, 4].map(memberOf), "b1");
  void reconstructions.show(PICTURE);
  await answerAll(asked);
  reconstructions.setMembers([1, 10].map(memberOf), "b1");
  assert.deepEqual(closed, ["b4"]);
  reconstructions.close();
  assert.deepEqual(closed, ["b4", "b1"]);
});
