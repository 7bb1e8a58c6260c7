import "../support/page.js";
import { toggle } from "../support/popovers.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { between, ringAt } from "../../../vae/frontend/compare/cloud.js";
import { Dial } from "../../../vae/frontend/compare/dial.js";
import { DimensionTable } from "../../../vae/frontend/compare/dimensions.js";
import { memberOf, modelOf } from "./models.js";

/** A dial over three models, and what it has told. */
function dialOf() {
  /** @type {(string | number)[]} */
  const told = [];
  const dial = new Dial({ onMove: (at) => void told.push(at), onRelease: () => void told.push("released") });
  dial.show([null, 1, 4].map(memberOf), 1);
  return { dial, told };
}

test("the dial has one stop for each model and says its name", () => {
  const { dial, told } = dialOf();
  assert.deepEqual([dial.field.min, dial.field.max, dial.field.step], ["0", "2", "1"]);
  assert.equal(dial.field.ariaValueText, "β = 1");
  dial.field.value = "0";
  dial.field.dispatchEvent(new Event("input"));
  assert.equal(dial.value.textContent, "the plain autoencoder");
  dial.field.dispatchEvent(new Event("change"));
  assert.deepEqual(told, [0, "released"]);
});

test("a click on a tick turns the dial there", () => {
  const { dial, told } = dialOf();
  const ticks = [...dial.ticks.querySelectorAll("button")];
  assert.deepEqual(
    ticks.map(({ textContent }) => textContent),
    ["no KL", "1", "4"],
  );
  ticks[2].click();
  assert.equal(dial.member.model, "b4");
  assert.deepEqual(told, [2, "released"]);
  assert.deepEqual(
    ticks.map(({ ariaPressed }) => ariaPressed),
    ["false", "false", "true"],
  );
});

test("a dial with one model cannot be turned", () => {
  const { dial } = dialOf();
  dial.show([memberOf(1)], 0);
  assert.equal(dial.field.disabled, true);
});

test("the table has a row for each dimension, the strongest first, and what follows it in others", () => {
  const table = new DimensionTable();
  const model = modelOf({ dimensions: [...modelOf().dimensions].reverse() });
  table.show(model, [{ words: "β = 4", match: [null, { dimension: 7, correlation: -0.931 }] }]);
  const rows = [...table.body.children].map((row) => [...row.children].map(({ textContent }) => textContent));
  assert.deepEqual(rows, [
    ["z₁", "1.50", "1.40", "0.80", "active", "z₇, r = −0.93"],
    ["z₀", "0.00", "0.00", "0.00", "collapsed: the picture does not move it, 0.00 nats", "none"],
  ]);
  assert.equal(table.head.querySelectorAll("th").length, 6);
  assert.match(table.note.textContent ?? "", /at most ln 3 = 1\.10/);
  const note = /** @type {HTMLElement} */ (table.note.querySelector(".help-note"));
  toggle(note, "open");
  assert.match(note.querySelector(".measured")?.textContent ?? "", /^Here: z₁, β = 4: z₇, r = −0\.93 = mean over x/);
});

test("a plain autoencoder's dimensions have a variance and no nats", () => {
  const table = new DimensionTable();
  const dimension = { kl: null, marginal_kl: null, information: null, mean_variance: 2, active: true };
  table.show({ ...memberOf(null), dimensions: [dimension] }, [{ words: "β = 4", match: null }]);
  const [row] = table.body.children;
  assert.deepEqual(
    [...row.children].map(({ textContent }) => textContent),
    ["z₀", "2.00", "active", "…"],
  );
  assert.match(table.note.textContent ?? "", /no density/);
});

test("points and scale of the small map change together on the way to another model", () => {
  const from = { points: Float32Array.of(0, 0), half: 1, prior: false },
    to = { points: Float32Array.of(4, 2), half: 3, prior: true };
  assert.deepEqual(between(from, to, 0.5), { points: Float32Array.of(2, 1), half: 2, prior: true });
  assert.deepEqual(ringAt([0, 0], 2, 100), [50, 50]);
  assert.deepEqual(ringAt([1, 1], 2, 100), [75, 25]);
  assert.deepEqual(ringAt([50, -50], 2, 100), [98, 98]); // at the edge
});
