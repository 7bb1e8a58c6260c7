import { input, send } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as fields from "../../../vae/frontend/lib/fields.js";

test("a slider shows its value while it moves, and reports it when it is released", (t) => {
  const [onInput, onChange] = [t.mock.fn(), t.mock.fn()];
  const show = (/** @type {number} */ value) => `${value} px`;
  const made = fields.slider("Width", { min: 0, max: 10, step: 1, value: 3 }, { show, onInput, onChange });
  const text = () => made.element.querySelector("output")?.textContent;
  assert.equal(text(), "3 px");
  input(made.input, 5);
  assert.deepEqual([text(), onInput.mock.calls[0].arguments, onChange.mock.callCount()], ["5 px", [5], 0]);
  send(made.input, "change");
  assert.deepEqual(onChange.mock.calls[0].arguments, [5]);
  made.set(7);
  assert.deepEqual([text(), made.input.value, onInput.mock.callCount()], ["7 px", "7", 1]);
  fields.slider("Plain", { value: 1 }, { onInput }).input.dispatchEvent(new Event("change"));
});

/** @typedef {{type: string, x?: number, y?: number, value?: number}} Step value: what the browser sets by itself */

/**
 * What a slider at 1 tells of these events of a touch, and its value in the end.
 *
 * @param {Step[]} steps
 */
function touched(steps, pointerType = "touch") {
  const field = fields.rangeField({ min: 0, max: 10, value: 1 });
  /** @type {number[]} */
  const heard = [];
  field.addEventListener("input", () => heard.push(field.valueAsNumber));
  for (const { type, x = 0, y = 0, value } of steps) {
    send(field, type, { pointerType, isPrimary: true, clientX: x, clientY: y });
    if (value !== undefined) input(field, value);
  }
  return { heard, value: field.valueAsNumber, touchAction: field.style.touchAction };
}

const DOWN = { type: "pointerdown", value: 6 };

test("a vertical swipe that begins on a slider leaves its value and the page's scrolling alone", () => {
  const swipe = touched([DOWN, { type: "pointermove", x: 2, y: 9, value: 7 }, { type: "pointercancel" }]);
  assert.deepEqual(swipe, { heard: [], value: 1, touchAction: "pan-y" });
});

test("a touch that moves along a slider sets it live from the first move", () => {
  const moves = [4, 5].map((value) => ({ type: "pointermove", x: value, y: 1, value }));
  assert.deepEqual(touched([DOWN, ...moves, { type: "pointerup" }]).heard, [4, 5]);
});

test("a tap on a slider sets it when the finger is lifted", () => {
  assert.deepEqual(touched([DOWN]).heard, []);
  const tap = touched([DOWN, { type: "pointerup" }]);
  assert.deepEqual([tap.heard, tap.value], [[6], 6]);
  assert.deepEqual(touched([{ type: "pointerdown" }, { type: "pointerup" }]).heard, []);
});

test("a mouse sets a slider at once, a pen as a finger does", () => {
  assert.deepEqual(touched([DOWN], "mouse").heard, [6]);
  assert.deepEqual(touched([DOWN, { type: "pointercancel" }], "pen").heard, []);
});

test("keys move a slider after a touch", () => {
  assert.deepEqual(touched([DOWN, { type: "pointercancel" }, { type: "keydown", value: 2 }]).heard, [2]);
});

test("a number field keeps what the user types until it is taken", () => {
  const field = fields.numberField({ min: 0, max: 9, ariaLabel: "Seed" });
  assert.deepEqual([field.type, field.getAttribute("role"), field.inputMode], ["text", "spinbutton", "decimal"]);
  field.show(3);
  assert.equal(field.value, "3");
  input(field, "4");
  field.show(5);
  assert.equal(field.value, "4");
  send(field, "change");
  field.show(5);
  assert.equal(field.value, "5");
  input(field, "6");
  send(field, "blur");
  field.show(7);
  assert.equal(field.value, "7");
});

/** Types a text and leaves the field; gives the field and how often it heard of a change. */
function typed(/** @type {string} */ text, options = {}) {
  const field = fields.numberField({ min: 0, max: 9, value: 3, ...options });
  let changes = 0;
  field.addEventListener("change", () => changes++);
  input(field, text);
  send(field, "change");
  send(field, "blur");
  return { field, changes };
}

test("a decimal comma is a decimal point", () => {
  const { field, changes } = typed("1,25");
  assert.deepEqual([field.read(), field.ariaInvalid, changes], [1.25, "false", 1]);
});

test("what is no number of the field's stays as it is, marked, and is not heard", () => {
  for (const [text, options] of /** @type {const} */ ([
    ["1.234,5", {}],
    ["ten", {}],
    ["10", {}],
    ["-1", {}],
    ["1.5", { whole: true }],
  ])) {
    const { field, changes } = typed(text, options);
    assert.deepEqual([field.value, field.ariaInvalid, changes], [text, "true", 0]);
    assert.ok(Number.isNaN(field.read()));
    assert.match(field.validationMessage, /“.*” is not a (whole )?number from 0 to 9: it is not used/);
    field.show(3); // the page repeats what it has
    assert.equal(field.value, text);
    field.show(4);
    assert.deepEqual([field.value, field.ariaInvalid, field.validationMessage], ["4", "false", ""]);
  }
});

test("a mark goes as soon as a number is typed", () => {
  const { field } = typed("ten");
  input(field, "7");
  assert.equal(field.ariaInvalid, "false");
});

test("an empty field gets its number back", () => {
  const { field, changes } = typed(" ");
  assert.deepEqual([field.value, changes], ["3", 0]);
});

test("arrow keys step within the limits and tell of it", () => {
  const { field } = typed("8,75", { by: 0.25 });
  /** @type {string[]} */
  const heard = [];
  for (const type of ["input", "change"]) field.addEventListener(type, () => heard.push(`${type} ${field.value}`));
  assert.ok(send(field, "keydown", { key: "ArrowUp" }).defaultPrevented);
  send(field, "keydown", { key: "ArrowUp" });
  send(field, "keydown", { key: "ArrowDown" });
  assert.ok(!send(field, "keydown", { key: "a" }).defaultPrevented);
  const values = ["9", "9", "8.75"];
  assert.deepEqual(
    heard,
    values.flatMap((value) => [`input ${value}`, `change ${value}`]),
  );
  input(field, "ten");
  send(field, "keydown", { key: "ArrowDown" });
  assert.equal(field.value, "8.5"); // from the last number
});
