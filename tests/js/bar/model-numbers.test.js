import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { ModelNumbers, valuesOf } from "../../../vae/frontend/bar/model-numbers.js";

const FACTS = "active 9 of 10, 28 × 28 pixels, mlp";
const CONDITIONAL = "−ELBO 91.1 given the class, 93.4 with ln\u00a010 for it, = reconstruction 75.0 + KL 16.1 nats";

test("the formulas get the numbers that the list says of a model", () => {
  const told = { numbers: "−ELBO 98.0 = reconstruction 78.5 + KL 19.6 nats", facts: FACTS };
  const size = { width: "28", height: "28", colours: "1", numbers: "784" };
  const expected = { sum: "98.0 nats", reconstruction: "78.5 nats", kl: "19.6 nats", active: "9 of 10", ...size };
  assert.deepEqual(valuesOf(told), expected);
  assert.equal(valuesOf({ ...told, facts: "active 3 of 8, 64 × 64 × 3 pixels, conv" }).numbers, "12288");
  assert.equal(valuesOf({ ...told, facts: "active 3 of 8" }).numbers, undefined);
  assert.equal(valuesOf({ numbers: CONDITIONAL, facts: FACTS }).kl, "16.1 nats");
  const plain = valuesOf({ numbers: "reconstruction 67.4 nats; no KL, no prior", facts: FACTS });
  assert.deepEqual([plain.sum, plain.reconstruction, plain.kl], [undefined, "67.4 nats", undefined]);
});

test("what the class costs is explained of a conditional model alone", () => {
  const shown = new ModelNumbers();
  shown.show({ numbers: "−ELBO 98.0 = reconstruction 78.5 + KL 19.6 nats", facts: FACTS });
  assert.deepEqual([shown.element.hidden, shown.ofClass.hidden, shown.withClass()], [false, true, null]);
  shown.show({ numbers: CONDITIONAL, facts: FACTS });
  assert.equal(shown.ofClass.hidden, false);
  assert.deepEqual(shown.withClass(), { sum: "93.4 nats", given: "91.1 nats", classes: "10" });
  shown.show(null);
  assert.equal(shown.element.hidden, true);
});
