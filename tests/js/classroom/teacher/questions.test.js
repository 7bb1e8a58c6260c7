import assert from "node:assert/strict";
import { test } from "node:test";

import { draftOf } from "../../../../vae/frontend/classroom/teacher/questions.js";

test("empty options are left out, and the right one keeps its place", () => {
  assert.deepEqual(draftOf(" Why? ", ["", "One", " ", "Two "], 3), {
    text: "Why?",
    options: ["One", "Two"],
    correct: 1,
  });
  assert.deepEqual(draftOf("Why?", ["One", "Two"], null), { text: "Why?", options: ["One", "Two"], correct: null });
});

/** @type {[string, string[], number | null, RegExp][]} */
const faults = [
  ["  ", ["One", "Two"], null, /question first/],
  ["Why?", ["One", ""], null, /two options/],
  ["Why?", ["One", "One "], null, /the same/],
  ["Why?", ["One", "Two", ""], 2, /right is empty/],
];
for (const [text, options, correct, sentence] of faults) {
  test(`“${text}” with ${options.join("|")} and ${correct} is refused in a sentence`, () => {
    assert.match(/** @type {string} */ (draftOf(text, options, correct)), sentence);
  });
}
