import assert from "node:assert/strict";
import { test } from "node:test";

import { arcsOf, movesOf, rowsOf, rowText, sentenceOf } from "../../../vae/frontend/classroom/histogram.js";

const HIDDEN = { options: ["an exact copy", "garbage", "a typical digit"], counts: null, moved: null, correct: null };
const MOVED = [
  [5, 0, 7],
  [1, 2, 3],
  [0, 0, 2],
];

test("options have letters and no bars while the counts are hidden", () => {
  const rows = rowsOf(HIDDEN);
  assert.deepEqual(
    rows.map(({ letter, text, bars, correct }) => [letter, text, bars.length, correct]),
    [
      ["A", "an exact copy", 0, false],
      ["B", "garbage", 0, false],
      ["C", "a typical digit", 0, false],
    ],
  );
});

test("each round's bars are shares of that round's votes", () => {
  const [first, second] = rowsOf({
    ...HIDDEN,
    counts: [
      [6, 2, 4],
      [1, 0, 3],
    ],
    correct: 2,
  });
  assert.deepEqual(first.bars, [
    { round: 1, count: 6, share: 0.5 },
    { round: 2, count: 1, share: 0.25 },
  ]);
  assert.equal(rowText(first), "round 1: 50 %, 6; round 2: 25 %, 1");
  assert.equal(rowText(rowsOf({ ...HIDDEN, counts: [[1, 1, 1]] })[0]), "33 %, 1");
  assert.equal(second.correct, false);
  assert.equal(rowsOf({ ...HIDDEN, correct: 2 })[2].correct, true);
});

test("a round without votes has bars of nothing", () => {
  assert.deepEqual(rowsOf({ ...HIDDEN, counts: [[0, 0, 0]] })[0].bars, [{ round: 1, count: 0, share: 0 }]);
});

test("a student's own choices are marked with their rounds", () => {
  assert.deepEqual(
    rowsOf(HIDDEN, [2, 0]).map(({ own }) => own),
    [[2], [], [1]],
  );
  assert.deepEqual(rowsOf(HIDDEN, [1, 1])[1].own, [1, 2]);
  assert.deepEqual(rowsOf(HIDDEN, [null, null])[0].own, []);
});

test("who changed is told by size, who stayed is left out", () => {
  assert.deepEqual(movesOf(MOVED), [
    { from: 0, to: 2, count: 7 },
    { from: 1, to: 2, count: 3 },
    { from: 1, to: 0, count: 1 },
  ]);
  assert.equal(sentenceOf(MOVED), "11 of 20 changed: A → C 7, B → C 3, B → A 1.");
});

test("a sentence says also that nobody changed, or that nobody has answered twice", () => {
  assert.equal(sentenceOf(null), "");
  assert.equal(
    sentenceOf([
      [0, 0],
      [0, 0],
    ]),
    "Nobody has answered both rounds yet.",
  );
  assert.equal(
    sentenceOf([
      [3, 0],
      [0, 1],
    ]),
    "Of 4 who answered both rounds, nobody changed.",
  );
});

test("arrows are as thick as many changed, within the width, and those in opposite directions stay apart", () => {
  const arcs = arcsOf(
    movesOf([
      [0, 9, 2],
      [4, 0, 0],
      [0, 1, 0],
    ]),
    [20, 60, 100],
    100,
  );
  assert.deepEqual(
    arcs.map(({ count }) => count),
    [9, 4, 2, 1],
  );
  assert.equal(arcs[0].width, 8);
  assert.equal(arcs[3].width, 1.5);
  assert.ok(arcs.every(({ x, y }) => x > 0 && x <= 100 && y >= 20 && y <= 100));
  const [down, up] = arcs; // between the same two options
  assert.ok(Math.abs(down.y - up.y) < 10);
  assert.ok(Math.abs(down.x - up.x) > 20);
  assert.ok(arcs[2].x > arcs[0].x); // the longer way reaches farther
});

test("on a phone arrows are thin, and no number covers another one", () => {
  const moves = movesOf([
    [0, 1, 14, 0],
    [2, 0, 12, 0],
    [0, 1, 0, 1],
    [0, 0, 3, 0],
  ]);
  const arcs = arcsOf(moves, [20, 75, 130, 185], 32);
  assert.ok(arcs.every(({ width }) => width <= 4));
  const boxes = arcs.map(({ x, y, width, count }) => ({ left: x + width / 2, digits: `${count}`.length, y }));
  for (const [i, one] of boxes.entries()) {
    for (const other of boxes.slice(0, i)) {
      const beside = Math.abs(one.left - other.left) >= 9.6 * (one.left < other.left ? one : other).digits;
      assert.ok(beside || Math.abs(one.y - other.y) >= 14, `${i}`);
    }
  }
});

test("an arrow comes to a row farther from its middle than others leave it", () => {
  const [down, up] = arcsOf(
    movesOf([
      [0, 9],
      [1, 0],
    ]),
    [20, 100],
    80,
  );
  assert.match(down.path, /^M0 25C/);
  assert.match(up.path, / 32M/);
});
