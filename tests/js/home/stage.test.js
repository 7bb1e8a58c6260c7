import { send } from "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Stage } from "../../../vae/frontend/home/stage.js";
import { isNear } from "../support/codes.js";

/** @type {Stage} */
let stage;
/** @type {unknown[]} */
let calls;

beforeEach(() => {
  calls = [];
  stage = new Stage({
    onToggle: () => calls.push("toggle"),
    onPlace: (place) => calls.push(place),
    onStep: (by) => calls.push(by),
    onRelease: () => calls.push("release"),
  });
  const box = { left: 100, top: 50, width: 200, height: 200 };
  stage.pad.getBoundingClientRect = () => /** @type {DOMRect} */ (box);
});

test("pressing and dragging point at places of the square", () => {
  send(stage.pad, "pointerdown", { clientX: 150, clientY: 50 });
  send(stage.pad, "pointermove", { clientX: 300, clientY: 150 });
  send(stage.pad, "lostpointercapture");
  assert.deepEqual(calls, [[0.25, 0], [1, 0.5], "release"]);
});

test("moving over it without pressing does nothing", () => {
  send(stage.pad, "pointermove", { clientX: 150, clientY: 50 });
  assert.deepEqual(calls, []);
});

test("arrow keys move the place, with Shift farther; other keys are left alone", () => {
  const event = send(stage.pad, "keydown", { key: "ArrowUp" });
  send(stage.pad, "keydown", { key: "ArrowRight", shiftKey: true });
  const other = send(stage.pad, "keydown", { key: "Tab" });
  send(stage.pad, "keyup");
  isNear(/** @type {number[][]} */ (calls.slice(0, 2)).flat(), [0, -0.02, 0.1, 0]);
  assert.deepEqual([calls[2], event.defaultPrevented, other.defaultPrevented], ["release", true, false]);
});

test("a place is shown in numbers, and the hint is no longer needed", () => {
  stage.showLive(true);
  stage.showPlace([0.5, 0.25], [0, -1.234]);
  assert.equal(stage.z.textContent, "(0.00, −1.23)");
  assert.deepEqual([stage.hint.hidden, stage.marker.hidden, stage.pairs.element.hidden], [true, false, true]);
  assert.equal(stage.marker.style.translate, "0% -25%");
  stage.describe([0, -1.234]);
  assert.match(stage.pad.ariaLabel ?? "", /now 0\.0, −1\.2$/);
});

test("the button says what it does next", () => {
  stage.showPlaying(true);
  assert.match(stage.playButton.textContent ?? "", /Pause/);
  stage.showPlaying(false);
  assert.match(stage.playButton.textContent ?? "", /Play/);
  stage.playButton.click();
  assert.deepEqual(calls, ["toggle"]);
});
