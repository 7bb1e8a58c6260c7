import "../support/page.js";
import { toggle } from "../support/popovers.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { spentSigns, spentValues } from "../../../vae/frontend/lib/comparison-signs.js";

const ONE = { words: "β = 1", nats: { reconstruction: 80.27, kl: 19.41 } };

test("what models spend is explained with the first one's nats of now", () => {
  let first = ONE;
  const signs = spentSigns(() => first);
  const [rate, distortion] = /** @type {HTMLElement[]} */ ([...signs.querySelectorAll(".help-note")]);
  first = { words: "β = 4", nats: { reconstruction: 105, kl: 10 } };
  for (const note of [rate, distortion]) toggle(note, "open");
  assert.match(rate.querySelector(".measured")?.textContent ?? "", /^Here: 10\.0 nats = mean over x/);
  assert.equal(distortion.querySelector(".measured")?.textContent, "Here: β = 4: 115.0 nats = 105.0 nats + 10.0 nats");
});

test("a plain autoencoder has its distortion alone", () => {
  assert.deepEqual(spentValues({ ...ONE, nats: { reconstruction: 74.4, kl: null } }), { reconstruction: "74.4 nats" });
});
