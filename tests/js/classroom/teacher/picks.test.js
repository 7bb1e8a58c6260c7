import assert from "node:assert/strict";
import { test } from "node:test";

import { Picks } from "../../../../vae/frontend/classroom/teacher/picks.js";

const seat = (/** @type {string} */ id) => ({ kind: /** @type {const} */ ("seat"), id });
const drawing = (/** @type {string} */ id) => ({ kind: /** @type {const} */ ("drawing"), id });

test("picks keep their order, drawings and tiles together", () => {
  const picks = new Picks();
  for (const pick of [seat("4"), drawing("4"), seat("1")]) picks.toggle(pick);
  assert.deepEqual(picks.pieces, [{ seat: 4 }, { drawing: 4 }, { seat: 1 }]);
  assert.deepEqual(
    [seat("4"), drawing("4"), drawing("1")].map((pick) => picks.place(pick)),
    [1, 2, 0],
  );
  picks.toggle(drawing("4"));
  assert.deepEqual(picks.pieces, [{ seat: 4 }, { seat: 1 }]);
});

test("of more than four the first ones go", () => {
  const picks = new Picks();
  for (const id of ["1", "2", "3", "4", "5"]) picks.toggle(seat(id));
  assert.deepEqual(
    picks.all.map(({ id }) => id),
    ["2", "3", "4", "5"],
  );
});

test("a pick moves among the others, not beyond them", () => {
  const picks = new Picks();
  for (const id of ["1", "2", "3"]) picks.toggle(seat(id));
  picks.move(seat("3"), -1);
  picks.move(seat("1"), -1);
  picks.move(seat("9"), 1);
  assert.deepEqual(
    picks.all.map(({ id }) => id),
    ["1", "3", "2"],
  );
  picks.move(seat("2"), 1);
  assert.deepEqual(
    picks.all.map(({ id }) => id),
    ["1", "3", "2"],
  );
});

test("what is no longer there is no pick", () => {
  const picks = new Picks();
  for (const id of ["1", "2"]) picks.toggle(seat(id));
  picks.keep(({ id }) => id === "2");
  assert.deepEqual(picks.pieces, [{ seat: 2 }]);
  picks.clear();
  assert.deepEqual(picks.pieces, []);
});
