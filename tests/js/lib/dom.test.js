import { send } from "../support/page.js";

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

test("dimensions have subscripts", () => {
  assert.equal(dom.subscript(0), "z₀");
  assert.equal(dom.subscript(123), "z₁₂₃");
});

test("what opens is moved into the window, its top left corner first", () => {
  Object.defineProperties(document.documentElement, {
    clientWidth: { value: 390, configurable: true },
    clientHeight: { value: 800, configurable: true },
  });
  const panel = dom.element("div");
  for (const [left, top, width, height, translate] of /** @type {const} */ ([
    [20, 30, 100, 100, "0px 0px"],
    [-60, -10, 100, 100, "68px 18px"],
    [300, 750, 100, 100, "-18px -58px"],
    [0, 0, 500, 900, "8px 8px"], // larger than the window
    [-100, 700, 500, 900, "108px -692px"],
  ])) {
    panel.getBoundingClientRect = () =>
      /** @type {DOMRect} */ ({ left, top, right: left + width, bottom: top + height });
    dom.keepInView(panel);
    assert.equal(panel.style.translate, translate);
  }
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
