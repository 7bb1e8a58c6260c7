import { send } from "../../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Panels } from "../../../../vae/frontend/classroom/student/panels.js";

Object.assign(globalThis, {
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
});

/** @type {Panels} */
let panels;
/** @type {Record<"question" | "draw", HTMLButtonElement>} */
let buttons;
/** @type {boolean[]} */
let rooms;
let opened = 0;

beforeEach(() => {
  panels?.stop();
  rooms = [];
  opened = 0;
  buttons = { question: document.createElement("button"), draw: document.createElement("button") };
  const bodies = [document.createElement("div"), document.createElement("div")];
  bodies[0].textContent = "What survives?";
  panels = new Panels(
    [
      { name: "question", title: "Question", button: buttons.question, body: bodies[0] },
      { name: "draw", title: "Draw", button: buttons.draw, body: bodies[1], opened: () => opened++ },
    ],
    (isOpen) => rooms.push(isOpen),
  );
  document.body.replaceChildren(...Object.values(buttons), panels.element);
});

/** Presses Escape there. */
async function pressEscape(/** @type {HTMLElement} */ node) {
  send(node, "keydown", { key: "Escape" });
  await new Promise((resolve) => setTimeout(resolve));
}

test("one panel is open at a time, its button says so, and the page makes room", () => {
  buttons.question.click();
  assert.equal(panels.element.hidden, false);
  assert.match(panels.element.textContent ?? "", /What survives\?/);
  assert.equal(buttons.question.ariaExpanded, "true");
  buttons.draw.click();
  assert.deepEqual([buttons.question.ariaExpanded, buttons.draw.ariaExpanded, opened], ["false", "true", 1]);
  assert.doesNotMatch(panels.element.textContent ?? "", /What survives\?/);
  buttons.draw.click();
  assert.equal(panels.element.hidden, true);
  assert.equal(rooms.at(-1), false);
});

test("a panel that the student opens has the focus; Escape closes it and gives the focus back", async () => {
  buttons.question.click();
  assert.equal(document.activeElement, panels.heading);
  await pressEscape(panels.heading);
  assert.equal(panels.element.hidden, true);
  assert.equal(document.activeElement, buttons.question);
});

test("Escape closes a panel wherever the focus is, which stays there, or goes to the panel's button from nowhere", async () => {
  const elsewhere = document.createElement("input");
  document.body.append(elsewhere);
  elsewhere.addEventListener("keydown", (event) => event.stopPropagation()); // as a view's controls do
  panels.show("question");
  elsewhere.focus();
  await pressEscape(elsewhere);
  assert.equal(panels.element.hidden, true);
  assert.equal(document.activeElement, elsewhere);
  panels.show("question");
  elsewhere.blur();
  await pressEscape(document.body);
  assert.equal(panels.element.hidden, true);
  assert.equal(document.activeElement, buttons.question);
});

test("Escape that means something else first closes no panel", async () => {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("open", "");
  const map = document.createElement("div");
  map.addEventListener("keydown", (event) => event.preventDefault());
  document.body.append(dialog, map);
  panels.show("question");
  for (const node of [dialog, map]) await pressEscape(node);
  assert.equal(panels.element.hidden, false);
  panels.stop();
  await pressEscape(document.body);
  assert.equal(panels.element.hidden, false);
});

test("a panel that opens by itself leaves the focus where it is", () => {
  buttons.draw.focus();
  panels.show("question");
  assert.equal(panels.element.hidden, false);
  assert.equal(document.activeElement, buttons.draw);
});

test("only a panel that opened by itself gives way", () => {
  panels.show("question");
  panels.giveWay("draw");
  assert.equal(panels.element.hidden, false);
  panels.giveWay("question");
  assert.equal(panels.element.hidden, true);
  buttons.question.click();
  panels.giveWay("question");
  assert.equal(panels.element.hidden, false);
});
