import "../../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { LessonPanel, lessonOf as forReveal, newsOf } from "../../../../vae/frontend/classroom/student/lesson.js";
import { lessonOf, OUTCOME } from "../lessons.js";
import { settle } from "../server.js";

/** @import { ClassLesson } from "../../../../vae/frontend/lib/contract.js" */

const BASE = "http://lab/app";
const LINK = "Sampling?checkpoint=mnist-z2&view=two";
/** @type {Partial<ClassLesson>} */
const STEP = { phase: "experiment", step: 1, do: ["Draw <i>one</i>."], link: LINK, page: "Sampling" };

/** @type {string[]} */
let opened;
/** @type {LessonPanel} */
let panel;
/** How often the explanation's module was loaded. */
let loads = 0;
let fails = false;

const reveal = {
  outcome: (/** @type {any} */ lesson, /** @type {number} */ own) =>
    Object.assign(document.createElement("p"), { textContent: `own ${lesson.options[own].text}; ` }),
  explanation: (/** @type {any} */ { explanation }) =>
    Object.assign(document.createElement("p"), { textContent: JSON.stringify(explanation) }),
};

beforeEach(() => {
  opened = [];
  loads = 0;
  fails = false;
  const stage = {
    has: (/** @type {string} */ page) => page === "Sampling",
    open: (/** @type {string} */ link) => opened.push(link),
  };
  panel = new LessonPanel(stage, () => {
    loads++;
    return fails ? Promise.reject(new Error("No connection.")) : Promise.resolve(/** @type {any} */ (reveal));
  });
});

/**
 * @param {Partial<ClassLesson> | null} lesson
 * @param {{mode?: string, frozen?: boolean, predicted?: number | null, transferred?: number | null}} [more]
 */
function show(lesson, { mode = "follow", frozen = false, predicted = 0, transferred = null } = {}) {
  const state = { lesson: lesson && lessonOf(lesson), class: { mode, frozen }, me: { predicted, transferred } };
  panel.show(/** @type {any} */ (state), BASE);
  return `${panel.element.textContent}`;
}

test("a step is its sentence as text, with a way to its page for who explores alone", () => {
  assert.match(show(STEP), /^Two numbersStep 1 of 3Draw <i>one<\/i>\.$/);
  assert.equal(panel.element.querySelector("button"), null);
  show(STEP, { mode: "explore" });
  panel.element.querySelector("button")?.click();
  assert.deepEqual(opened, [LINK]);
  assert.doesNotMatch(show(STEP, { mode: "explore", frozen: true }), /Show me/);
  assert.match(show({ ...STEP, page: "Training" }, { mode: "explore" }), /Look at the front/);
});

test("what there was to see comes once it is told, and before the experiment there is nothing of it", () => {
  assert.match(show({ ...STEP, see: ["A ", ["em", "digit"], "."] }), /What there was to seeA digit\.$/);
  assert.match(show({ phase: "predict" }), /Predict first/);
  assert.equal(show(null), "");
});

test("the own prediction stands beside what happened, and why, loaded when the class comes to it", async () => {
  show({ phase: "explain", outcome: OUTCOME });
  await settle();
  assert.match(`${panel.element.textContent}`, /own a copy; .*pays for itself/);
  show({ phase: "explain", outcome: OUTCOME });
  assert.equal(loads, 1);
  show({ phase: "explain", outcome: OUTCOME }, { predicted: null });
  await settle();
  assert.match(`${panel.element.textContent}`, /What happened was C: a digit/);
  show({ phase: "explain", outcome: { ...OUTCOME, answer: null } }, { predicted: null });
  await settle();
  assert.doesNotMatch(`${panel.element.textContent}`, /What happened/);
});

test("where the explanation does not load it says so, and the next news tries again", async () => {
  fails = true;
  show({ phase: "explain", outcome: OUTCOME });
  await settle();
  assert.match(`${panel.element.textContent}`, /No connection\./);
  fails = false;
  show({ phase: "explain", outcome: OUTCOME });
  await settle();
  assert.match(`${panel.element.textContent}`, /pays for itself/);
});

test("an explanation that comes late does not stand in another phase", async () => {
  show({ phase: "explain", outcome: OUTCOME });
  assert.match(show({ phase: "predict" }), /Predict first/);
  await settle();
  assert.doesNotMatch(`${panel.element.textContent}`, /pays for itself/);
});

test("the last question's answer stands beside the own one", () => {
  const transfer = { question: "And elsewhere?", options: ["yes", "no"], answer: 1 };
  const text = show({ phase: "end", outcome: OUTCOME, transfer }, { transferred: 0 });
  assert.match(text, /And elsewhere\?You answered A: yesThe answer is B: no$/);
  const open = { ...transfer, answer: null };
  assert.match(show({ phase: "end", outcome: OUTCOME, transfer: open }), /And elsewhere\?$/);
});

test("what the class comes to is said, but not what the vote says already", () => {
  const at = (/** @type {Partial<ClassLesson>} */ changes) => newsOf(lessonOf(changes));
  assert.equal(at({ ...STEP, do: ["Draw ", ["strong", "one"], "."] }), "Step 1 of 3: Draw one.");
  assert.deepEqual([newsOf(null), at({ phase: "predict" }), at({ phase: "transfer" })], ["", "", ""]);
  assert.equal(at({ phase: "explain" }), "What happened, and why");
  assert.equal(at({ phase: "end" }), "The lesson is over.");
  assert.deepEqual(forReveal(OUTCOME).options[0], { text: "a copy" });
});
