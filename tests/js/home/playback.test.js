import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Playback } from "../../../vae/frontend/home/playback.js";

/** @type {Playback} */
let playback;
let changes = 0;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  changes = 0;
  playback = new Playback(() => changes++);
});

afterEach(() => mock.timers.reset());

/** Moves on by so many seconds, in steps as a screen makes them. */
function pass(/** @type {number} */ seconds, end = 1) {
  for (let i = 0; i < 30 * seconds; i++) playback.advance(1000 / 30, end);
}

test("it plays to the end, stays there for a while, and begins again", () => {
  playback.play();
  pass(7);
  assert.ok(Math.abs(playback.place - 0.5) < 0.01);
  pass(8);
  assert.ok(playback.place > 1);
  pass(3);
  assert.ok(playback.place < 0.2);
  assert.ok(playback.playing);
});

test("it waits where the film is not loaded yet", () => {
  playback.play();
  pass(9, 0.3);
  assert.equal(playback.place, 0.3);
  pass(1);
  assert.ok(playback.place > 0.3);
});

test("a screen that stood still does not make it jump", () => {
  playback.play();
  playback.advance(60_000, 1);
  assert.ok(playback.place < 0.01);
});

test("touched, it rests at its end, and goes on a while after it was let go", () => {
  playback.play();
  pass(2);
  playback.rest();
  assert.deepEqual([playback.playing, playback.place], [false, 1]);
  mock.timers.tick(60_000); // held
  assert.equal(playback.playing, false);
  playback.release();
  mock.timers.tick(5000);
  playback.rest(); // touched again
  mock.timers.tick(60_000);
  assert.equal(playback.playing, false);
  playback.release();
  mock.timers.tick(10_000);
  assert.deepEqual([playback.playing, playback.place], [true, 0]);
});

test("paused by the user, it stays paused until the user plays it, touched or not", () => {
  playback.play();
  pass(2);
  playback.pause();
  const { place } = playback;
  pass(2);
  assert.equal(playback.place, place);
  playback.rest();
  playback.release();
  mock.timers.tick(60_000);
  assert.equal(playback.playing, false);
  playback.play();
  assert.deepEqual([playback.playing, playback.place], [true, 0]);
});

test("it does not start by itself when it was never played, as under reduced motion", () => {
  playback.place = 1;
  playback.rest();
  playback.release();
  mock.timers.tick(60_000);
  assert.deepEqual([playback.playing, changes], [false, 0]);
});

test("closed, it does not go on", () => {
  playback.play();
  playback.rest();
  playback.release();
  playback.close();
  mock.timers.tick(60_000);
  assert.equal(playback.playing, false);
});
