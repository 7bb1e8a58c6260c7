import "../support/page.js";
import { toggle } from "../support/popovers.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { GLOSSARY, help } from "../../../vae/frontend/lib/glossary.js";

const TERMS = [
  "Temperature",
  "Truncation",
  "Hold",
  "KL",
  "−ELBO",
  "μ",
  "σ",
  "q(z|x)",
  "prior",
  "aggregate posterior",
  "second-stage prior",
  "amortisation gap",
  "approximation gap",
  "NLL",
];
const MOST_WORDS = 30;

test("every word that a class asks about is explained in one short sentence", () => {
  for (const term of TERMS) assert.ok(term in GLOSSARY, term);
  for (const [term, sentence] of Object.entries(GLOSSARY)) {
    assert.match(sentence, /^[A-Z][^.!?]*\.$/, term);
    assert.ok(sentence.split(" ").length <= MOST_WORDS, `${term}: ${sentence.split(" ").length} words`);
  }
});

test("a question mark opens the sentence, and says it to who cannot see it", () => {
  const [question, note] = /** @type {HTMLElement[]} */ ([...help("Temperature").children]);
  assert.deepEqual([question.tagName, question.ariaLabel], ["BUTTON", "What is Temperature?"]);
  assert.equal(question.ariaDescription, GLOSSARY.Temperature);
  assert.equal(note.textContent, `Temperature: ${GLOSSARY.Temperature}`);
  assert.equal(question.ariaExpanded, "false");
  toggle(note, "open");
  assert.equal(question.ariaExpanded, "true");
  assert.equal(help("prior").firstElementChild?.ariaLabel, "What is the prior?");
});
