import "../support/page.js";
import { toggle } from "../support/popovers.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { help } from "../../../vae/frontend/lib/glossary.js";
import { TERMS } from "../../../vae/frontend/lib/terms.js";

test("a question mark opens what the term means, and says it to who cannot see it", () => {
  const [question, note] = /** @type {HTMLElement[]} */ ([...help("Temperature").children]);
  assert.deepEqual([question.tagName, question.ariaLabel], ["BUTTON", "What is Temperature?"]);
  assert.equal(question.ariaDescription, TERMS.Temperature.sentence);
  assert.equal(question.ariaExpanded, "false");
  toggle(note, "open");
  assert.equal(question.ariaExpanded, "true");
  assert.match(note.textContent ?? "", /^Temperature: How far samples spread/);
  assert.equal(help("prior").firstElementChild?.ariaLabel, "What is the prior?");
});

test("the numbers in a formula are those of the moment when the panel opens", () => {
  let nats = 1;
  const [, note] = /** @type {HTMLElement[]} */ ([...help("KL", () => ({ kl: `${nats} nats` })).children]);
  nats = 2;
  toggle(note, "open");
  assert.match(note.querySelector(".measured")?.textContent ?? "", /^Here: 2 nats = /);
});
