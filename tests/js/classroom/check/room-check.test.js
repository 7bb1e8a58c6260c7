import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { RoomCheck } from "../../../../vae/frontend/classroom/check/room-check.js";
import { FakeSocket } from "../../support/socket.js";
import { FakeServer, refusal, settle, stream } from "../server.js";

/** @import { Findings } from "../../../../vae/frontend/classroom/check/room-check.js" */

/** @type {FakeServer} */
let server;
/** @type {Findings} */
let found;
/** @type {Promise<void>} */
let run;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  mock.method(performance, "now", () => Date.now());
  FakeSocket.all = [];
  server = new FakeServer();
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

function begin() {
  const place = { base: "https://lab.test/x", code: "K7PM2X", role: "check", seat: null, fetch: server.fetch };
  const check = new RoomCheck({ ...place, WebSocket: /** @type {any} */ (FakeSocket) }, (findings) => {
    found = findings;
  });
  run = check.run();
}

/** Begins a check whose pings are answered after so many ms. */
async function checked(ms = 8) {
  begin();
  for (let k = 0; k < 5; k++) {
    mock.timers.tick(ms);
    server.last("ping").answer(new Response(null, { status: 204 }));
    await settle();
  }
}

/** The socket opens and brings the class's state. */
function open() {
  const [socket] = FakeSocket.all;
  socket.open();
  socket.say({ seq: 1, full: true });
  return socket;
}

/** The server answers the newest report after so many ms. */
function answer(/** @type {FakeSocket} */ socket, ms = 12) {
  mock.timers.tick(ms);
  socket.say({ reply: socket.texts.at(-1).id });
}

test("a socket that is held for a minute is said to be so, and the teacher hears of it on the way", async () => {
  await checked();
  assert.deepEqual([found.http, found.httpMs], [true, 8]);
  assert.equal(FakeSocket.all[0].url, "wss://lab.test/x/c/K7PM2X/socket");
  const socket = open();
  assert.equal(socket.texts[0].role, "check");
  answer(socket);
  for (let k = 0; k < 12; k++) {
    assert.equal(found.done, false);
    mock.timers.tick(5000);
    answer(socket);
  }
  await run;
  assert.deepEqual(found, {
    http: true,
    httpMs: 8,
    socket: "held",
    seconds: 60,
    latency: 12,
    answers: 13,
    way: "websocket",
    done: true,
    problem: "",
  });
  const reports = socket.texts.slice(1);
  assert.deepEqual(reports[0], {
    version: 1,
    id: "check 1",
    do: "report",
    http: true,
    socket_seconds: 0,
    latency_ms: 8,
  });
  assert.deepEqual([reports[12].socket_seconds, reports[12].latency_ms], [60, 12]);
});

test("a socket that is cut is told by another way, with the seconds that it held", async () => {
  await checked();
  const socket = open();
  answer(socket);
  for (let k = 0; k < 6; k++) {
    mock.timers.tick(5000);
    answer(socket);
  }
  socket.drop();
  await settle();
  assert.equal(found.socket, "cut");
  const events = stream();
  server.last("events").answer(events.response);
  events.say({ seq: 1, full: true });
  await settle();
  const { body } = server.last("commands");
  assert.deepEqual([body.do, body.socket_seconds], ["report", 30]);
  server.last("commands").answer(Response.json({ reply: body.id }));
  await run;
  assert.deepEqual([found.way, found.done], ["events", true]);
});

test("a socket that opens and brings nothing does not work: the next ways are tried", async () => {
  await checked();
  FakeSocket.all[0].open();
  mock.timers.tick(3000);
  await settle();
  assert.equal(found.socket, "none");
  server.last("events").fail();
  await settle();
  server.last("poll").answer(Response.json({ messages: [{ seq: 1, full: true }] }));
  await settle();
  server.last("commands").answer(new Response(null, { status: 204 }));
  await run;
  assert.equal(found.way, "poll");
});

test("a socket that falls silent counts as cut", async () => {
  await checked();
  const socket = open();
  answer(socket);
  mock.timers.tick(5000);
  mock.timers.tick(10_000);
  await settle();
  assert.deepEqual([found.socket, found.seconds], ["cut", 5]);
  server.last("events").fail();
  await settle();
  mock.timers.tick(6000);
  await run;
  assert.deepEqual([found.way, found.done], [null, true]);
});

test("where no request is answered, nothing else is tried", async () => {
  begin();
  server.last("ping").fail();
  await run;
  assert.deepEqual([found.http, found.done, FakeSocket.all.length], [false, true, 0]);
});

test("what the server says is passed on: a class that is gone, a socket that it refuses", async () => {
  await checked();
  const [socket] = FakeSocket.all;
  socket.open();
  socket.say({ error: "There is no such class.", final: true });
  socket.drop();
  await run;
  assert.deepEqual([found.problem, found.done], ["There is no such class.", true]);
  begin();
  server.last("ping").answer(refusal("Too many codes.", 429));
  await run;
  assert.deepEqual([found.http, found.problem], [false, "Too many codes."]);
});
