import assert from "node:assert/strict";
import { test } from "node:test";

import {
  adviceOf,
  gainOf,
  gainText,
  gainValues,
  percent,
  rightValues,
  total,
} from "../../../../vae/frontend/classroom/teacher/tally.js";

test("votes are counted and shared", () => {
  assert.equal(total([3, 0, 4]), 7);
  assert.equal(total(undefined), 0);
  assert.equal(percent(2 / 3), "67 %");
});

/** @type {[number[], string, number][]} */
const shares = [
  [[66, 34], "hint", 0.34],
  [[65, 35], "discuss", 0.35],
  [[30, 70], "discuss", 0.7],
  [[29, 71], "explain", 0.71],
  [[1, 0], "hint", 0],
];
for (const [votes, kind, share] of shares) {
  test(`after the first vote, ${votes.join(" : ")} asks for ${kind}`, () => {
    const advice = adviceOf([votes], 1);
    assert.equal(advice.kind, kind);
    assert.equal(advice.share, share);
  });
}

test("the second vote is followed by the teacher's explanation, however many are right", () => {
  assert.deepEqual(
    [
      [9, 1],
      [5, 5],
      [1, 9],
    ].map((votes) => adviceOf([[5, 5], votes], 1).kind),
    ["explain", "explain", "explain"],
  );
  assert.match(
    adviceOf(
      [
        [5, 5],
        [9, 1],
      ],
      1,
    ).sentence,
    /^10 % are right: now explain it yourself/,
  );
});

test("without votes, and without an option that is right, no share is given", () => {
  assert.equal(adviceOf(null, 1).kind, "none");
  assert.equal(adviceOf([[0, 0]], 1).sentence, "Nobody has voted yet.");
  assert.deepEqual(adviceOf([[2, 3]], null), {
    kind: "open",
    share: null,
    sentence: "No option is marked as right: let them discuss, then vote again.",
  });
  assert.match(
    adviceOf(
      [
        [2, 3],
        [3, 2],
      ],
      undefined,
    ).sentence,
    /try it out/,
  );
});

const MOVED = [
  [4, 0, 3],
  [0, 2, 1],
  [1, 0, 5],
];

test("what the second round has gained is said where an option is right", () => {
  const said = (/** @type {number[][] | null} */ moved, /** @type {number | null} */ correct) =>
    gainText(gainOf(moved, correct));
  assert.equal(said(MOVED, 2), "4 went to the right option, 1 left it.");
  assert.equal(said(MOVED, null), "");
  const still = [
    [4, 0],
    [0, 3],
  ];
  assert.equal(said(still, 0), "");
  assert.equal(said(null, 0), "");
});

test("the numbers of the votes stand in their formulas", () => {
  assert.deepEqual(
    rightValues(
      [
        [3, 1],
        [1, 3],
      ],
      1,
    ),
    { share: "75 %", right: "3", votes: "4" },
  );
  assert.equal(rightValues([[0, 0]], 1), null);
  assert.equal(rightValues([[3, 1]], null), null);
  assert.deepEqual(gainValues(gainOf(MOVED, 2)), { gain: "+3", went: "4", left: "1" });
  assert.deepEqual(gainValues(gainOf(MOVED, 0)), { gain: "−2", went: "1", left: "3" });
  assert.equal(gainValues(null), null);
});
