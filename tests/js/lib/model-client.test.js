import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { preferServer } from "../../../vae/frontend/lib/decode-choice.js";
import { ModelClient } from "../../../vae/frontend/lib/model-client.js";
import { MLP, modelFile, randomTensors } from "../support/model.js";
import { FakeSocket } from "../support/socket.js";

/** @import { LiveStatus } from "../../../vae/frontend/lib/live-client.js" */
/** @import { ModelSource } from "../../../vae/frontend/lib/model-client.js" */

const page = new EventTarget();
/** @type {Map<string, string>} */
const kept = new Map();
Object.assign(globalThis, {
  WebSocket: FakeSocket,
  addEventListener: page.addEventListener.bind(page),
  removeEventListener: page.removeEventListener.bind(page),
  dispatchEvent: page.dispatchEvent.bind(page),
  localStorage: {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value),
    removeItem: (/** @type {string} */ key) => kept.delete(key),
  },
});

const FILE = modelFile(MLP, randomTensors(MLP));
const [CHANNELS, HEIGHT, WIDTH] = MLP.image_shape;
const PIXELS = CHANNELS * HEIGHT * WIDTH;
const Z = [0.5, -1];
/** @type {ModelSource} */
const SMALL = { base: "http://lab.test", model: "small", local: { version: "1", bytes: FILE.byteLength, flops: 100 } };
/** @type {ModelSource} */
const LARGE = { base: "http://lab.test", model: "large", local: null };

/** What the server answers where weights are asked for. */
let weights = () => new Response(FILE.slice(0));
/** @type {string[]} */
let fetched;
mock.method(globalThis, "fetch", (/** @type {string} */ address, /** @type {RequestInit} */ init) => {
  if (init?.method === "POST") return Promise.reject(new TypeError("Failed to fetch"));
  fetched.push(address);
  return Promise.resolve(weights());
});

/** @type {LiveStatus[]} */
let statuses;
/** @type {(() => void)[]} */
let waiting;

function clientOf(/** @type {ModelSource} */ source) {
  return new ModelClient(source, {
    onStatus: (status) => {
      statuses.push(status);
      for (const resume of waiting.splice(0)) resume();
    },
  });
}

/** Until the client has reported a status that fits. */
async function reported(/** @type {(status: LiveStatus) => boolean} */ fits) {
  while (!statuses.some(fits)) await new Promise((resume) => waiting.push(() => resume(null)));
}

/** Until there is a socket that was opened after the first `before` ones. */
async function socketAfter(before = 0) {
  while (FakeSocket.all.length <= before) await new Promise((resume) => setImmediate(resume));
  return FakeSocket.last;
}

beforeEach(() => {
  kept.clear();
  FakeSocket.all = [];
  statuses = [];
  waiting = [];
  fetched = [];
  weights = () => new Response(FILE.slice(0));
});

test("a small model is decoded here, without a socket", async () => {
  const client = clientOf(SMALL);
  const reply = await client.decode([Z, Z]);
  assert.equal(reply?.n, 2);
  assert.deepEqual(reply?.imageShape, MLP.image_shape);
  assert.deepEqual(reply?.pixels.slice(0, PIXELS), reply?.pixels.slice(PIXELS));
  assert.equal(client.greeting?.device, "this browser");
  assert.deepEqual(FakeSocket.all, []);
  assert.deepEqual(fetched, ["http://lab.test/live/weights?model=small&v=1&part=decoder"]);
  client.close();
});

test("a model that is too large for browsers is the server's", async () => {
  const client = clientOf(LARGE);
  const socket = await socketAfter();
  socket.open();
  socket.greet("large");
  const answer = client.decode([[7]]);
  socket.answer(0);
  assert.deepEqual([...((await answer)?.pixels ?? [])], [7]);
  assert.deepEqual(fetched, []);
  client.close();
});

test("where the weights do not come, the server answers what was asked", async () => {
  weights = () => new Response("There is no checkpoint called 'small'.", { status: 404 });
  const client = clientOf(SMALL);
  const answer = client.decode([[9]]);
  const socket = await socketAfter();
  socket.open();
  socket.greet("small");
  await new Promise((resume) => setImmediate(resume));
  socket.answer(0);
  assert.deepEqual([...((await answer)?.pixels ?? [])], [9]);
  assert.ok(!statuses.some(({ state }) => state === "error"));
  client.close();
});

test("where sockets are blocked, this browser decodes although the user prefers the server", async () => {
  preferServer(true);
  const client = clientOf(SMALL);
  const answer = client.decode([Z]);
  (await socketAfter()).drop();
  assert.equal((await answer)?.pixels.length, PIXELS);
  assert.ok(!statuses.some(({ state }) => state === "lost"));
  client.close();
});

test("where both ways fail, the reason is shown", async () => {
  weights = () => new Response("Broken.", { status: 404 });
  const client = clientOf(SMALL);
  (await socketAfter()).drop();
  await reported(({ state }) => state === "lost");
  client.close();
});

test("a connection that was lost once is not a way that failed", async () => {
  preferServer(true);
  const client = clientOf(SMALL);
  const socket = await socketAfter();
  socket.open();
  socket.greet("small");
  socket.drop();
  await reported(({ state }) => state === "lost");
  assert.deepEqual(fetched, []);
  client.close();
});

test("the user's choice changes the way at once, and what is open is asked again", async () => {
  const client = clientOf(SMALL);
  await client.decode([Z]);
  preferServer(true);
  const socket = await socketAfter();
  const answer = client.decode([Z]);
  preferServer(false);
  assert.equal((await answer)?.pixels.length, PIXELS);
  assert.equal(socket.readyState, 3);
  client.close();
});

test("a newer request of the same slot makes an older one resolve to null, also on another way", async () => {
  preferServer(true);
  const client = clientOf(SMALL);
  const old = client.decode([Z]);
  const newer = client.decode([[0, 0]]);
  preferServer(false);
  assert.equal(await old, null);
  assert.equal((await newer)?.pixels.length, PIXELS);
  client.close();
});

test("another model may take another way; requests for the old one resolve to null", async () => {
  const client = clientOf(LARGE);
  const socket = await socketAfter();
  const old = client.decode([[1]]);
  client.setModel(SMALL);
  assert.equal(await old, null);
  assert.equal((await client.decode([Z]))?.pixels.length, PIXELS);
  assert.equal(socket.readyState, 3);
  client.setModel(LARGE);
  assert.equal((await socketAfter(1)).readyState, 0);
  client.close();
});

test("the class of a conditional model goes along to the other way", async () => {
  const conditional = { ...MLP, classes: 2 };
  const file = modelFile(conditional, randomTensors(conditional));
  weights = () => new Response(file.slice(0));
  preferServer(true);
  const client = clientOf(SMALL);
  client.classWeights = [0, 1];
  const answer = client.decode([Z]);
  preferServer(false);
  const reply = await answer;
  client.classWeights = [1, 0];
  const other = await client.decode([Z]);
  assert.notDeepEqual(reply?.pixels, other?.pixels);
  client.close();
});

test("one z as each class is what it is as the class of that client", async () => {
  const conditional = { ...MLP, classes: 2 };
  const file = modelFile(conditional, randomTensors(conditional));
  weights = () => new Response(file.slice(0));
  const client = clientOf(SMALL);
  client.classWeights = [0, 1];
  const codes = [
    [...Z, 1, 0],
    [...Z, 0, 1],
  ];
  const both = await client.decodeCodes(codes, { slot: "classes" });
  const second = await client.decode([Z]);
  assert.deepEqual(both?.pixels.slice(PIXELS), second?.pixels);
  assert.notDeepEqual(both?.pixels.slice(0, PIXELS), second?.pixels);
  client.close();
});

test("a closed client answers null", async () => {
  const client = clientOf(SMALL);
  const answer = client.decode([Z]);
  client.close();
  assert.equal(await answer, null);
});
