import "../../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Strip } from "../../../../vae/frontend/classroom/student/strip.js";
import { emptyState } from "../../../../vae/frontend/classroom/state.js";
import { lessonOf } from "../lessons.js";

/** @type {(() => void)[]} */
const resized = [];
Object.assign(globalThis, {
  ResizeObserver: class {
    /** @param {() => void} call */
    constructor(call) {
      resized.push(call);
    }

    observe() {}
  },
});

test("the strip says its height, so that the page begins beneath a sentence of any length", () => {
  /** @type {number[]} */
  const heights = [];
  const strip = new Strip((height) => heights.push(height));
  strip.show({ text: "Your teacher has removed you.", kind: "ended" }, emptyState(), null);
  strip.element.getBoundingClientRect = () => /** @type {DOMRect} */ ({ height: 73.5 });
  for (const call of resized) call();
  assert.deepEqual(heights, [73.5]);
  assert.equal(strip.dock.hidden, true);
});

test("a class with a lesson has a button for it, in the place of the question's while there is none", () => {
  const strip = new Strip(() => {});
  const buttons = (/** @type {object} */ state) => {
    strip.show({ text: "", kind: "" }, { ...emptyState(), ...state }, null);
    return [...strip.dock.querySelectorAll("button")].filter(({ hidden }) => !hidden).map((node) => node.textContent);
  };
  assert.deepEqual(buttons({}), ["No question", "Draw", "Class map"]);
  assert.deepEqual(buttons({ lesson: lessonOf({}) }), ["Lesson", "Draw", "Class map"]);
  const question = { id: 1, text: "", options: [], round: 1, open: true };
  assert.deepEqual(buttons({ lesson: lessonOf({}), question }), ["Lesson", "Answer", "Draw", "Class map"]);
});
