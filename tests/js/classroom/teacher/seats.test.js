import assert from "node:assert/strict";
import { test } from "node:test";

import { countsOf, countText, lacksVote, listed, stateOf } from "../../../../vae/frontend/classroom/teacher/seats.js";
import { seatOf } from "./support.js";

/** @import { Filter } from "../../../../vae/frontend/classroom/teacher/seats.js" */

const SEATS = {
  1: seatOf({ name: "Otter 10", votes: [1] }),
  2: seatOf({ name: "otter 9", silent: true }),
  3: seatOf({ name: "Heron", connected: false, silent: true, votes: [0, 2] }),
  4: seatOf({ name: "Ångström", votes: [null, 1] }),
};
const SECOND = { round: /** @type {const} */ (2) };

test("a student is here, silent or away", () => {
  assert.deepEqual(Object.values(SEATS).map(stateOf), ["here", "silent", "away", "here"]);
});

test("a vote is missing where the present round has none, and never without a question", () => {
  assert.deepEqual(
    Object.values(SEATS).map((seat) => lacksVote(seat, { round: 1 })),
    [false, true, false, true],
  );
  assert.deepEqual(
    Object.values(SEATS).map((seat) => lacksVote(seat, SECOND)),
    [true, true, false, false],
  );
  assert.equal(lacksVote(SEATS[2], null), false);
});

test("each filter says how many it lists", () => {
  const counts = countsOf(SEATS, SECOND);
  assert.deepEqual(counts, { all: 4, here: 2, silent: 1, away: 1, unvoted: 2 });
  for (const [filter, count] of Object.entries(counts)) {
    assert.equal(listed(SEATS, SECOND, { filter: /** @type {Filter} */ (filter), text: "" }).length, count, filter);
  }
});

test("names are in the order in which people count, and a text finds them in any case", () => {
  const names = (/** @type {string} */ text) => listed(SEATS, null, { filter: "all", text }).map(({ name }) => name);
  assert.deepEqual(names(""), ["Ångström", "Heron", "otter 9", "Otter 10"]);
  assert.deepEqual(names(" OTTER "), ["otter 9", "Otter 10"]);
  assert.deepEqual(names("?"), []);
});

test("the head names only what there is", () => {
  assert.equal(countText({ all: 3, here: 3, silent: 0, away: 0, unvoted: 0 }), "3 here");
  assert.equal(countText({ all: 6, here: 3, silent: 1, away: 2, unvoted: 0 }), "3 here, 1 silent, 2 away");
});
