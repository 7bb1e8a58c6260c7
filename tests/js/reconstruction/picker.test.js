import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Picker } from "../../../vae/frontend/reconstruction/picker.js";

test("the arrows wait for the test images: before, there is none to step to", () => {
  /** @type {number[]} */
  const chosen = [];
  const picker = new Picker({ onImage: (i) => void chosen.push(i), onDraw: () => {}, onFile: () => {} });
  assert.deepEqual([picker.previous.disabled, picker.next.disabled], [true, true]);
  picker.setModel(["0", "1"], [0, 1, 1], [3, 2, 1], 3);
  assert.deepEqual([picker.previous.disabled, picker.next.disabled], [false, false]);
  picker.next.click();
  picker.previous.click();
  picker.previous.click();
  assert.deepEqual(chosen, [1, 0, 2]);
});
