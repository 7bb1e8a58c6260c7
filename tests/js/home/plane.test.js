import { pixelsOf } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  epochText,
  momentAt,
  PlanePainter,
  placeOf,
  placesOf,
  withinReach,
  zAt,
} from "../../../vae/frontend/home/plane.js";
import { Film, hasFrames } from "../../../vae/frontend/lib/film.js";
import { isNear } from "../support/codes.js";
import { bytesOf, frameOf, headOf } from "../support/film.js";

/** A film of these moments: shares of the run and epochs of three. */
function filmOf(/** @type {[share: number, epoch: number][]} */ ...moments) {
  const film = new Film();
  film.take(bytesOf(headOf(), ...moments.map(([share, epoch]) => frameOf({ share, epoch }))));
  assert.ok(hasFrames(film));
  return film;
}

test("a place on the square is a quantile of the prior on each axis, up being more of the second number", () => {
  isNear(placeOf([0, 0]), [0.5, 0.5]);
  isNear(placeOf([1, 2]), [0.8413447, 0.0227501]);
  for (const z of [
    [0, 0],
    [1.5, -0.3],
    [-2.9, 2.9],
  ])
    isNear(zAt(placeOf(z)), z, 1e-4);
});

test("what lies beyond the edge is decoded at three standard deviations", () => {
  const [across, down] = withinReach([1.7, -3]);
  isNear(zAt([across, down]), [3, 3], 1e-3);
  assert.deepEqual(withinReach([0.2, 0.9]), [0.2, 0.9]);
});

test("a frame's points lie at the places of their codes", () => {
  const places = placesOf({ points: Int16Array.of(0, 0, 100, 200), scale: 0.01 });
  isNear(places, [0.5, 0.5, ...placeOf([1, 2])]);
});

test("the moment goes from frame to frame, evenly in the root of the run's share", () => {
  const film = filmOf([0, 0], [0.25, 0.75], [1, 3]);
  assert.deepEqual(momentAt(film, 0), { before: 0, after: 1, t: 0, epoch: 0 });
  assert.deepEqual(momentAt(film, 0.25), { before: 0, after: 1, t: 0.5, epoch: 0.375 });
  assert.deepEqual(momentAt(film, 0.75), { before: 1, after: 2, t: 0.5, epoch: 1.875 });
  assert.deepEqual(momentAt(film, 1), { before: 2, after: 2, t: 0, epoch: 3 });
});

test("of a film that is not all there, the last frame is shown", () => {
  assert.deepEqual(momentAt(filmOf([0, 0], [0.25, 0.75]), 1), { before: 1, after: 1, t: 0, epoch: 0.75 });
});

test("epochs are whole but for the first", () => {
  assert.deepEqual([0, 0.04, 0.49, 0.99, 1.3, 7.99, 20].map(epochText), ["0", "0", "0.5", "1", "1", "8", "20"]);
});

test("points are painted over the grid where they lie, between two frames half-way", () => {
  const film = filmOf([0, 0], [1, 3]);
  film.frames[0].points = Int16Array.of(0, 0, 0, 0, 0, 0);
  film.frames[1].points = Int16Array.of(20000, 0, 20000, 0, 20000, 0); // far to the right
  const painter = new PlanePainter(
    film,
    Array.from({ length: 10 }, () => "#ff0000"),
  );
  const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 40 });
  const redColumns = (/** @type {number} */ t) => {
    painter.paint(canvas, { before: 0, after: 1, t, epoch: 0 }, [null, null]);
    const pixels = pixelsOf(canvas);
    const columns = Array.from({ length: 40 }, (_, x) => x);
    return columns.filter((x) => columns.some((y) => pixels[4 * (40 * y + x)] > 100));
  };
  const middle = (/** @type {number[]} */ columns) => columns.reduce((sum, x) => sum + x, 0) / columns.length;
  isNear([middle(redColumns(0)), middle(redColumns(0.5))], [20, 30], 0.05);
  assert.ok(middle(redColumns(1)) > 37);
});
