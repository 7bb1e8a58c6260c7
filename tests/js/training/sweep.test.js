import "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import SweepResults from "../../../vae/frontend/training/sweep.js";

/** @import { Data } from "../../../vae/frontend/training/sweep.js" */

Object.assign(globalThis, { DOMParser: document.defaultView?.DOMParser });

const ROW = { checkpoint: "digits-z2-b0.5-s0", beta: 0.5, latent_dim: 2, kl: 3.1372 };
/** @type {Data} */
const DATA = {
  name: "mine",
  plane: '<svg xmlns="http://www.w3.org/2000/svg" class="plane"><title>&lt;b&gt;</title></svg>',
  csv: "beta\n0.5\n",
  heads: [
    ["beta", "β"],
    ["latent_dim", "z"],
    ["kl", "KL"],
  ],
  rows: [ROW, { ...ROW, checkpoint: "digits-z2-b4-s0", beta: 4 }],
  kept: ["digits-z2-b4-s0"],
};

/** @type {unknown[]} */
let sent;
/** @type {SweepResults} */
let results;

beforeEach(() => {
  sent = [];
  results = new SweepResults(document.createElement("div"), (name, value) => sent.push([name, value]));
  results.update(DATA);
});

function texts(/** @type {string} */ selector) {
  return [...results.root.querySelectorAll(selector)].map(({ textContent }) => textContent);
}

test("the plane is drawn, and the table has a line for each model with nats to two digits", () => {
  assert.equal(results.plane.querySelectorAll("svg.plane").length, 1);
  assert.deepEqual(texts("th"), ["β", "z", "KL", "on every page"]);
  assert.deepEqual(texts("td"), ["0.5", "2", "3.14", "Offer", "4", "2", "3.14", "offered"]);
  assert.deepEqual(texts("caption"), ["2 models of mine, nats per test image"]);
});

test("a click offers a model on every page, and each click is another command", () => {
  const [offer] = results.root.querySelectorAll("td button");
  assert.equal(offer.ariaLabel, "Offer digits-z2-b0.5-s0 on every page");
  for (let i = 0; i < 2; i++) /** @type {HTMLElement} */ (offer).click();
  const name = "digits-z2-b0.5-s0";
  const [[key, first], [, second]] = /** @type {[string, {name: string, number: number}][]} */ (sent);
  assert.deepEqual([key, first.name, second.name], ["keep", name, name]);
  assert.notEqual(first.number, second.number);
});

test("where all models are offered anyway there is nothing to offer", () => {
  results.update({ ...DATA, kept: null });
  assert.deepEqual(texts("th"), ["β", "z", "KL"]);
  assert.deepEqual(texts("td button"), []);
});

test("axes and columns are explained, and nothing is left when the page closes it", () => {
  const asked = [...results.root.querySelectorAll("button.help")].map(({ ariaLabel }) => ariaLabel);
  assert.equal(asked.length, 4);
  const parent = results.root.parentElement;
  results.close();
  assert.equal(parent?.childNodes.length, 0);
});

test("what has not changed is not drawn again", () => {
  const [svg, line] = [results.plane.firstChild, results.body.firstChild];
  results.update({ ...DATA });
  assert.deepEqual([results.plane.firstChild === svg, results.body.firstChild === line], [true, true]);
  results.update({ ...DATA, plane: "", rows: [ROW] });
  assert.deepEqual([results.plane.childNodes.length, results.body.childNodes.length], [0, 1]);
});
