import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

Object.assign(globalThis, {
  getComputedStyle: () => ({ fontSize: "14px" }),
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
});
const { SharedMap, spreadOf } = await import("../../../vae/frontend/classroom/shared-map.js");

/** @import { MapModel } from "../../../vae/frontend/classroom/shared-map.js" */

/** @type {MapModel} */
const MODEL = {
  model: "mnist-z2",
  local: null,
  latent_dim: 2,
  image_shape: [1, 1, 1],
  classes: 0,
  kl: [1, 1],
  points: "",
  labels: "",
  class_names: ["zero", "one"],
  palette: ["#a07efd", "#c08b09"],
  projection: {
    mean: [0, 0],
    components: [
      [1, 0],
      [0, 1],
    ],
  },
};

/** @param {string} label @param {[number, number]} mean */
const drawing = (label, mean) => ({
  label,
  picture: "/w==",
  shape: /** @type {const} */ ([1, 1, 1]),
  mean,
  logvar: [0, 0],
});
const DRAWINGS = { 1: drawing("one", [0, 0]), 2: drawing("zero", [2, 0]), 3: drawing("one", [0, 2]) };

/** A map whose answers from the model are the test's. */
function shown(model = MODEL) {
  const map = new SharedMap("https://lab.test");
  /** @type {{z: number[], answer: (pixel: number) => void}[]} */
  const asked = [];
  map.client = /** @type {any} */ ({
    decode: (/** @type {number[][]} */ [z]) =>
      new Promise((resolve) => {
        const answer = (/** @type {number} */ pixel) =>
          resolve({ n: 1, pixels: Uint8Array.of(pixel), imageShape: [1, 1, 1] });
        asked.push({ z, answer });
      }),
    close() {},
  });
  map.model = model; // as the one whose client this is
  map.setModel(model);
  map.setDrawings(DRAWINGS);
  return { map, asked };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("keys go through the drawings: to the nearest on a side, in order, and to none", () => {
  const { map } = shown();
  assert.equal(map.takeKey("Tab"), false);
  assert.equal(map.takeKey("ArrowRight"), true);
  assert.equal(map.chosen, "2"); // the first: a class before the next
  map.takeKey("ArrowLeft");
  assert.equal(map.chosen, "1");
  map.takeKey("ArrowUp");
  assert.equal(map.chosen, "3");
  map.takeKey("ArrowUp"); // nothing there
  assert.equal(map.chosen, "3");
  map.takeKey("PageDown");
  assert.equal(map.chosen, "2");
  assert.equal(map.takeKey("Escape"), true);
  assert.equal(map.takeKey("Escape"), false); // now it is the panel's
  assert.equal(map.chosen, null);
  assert.match(`${map.words.textContent}`, /Tap a drawing/);
});

test("the chosen drawing's mean is decoded and shown beside it, with its σ", async () => {
  const { map, asked } = shown();
  map.choose("2");
  assert.deepEqual(asked[0].z, [2, 0]);
  assert.match(`${map.words.textContent}`, /“zero”, drawing 2: decoding/);
  asked[0].answer(77);
  await settled();
  assert.deepEqual([...(map.decoded.canvas.getContext("2d")?.getImageData(0, 0, 1, 1).data ?? [])], [77, 77, 77, 255]);
  assert.equal(map.words.textContent, "“zero”, drawing 2. Its σ is 1.00.");
  assert.deepEqual([map.sign.hidden, map.spread()], [false, { sigma: "1.00" }]); // of the σ, with its value
  map.choose(null);
  assert.deepEqual([map.sign.hidden, map.spread()], [true, null]);
});

test("an answer that comes after another drawing was chosen is not shown", async () => {
  const { map, asked } = shown();
  map.choose("2");
  map.choose("3");
  asked[0].answer(77);
  await settled();
  assert.match(`${map.words.textContent}`, /drawing 3: decoding/);
});

test("groups are counted, and one can be looked at alone", () => {
  const { map } = shown();
  const buttons = [...map.legend.querySelectorAll("button")];
  assert.deepEqual(
    buttons.map(({ ariaLabel }) => ariaLabel),
    ["zero, 1", "one, 2"],
  );
  buttons[1].click();
  assert.deepEqual([map.isBright(0), map.isBright(1)], [false, true]);
  assert.deepEqual(
    [...map.legend.querySelectorAll("button")].map(({ ariaPressed }) => ariaPressed),
    ["false", "true"],
  );
  map.setDrawings({ 2: DRAWINGS[2] }); // the group is gone
  assert.ok(map.isBright(0));
});

test("a drawing that the teacher hides is no longer chosen, and one of another model is left out", () => {
  const { map } = shown();
  map.choose("3");
  map.setDrawings({ 1: DRAWINGS[1], 9: { ...DRAWINGS[1], mean: [1, 2, 3], logvar: [0, 0, 0] } });
  assert.equal(map.chosen, null);
  assert.deepEqual([...map.placed.keys()], ["1"]);
  map.setDrawings({});
  assert.match(`${map.words.textContent}`, /No drawing has been approved yet/);
});

test("drawings that are the same as before are not placed again", () => {
  const { map } = shown();
  const placed = map.placed;
  map.setDrawings(DRAWINGS);
  assert.equal(map.placed, placed);
  map.setDrawings({ ...DRAWINGS });
  assert.notEqual(map.placed, placed);
});

test("the map says what it shows; a model without variance has no ellipses", () => {
  const { map } = shown();
  assert.match(`${map.pad.ariaLabel}`, /Shared map with 3 drawings in 2 groups\. Arrow keys/);
  assert.match(`${map.caption.textContent}`, /z₀ across, z₁ up\. Ellipse: one σ/);
  assert.deepEqual(map.placed.get("1")?.ellipse, { major: 1, minor: 1, angle: 0 });
  const point = shown({ ...MODEL, kl: null }).map;
  assert.equal(point.placed.get("1")?.ellipse, null);
  assert.doesNotMatch(`${point.caption.textContent}`, /Ellipse/);
  assert.deepEqual([map.ellipse.hidden, point.ellipse.hidden], [false, true]);
});

test("a passive map has nothing to press or to reach", () => {
  const map = new SharedMap("https://lab.test", { passive: true });
  map.setModel(MODEL);
  map.setDrawings(DRAWINGS);
  assert.equal(map.element.querySelectorAll("button, [tabindex]").length, 0);
  assert.match(`${map.legend.textContent}`, /zero1one2/);
});

test("where nobody can scroll, the largest groups are listed, and how many there are besides", () => {
  const map = new SharedMap("https://lab.test", { passive: true });
  map.setModel(MODEL);
  const labels = Array.from({ length: 20 }, (_, k) => [k + 1, drawing(`word ${k}`, [k, k])]);
  map.setDrawings({ ...Object.fromEntries(labels), 50: drawing("word 19", [0, 0]) });
  const rows = [...map.legend.querySelectorAll("li")].map(({ textContent }) => textContent);
  assert.equal(rows.length, 17);
  assert.deepEqual([rows[0], ...rows.slice(14)], ["word 01", "word 141", "word 192", "and 4 more"]);
});

test("σ is said as one number, as a range, or not at all", () => {
  assert.equal(spreadOf([0, Math.log(4)]), "Its σ: 1.00 to 2.00.");
  assert.equal(spreadOf([0, 0]), "Its σ is 1.00.");
  assert.equal(spreadOf(null), "Its code is a point.");
});

test("pictures grow with the map, and shrink the more of them there are", () => {
  const { map } = shown();
  const side = (/** @type {number} */ width, /** @type {number} */ drawings) => {
    map.canvas.canvas.width = width;
    map.canvas.placed = /** @type {any} */ ({ size: drawings });
    return map.canvas.thumbnailSide() / width;
  };
  assert.ok(side(4000, 5) >= 0.1); // of a projector's map
  assert.ok(side(400, 5) <= 0.14); // of a phone's
  assert.ok(side(4000, 5) > side(4000, 100));
  assert.ok(side(4000, 100) > side(4000, 400));
});
