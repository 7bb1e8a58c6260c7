import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Kept } from "../../../../vae/frontend/classroom/kept.js";
import { join } from "../../../../vae/frontend/classroom/student/joining.js";
import { FakeServer, refusal, settle } from "../server.js";

/** @type {FakeServer} */
let server;
let kept = new Kept(() => /** @type {any} */ (null));
const JOINED = { seat: "token", id: 3, name: "Quick Otter" };

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  server = new FakeServer();
  kept = new Kept(() => /** @type {any} */ (null));
});

afterEach(() => mock.timers.reset());

function joining(code = "k7pm2x") {
  return join({ base: "https://lab.test", code, kept, fetch: server.fetch });
}

test("a new student gets a seat, and the next visit the same one, however the code is written", async () => {
  const first = joining();
  assert.deepEqual(server.last("join").body, { seat: null, name: null });
  server.last("join").answer(Response.json(JOINED));
  assert.deepEqual(await first, JOINED);
  const second = joining("K7PM2X");
  assert.equal(server.last("join").body.seat, "token");
  server.last("join").answer(Response.json(JOINED));
  await second;
});

test("another class has another seat", async () => {
  const first = joining();
  server.last("join").answer(Response.json(JOINED));
  await first;
  void joining("ABCDEF");
  assert.equal(server.last("join").body.seat, null);
});

test("without a connection, and while the server has no time, it tries again", async () => {
  const seat = joining();
  server.last("join").fail();
  await settle();
  mock.timers.tick(500);
  await settle();
  server.last("join").answer(refusal("Too many requests. Wait a moment.", 429));
  await settle();
  mock.timers.tick(1000);
  await settle();
  assert.equal(server.count("join"), 3);
  server.last("join").answer(Response.json(JOINED));
  assert.deepEqual(await seat, JOINED);
});

test("a class that lets nobody in is the end, in its own words", async () => {
  const seat = assert.rejects(joining(), /There is no class K7PM2X\./);
  server.last("join").answer(refusal("There is no class K7PM2X.", 404));
  await seat;
});
