import "../../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Strip } from "../../../../vae/frontend/classroom/student/strip.js";
import { emptyState } from "../../../../vae/frontend/classroom/state.js";

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
