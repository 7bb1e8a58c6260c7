import assert from "node:assert/strict";
import { test } from "node:test";

import { parseNumber, parseNumbers, plainText } from "../../../vae/frontend/lib/number.js";

test("a number is read as people write it", () => {
  for (const [text, value] of /** @type {const} */ ([
    ["1.25", 1.25],
    ["1,25", 1.25],
    [" -0,5\u00a0", -0.5],
    ["\u22121,25", -1.25], // the minus sign
    ["\u20130.5", -0.5], // the en dash
    ["\uff0d\uff11\uff0c\uff12\uff15", -1.25], // full-width
    ["\uff11\uff0e\uff15", 1.5],
    ["+3", 3],
    [".5", 0.5],
    ["2.", 2],
    ["1e-3", 0.001],
    ["1,5E2", 150],
  ])) {
    assert.equal(parseNumber(text), value, text);
  }
});

test("what is no number is none, and never another one", () => {
  const texts = [
    "",
    "-",
    "1,2,3",
    "1.234,5",
    "1,234.5",
    "1 000",
    "12a",
    "a12",
    "0x10",
    "5\u00b2",
    "\u00bd",
    "1e999",
    "NaN",
  ];
  for (const text of [...texts, "Infinity", "--1", "1-2", "1e", "e5", ",", "1_000", "\u0663"]) {
    assert.ok(Number.isNaN(parseNumber(text)), text);
  }
});

test("full-width letters and signs become plain ones, the rest stays", () => {
  assert.equal(plainText(" \uff45\uff0b\u2212\u00e9 "), "e+-\u00e9");
});

test("numbers have commas, semicolons or white space between them", () => {
  for (const text of [
    "1.5, -2, 3",
    "1.5,-2,3",
    "1.5 -2\t3",
    "1,5 \u22122 3",
    "1,5; -2;3",
    "1.5\n-2\n3",
    "1.5, -2 3",
    "1.5, -2;\n3",
  ]) {
    assert.deepEqual(parseNumbers(text), [1.5, -2, 3], text);
  }
  assert.deepEqual(parseNumbers("1,25"), [1, 25]);
  assert.deepEqual(parseNumbers("  "), []);
  assert.deepEqual(parseNumbers("1,,2"), [1, Number.NaN, 2]);
  assert.deepEqual(parseNumbers("1; x"), [1, Number.NaN]);
});
