import assert from "node:assert/strict";
import { test } from "node:test";

import { minutesText, nameOf, placeOf, placesOf } from "../../../../vae/frontend/classroom/teacher/lesson-steps.js";
import { PLAN } from "./support.js";

test("a lesson's places are its phases, with a place for each step", () => {
  const names = ["Predict", "Step 1", "Step 2", "Explain", "One more question", "End"];
  const places = placesOf(PLAN);
  assert.deepEqual(places.map(nameOf), names);
  assert.equal(placesOf({ ...PLAN, transfer: null }).length, 5);
  assert.equal(placeOf(places, { phase: "experiment", step: 2 }), 2);
  assert.equal(placeOf(places, { phase: "experiment", step: 9 }), -1);
});

test("the minutes that have gone stand beside those that are planned", () => {
  assert.equal(minutesText({ begun: null, minutes: 8 }, 5000), "8 minutes");
  assert.equal(minutesText({ begun: 5000, minutes: 8 }, 5059), "0 of 8 minutes");
  assert.equal(minutesText({ begun: 5000, minutes: 8 }, 5660), "11 of 8 minutes");
  assert.equal(minutesText({ begun: 5000, minutes: 8 }, 4000), "0 of 8 minutes"); // another computer's clock
});
