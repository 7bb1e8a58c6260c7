import assert from "node:assert/strict";
import { test } from "node:test";

import {
  freshProgress,
  indexOf,
  linkAt,
  mayGoOn,
  nameOf,
  placesOf,
  progressIn,
} from "../../../vae/frontend/lessons/course.js";
import { LESSON } from "./lesson.js";

/** @import { Phase, Progress } from "../../../vae/frontend/lessons/course.js" */

/** @param {Partial<Progress>} values @returns {Progress} */
function progress(values) {
  return { ...freshProgress(), ...values };
}

test("a lesson goes from the prediction through its steps to the end", () => {
  const places = placesOf(LESSON);
  assert.deepEqual(
    places.map((place) => nameOf(place, LESSON)),
    [
      "Predict",
      "Experiment, step 1 of 3",
      "Experiment, step 2 of 3",
      "Experiment, step 3 of 3",
      "What happened, and why",
      "One more question",
      "The end",
    ],
  );
  assert.equal(indexOf(places, { phase: "experiment", step: 2 }), 3);
  const phases = placesOf({ ...LESSON, transfer: null }).map(({ phase }) => phase);
  assert.deepEqual(phases, ["predict", "experiment", "experiment", "experiment", "explain", "end"]);
});

test("a question is answered before one goes on", () => {
  assert.equal(mayGoOn(progress({})), false);
  assert.equal(mayGoOn(progress({ predicted: 0 })), true);
  assert.equal(mayGoOn(progress({ phase: "experiment", predicted: 0 })), true);
  assert.equal(mayGoOn(progress({ phase: "transfer", predicted: 0 })), false);
  assert.equal(mayGoOn(progress({ phase: "transfer", predicted: 0, transferred: 0 })), true);
});

test("progress is kept as far as it fits the lesson", () => {
  const at = progress({ phase: "experiment", step: 1, predicted: 2, transferred: 1 });
  assert.deepEqual(progressIn({ ...at }, LESSON), at);
  assert.deepEqual(progressIn({ ...at, step: 7 }, LESSON), { ...at, phase: "predict", step: 0 });
  assert.deepEqual(progressIn({ ...at, transferred: 2 }, LESSON), { ...at, transferred: null });
  assert.deepEqual(progressIn({ ...at, transferred: 1 }, { ...LESSON, transfer: null }).transferred, null);
});

for (const kept of [null, 3, "x", [], {}, { phase: "end" }, { phase: "end", predicted: 3 }, { predicted: "1" }]) {
  test(`without a prediction that the lesson offers it begins anew: ${JSON.stringify(kept)}`, () => {
    assert.deepEqual(progressIn(kept, LESSON), freshProgress());
  });
}

const links = /** @type {[Phase, number, string][]} */ ([
  ["predict", 0, "page=Reconstruction&checkpoint=mnist-z2"],
  ["experiment", 1, "page=Reconstruction&checkpoint=mnist-z10"],
  ["explain", 0, "page=Explore&checkpoint=mnist-z2&image=3"],
  ["end", 0, "page=Explore&checkpoint=mnist-z2&image=3"],
]);
for (const [phase, step, link] of links) {
  test(`${phase} ${step} is opened with the link ${link}`, () => {
    assert.equal(`${linkAt(LESSON, progress({ phase, step, predicted: 0 }))}`, link);
  });
}
