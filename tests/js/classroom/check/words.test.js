import assert from "node:assert/strict";
import { test } from "node:test";

import { linesOf, verdictOf } from "../../../../vae/frontend/classroom/check/words.js";

/** @import { Findings } from "../../../../vae/frontend/classroom/check/room-check.js" */

/** @type {Findings} */
const BEGIN = {
  http: null,
  httpMs: null,
  socket: "waiting",
  seconds: 0,
  latency: null,
  answers: 0,
  way: null,
  done: false,
  problem: "",
};
/** @type {Findings} */
const HELD = {
  http: true,
  httpMs: 9,
  socket: "held",
  seconds: 60,
  latency: 12,
  answers: 13,
  way: "websocket",
  done: true,
  problem: "",
};

/** @param {Partial<Findings>} changes */
const texts = (changes) => linesOf({ ...BEGIN, ...changes }).map(({ text, good }) => [text, good]);

test("each line says what is tried, how far it is, and what came out", () => {
  assert.deepEqual(texts({}), [
    ["trying …", null],
    ["trying …", null],
    ["…", null],
  ]);
  assert.deepEqual(texts({ http: true, httpMs: 9, socket: "open", seconds: 25, latency: 12 }), [
    ["answered in 9 ms", true],
    ["25 of 60 s, an answer takes 12 ms", null],
    ["…", null],
  ]);
  assert.deepEqual(texts(HELD), [
    ["answered in 9 ms", true],
    ["held for 60 s, an answer takes 12 ms", true],
    ["WebSocket", true],
  ]);
  assert.deepEqual(texts({ ...HELD, socket: "cut", seconds: 30, way: "events" })[1], ["cut after 30 s", false]);
  assert.deepEqual(texts({ ...HELD, socket: "none", way: null }).slice(1), [
    ["does not get through", false],
    ["nothing gets through", false],
  ]);
  assert.deepEqual(texts({ http: false, done: true }), [
    ["no answer", false],
    ["not tried", false],
    ["nothing gets through", false],
  ]);
});

test("the verdict says what it means for the class, and what to do", () => {
  assert.match(verdictOf(BEGIN), /Keep this page open/);
  assert.match(verdictOf(HELD), /^Ready/);
  assert.match(verdictOf({ ...HELD, latency: 900 }), /slow/);
  assert.match(
    verdictOf({ ...HELD, socket: "cut", seconds: 30, way: "events" }),
    /cuts WebSockets after 30 s.*server-sent/,
  );
  assert.match(verdictOf({ ...HELD, socket: "none", way: "poll" }), /no WebSocket.*polling.*on the computer that runs/);
  assert.match(verdictOf({ ...HELD, socket: "none", way: null }), /hotspot/);
  assert.match(verdictOf({ ...BEGIN, http: false, done: true }), /client isolation.*hotspot/);
  assert.equal(verdictOf({ ...HELD, problem: "There is no such class." }), "There is no such class.");
});
