import assert from "node:assert/strict";
import { test } from "node:test";

import {
  columnsFor,
  headCount,
  isOwnComputer,
  joinBase,
  largest,
  sceneOf,
  spaced,
  stepOf,
  typed,
} from "../../../../vae/frontend/classroom/projector/scene.js";

import { lessonOf } from "../lessons.js";

/** @type {any} */
const DRAWING = {};
/** @type {any} */
const QUESTION = { round: 1, open: true, counts: null, correct: null };
const PAGE = new URL("http://localhost:8501/lab/c/K7PM2X/projector");

test("what is presented goes before the question, that before the lesson, the drawings, and how to join", () => {
  const none = { presented: [], question: null, lesson: null, map: {} };
  assert.equal(sceneOf(none), "lobby");
  assert.equal(sceneOf({ ...none, map: { 1: DRAWING } }), "map");
  const lesson = lessonOf({ phase: "experiment", step: 1, do: ["Look."] });
  assert.equal(sceneOf({ ...none, lesson, map: { 1: DRAWING } }), "lesson");
  assert.equal(sceneOf({ ...none, lesson: lessonOf({}), map: { 1: DRAWING } }), "map"); // nothing of it to see yet
  assert.equal(sceneOf({ ...none, question: QUESTION, lesson, map: { 1: DRAWING } }), "question");
  assert.equal(sceneOf({ ...none, presented: [DRAWING], question: QUESTION }), "presented");
});

test("phones get the address that the link names, else the computer's own one in its network", () => {
  const base = "http://localhost:8501/lab";
  assert.equal(joinBase(PAGE, base, ["192.168.0.5", "10.0.0.1"]), "http://192.168.0.5:8501/lab");
  assert.equal(joinBase(PAGE, "https://school.example/lab", ["192.168.0.5"]), "https://school.example/lab");
  assert.equal(joinBase(PAGE, base, []), base);
  const named = new URL(`${PAGE}?address=http://10.0.0.1:8501/lab`);
  assert.equal(joinBase(named, base, ["192.168.0.5"]), "http://10.0.0.1:8501/lab");
});

test("an address that is none, or no web page's, is not shown to a class", () => {
  for (const wrong of ["javascript:alert(1)", "http://", "somewhere", "file:///etc/passwd"]) {
    const page = new URL(`${PAGE}?address=${encodeURIComponent(wrong)}`);
    assert.equal(joinBase(page, "http://localhost:8501", ["192.168.0.5"]), "http://192.168.0.5:8501");
  }
});

test("an address that works on this computer alone is known as such", () => {
  assert.ok(["http://localhost:8501", "http://127.0.0.1:8501", "http://[::1]:80"].every(isOwnComputer));
  assert.ok(!isOwnComputer("http://192.168.0.5:8501"));
});

test("address and code are shown as people type them", () => {
  assert.equal(typed("http://192.168.0.5:8501/"), "192.168.0.5:8501");
  assert.equal(typed("https://school.example/lab"), "school.example/lab");
  assert.equal(spaced("K7PM2X"), "K7P M2X");
});

test("the head count says how many are here, and how many have been", () => {
  assert.deepEqual(headCount(null), { here: "0", rest: "here" });
  assert.deepEqual(headCount({ joined: 28, connected: 28 }), { here: "28", rest: "here" });
  assert.deepEqual(headCount({ joined: 30, connected: 28 }), { here: "28", rest: "here of 30" });
});

test("beside a question stands what to do, and how many have answered", () => {
  const progress = { answered: 17, of: 28 };
  assert.deepEqual(stepOf(QUESTION, progress), ["Vote now.", "17 of 28 answered"]);
  assert.deepEqual(stepOf({ ...QUESTION, round: 2 }, progress), ["Round 2: vote again.", "17 of 28 answered"]);
  assert.deepEqual(stepOf({ ...QUESTION, open: false }, null), ["Voting is closed.", ""]);
  assert.deepEqual(stepOf({ ...QUESTION, open: false, round: 2 }, progress)[0], "Round 2 is closed.");
  assert.deepEqual(stepOf({ ...QUESTION, open: false, counts: [[1]], correct: 0 }, progress), ["", ""]);
});

test("pictures are in as many columns as make them largest", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 6].map((count) => columnsFor(count, 16 / 9, 1)),
    [1, 2, 3, 2, 3],
  );
  assert.equal(columnsFor(3, 0.5, 1), 1);
  assert.equal(columnsFor(0, 1, 1), 1);
});

test("the largest size that fits is found, and the smallest where none does", () => {
  for (const limit of [20, 27, 40, 41, 90])
    assert.equal(
      largest(20, 90, (size) => size <= limit),
      limit,
    );
  assert.equal(
    largest(20, 90, () => false),
    20,
  );
});
