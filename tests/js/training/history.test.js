import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { rangeOf } from "../../../vae/frontend/training/charts.js";
import { filmOf, History } from "../../../vae/frontend/training/history.js";

/** @type {import("../../../vae/frontend/training/history.js").HistoryData} */
const DATA = {
  name: "<b>mine</b>",
  words: "MNIST · 2-D",
  rows: [
    [1, 200, 5, 150, 6],
    [4, 120, 8, 110, 9],
  ],
  kl: [3, 0],
};

test("a history is drawn as a film's curves are, at the epochs of its rows", () => {
  const film = filmOf(DATA);
  assert.equal(film.head.epochs, 4);
  assert.deepEqual(
    film.frames.map(({ share, reconstruction, kl }) => [share, reconstruction, kl]),
    [
      [0.25, 200, 5],
      [1, 120, 8],
    ],
  );
  assert.deepEqual(film.epochs, [
    { share: 0.25, reconstruction: 150, kl: 6 },
    { share: 1, reconstruction: 110, kl: 9 },
  ]);
  const [low, high] = rangeOf([film], "reconstruction", []) ?? [NaN, NaN];
  assert.ok(low < 110 && high > 200);
});

test("a history shows its model's name as text, and nothing without one", () => {
  const history = new History();
  history.show(DATA, [], ["#111", "#222"]);
  assert.equal(history.code.textContent, "<b>mine</b>");
  assert.ok(!history.element.hidden);
  history.show(null, [], []);
  assert.ok(history.element.hidden && !history.element.children.length);
  history.draw(); // as after a change of the window's size
});
