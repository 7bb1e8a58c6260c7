import assert from "node:assert/strict";
import { test } from "node:test";

import { matchInWords } from "../../../vae/frontend/explore/match-words.js";

const TEN = {
  words: "β = 10",
  match: [{ dimension: 7, correlation: -0.92 }, null, { dimension: 0, correlation: 0.41 }],
};
const FOUR = { words: "β = 4", match: [{ dimension: 3, correlation: 0.8 }, { dimension: 1, correlation: -0.3 }, null] };

test("beside one model it is said which dimension there is the same", () => {
  const said = [0, 1, 2].map((i) => matchInWords(i, [TEN]));
  assert.deepEqual(said, [
    "z₀ here is −z₇ there (|r| = 0.92)",
    "nothing there follows z₁",
    "z₂ here is partly z₀ there (|r| = 0.41)",
  ]);
});

test("beside several models it is said of each", () => {
  const said = [0, 1, 2].map((i) => matchInWords(i, [TEN, FOUR]).replaceAll("\u00a0", " "));
  assert.deepEqual(said, [
    "z₀ here is −z₇ in β = 10 (0.92), z₃ in β = 4 (0.80)",
    "z₁ here is nothing in β = 10, partly −z₁ in β = 4 (0.30)",
    "z₂ here is partly z₀ in β = 10 (0.41), nothing in β = 4",
  ]);
});
