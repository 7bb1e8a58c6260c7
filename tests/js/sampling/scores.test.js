import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { asMeasured, scoreInWords, scoresTable } from "../../../vae/frontend/sampling/scores.js";

/** @import { Scores } from "../../../vae/frontend/sampling/scores.js" */

const QUALITY = { precision: 0.7602, recall: 0.7072, frechet: 32.82 };
/** @type {Scores} */
const SCORES = {
  sources: {
    prior: { gap: { lower: { nats: 1.81 }, upper: { nats: 10.47 } }, quality: QUALITY },
    aggregate: { gap: null, quality: null },
  },
  real: QUALITY,
  protocol: "so",
};
const STATE = { temperature: 1, truncation: 4, hold: { dimension: 0, value: null }, view: "two" };

test("a source's quality is three numbers in words", () => {
  assert.equal(scoreInWords(SCORES, "prior"), "Precision\u00a00.76 · recall\u00a00.71 · Fréchet\u00a032.8");
});

test("nothing is said of what was not measured", () => {
  assert.equal(scoreInWords(SCORES, "aggregate"), "");
  assert.equal(scoreInWords(SCORES, "class:3"), "");
  assert.equal(scoreInWords(null, "prior"), "");
});

test("with other settings the pictures are not those that were measured", () => {
  assert.ok(asMeasured(STATE));
  for (const other of [
    { temperature: 0.9 },
    { truncation: 2 },
    { hold: { dimension: 0, value: 0 } },
    { view: "plane" },
  ]) {
    assert.ok(!asMeasured({ ...STATE, ...other }));
  }
});

/** @param {HTMLElement} table */
const cellsOf = (table) =>
  Array.from(table.querySelectorAll("tr"), (row) => Array.from(row.children, ({ textContent }) => textContent));

test("the table has a column for each source, and the gap in nats and bits between its bounds", () => {
  const [table, text] = scoresTable(SCORES, true);
  assert.deepEqual(cellsOf(table), [
    ["", "Prior", "Mixture", "Real"],
    ["Precision", "0.76", "", "0.76"],
    ["Recall", "0.71", "", "0.71"],
    ["Fréchet", "32.8", "", "32.8"],
    ["Gap, nats", "1.81 to 10.47", "", ""],
    ["Gap, bits", "2.6 to 15.1", "", ""],
  ]);
  assert.match(text.textContent ?? "", /Precision: the share of samples .* not the FID\. Gap: .* so\.$/);
});

test("pictures that the classifier does not know have the gap alone, a plain autoencoder's quality alone", () => {
  const { gap } = SCORES.sources.prior;
  const unknown = { ...SCORES, real: null, sources: { prior: { gap, quality: null } } };
  assert.deepEqual(cellsOf(scoresTable(unknown, true)[0]).slice(1), [
    ["Gap, nats", "1.81 to 10.47"],
    ["Gap, bits", "2.6 to 15.1"],
  ]);
  const plain = { ...SCORES, sources: { prior: { gap: null, quality: QUALITY } } };
  assert.deepEqual(cellsOf(scoresTable(plain, false)[0]), [
    ["", "N(0, I)", "Real"],
    ["Precision", "0.76", "0.76"],
    ["Recall", "0.71", "0.71"],
    ["Fréchet", "32.8", "32.8"],
  ]);
});

test("bounds that have crossed by chance are one number, and no bound is below 0", () => {
  const crossed = { lower: { nats: 0.02 }, upper: { nats: 0.01 } },
    negative = { lower: { nats: 0 }, upper: { nats: -0.01 } };
  const sources = { prior: { gap: crossed, quality: null }, aggregate: { gap: negative, quality: null } };
  const [, row] = cellsOf(scoresTable({ ...SCORES, real: null, sources }, true)[0]);
  assert.deepEqual(row, ["Gap, nats", "about 0.01", "about 0.00"]);
});

test("where nothing was measured there is no table", () => {
  assert.deepEqual(scoresTable(null, true), []);
});
