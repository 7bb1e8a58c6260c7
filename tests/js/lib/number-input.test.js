import { send } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { element } from "../../../vae/frontend/lib/dom.js";
import { takeNumbers } from "../../../vae/frontend/lib/number-input.js";

/** @type {string[]} */
const inserted = [];
document.execCommand = (command, _, text) => {
  inserted.push(`${command} ${text}`);
  return true;
};
takeNumbers(document);

/** Types or pastes into a field; gives whether the browser still does it, and what was inserted instead. */
function enter(/** @type {HTMLElement} */ field, /** @type {string | null} */ data, properties = {}) {
  document.body.append(field);
  inserted.length = 0;
  const { defaultPrevented } = send(field, "beforeinput", { data, inputType: "insertText", ...properties });
  return { left: !defaultPrevented, inserted: [...inserted] };
}

const number = element("input", { type: "number" });
const PASTED = { inputType: "insertFromPaste" };

test("a comma, a minus sign and a full-width digit are typed as the browser's own", () => {
  for (const [typed, plain] of [
    [",", "."],
    ["\u2212", "-"],
    ["\uff17", "7"],
  ]) {
    assert.deepEqual(enter(number, typed), { left: false, inserted: [`insertText ${plain}`] });
  }
});

test("what a browser reads by itself is left to it, and so are other fields", () => {
  for (const data of [".", "7", "-", "e", null]) assert.deepEqual(enter(number, data), { left: true, inserted: [] });
  assert.ok(enter(number, "1.25", PASTED).left);
  assert.ok(enter(number, ",", { isComposing: true }).left);
  assert.ok(enter(element("input", { type: "text" }), ",").left);
  assert.ok(enter(element("textarea"), ",").left);
});

test("a pasted number is read, what is none is refused with a sentence until the next key", () => {
  assert.deepEqual(enter(number, "\u22121,25", PASTED), { left: false, inserted: ["insertText -1.25"] });
  for (const data of ["1.234,5", "12a", "1 000"]) {
    assert.deepEqual(enter(number, data, PASTED), { left: false, inserted: [] });
    assert.equal(number.validationMessage, `“${data}” is not a number.`);
    send(number, "keydown");
    assert.equal(number.validationMessage, "");
  }
});
