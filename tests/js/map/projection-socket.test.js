import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { ProjectionSocket } from "../../../vae/frontend/map/projection-socket.js";
import { FakeSocket } from "../support/socket.js";

Object.assign(globalThis, { WebSocket: FakeSocket });
mock.method(Math, "random", () => 0);

/** The server's answer to a POST. @type {Response | Promise<Response>} */
let answer;
/** Its next answers, before that one. @type {Response[]} */
let answers = [];
const fetchMock = mock.method(globalThis, "fetch", () => Promise.resolve(answers.shift() ?? answer));

/** @type {any[]} */
let states;
/** @type {[layout: number[], dims: number][]} */
let layouts;
/** @type {ProjectionSocket} */
let projections;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  FakeSocket.all = [];
  answer = new Response(null, { status: 204 });
  answers = [];
  states = [];
  layouts = [];
  projections = new ProjectionSocket("ws://nowhere/live/projections", {
    onState: (state) => states.push(state),
    onLayout: (layout, dims) => layouts.push([[...layout], dims]),
  });
});

afterEach(() => {
  projections.close();
  mock.timers.reset();
});

const TSNE = { model: "a", method: /** @type {const} */ ("tsne"), dims: 2, axes: [] };
const ABOUT = { version: 1, model: "a", method: "tsne", dims: 2 };

/** Sends a layout of one point. */
function sendLayout(/** @type {number} */ x) {
  const frame = new ArrayBuffer(12);
  new DataView(frame).setUint32(0, 2, true);
  new Float32Array(frame, 4).set([x, -x]);
  FakeSocket.last.onmessage?.({ data: frame });
}

/** Lets promises settle. */
async function settle() {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("a socket that is not let in says why, to every request, and does not try again", async () => {
  answer = new Response("This page may not use the latent map.", { status: 403 });
  projections.ask(TSNE);
  FakeSocket.last.drop();
  await settle();
  assert.deepEqual(states.at(-1), { state: "failed", error: "This page may not use the latent map." });
  projections.ask({ ...TSNE, dims: 3 });
  assert.deepEqual(
    states.map(({ state }) => state),
    ["lost", "failed", "failed"],
  );
  mock.timers.tick(60_000);
  assert.equal(FakeSocket.all.length, 1);
});

/** The bytes of an answer without a socket, of one point at (1, 2). */
function projectionBody() {
  const state = { ...ABOUT, state: "done", seconds: 0, source: "shipped with the checkpoint" };
  const arrays = [{ name: "layout", dtype: "<f4", shape: [1, 2], offset: 512 }];
  const header = new TextEncoder().encode(JSON.stringify({ ...state, arrays }).padEnd(508));
  const body = new ArrayBuffer(520);
  new DataView(body).setUint32(0, 508, true);
  new Uint8Array(body).set(header, 4);
  new Float32Array(body, 512).set([1, 2]);
  return body;
}

test("where no socket opens, what was computed ahead comes without one, and the next requests ask so at once", async () => {
  const asked = fetchMock.mock.calls.length;
  projections.ask({ ...TSNE, axes: [0, 1] });
  answers = [new Response(null, { status: 204 }), new Response(projectionBody())];
  FakeSocket.last.drop();
  await settle();
  const address = "http://nowhere/live/projections?model=a&method=tsne&dims=2&axes=0%2C1";
  assert.deepEqual(
    fetchMock.mock.calls.slice(asked).map(({ arguments: [url] }) => url),
    ["http://nowhere/live/projections", address],
  );
  assert.deepEqual(layouts, [[[1, 2], 2]]);
  assert.deepEqual(
    states.map(({ state }) => state),
    ["lost", "done"],
  );
  answers = [new Response("This UMAP must be computed.", { status: 404 })];
  projections.ask({ ...TSNE, method: "umap" });
  await settle();
  assert.deepEqual(states.at(-1), { state: "lost", reason: "This UMAP must be computed." });
});

test("while the server does not answer at all, the connection is lost and nothing more", async () => {
  projections.ask(TSNE);
  answers = [new Response(null, { status: 204 })];
  answer = Promise.reject(new TypeError("fetch failed"));
  answer.catch(() => {});
  FakeSocket.last.drop();
  await settle();
  assert.deepEqual(states, [{ state: "lost", reason: "" }]);
});

test("a request is sent when the socket is open, with its version", () => {
  projections.ask(TSNE);
  assert.deepEqual(FakeSocket.last.texts, []);
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.texts, [{ version: 1, ...TSNE }]);
});

test("layouts come after the first state of their request, and not before", () => {
  FakeSocket.last.open();
  projections.ask(TSNE);
  sendLayout(1); // of an earlier request
  FakeSocket.last.say({ ...ABOUT, state: "running", progress: 0.5 });
  sendLayout(2);
  assert.deepEqual(layouts, [[[2, -2], 2]]);
  assert.deepEqual([states[0].state, states[0].progress], ["running", 0.5]);
});

test("states of another request are not this one's", () => {
  FakeSocket.last.open();
  projections.ask({ ...TSNE, method: "umap" });
  for (const other of [{}, { method: "umap", dims: 3 }, { method: "umap", model: "b" }]) {
    FakeSocket.last.say({ ...ABOUT, ...other, state: "running", progress: 0.5 });
  }
  assert.deepEqual(states, []);
});

test("a refused request has failed with the server's sentence, and its layouts are over", () => {
  FakeSocket.last.open();
  projections.ask(TSNE);
  FakeSocket.last.say({ version: 1, error: "No." });
  sendLayout(1);
  assert.deepEqual([states[0].state, states[0].error, layouts.length], ["failed", "No.", 0]);
});

test("a lost connection is reported while an answer is outstanding, and asks again", () => {
  FakeSocket.last.open();
  projections.ask(TSNE);
  FakeSocket.last.drop("full");
  assert.deepEqual(states, [{ state: "lost", reason: "full" }]);
  mock.timers.tick(2000);
  assert.equal(FakeSocket.all.length, 2);
  FakeSocket.last.open();
  assert.equal(FakeSocket.last.texts.length, 1);
  FakeSocket.last.say({ ...ABOUT, state: "done", seconds: 1, source: "computed here" });
  FakeSocket.last.drop();
  assert.equal(states.at(-1)?.state, "done");
  mock.timers.tick(2000);
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.texts, []); // it is done
});

test("what is forgotten is cancelled, and its answers are not heard", () => {
  FakeSocket.last.open();
  projections.ask(TSNE);
  projections.forget();
  assert.deepEqual(FakeSocket.last.texts.at(-1), { version: 1, cancel: true });
  FakeSocket.last.say({ ...ABOUT, state: "cancelled" });
  assert.deepEqual(states, []);
});

test("a closed socket does not connect again", () => {
  FakeSocket.last.drop();
  projections.close();
  mock.timers.tick(10_000);
  assert.equal(FakeSocket.all.length, 1);
});
