import "../support/page.js";
import { toggle } from "../support/popovers.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Picker } from "../../../vae/frontend/bar/picker.js";

/** @param {string} name */
function modelOf(name) {
  const said = { words: `words of ${name}`, purpose: "for this", numbers: "−ELBO 98.0", facts: "active 9 of 10" };
  return { name, group: "MNIST", version: 7, ...said };
}

/** The addresses of the pictures in the list. @param {Picker} picker */
function asked(picker) {
  return [...picker.list.querySelectorAll("img")].map((picture) => picture.getAttribute("src"));
}

test("a model's pictures in the list are asked for when it opens, and not with the page", () => {
  const picker = new Picker(() => {});
  document.body.replaceChildren(...picker.elements);
  const models = ["a b", "c"].map(modelOf);
  picker.show("http://lab.test", models, "c");
  assert.deepEqual(asked(picker), [null, null]);
  assert.match(picker.picture.src, /strip\?model=c&version=7$/); // of the chosen one
  toggle(picker.list, "open");
  const strips = ["a%20b", "c"].map((name) => `http://lab.test/live/strip?model=${name}&version=7`);
  assert.deepEqual(asked(picker), strips);
  picker.show("http://lab.test", [...models, modelOf("d")], "c"); // a new model while the list is open
  assert.equal(asked(picker)[2], "http://lab.test/live/strip?model=d&version=7");
});
