import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { LIVE_OPERATIONS } from "../../../vae/frontend/lib/contract.js";
import { LiveClient, liveUrl, Meter, noticeOf, refusalOf } from "../../../vae/frontend/lib/live-client.js";
import { FakeSocket } from "../support/socket.js";

/** @import { LiveStatus, RequestOptions } from "../../../vae/frontend/lib/live-client.js" */

const page = new EventTarget(); // whose "online" events the client listens to
Object.assign(globalThis, {
  WebSocket: FakeSocket,
  addEventListener: page.addEventListener.bind(page),
  removeEventListener: page.removeEventListener.bind(page),
});

/** The server's answer to a POST, null where there is none. @type {(() => Response) | null} */
let answer;
/** @type {[url: string, method: string][]} */
let posted;
mock.method(globalThis, "fetch", (/** @type {string} */ url, /** @type {RequestInit} */ { method }) => {
  posted.push([url, `${method}`]);
  return answer ? Promise.resolve(answer()) : Promise.reject(new TypeError("Failed to fetch"));
});

let now = 0;
mock.method(performance, "now", () => now);
mock.method(Math, "random", () => 1 - 2 ** -53); // no jitter

/** @type {LiveStatus[]} */
let statuses;
/** @type {(string | null)[]} */
let drawn;
/** @type {LiveClient} */
let client;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  FakeSocket.all = [];
  statuses = [];
  drawn = [];
  answer = null;
  posted = [];
  client = new LiveClient("ws://nowhere/live", "a", { onStatus: (status) => statuses.push(status) });
});

afterEach(() => {
  client.close();
  mock.timers.reset();
});

/** Lets time pass, timers run and promises settle. */
async function pass(ms = 0) {
  for (let left = ms; left > 0; left -= 10) {
    now += Math.min(10, left);
    mock.timers.tick(Math.min(10, left));
    await Promise.resolve();
  }
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

/** The newest socket, opened and greeted. */
async function ready() {
  FakeSocket.last.open();
  FakeSocket.last.greet(client.model);
  await pass();
  return FakeSocket.last;
}

/** Asks for the pictures of these one-dimensional z; what comes is appended to `drawn`. */
function ask(/** @type {number[]} */ zs, /** @type {RequestOptions} */ options = {}) {
  const vectors = zs.map((z) => [z]);
  void client.decode(vectors, options).then((reply) => drawn.push(reply && [...reply.pixels].join()));
}

test("the socket's address is beneath the app's, as safe as the app's", () => {
  assert.equal(liveUrl("https://lab.test/prefix"), "wss://lab.test/prefix/live");
  assert.equal(liveUrl("http://lab.test:8501"), "ws://lab.test:8501/live");
  assert.equal(liveUrl("http://[::1]:8501/http"), "ws://[::1]:8501/http/live");
});

const REFUSAL = "This page may not use the live decoder.";

test("a client that is not let in says why and does not try again", async () => {
  answer = () => new Response(REFUSAL, { status: 403 });
  ask([1]);
  FakeSocket.last.drop();
  await pass();
  assert.deepEqual(statuses.at(-1), { state: "error", message: REFUSAL });
  assert.deepEqual(posted, [["http://nowhere/live", "POST"]]);
  ask([2]);
  page.dispatchEvent(new Event("online"));
  client.setModel("b");
  ask([3]);
  await pass(60_000);
  assert.deepEqual(drawn, [null, null, null]);
  assert.equal(FakeSocket.all.length, 1);
  assert.equal(statuses.at(-1)?.state, "error");
});

test("a server that does not answer, or lets the page in, is tried again", async () => {
  for (const reply of [null, () => new Response(null, { status: 204 })]) {
    answer = reply;
    FakeSocket.last.drop();
    await pass();
    assert.equal(statuses.at(-1)?.state, "lost");
    await pass(1000);
  }
  assert.equal(FakeSocket.all.length, 3);
  assert.equal(posted.length, 2);
});

test("a client that was connected once does not ask why the connection is lost", async () => {
  answer = () => new Response(REFUSAL, { status: 403 });
  (await ready()).drop();
  await pass(300);
  FakeSocket.last.drop();
  await pass();
  assert.deepEqual(posted, []);
  assert.equal(statuses.at(-1)?.state, "lost");
});

test("a client that is closed before the answer comes says nothing", async () => {
  answer = () => new Response(REFUSAL, { status: 403 });
  FakeSocket.last.drop();
  client.close();
  const before = statuses.length;
  await pass();
  assert.equal(statuses.length, before);
});

test("a refusal is this server's sentence, not the page of a proxy", async () => {
  answer = () => new Response("Plain text", { status: 403 });
  assert.equal(await refusalOf("wss://lab.test/prefix/live"), "Plain text");
  assert.deepEqual(posted, [["https://lab.test/prefix/live", "POST"]]);
  answer = () => new Response("<h1>403 Forbidden</h1>", { status: 403, headers: { "content-type": "text/html" } });
  assert.equal(await refusalOf("wss://lab.test/live"), "");
  answer = () => new Response("Not found", { status: 404 });
  assert.equal(await refusalOf("wss://lab.test/live"), "");
});

test("the client names version and model, and sends requests after the greeting", async () => {
  ask([1]);
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.texts, [{ version: 1, model: "a" }]);
  assert.equal(FakeSocket.last.frames.length, 0);
  FakeSocket.last.greet("a");
  await pass();
  const { version, operation, n, payload } = FakeSocket.last.request(0);
  assert.deepEqual([version, operation, n], [1, LIVE_OPERATIONS.decode, 1]);
  assert.deepEqual([...new Float32Array(payload.buffer)], [1]);
  assert.deepEqual(
    statuses.map(({ state }) => state),
    ["connecting", "open"],
  );
});

test("one request is in flight and the newest replaces the waiting one", async () => {
  ask([1]);
  const socket = await ready();
  for (const z of [2, 3, 4]) ask([z]);
  await pass();
  assert.equal(socket.frames.length, 1);
  socket.answer(0);
  await pass();
  assert.equal(socket.frames.length, 2);
  socket.answer(1);
  await pass();
  assert.equal(socket.frames.length, 2);
  assert.deepEqual(drawn, [null, null, "1", "4"]);
});

test("slots do not wait for each other", async () => {
  const socket = await ready();
  ask([1]);
  ask([2], { slot: "other" });
  assert.equal(socket.frames.length, 2);
  socket.answer(1);
  socket.answer(0);
  await pass();
  assert.deepEqual(drawn, ["2", "1"]);
});

test("background work waits for 150 ms without a request, goes in pieces, and delays no other request", async () => {
  const socket = await ready();
  ask([1]);
  socket.answer(0);
  const hundred = Array.from({ length: 100 }, (_, i) => i);
  ask(hundred, { slot: "strips", background: true });
  await pass(140);
  assert.equal(socket.frames.length, 1);
  await pass(20);
  assert.equal(socket.frames.length, 2);
  assert.equal(socket.request(1).n, 64);
  ask([7]);
  assert.equal(socket.frames.length, 3);
  socket.answer(1);
  await pass(20);
  assert.equal(socket.frames.length, 3);
  socket.answer(2);
  await pass(160);
  assert.equal(socket.request(3).n, 36);
  socket.answer(3);
  await pass();
  assert.deepEqual(drawn, ["1", "7", hundred.join()]);
});

test("background work does not exceed the server's limit", async () => {
  FakeSocket.last.open();
  FakeSocket.last.greet("a", { limits: { vectors: 16, requests_per_second: 240, frame_bytes: 1e5 } });
  ask(
    Array.from({ length: 20 }, () => 1),
    { background: true },
  );
  await pass(150);
  assert.equal(FakeSocket.last.request(0).n, 16);
});

test("background work that is replaced while it is in flight is not continued", async () => {
  const socket = await ready();
  ask(
    Array.from({ length: 100 }, () => 1),
    { background: true },
  );
  await pass(150);
  ask([2], { background: true });
  socket.answer(0);
  await pass();
  assert.deepEqual(drawn, [null]);
  socket.answer(1);
  await pass();
  assert.deepEqual(drawn, [null, "2"]);
});

test("answers of an earlier model are never drawn", async () => {
  const socket = await ready();
  ask([1]);
  client.setModel("b");
  ask([2]);
  socket.answer(0);
  await pass();
  socket.greet("a"); // a late answer to the first choice
  await pass();
  assert.equal(socket.frames.length, 1);
  socket.greet("b");
  await pass();
  socket.answer(1);
  await pass();
  assert.deepEqual(
    socket.texts.map(({ model }) => model),
    ["a", "b"],
  );
  assert.deepEqual(drawn, [null, "2"]);
});

test("a model that is changed before the socket opens is asked for once", () => {
  client.setModel("b");
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.texts, [{ version: 1, model: "b" }]);
});

test("a second greeting, as after a change of the device, changes nothing in flight", async () => {
  const socket = await ready();
  ask([1]);
  socket.greet("a", { device: "cuda" });
  await pass();
  assert.equal(socket.frames.length, 1);
  socket.answer(0);
  await pass();
  assert.deepEqual(drawn, ["1"]);
  assert.equal(statuses.at(-1)?.greeting?.device, "cuda");
});

test("a lost connection is tried again with growing pauses, and then asks for the newest", async () => {
  await ready();
  ask([1]);
  ask([2]);
  FakeSocket.last.drop("busy");
  for (const pause of [250, 500, 1000]) {
    await pass(pause - 10);
    const before = FakeSocket.all.length;
    await pass(10);
    assert.equal(FakeSocket.all.length, before + 1);
    if (pause < 1000) FakeSocket.last.drop();
  }
  const lost = statuses.filter(({ state }) => state === "lost");
  assert.deepEqual(
    lost.map(({ message, retryIn }) => [message, retryIn?.toFixed(3)]),
    [
      ["busy", "0.250"],
      ["", "0.500"],
      ["", "1.000"],
    ],
  );
  const socket = await ready();
  socket.answer(0);
  await pass();
  assert.deepEqual(drawn, [null, "2"]);
});

test("the request in flight is sent again where no newer one waits", async () => {
  await ready();
  ask([1]);
  FakeSocket.last.drop();
  await pass(250);
  const socket = await ready();
  socket.answer(0);
  await pass();
  assert.deepEqual(drawn, ["1"]);
});

test("pauses are at most eight seconds, and jitter shortens them by a quarter at most", async () => {
  await ready();
  client.attempt = 9;
  FakeSocket.last.drop();
  assert.equal(statuses.at(-1)?.retryIn?.toFixed(3), "8.000");
  client.close();
  const random = mock.method(Math, "random", () => 0);
  client = new LiveClient("ws://nowhere/live", "a", { onStatus: (status) => statuses.push(status) });
  FakeSocket.last.drop();
  assert.equal(statuses.at(-1)?.retryIn, 0.1875);
  random.mock.restore();
  mock.method(Math, "random", () => 1 - 2 ** -53);
});

test("a request shortens a long pause to a second, and repeating it does not postpone the attempt", async () => {
  await ready();
  client.attempt = 9;
  FakeSocket.last.drop();
  for (let k = 0; k < 10; k++) {
    assert.equal(FakeSocket.all.length, 1);
    ask([1]);
    await pass(100);
  }
  assert.equal(FakeSocket.all.length, 2);
});

test("background work does not shorten a pause", async () => {
  await ready();
  client.attempt = 9;
  FakeSocket.last.drop();
  ask([1], { background: true });
  await pass(7000);
  assert.equal(FakeSocket.all.length, 1);
});

test("the network's return ends a pause at once", async () => {
  await ready();
  client.attempt = 9;
  FakeSocket.last.drop();
  page.dispatchEvent(new Event("online"));
  await pass(10);
  assert.equal(FakeSocket.all.length, 2);
});

test("the network's return does nothing while there is a connection", async () => {
  await ready();
  page.dispatchEvent(new Event("online"));
  await pass(10_000);
  assert.equal(FakeSocket.all.length, 1);
});

test("a long silence is reported while it lasts, and an answer ends it", async () => {
  const socket = await ready();
  ask([1]);
  ask([2]);
  await pass(2500);
  assert.equal(statuses.length, 2);
  await pass(1500);
  assert.equal(statuses.length, 3);
  const lost = statuses[2];
  assert.deepEqual([lost.state, lost.message], ["lost", "No answer yet"]);
  assert.ok(lost.retryIn && lost.retryIn > 10 && lost.retryIn <= 12);
  socket.answer(0);
  await pass();
  assert.deepEqual([statuses[3].state, statuses[3].greeting?.model], ["open", "a"]);
  socket.answer(1);
  await pass(20_000); // no answer is outstanding
  assert.equal(statuses.length, 4);
  assert.equal(FakeSocket.all.length, 1);
  assert.deepEqual(drawn, ["1", "2"]);
});

test("a silence of 15 seconds ends the connection, also before the greeting", async () => {
  FakeSocket.last.open();
  await pass(15_500);
  assert.equal(FakeSocket.all[0].readyState, 3);
  await pass(250);
  assert.equal(FakeSocket.all.length, 2);
});

test("a late answer of an earlier model does not report the connection as open without a greeting", async () => {
  const socket = await ready();
  ask([1]);
  client.setModel("b");
  await pass(4000);
  socket.answer(0);
  await pass();
  assert.equal(statuses.at(-1)?.state, "lost");
  socket.greet("b");
  assert.equal(statuses.at(-1)?.greeting?.model, "b");
});

test("a refused request resolves to null with the reason, and the next one is sent", async () => {
  const socket = await ready();
  ask([1]);
  ask([2]);
  socket.refuse(0, "Too far.");
  await pass();
  socket.answer(1);
  await pass();
  assert.deepEqual(
    statuses.filter(({ state }) => state === "error").map(({ message }) => message),
    ["Too far."],
  );
  assert.deepEqual(drawn, [null, "2"]);
});

test("a refused model is reported", () => {
  FakeSocket.last.open();
  FakeSocket.last.say({ version: 1, error: "There is no model a." });
  assert.deepEqual(statuses.at(-1), { state: "error", message: "There is no model a." });
});

test("closing resolves every request to null and opens no socket again", async () => {
  await ready();
  ask([1]);
  ask([2]);
  client.close();
  await pass(20_000);
  assert.deepEqual(drawn, [null, null]);
  assert.equal(FakeSocket.all.length, 1);
  assert.equal(FakeSocket.all[0].readyState, 3);
});

test("a conditional model's vectors are followed by the weights of its classes", async () => {
  const socket = await ready();
  client.classWeights = [0, 1];
  ask([5]);
  assert.deepEqual([...new Float32Array(socket.request(0).payload.buffer)], [5, 0, 1]);
});

test("encode gives means and log variances", async () => {
  FakeSocket.last.open();
  FakeSocket.last.greet("a", { latent_dim: 2 });
  const reply = client.encode(2, Uint8Array.of(10, 20));
  const { operation, n, payload } = FakeSocket.last.request(0);
  assert.deepEqual([operation, n, [...payload]], [LIVE_OPERATIONS.encode, 2, [10, 20]]);
  FakeSocket.last.reply(0, new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer));
  const encoded = await reply;
  assert.deepEqual([encoded?.n, [...(encoded?.mean ?? [])]], [2, [1, 2, 3, 4]]);
  assert.deepEqual([...(encoded?.logvar ?? [])], [5, 6, 7, 8]);
});

test("reconstruct gives the terms of the loss and the pictures", async () => {
  const socket = await ready();
  const reply = client.reconstruct(2, Uint8Array.of(10, 20));
  assert.equal(socket.request(0).operation, LIVE_OPERATIONS.reconstruct);
  const floats = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8); // two each of mean, log variance, reconstruction, KL
  socket.reply(0, Uint8Array.of(...new Uint8Array(floats.buffer), 11, 21));
  const found = await reply;
  assert.deepEqual([...(found?.reconstruction ?? [])], [5, 6]);
  assert.deepEqual([...(found?.kl ?? [])], [7, 8]);
  assert.deepEqual([...(found?.pixels ?? [])], [11, 21]);
  assert.deepEqual(found?.imageShape, [1, 1, 1]);
});

test("each image of a reconstruction with noise is followed by its noise", async () => {
  const socket = await ready();
  void client.reconstruct(2, Uint8Array.of(10, 20), { noise: [0.5, -0.5] });
  const { operation, payload } = socket.request(0);
  const noise = [0.5, -0.5].map((value) => [...new Uint8Array(Float32Array.of(value).buffer)]);
  assert.equal(operation, LIVE_OPERATIONS.sample_posterior);
  assert.deepEqual([...payload], [10, ...noise[0], 20, ...noise[1]]);
});

test("a status has a sentence where the user must know", () => {
  assert.equal(noticeOf({ state: "connecting" }), "");
  assert.equal(noticeOf({ state: "error", message: "No." }), "No.");
  assert.equal(noticeOf({ state: "lost", message: "", retryIn: 0.3 }), "Connection lost – trying again in 1 s");
  assert.equal(noticeOf({ state: "lost", message: "Full", retryIn: 8 }), "Full – trying again in 8 s");
});

test("the meter counts the frames of the last second, and gives the median of the last 60", () => {
  const [meter, canvas] = [new Meter(), new EventTarget()];
  /** @type {any[]} */
  const announced = [];
  canvas.addEventListener("live-frame", (event) => announced.push(/** @type {CustomEvent} */ (event).detail));
  assert.deepEqual(meter.read(), { framesPerSecond: 0, ms: undefined });
  for (let i = 0; i < 300; i++) {
    now += 100;
    Object.assign(canvas, { dataset: { frame: `${i}` } });
    meter.took(/** @type {any} */ (canvas), i % 2 ? 5 : 4);
  }
  assert.deepEqual(announced.at(-1), { frame: 299, ms: 5 });
  assert.deepEqual(meter.read(), { framesPerSecond: 10, ms: 5 });
  assert.ok(meter.frames.length <= 240);
});
