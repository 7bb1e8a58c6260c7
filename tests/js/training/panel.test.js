import { input, send } from "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Panel } from "../../../vae/frontend/training/panel.js";

/** @import { PanelData, Selection, Command } from "../../../vae/frontend/training/panel.js" */

/** @type {Selection} */
const SELECTION = { film: "b1", beside: null, films: ["b1", "b10"], curves: "b4", note: "", no_other: "" };
/** @type {PanelData} */
const DATA = {
  selection: SELECTION,
  repeat: { name: "b1", beta: 1, proposed: 4, problem: "" },
  presets: [{ title: "<b>Fast</b>", about: "A plane.", facts: "MNIST · 2-D", name: "fast" }],
  ...{ obstacle: "", problem: "", answered: 0, words: { b10: "MNIST · 10-D · β = 10" } },
};

/** @type {(Command & {number: number})[]} */
let commands;
/** @type {Panel} */
let panel;

beforeEach(() => {
  commands = [];
  panel = new Panel((command) => commands.push(command));
  panel.update(DATA);
});

/** What was asked for, without its number. */
function asked() {
  return commands.map(({ number, ...command }) => command);
}

function card() {
  return /** @type {HTMLButtonElement} */ (panel.cards.querySelector("button"));
}

test("the lists offer the films, a model without one, and nothing beside itself", () => {
  const offered = [panel.film, panel.beside].map(({ options }) => [...options].map(({ value }) => value));
  assert.deepEqual(offered, [
    ["b4", "b1", "b10"],
    ["", "b10"],
  ]);
  assert.deepEqual([panel.film.value, panel.beside.value], ["b1", ""]);
  assert.deepEqual(
    [...panel.film.options].map(({ text }) => text),
    ["b4: curves only", "b1", "MNIST · 10-D · β = 10 (b10)"],
  );
  panel.film.value = "b10";
  send(panel.film, "change");
  panel.beside.value = "b10";
  send(panel.beside, "change");
  assert.deepEqual(asked(), [
    { do: "show", film: "b10", beside: null },
    { do: "show", film: "b10", beside: null }, // not beside itself
  ]);
});

test("a list that is open stays as it is while nothing in it changes", () => {
  const [first] = panel.film.options;
  panel.update({ ...DATA, selection: { ...SELECTION, film: "b10" } });
  assert.equal(panel.film.options[0], first);
  assert.equal(panel.film.value, "b10");
});

test("a card starts its preset once, until Python has answered", () => {
  assert.match(card().title, /as fast$/);
  assert.equal(card().querySelector("b")?.textContent, "<b>Fast</b>");
  card().click();
  card().click();
  assert.deepEqual(asked(), [{ do: "preset", title: "<b>Fast</b>" }]);
  assert.ok(card().disabled && panel.formButton.disabled && panel.againButton.disabled);
  panel.update(DATA); // what was on its way
  assert.ok(card().disabled);
  panel.update({ ...DATA, answered: commands[0].number });
  assert.ok(!card().disabled);
});

test("another β starts the same again; what is no β does not", () => {
  assert.equal(panel.beta.value, "4");
  for (const [text, count] of /** @type {const} */ ([
    ["0,5", 1],
    ["much", 1],
    ["2000", 1],
  ])) {
    input(panel.beta, text);
    panel.againButton.click();
    panel.update({ ...DATA, answered: commands.at(-1)?.number ?? 0 });
    assert.equal(commands.length, count, text);
  }
  assert.deepEqual(asked(), [{ do: "again", name: "b1", beta: 0.5 }]);
});

test("what cannot be trained again says why and is not offered", () => {
  panel.update({ ...DATA, repeat: { name: "ae", beta: 1, proposed: 4, problem: "ae has no β." } });
  assert.equal(panel.againReason.textContent, "ae has no β.");
  assert.ok(panel.sign.hidden); // there is nothing to explain
  assert.ok(panel.againButton.disabled && panel.beta.disabled && !card().disabled);
});

test("a refusal is said, and where no run can be started nothing starts one", () => {
  panel.update({ ...DATA, problem: "20 runs are waiting.", obstacle: "No run can be started." });
  assert.equal(panel.problem.textContent, "20 runs are waiting.");
  assert.ok(!panel.problem.hidden && card().disabled && panel.formButton.disabled);
});

test("why there is none beside it comes before what cannot be compared", () => {
  panel.sayComparison("Other axes.");
  assert.equal(panel.reason.textContent, "Other axes.");
  panel.update({ ...DATA, selection: { ...SELECTION, no_other: "There is no other film yet." } });
  panel.sayComparison("");
  assert.equal(panel.reason.textContent, "There is no other film yet.");
  assert.ok(panel.beside.disabled && !panel.reason.hidden);
});
