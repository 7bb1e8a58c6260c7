import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Compared } from "../../../vae/frontend/lib/compared.js";
import { FakeSocket } from "../support/socket.js";

/** @import { ComparedData } from "../../../vae/frontend/lib/compared.js" */

const page = new EventTarget();
Object.assign(globalThis, {
  WebSocket: FakeSocket,
  addEventListener: page.addEventListener.bind(page),
  removeEventListener: page.removeEventListener.bind(page),
});

const BASE = "http://lab.test";

/** @returns {ComparedData} */
function dataOf(/** @type {string} */ model, words = model) {
  return { model, local: null, words, nats: { reconstruction: 1, kl: 1 }, match: [] };
}

/** @type {Compared<ComparedData>} */
let compared;
beforeEach(() => {
  compared?.close();
  compared = new Compared();
});

function names() {
  return compared.models.map(({ data, client }) => `${data.words} by ${client.model}`);
}

test("it has a client for each other model, in their order", () => {
  compared.update(BASE, [dataOf("b"), dataOf("a")]);
  assert.deepEqual(names(), ["b by b", "a by a"]);
});

test("a model that stays keeps its client, whatever its place, and has the newest data", () => {
  compared.update(BASE, [dataOf("a"), dataOf("b")]);
  const [a, b] = compared.models.map(({ client }) => client);
  compared.update(BASE, [dataOf("b", "β = 4"), dataOf("c"), dataOf("a")]);
  assert.deepEqual(names(), ["β = 4 by b", "c by c", "a by a"]);
  assert.deepEqual([compared.models[0].client, compared.models[2].client], [b, a]);
});

test("a model that is no longer compared is closed, and so are all without a comparison", () => {
  compared.update(BASE, [dataOf("a"), dataOf("b")]);
  const [a, b] = compared.models.map(({ client }) => client);
  compared.update(BASE, [dataOf("b")]);
  assert.deepEqual([a.closed, b.closed], [true, false]);
  compared.update(BASE);
  assert.deepEqual([b.closed, compared.models], [true, []]);
});

test("what is asked of a closed model resolves to null", async () => {
  compared.update(BASE, [dataOf("a")]);
  const asked = compared.models[0].client.decode([[0]]);
  compared.update(BASE, []);
  assert.equal(await asked, null);
});
