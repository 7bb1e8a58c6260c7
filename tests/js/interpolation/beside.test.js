import "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Beside } from "../../../vae/frontend/interpolation/beside.js";
import { vectorEnd } from "../../../vae/frontend/interpolation/ends.js";
import { isNear } from "../support/codes.js";

const NATS = { reconstruction: 78.5, kl: 19.6 };
/** @type {any} */
const OTHER = {
  model: "b",
  local: null,
  version: "1",
  words: "β = 10",
  nats: NATS,
  match: [],
  classes: 0,
  prior: true,
};
/** @type {any} */
const DATA = { base: "http://lab", model: "a", words: "β = 1", nats: NATS, compare: [OTHER] };
const IMAGE = /** @type {[number, number, number]} */ ([1, 1, 1]);

/** What the other model's client was asked. @type {string[]} */
let asked = [];
/** @type {(() => void)[]} */
let answers = [];

const client = {
  /** Encodes a picture of one pixel as its value, once the test answers. */
  encode: (/** @type {number} */ _, /** @type {Uint8Array} */ pixels, /** @type {any} */ { slot }) => {
    asked.push(`encode ${pixels} ${slot}`);
    return new Promise((resolve) => answers.push(() => resolve({ mean: Float32Array.of(pixels[0], 0) })));
  },
  decode: async (/** @type {number[][]} */ codes) => {
    asked.push(`decode ${codes.length}`);
    return await Promise.resolve({ n: codes.length, pixels: new Uint8Array(codes.length), imageShape: IMAGE });
  },
};

beforeEach(() => {
  asked = [];
  answers = [];
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** @param {number} pixel */
function drawn(pixel) {
  return { ...vectorEnd([pixel, pixel], "drawing", "drawing"), pixels: Uint8Array.of(pixel) };
}

function opened() {
  /** @type {any[]} */
  const shown = [];
  /** @type {any} */
  const strips = {
    setModels: (/** @type {string[]} */ words) => shown.push(words),
    showOther: () => shown.push("strip"),
  };
  /** @type {any} */
  const page = { space: { classes: 0, imageShape: IMAGE }, ends: { from: drawn(1), to: drawn(2) }, data: DATA };
  const beside = new Beside(page, strips, () => ({ curve: "linear", t: 0.5, steps: 3 }));
  /** @type {any} */ (beside).compared = { update: () => {}, models: [{ data: OTHER, client }], close: () => {} };
  beside.update(DATA);
  const [other] = beside.others;
  other.load = async () => {
    /** @type {any} */
    const encoded = { latentDim: 2, imageShape: IMAGE, classNames: ["0"], n: 0, mean: new Float32Array(0) };
    const { Space } = await import("../../../vae/frontend/interpolation/space.js");
    other.space = new Space(
      /** @type {any} */ ({ client, encoded, images: null, classes: 0, prior: true, lassos: {} }),
    );
  };
  return { beside, other, page, shown };
}

test("each model has the same two pictures at its own codes, and its path lies between them", async () => {
  const { beside, other, shown } = opened();
  assert.deepEqual(shown[0], ["β = 1", "β = 10"]);
  assert.equal(beside.differences.children.length, 2);
  assert.deepEqual(other.codes("linear", [0.5]), []);
  beside.refresh();
  await settled();
  assert.deepEqual(asked, ["encode 1 b from", "encode 2 b to"]);
  for (const answer of answers) answer();
  await settled();
  isNear(other.codes("linear", [0, 0.5, 1]).flat(), [1, 0, 1.5, 0, 2, 0]);
  assert.deepEqual(asked.slice(2).sort(), ["decode 1", "decode 3"]);
  assert.ok(shown.includes("strip"));
});

test("while an end is dragged the codes that are found are shown, never older ones", async () => {
  const { beside, other, page } = opened();
  beside.refresh();
  await settled();
  page.ends = { from: drawn(5), to: drawn(6) };
  beside.refresh();
  await settled();
  for (const answer of answers.slice(2)) answer(); // the newer ones come first
  await settled();
  for (const answer of answers.slice(0, 2)) answer();
  await settled();
  isNear(other.codes("linear", [0, 1]).flat(), [5, 0, 6, 0]);
});

test("data that bring nothing new change nothing; a model that is gone is closed", async () => {
  const { beside, other, shown } = opened();
  assert.equal(beside.update(DATA), false);
  assert.equal(shown.length, 1);
  /** @type {any} */ (beside).compared.models = [];
  beside.update({ ...DATA, compare: [] });
  assert.equal(other.isClosed, true);
  assert.deepEqual(beside.figures, []);
  beside.refresh();
  await settled();
  assert.deepEqual(asked, []);
});

test("a model whose codes cannot be had says why under its picture", async () => {
  const { beside, other } = opened();
  other.load = () => Promise.reject(new Error("It has just been deleted."));
  beside.refresh();
  await settled();
  assert.equal(other.problem.textContent, "It has just been deleted.");
});
