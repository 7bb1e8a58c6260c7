import "../support/page.js";

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { TestRows } from "../../../vae/frontend/lib/encoded-set.js";
import { Neighbours } from "../../../vae/frontend/reconstruction/neighbours.js";

/** @import { EncodedSet } from "../../../vae/frontend/lib/encoded-set.js" */

const COUNT = 12;
const ENCODED = /** @type {EncodedSet} */ (
  /** @type {unknown} */ ({
    labels: new Uint16Array(COUNT),
    classNames: ["0"],
    latentDim: 1,
    images: COUNT,
    imageShape: [1, 1, 1],
    mean: Float32Array.from({ length: COUNT }, (_, i) => i),
  })
);

let now = 0;
mock.method(performance, "now", () => now);
/** @type {string[]} */
const fetched = [];
mock.method(globalThis, "fetch", (/** @type {string} */ address) => {
  fetched.push(address);
  return Promise.resolve(new Response(new Uint8Array(COUNT)));
});

/** Lets time pass, and what has come be drawn. */
async function pass(/** @type {number} */ ms) {
  now += ms;
  mock.timers.tick(ms);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** Moves for two seconds. @returns {Promise<number>} how often a tile changed its title */
async function drag(/** @type {Neighbours} */ neighbours) {
  const titles = new Set();
  for (let step = 0; step < 40; step++) {
    neighbours.find(Float32Array.of(step / 4), -1);
    await pass(50);
    titles.add(neighbours.tiles[0].button.title);
  }
  return titles.size - 1;
}

test("while the user drags, no picture is asked for; those that are here are shown", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const neighbours = new Neighbours(() => {});
  neighbours.setModel(ENCODED, new TestRows("/live/images?model=m", COUNT, [1, 1, 1]), false);
  assert.equal(await drag(neighbours), 0);
  assert.deepEqual(fetched, []);
  await pass(300);
  assert.deepEqual(fetched, ["/live/images?model=m&start=0&count=12"]);
  await pass(2000);
  assert.ok((await drag(neighbours)) >= 1);
  assert.equal(fetched.length, 1);
  neighbours.close();
  mock.timers.reset();
});
