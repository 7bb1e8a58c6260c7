import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { setWords, t, translate } from "../../../vae/frontend/lib/words.js";

const GERMAN = {
  texts: { Share: "Teilen", "{0} of {1} answered": "von {1} haben {0} geantwortet", seven: "sieben" },
  sentences: {
    "Test image {0}, a “{1}”": "Testbild {0}, „{1}“",
    "Test image {0}": "Testbild {0}",
    "Not found.": "Nicht gefunden.",
    "β = {0} (plain)": "β = {0} (einfach)",
  },
};

afterEach(() => setWords(null));

test("in English a text is what it was, with its values", () => {
  assert.equal(t("Share"), "Share");
  assert.equal(t`${3} of ${4} answered`, "3 of 4 answered");
  assert.equal(t`no value`, "no value");
  assert.equal(translate("Not found."), "Not found.");
});

test("a translation puts the values where its language wants them", () => {
  setWords(GERMAN);
  assert.equal(t("Share"), "Teilen");
  assert.equal(t`${3} of ${4} answered`, "von 4 haben 3 geantwortet");
});

test("what the dictionary lacks stays English", () => {
  setWords(GERMAN);
  assert.equal(t("Copy"), "Copy");
  assert.equal(t`${1} new`, "1 new");
  assert.equal(translate("Something else."), "Something else.");
});

test("a sentence of the server is found by its text, else by the longest pattern, and so are its values", () => {
  setWords(GERMAN);
  assert.equal(translate("Not found."), "Nicht gefunden.");
  assert.equal(translate("Test image 18, a “seven”"), "Testbild 18, „sieben“");
  assert.equal(translate("Test image 18"), "Testbild 18");
  assert.equal(translate("β = 4 (plain)"), "β = 4 (einfach)");
  assert.equal(translate("Share"), "Teilen");
});

test("another dictionary holds from then on, also for texts that were asked for before", () => {
  const say = () => t`${1} of ${2} answered`;
  setWords(GERMAN);
  say();
  translate("Not found.");
  setWords(null);
  assert.deepEqual([say(), translate("Not found.")], ["1 of 2 answered", "Not found."]);
});
