import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { explained } from "../../../vae/frontend/lib/explained.js";
import { serve } from "../../../vae/frontend/lib/files.js";

/** @typedef {Parameters<typeof explained>[0]} Term */

const BASE = "https://lab.test";
const LISTING = { file: "vae/model/losses.py", line: 7, code: "def f():\n    return 1" };
/** @type {string[]} */
const asked = [];

serve(BASE, (path, query) => {
  asked.push(`${path}?${query}`);
  const term = query.get("term");
  if (term === "z") return new Response("No.", { status: 404 });
  const code = term === "KL" ? { "": [LISTING] } : { bernoulli: [LISTING], gaussian: [{ ...LISTING, line: 9 }] };
  return Response.json({ code });
});

/** @param {Term} term @param {Record<string, string> | null} [values] */
const measured = (term, values) => explained(term, { values }).querySelector(".measured")?.textContent;

test("the formula's parts have the colours of their keys", () => {
  const [formula] = explained("−ELBO").querySelectorAll(".formula");
  assert.equal(formula.textContent, "−ELBO(x) = −log p(x|z) + KL(q(z|x) ‖ N(0, I))");
  assert.deepEqual(
    [...formula.querySelectorAll(".term")].map((part) => part.className),
    ["term sum", "term reconstruction", "term kl"],
  );
});

test("the measured values stand in the formula, in parentheses where a square follows a sign", () => {
  assert.equal(
    measured("−ELBO", { sum: "3 nats", reconstruction: "2 nats", kl: "1 nats" }),
    "Here: 3 nats = 2 nats + 1 nats",
  );
  const values = { mean: "−1.20", sigma: "0.50" };
  assert.match(measured("KL", values) ?? "", /½ \(\(−1.20\)² \+ 0.50² − 1 − ln 0.50²\)$/);
  assert.equal(measured("KL", { other: "1" }), undefined);
  assert.equal(measured("KL"), undefined);
});

/** @param {HTMLElement} node @param {boolean} [open] */
async function opened(node, open = true) {
  const details = /** @type {HTMLDetailsElement} */ (node.querySelector("details"));
  details.open = open;
  await new Promise((resolve) => setTimeout(resolve));
  return details;
}

test("the code comes when it is opened, and not before", async () => {
  const node = explained("KL", { base: BASE });
  asked.length = 0;
  const details = await opened(node);
  assert.deepEqual(asked, ["lab/data?view=term&term=KL"]);
  assert.equal(details.querySelector("figcaption")?.textContent, "vae/model/losses.py, line 7");
  assert.deepEqual(
    [...details.querySelectorAll(".row")].map((row) => [row.className, row.textContent]),
    [
      ["row", "7def f():\n"],
      ["row result", "8    return 1\n"],
    ],
  );
  await opened(node);
  assert.equal(asked.length, 1);
});

test("the code is that of the model's likelihood", async () => {
  for (const [likelihood, line] of [
    ["gaussian", 9],
    ["bernoulli", 7],
  ]) {
    const node = explained("reconstruction error", { base: BASE, values: { likelihood: `${likelihood}` } });
    const details = await opened(node);
    assert.equal(details.querySelector("figcaption")?.textContent, `vae/model/losses.py, line ${line}`);
  }
});

test("what went wrong is said where the code would be", async () => {
  const details = await opened(explained("z", { base: BASE }));
  assert.match(details.textContent ?? "", /The code did not come: No\. Close this/);
});
