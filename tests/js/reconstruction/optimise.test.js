import assert from "node:assert/strict";
import { test } from "node:test";

import { drawsInWords, lessonOf, stepInWords } from "../../../vae/frontend/reconstruction/optimise.js";

const STEP = { step: 120, steps: 200, reconstruction: 75.12, kl: 18.04, mean: [], logvar: [] };

test("a step says what the image costs now, and what has been won", () => {
  assert.equal(
    stepInWords(STEP, 95.9),
    "Step 120 of 200: −ELBO 93.2 = reconstruction 75.1 + KL 18.0 nats, 2.7 less than the encoder’s q",
  );
  assert.ok(stepInWords({ ...STEP, step: 0 }, 93.16).endsWith("nats: the encoder’s own q"));
});

test("a gap that is only noise is none", () => {
  const parts = { negative_elbo: 90, amortisation: -0.02, approximation: 1.34, nll: 88.7 };
  assert.ok(lessonOf(parts).startsWith("The encoder loses 0.0 nats here against the best Gaussian"));
  assert.ok(lessonOf(parts).includes("that one loses 1.3 more"));
});

test("an NLL of few effective draws is said to be one that more draws would lower", () => {
  assert.equal(drawsInWords(2000, 346.2), "2,000 other draws of z for each number; 346 are effective for the NLL.");
  assert.match(drawsInWords(2000, 19.6), /20 are effective for the NLL, so few that more draws would lower it\.$/);
});
