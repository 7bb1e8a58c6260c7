import { DATA, FakeLink } from "./desk.js";
import { toggle } from "../../support/popovers.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { ClassView } from "../../../../vae/frontend/classroom/teacher/class-view.js";
import { lessonOf } from "../lessons.js";
import { PLAN, questionOf } from "./support.js";

/** @import { ClassState } from "../../../../vae/frontend/classroom/state.js" */

const NOTHING = { onGone: () => {}, onLeave: () => {} };
globalThis.fetch = () => Promise.reject(new Error("no server"));

/**
 * A teacher's page of a class in this state, with one tab open.
 *
 * @param {string} tab
 * @param {Partial<ClassState>} changes
 */
function shown(tab, changes) {
  const link = new FakeLink(),
    view = new ClassView("K7PM2X", DATA, { connect: link.connect, ...NOTHING });
  link.after = () => view.draw();
  view.openTab(tab);
  link.change(changes);
  document.body.replaceChildren(view.element);
  return { link, view, part: view.parts[/** @type {keyof ClassView["parts"]} */ (tab)].element };
}

/** The sign of this name that can be seen. @param {Element} root @param {string} name */
function signOf(root, name) {
  const all = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("button.help"));
  return [...all].find((node) => node.ariaLabel === `What is ${name}?` && !node.closest("[hidden]"));
}

/** The formula with the numbers of now. @param {Element} root @param {string} name */
function formulaOf(root, name) {
  const note = /** @type {HTMLElement | null | undefined} */ (signOf(root, name)?.nextElementSibling);
  if (!note) throw new Error(`no sign of ${name}`);
  toggle(note, "open");
  return note.querySelector(".measured")?.textContent;
}

const TALLY = {
  counts: [
    [12, 0, 8],
    [5, 0, 15],
  ],
  moved: [
    [4, 0, 8],
    [0, 0, 0],
    [1, 0, 7],
  ],
  correct: 2,
};

test("each number of a vote has its sign, with the class's numbers in the formula", () => {
  const { view, part } = shown("question", {
    question: questionOf({ open: false, shown: true, round: 2 }),
    tally: TALLY,
  });
  assert.equal(formulaOf(part, "the share of the votes"), "Here: C: 75 % = 15 / 20");
  assert.equal(formulaOf(part, "the share of right votes"), "Here: 75 % = 15 / 20");
  assert.equal(formulaOf(part, "the gain between the rounds"), "Here: +7 = 8 − 1");
  view.close();
});

test("before the result is shown the next step says how many are right, and what that is", () => {
  const { link, view, part } = shown("question", {
    question: questionOf({ open: false }),
    tally: { counts: [[2, 0, 2]], moved: null, correct: 2 },
  });
  assert.equal(signOf(part, "the share of right votes"), undefined);
  assert.equal(formulaOf(view.next.element, "the share of right votes"), "Here: 50 % = 2 / 4");
  link.change({ tally: { counts: [[2, 0, 2]], moved: null, correct: null } });
  assert.equal(signOf(view.next.element, "the share of right votes"), undefined);
  view.close();
});

test("the time of a phone's answer and of a run on the drawings are explained, too", () => {
  const room = shown("room", {});
  assert.equal(signOf(room.part, "the time of an answer"), undefined);
  const report = { address: "192.168.1.30", http: true, socket_seconds: 60, latency_ms: 12.4 };
  room.link.change({ check: { 1: /** @type {any} */ (report) } });
  assert.equal(formulaOf(room.part, "the time of an answer"), "Here: 12 ms = moment of the answer − moment of sending");
  room.view.close();
  const drawings = shown("drawings", {});
  assert.equal(formulaOf(drawings.part, "the time budget"), "Here: epochs = 0.85 · 120 s / seconds of an epoch");
  drawings.view.close();
});

test("the words of a lesson are explained to its teacher at every place", () => {
  const plan = { ...PLAN, terms: ["KL", "−ELBO"] };
  const { view, part } = shown("lesson", { lesson: lessonOf({ phase: "predict" }), plan });
  const words = [...part.querySelectorAll(".lesson-words > span")].map((node) => node.firstChild?.textContent);
  assert.deepEqual(words, ["KL", "−ELBO"]);
  assert.ok(signOf(part, "KL"));
  view.close();
});
