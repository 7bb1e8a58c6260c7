import assert from "node:assert/strict";
import { test } from "node:test";

import { familiesOf, familyOf, placeOf } from "../../../vae/frontend/compare/families.js";
import { betaText, nameOf, tickText } from "../../../vae/frontend/compare/models.js";
import { memberOf, modelOf } from "./models.js";

const MEMBERS = [4, null, 0.5, 1].map(memberOf);

test("models of one key are a family, the plain autoencoder first, then by β", () => {
  const [family, ...rest] = familiesOf([...MEMBERS, modelOf({ model: "alone", family: "g" })]);
  assert.deepEqual(family.members.map(tickText), ["no KL", "0.5", "1", "4"]);
  assert.deepEqual(rest, []);
});

test("of two models with one β a family has the first, and the largest family comes first", () => {
  const other = [1, 2].map((beta) => modelOf({ model: `o${beta}`, family: "o", beta }));
  const families = familiesOf([...other, ...MEMBERS, modelOf({ model: "again", beta: 4 })]);
  assert.deepEqual(
    families.map(({ key, members }) => [key, members.length]),
    [
      ["f", 4],
      ["o", 2],
    ],
  );
  assert.equal(families[0].members.at(-1)?.model, "b4");
});

test("models without a family's key are in none", () => {
  assert.deepEqual(familiesOf([modelOf({ family: null }), modelOf({ family: null, beta: 2 })]), []);
});

test("the dial has the family that was chosen, else the chosen model's, else the largest", () => {
  const other = [1, 2].map((beta) => modelOf({ model: `o${beta}`, family: "o", beta }));
  const families = familiesOf([...MEMBERS, ...other]);
  assert.equal(familyOf(families, "o", "b1")?.key, "o");
  assert.equal(familyOf(families, "gone", "o2")?.key, "o");
  assert.equal(familyOf(families, null, "elsewhere")?.key, "f");
  assert.equal(familyOf([], null, "b1"), null);
});

test("the dial stands at the link's β, else at the chosen model, else at β = 1, else in the middle", () => {
  const [{ members }] = familiesOf(MEMBERS);
  assert.equal(placeOf(members, "4", "b0.5"), 3);
  assert.equal(placeOf(members, "ae", "b0.5"), 0);
  assert.equal(placeOf(members, "7", "b0.5"), 1);
  assert.equal(placeOf(members, null, "elsewhere"), 2);
  assert.equal(placeOf([0.1, 0.5, 4].map(memberOf), null, "elsewhere"), 1);
});

test("a model on the dial is called by its β, the plain autoencoder by what it lacks", () => {
  const [plain, weighed] = [memberOf(null), memberOf(0.5)];
  assert.deepEqual([betaText(plain), tickText(plain), nameOf(plain)], ["ae", "no KL", "the plain autoencoder"]);
  assert.deepEqual([betaText(weighed), tickText(weighed), nameOf(weighed)], ["0.5", "0.5", "β = 0.5"]);
  const other = modelOf({ beta: null, phrases: ["IWAE of 5"] });
  assert.deepEqual([tickText(other), nameOf(other)], ["IWAE of 5", "IWAE of 5"]);
});
