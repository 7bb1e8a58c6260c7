import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Chip } from "../../../vae/frontend/classroom/chip.js";
import { emptyState } from "../../../vae/frontend/classroom/state.js";
import { lessonOf } from "./lessons.js";

/** @import { ClassLesson } from "../../../vae/frontend/lib/contract.js" */

/** @param {Partial<ClassLesson> | null} lesson */
function chipIn(lesson) {
  /** @type {[string, object][]} */
  const commands = [];
  const state = { ...emptyState(), lesson: lesson && lessonOf(lesson) };
  const broadcast = {
    base: "http://lab/app",
    code: "K7PM2X",
    sentence: "",
    listeners: new Set(),
    connection: { state },
    command: (/** @type {string} */ name, /** @type {object} */ fields) => commands.push([name, fields]),
  };
  return { chip: new Chip(/** @type {any} */ (broadcast)), commands };
}

test("from the bar of any page a teacher goes from step to step of the experiment, and to a step's page", () => {
  const step = { phase: /** @type {const} */ ("experiment"), step: 2, steps: 3, do: ["Draw."], link: "Explore?z=1" };
  const { chip, commands } = chipIn(step);
  assert.equal(chip.lesson.hidden, false);
  assert.equal(chip.step.textContent, "Step 2 of 3: Draw.");
  assert.equal(chip.there.href, "http://lab/app/Explore?z=1");
  chip.before.click();
  chip.after.click();
  assert.deepEqual(commands, [
    ["phase", { phase: "experiment", step: 1 }],
    ["phase", { phase: "experiment", step: 3 }],
  ]);
  const first = chipIn({ ...step, step: 1 }).chip,
    last = chipIn({ ...step, step: 3 }).chip;
  assert.deepEqual([first.before.disabled, first.after.disabled], [true, false]);
  assert.deepEqual([last.before.disabled, last.after.disabled], [false, true]);
});

test("in another phase, and without a lesson, there is no step to go to", () => {
  for (const lesson of [null, { phase: /** @type {const} */ ("explain") }]) {
    const { chip, commands } = chipIn(lesson);
    assert.equal(chip.lesson.hidden, true);
    chip.goTo(1);
    assert.deepEqual(commands, []);
  }
});
