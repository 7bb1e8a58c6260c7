import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Engine } from "../../../../vae/frontend/lib/model/engine.js";
import { LocalClient } from "../../../../vae/frontend/lib/model/local-client.js";
import { MLP, modelFile, randomTensors } from "../../support/model.js";
import { FakeWorker } from "../../support/worker.js";

/** @import { LiveStatus, RequestOptions } from "../../../../vae/frontend/lib/live-client.js" */
/** @import { Part } from "../../../../vae/frontend/lib/model/engine.js" */

let now = 0;
mock.method(performance, "now", () => now);

/** @type {LiveStatus[]} */
let statuses;
/** @type {(string | null)[]} */
let drawn;
/** What was loaded, as "model part". @type {string[]} */
let loads;
/** @type {LocalClient} */
let client;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(globalThis, { Worker: FakeWorker });
  FakeWorker.all = [];
  statuses = [];
  drawn = [];
  loads = [];
  client = new LocalClient(source("a"), { onStatus: (status) => statuses.push(status) });
});

afterEach(() => {
  client.close();
  mock.timers.reset();
});

function source(
  /** @type {string} */ model,
  /** @type {(part: Part) => ArrayBuffer} */ file = () => new ArrayBuffer(8),
) {
  return {
    model,
    load: (/** @type {Part} */ part) => {
      loads.push(`${model} ${part}`);
      return Promise.resolve().then(() => file(part));
    },
  };
}

/** Lets time pass, timers run and promises settle. */
async function pass(ms = 0) {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  for (let left = ms; left > 0; left -= 10) {
    now += Math.min(10, left);
    mock.timers.tick(Math.min(10, left));
    await Promise.resolve();
  }
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

/** The worker, with its model loaded. */
async function ready() {
  await pass();
  FakeWorker.last.loaded();
  await pass();
  return FakeWorker.last;
}

/** Asks for the pictures of these one-dimensional z; what comes is appended to `drawn`. */
function ask(/** @type {number[]} */ zs, /** @type {RequestOptions} */ options = {}) {
  const vectors = zs.map((z) => [z]);
  void client.decode(vectors, options).then((reply) => drawn.push(reply && [...reply.pixels].join()));
}

const states = () => statuses.map(({ state }) => state);

test("the client passes the decoder's file on to a module worker, and greets as the live service does", async () => {
  ask([1]);
  assert.deepEqual(states(), ["connecting"]);
  await pass();
  const worker = FakeWorker.last;
  assert.match(worker.url.href, /\/model\/worker\.js$/);
  assert.deepEqual(worker.options, { type: "module" });
  assert.deepEqual(loads, ["a decoder"]);
  const [{ body, part }] = worker.loads;
  assert.deepEqual([part, body.byteLength, worker.transfers[0][0] === body], ["decoder", 8, true]);
  assert.equal(worker.runs.length, 0);
  worker.loaded();
  assert.deepEqual(states(), ["connecting", "open"]);
  assert.deepEqual([statuses[1].greeting?.model, statuses[1].greeting?.device], ["a", "this browser"]);
  assert.equal(client.greeting, statuses[1].greeting);
  worker.done(0);
  await pass();
  assert.deepEqual(drawn, ["1"]);
});

test("one request is in flight and the newest replaces the waiting one", async () => {
  ask([1]);
  const worker = await ready();
  for (const z of [2, 3, 4]) ask([z]);
  assert.equal(worker.runs.length, 1);
  worker.done(0);
  worker.done(1);
  await pass();
  assert.equal(worker.runs.length, 2);
  assert.deepEqual(drawn, [null, null, "1", "4"]);
});

test("slots do not wait for each other", async () => {
  const worker = await ready();
  ask([1]);
  ask([2], { slot: "other" });
  assert.equal(worker.runs.length, 2);
  worker.done(1);
  worker.done(0);
  await pass();
  assert.deepEqual(drawn, ["2", "1"]);
});

test("background work waits for 150 ms without a request, goes in pieces, and delays no other request", async () => {
  const worker = await ready();
  ask([1]);
  worker.done(0);
  const forty = Array.from({ length: 40 }, (_, i) => i);
  ask(forty, { slot: "strips", background: true });
  await pass(140);
  assert.equal(worker.runs.length, 1);
  await pass(20);
  assert.deepEqual([worker.runs.length, worker.runs[1].n], [2, 16]);
  ask([7]);
  assert.equal(worker.runs.length, 3);
  worker.done(1);
  await pass(20);
  assert.equal(worker.runs.length, 3);
  worker.done(2);
  await pass(160);
  worker.done(3);
  assert.deepEqual([worker.runs[3].n, worker.runs[4].n], [16, 8]);
  worker.done(4);
  await pass();
  assert.deepEqual(drawn, ["1", "7", forty.join()]);
});

test("background work that is replaced while it is computed is not continued", async () => {
  const worker = await ready();
  for (const count of [40, 1]) {
    ask(Array(count).fill(1), { background: true });
    await pass(150);
    ask([2], { background: true });
    worker.done(worker.runs.length - 1);
    await pass(150);
    worker.done(worker.runs.length - 1);
    await pass();
  }
  assert.deepEqual(drawn, [null, "2", null, "2"]);
});

test("answers of an earlier model are never drawn, nor is its greeting taken", async () => {
  const worker = await ready();
  ask([1]);
  client.setModel(source("b"));
  assert.equal(client.greeting, null);
  ask([2]);
  worker.done(0);
  const { choice } = worker.loads[0];
  worker.say({
    kind: "loaded",
    choice,
    part: "decoder",
    greeting: statuses[1].greeting ?? null,
    error: "",
    quick: null,
  });
  await pass();
  assert.equal(worker.runs.length, 1);
  worker.loaded();
  worker.done(1);
  await pass();
  assert.deepEqual(drawn, [null, "2"]);
  assert.deepEqual(loads, ["a decoder", "b decoder"]);
  assert.deepEqual(states(), ["connecting", "open", "connecting", "open"]);
});

test("a file that comes when another model has been chosen goes nowhere", async () => {
  client.setModel(source("b"));
  client.setModel(source("c"));
  await pass();
  assert.deepEqual(
    FakeWorker.last.loads.map(({ model }) => model),
    ["a", "c"],
  );
});

test("the whole model is loaded when an image is first encoded, once, and decoding does not wait for it", async () => {
  const worker = await ready();
  const encoded = client.encode(2, Uint8Array.of(3, 4));
  const again = client.reconstruct(1, Uint8Array.of(5), { slot: "other", noise: [0.5] });
  ask([1], { slot: "third" });
  assert.equal(worker.runs.length, 1);
  await pass();
  assert.deepEqual(loads, ["a decoder", "a whole"]);
  worker.loaded();
  assert.deepEqual(
    worker.runs.map(({ operation }) => operation),
    ["decode", "encode", "reconstruct"],
  );
  assert.deepEqual([...(worker.runs[2].noise ?? [])], [0.5]);
  for (const k of [0, 1, 2]) worker.done(k);
  assert.deepEqual([...((await encoded)?.mean ?? [])], [3, 4]);
  assert.deepEqual([...((await again)?.pixels ?? [])], [5]);
  assert.deepEqual(states(), ["connecting", "open"]);
});

test("a whole model that cannot be loaded costs what needs it, is said, and is tried again", async () => {
  let fails = true;
  client.setModel(
    source("b", (part) => {
      if (part === "whole" && fails) throw new Error("The server does not answer.");
      return new ArrayBuffer(8);
    }),
  );
  const worker = await ready();
  const encoded = client.encode(1, Uint8Array.of(3));
  ask([1], { slot: "other" });
  await pass();
  assert.equal(await encoded, null);
  assert.deepEqual(statuses.at(-1), { state: "error", message: "The server does not answer." });
  worker.done(0);
  await pass();
  assert.deepEqual(drawn, ["1"]);
  fails = false;
  const second = client.encode(1, Uint8Array.of(3));
  await pass();
  worker.loaded();
  worker.done(1);
  assert.equal((await second)?.n, 1);
});

test("a file that is no model is an error with the worker's sentence", async () => {
  ask([1]);
  await pass();
  FakeWorker.last.loaded("The model's file is cut off.");
  await pass();
  assert.deepEqual(statuses.at(-1), { state: "error", message: "The model's file is cut off." });
  assert.deepEqual(drawn, [null]);
});

test("a file that does not come is an error", async () => {
  client.setModel({ model: "b", load: () => Promise.reject(new TypeError("Failed to fetch")) });
  ask([1]);
  await pass();
  assert.deepEqual(statuses.at(-1), { state: "error", message: "Failed to fetch" });
  assert.deepEqual(drawn, [null]);
});

test("a refused request resolves to null with the reason, and the next one is computed", async () => {
  const worker = await ready();
  ask([1]);
  ask([2]);
  worker.done(0, "Too far.");
  worker.done(1);
  await pass();
  assert.deepEqual(statuses.at(-1), { state: "error", message: "Too far." });
  assert.deepEqual(drawn, [null, "2"]);
});

test("a conditional model's vectors are followed by the weights of its classes", async () => {
  const worker = await ready();
  client.classWeights = [0, 1];
  ask([5]);
  assert.deepEqual([...worker.runs[0].rows], [5, 0, 1]);
});

test("the images of a request may be changed while it waits", async () => {
  const pixels = Uint8Array.of(3);
  void client.encode(1, pixels);
  const worker = await ready();
  pixels[0] = 9;
  await pass();
  worker.loaded();
  assert.deepEqual([...worker.runs[0].rows], [3]);
});

test("closing resolves every request to null and ends the worker", async () => {
  const worker = await ready();
  ask([1]);
  ask([2]);
  client.close();
  ask([3]);
  worker.done(0);
  client.setModel(source("b"));
  await pass(1000);
  assert.deepEqual(drawn, [null, null, null]);
  assert.ok(worker.terminated);
  assert.equal(worker.messages.length, 2);
});

test("a worker that fails after it has worked is an error", async () => {
  const worker = await ready();
  ask([1]);
  worker.onerror?.();
  await pass();
  assert.equal(statuses.at(-1)?.state, "error");
  assert.deepEqual([drawn, worker.terminated], [[null], true]);
});

/** Asks for a picture and an image's reconstruction, which the page itself computes; the model is MLP. */
async function worksInThePage() {
  mock.timers.reset();
  const decoded = await client.decode([[0.5, -1]]);
  assert.equal(decoded?.pixels.length, 6);
  const found = await client.reconstruct(1, new Uint8Array(6));
  assert.equal(found?.pixels.length, 6);
  assert.ok(found.reconstruction[0] > 0);
  assert.deepEqual(statuses.at(-1)?.greeting, {
    ...{ version: 1, model: "b", latent_dim: 2, classes: 0, image_shape: [1, 3, 2], kl: [0.5, 0.5] },
    ...{ device: "this browser", likelihood: "bernoulli" },
    limits: { vectors: 256, requests_per_second: 240, frame_bytes: 8 + 256 * 14 },
  });
}

test("whether the graphics processor is faster is tried when the user rests, once for a model, and remembered", async () => {
  /** @type {Map<string, string>} */
  const kept = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value),
  };
  Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true, writable: true });
  try {
    client.setModel(source("b"));
    ask([1]);
    const worker = await ready();
    assert.equal(worker.loads.at(-1)?.gpu, "untried");
    worker.done(0);
    await pass(100);
    assert.equal(worker.runs.length, 1);
    await pass(100);
    assert.deepEqual([worker.runs[1].operation, worker.runs[1].rows.length], ["try", 0]);
    ask([2]);
    worker.done(2);
    worker.tried(1, "faster");
    await pass();
    assert.deepEqual(drawn, ["1", "2"]);
    client.setModel(source("b"));
    await ready();
    assert.equal(worker.loads.at(-1)?.gpu, "faster");
    await pass(1000);
    assert.equal(worker.runs.length, 3);
    client.setModel(source("b", () => new ArrayBuffer(16))); // trained again
    await ready();
    assert.equal(worker.loads.at(-1)?.gpu, "untried");
    storage.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    await pass(1000);
    worker.tried(3, "slower");
    await pass();
    assert.equal(statuses.at(-1)?.state, "open");
  } finally {
    Reflect.deleteProperty(globalThis, "localStorage");
  }
});

test("where nothing can be remembered, the graphics processor is not tried", async () => {
  const worker = await ready();
  assert.equal(worker.loads[0].gpu, "slower");
  await pass(1000);
  assert.equal(worker.runs.length, 0);
});

test("where a worker cannot start, the page itself decodes", async () => {
  client.setModel(source("b", (part) => modelFile(MLP, randomTensors(MLP, part === "whole"))));
  await pass();
  FakeWorker.last.onerror?.();
  assert.ok(FakeWorker.last.terminated);
  await worksInThePage();
});

test("where no worker can be made, the page itself decodes", async () => {
  client.close();
  Object.assign(globalThis, {
    Worker: class {
      constructor() {
        throw new DOMException("not here", "SecurityError");
      }
    },
  });
  const file = (/** @type {Part} */ part) => modelFile(MLP, randomTensors(MLP, part === "whole"));
  client = new LocalClient(source("b", file), { onStatus: (status) => statuses.push(status) });
  await worksInThePage();
});

test("where one picture is decoded at once, the page does it, and the worker all else", async () => {
  const file = modelFile(MLP, randomTensors(MLP));
  await pass();
  const worker = FakeWorker.last;
  worker.loaded("", file);
  await pass(10);
  const engine = new Engine();
  await engine.load({ kind: "load", choice: 0, model: "a", part: "decoder", body: file, gpu: "slower" });
  const rows = Float32Array.of(0.5, -1);
  const { reply } = await engine.run({ kind: "run", id: 1, operation: "decode", n: 1, rows, noise: null });
  assert.deepEqual(await client.decode([[0.5, -1]]), reply);
  assert.deepEqual(
    worker.runs.filter(({ operation }) => operation === "decode"),
    [],
  );
  void client.decode(
    [
      [0, 0],
      [1, 1],
    ],
    { slot: "two" },
  );
  void client.decode([[2, 2]], { slot: "later", background: true });
  await pass(200);
  assert.deepEqual(
    worker.runs.filter(({ operation }) => operation === "decode").map(({ n }) => n),
    [2],
  );
  worker.done(worker.runs.findIndex(({ n }) => n === 2));
  await pass(200);
  assert.deepEqual(
    worker.runs.filter(({ operation }) => operation === "decode").map(({ n }) => n),
    [2, 1],
  );
});

test("another model is the worker's until its own file has come near", async () => {
  await pass();
  FakeWorker.last.loaded("", modelFile(MLP, randomTensors(MLP)));
  await pass(10);
  client.setModel(source("b"));
  const worker = await ready();
  ask([3]);
  assert.equal(worker.runs.filter(({ operation }) => operation === "decode").length, 1);
});
