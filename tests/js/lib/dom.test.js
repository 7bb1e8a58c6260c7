import { input, send } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as dom from "../../../vae/frontend/lib/dom.js";

test("an element has properties, a role and children; text is never markup", () => {
  const node = dom.element("div", { className: "a", role: "group" }, "<b>x</b>", dom.element("span", {}, "y"));
  assert.equal(node.outerHTML, '<div class="a" role="group">&lt;b&gt;x&lt;/b&gt;<span>y</span></div>');
  assert.equal(dom.element("p").outerHTML, "<p></p>");
});

test("an SVG element has attributes, also numbers", () => {
  const node = dom.svgElement("line", { x1: 1.5, class: "axis" });
  assert.equal(node.namespaceURI, "http://www.w3.org/2000/svg");
  assert.deepEqual([node.getAttribute("x1"), node.getAttribute("class")], ["1.5", "axis"]);
});

test("where a canvas has no context, an error has the next step", (t) => {
  const canvas = document.createElement("canvas");
  assert.ok(dom.contextOf(canvas));
  t.mock.method(Object.getPrototypeOf(canvas), "getContext", () => null);
  assert.throws(() => dom.contextOf(canvas), /reload the page/);
});

test("a button is named by its text where it has no other name", (t) => {
  const onclick = t.mock.fn();
  const plain = dom.button("+", "Zoom in", onclick);
  assert.equal(plain.ariaLabel, "+");
  assert.equal(dom.button("+", "Zoom in", onclick, "Zoom in").ariaLabel, "Zoom in");
  plain.click();
  assert.equal(onclick.mock.callCount(), 1);
});

test("a drop-down reports the chosen value and takes other options", (t) => {
  const onChange = t.mock.fn();
  const node = dom.select(
    "Class",
    [
      [0, "zero"],
      [1, "one"],
    ],
    onChange,
  );
  node.value = "1";
  send(node, "change");
  assert.deepEqual(onChange.mock.calls[0].arguments, ["1"]);
  node.fill([["x", "other"]]);
  assert.deepEqual(
    [...node.options].map(({ value, text }) => [value, text]),
    [["x", "other"]],
  );
});

test("of a segmented control one is chosen, by the user or by the page", (t) => {
  const onChange = t.mock.fn();
  const made = [1, 2].map(() =>
    dom.segmented(
      "View",
      [
        ["a", "A"],
        ["b", "B"],
      ],
      onChange,
    ),
  );
  const names = made.map(({ inputs }) => inputs.get("a")?.name);
  assert.notEqual(names[0], names[1]); // else they would exclude each other
  made[0].choose("b");
  assert.equal(made[0].inputs.get("b")?.checked, true);
  assert.equal(onChange.mock.callCount(), 0);
  const first = made[0].inputs.get("a");
  assert.ok(first);
  send(first, "change");
  assert.deepEqual(onChange.mock.calls[0].arguments, ["a"]);
  // @ts-expect-error: no such value
  assert.throws(() => made[0].choose("c"), /View offers no c, only a, b/);
});

test("a slider shows its value while it moves, and reports it when it is released", (t) => {
  const [onInput, onChange] = [t.mock.fn(), t.mock.fn()];
  const show = (/** @type {number} */ value) => `${value} px`;
  const made = dom.slider("Width", { min: 0, max: 10, step: 1, value: 3 }, { show, onInput, onChange });
  const text = () => made.element.querySelector("output")?.textContent;
  assert.equal(text(), "3 px");
  input(made.input, 5);
  assert.deepEqual([text(), onInput.mock.calls[0].arguments, onChange.mock.callCount()], ["5 px", [5], 0]);
  send(made.input, "change");
  assert.deepEqual(onChange.mock.calls[0].arguments, [5]);
  made.set(7);
  assert.deepEqual([text(), made.input.value, onInput.mock.callCount()], ["7 px", "7", 1]);
  dom.slider("Plain", { value: 1 }, { onInput }).input.dispatchEvent(new Event("change"));
});

test("a figure is a described canvas with a caption", () => {
  const { element, canvas, caption } = dom.figure("hero", "A picture");
  assert.deepEqual([...element.children], [canvas, caption]);
  assert.deepEqual([canvas.getAttribute("role"), canvas.ariaLabel, canvas.className], ["img", "A picture", "hero"]);
});

test("a text that is the same is not set again, which would be a new layout", () => {
  const node = dom.element("span", {}, "a");
  const [child] = node.childNodes;
  dom.say(node, "a");
  assert.equal(node.firstChild, child);
  dom.say(node, "b");
  assert.equal(node.textContent, "b");
});

test("a number field keeps what the user types until it is taken", () => {
  const field = dom.numberField({ min: 0, max: 9, ariaLabel: "Seed" });
  assert.equal(field.type, "number");
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

test("dimensions have subscripts", () => {
  assert.equal(dom.subscript(0), "z₀");
  assert.equal(dom.subscript(123), "z₁₂₃");
});

test("a drag moves while the main button is down, and ends", (t) => {
  const node = dom.element("div");
  const [onMove, onRelease] = [t.mock.fn(), t.mock.fn()];
  dom.onDrag(node, onMove, onRelease);
  send(node, "pointermove");
  send(node, "pointerdown", { button: 2 });
  assert.equal(onMove.mock.callCount(), 0);
  send(node, "pointerdown", { clientX: 1 });
  send(node, "pointermove", { clientX: 2 });
  send(node, "pointermove", { clientX: 3, pointerId: 9 });
  assert.deepEqual(
    onMove.mock.calls.map(({ arguments: [event] }) => event.clientX),
    [1, 2],
  );
  send(node, "lostpointercapture");
  assert.equal(onRelease.mock.callCount(), 1);
});
