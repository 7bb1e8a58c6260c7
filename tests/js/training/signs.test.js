import "../support/page.js";
import { toggle } from "../support/popovers.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Signs } from "../../../vae/frontend/training/signs.js";

/** The notes of the signs that are on the page. */
function notes() {
  return /** @type {HTMLElement[]} */ ([...document.body.querySelectorAll(".help-note")]);
}

test("each field of the form has a sign, whose formula has the field's value, also after a change of it", () => {
  const data = { base: "http://lab.test", script: "" };
  const signs = new Signs(document.body, () => {}, {
    ...data,
    terms: [
      ["β", { beta: "1" }],
      ["seed", {}],
    ],
  });
  assert.deepEqual(
    [...document.body.querySelectorAll("button")].map((node) => node.ariaLabel),
    ["What is β?", "What is the seed?"],
  );
  const [note] = notes();
  signs.update({
    ...data,
    terms: [
      ["β", { beta: "4" }],
      ["seed", {}],
    ],
  });
  assert.equal(notes()[0], note);
  toggle(note, "open");
  assert.match(note.querySelector(".measured")?.textContent ?? "", /\+ 4 · KL$/);
  signs.update({ ...data, terms: [["epochs", { epochs: "20", batch: "128" }]] });
  assert.equal(notes().length, 1);
  signs.close();
  assert.equal(notes().length, 0);
});
