import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Sliders } from "../../../vae/frontend/explore/sliders.js";

/** The sliders of a model: their heading, the names of the rows above it, and of those beneath it. */
function shown(/** @type {number[] | null} */ kl, /** @type {number[]} */ spread) {
  const sliders = new Sliders({ onMove: () => {}, onRelease: () => {}, onJump: () => {} });
  sliders.build(
    kl,
    spread,
    3,
    spread.map(() => 0),
    [1, 28, 28],
  );
  const parts = [...sliders.element.children];
  const at = parts.findIndex(({ tagName }) => tagName === "H2");
  const names = parts.map((part) => part.querySelector(".name, summary")?.textContent);
  const [above, beneath] = [names.slice(0, at), names.slice(at + 1)];
  return { heading: at < 0 ? null : parts[at].textContent, above, beneath, element: sliders.element };
}

test("the dimensions that a model does not use come last, under a heading that says how many there are", () => {
  const { heading, above, beneath, element } = shown([0.01, 2, 0, 1.5], [1, 1, 1, 1]);
  assert.equal(heading, "2 of 4 unused: posterior collapse");
  assert.deepEqual(
    [above, beneath],
    [
      ["z₁", "z₃"],
      ["z₀", "z₂"],
    ],
  );
  assert.equal(element.querySelectorAll(".row.dead").length, 2);
  const canvases = [...element.querySelectorAll("canvas")];
  assert.deepEqual(
    canvases.map(({ style }) => style.aspectRatio),
    ["196 / 28", "196 / 28"],
  );
});

test("a model that uses all its dimensions has no such heading, and one without use for any has it above all", () => {
  assert.equal(shown([0.02, 2], [1, 1]).heading, null);
  const { heading, above } = shown([0, 0], [1, 1]);
  assert.deepEqual([heading, above], ["2 of 2 unused: posterior collapse", []]);
});

test("the heading is in view where all unused dimensions are among the others", () => {
  const kl = Array.from({ length: 12 }, (_, i) => (i < 9 ? 9 - i / 2 : 0));
  const { heading, above, beneath } = shown(
    kl,
    kl.map(() => 1),
  );
  assert.equal(heading, "3 of 12 unused: posterior collapse");
  assert.deepEqual([above.length, beneath], [8, ["more (4)"]]);
});

test("a plain autoencoder has no posterior that could collapse", () => {
  const { heading, beneath, element } = shown(null, [0.01, 3, 0.4]);
  assert.equal(heading, "1 of 3 unused: the code does not vary");
  assert.deepEqual(beneath, ["z₀"]);
  assert.match(element.querySelector(".dead")?.getAttribute("title") ?? "", /^Standard deviation of 0.01 or less/);
});

test("what is said beneath a slider goes with the row, also one that is built later, and goes again", () => {
  const sliders = new Sliders({ onMove: () => {}, onRelease: () => {}, onJump: () => {} });
  const kl = Array.from({ length: 9 }, (_, i) => 9 - i);
  const zero = kl.map(() => 0);
  sliders.build(kl, kl, 3, zero, [1, 28, 28]);
  const notes = () => [...sliders.element.querySelectorAll(".note")].map(({ textContent }) => textContent);
  assert.deepEqual(notes(), []);
  sliders.setNotes(kl.map((_, i) => (i === 1 ? "" : `note ${i}`)));
  assert.deepEqual(
    notes(),
    [0, 2, 3, 4, 5, 6, 7].map((i) => `note ${i}`),
  );
  sliders.element.querySelector("details")?.dispatchEvent(new Event("toggle"));
  assert.equal(notes().at(-1), "note 8");
  sliders.setNotes([]);
  assert.deepEqual(notes(), []);
});
