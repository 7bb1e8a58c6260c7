import assert from "node:assert/strict";
import { test } from "node:test";

import { equationSides, pathSides } from "../../../vae/frontend/interpolation/sizes.js";

test("two large pictures are as high as there is room, the ends fill what is left of the width", () => {
  assert.deepEqual(pathSides({ stage: 1000, heroes: 500, height: 250, em: 10 }), { hero: 250, card: 175 });
  assert.deepEqual(pathSides({ stage: 800, heroes: 500, height: 250, em: 10 }), { hero: 250, card: 135 });
});

test("where the screen is not wide, the ends keep the room of their buttons", () => {
  const { hero, card } = pathSides({ stage: 600, heroes: 500, height: 400, em: 10 });
  assert.deepEqual([hero, card], [195, 90]);
  assert.ok(2 * (hero + card) <= 600);
});

test("on a low screen the large pictures are not smaller than the page's text lets one see", () => {
  assert.equal(pathSides({ stage: 1000, heroes: 500, height: -50, em: 10 }).hero, 80);
});

test("on a phone the two large pictures share the width, and the ends stand beneath them", () => {
  assert.deepEqual(pathSides({ stage: 0, heroes: 350, height: 300, em: 10 }), { hero: 170, card: 90 });
  assert.equal(pathSides({ stage: 0, heroes: 350, height: 100, em: 10 }).hero, 100);
});

test("an equation fills its row, the moved picture being the largest; on a phone this has a row of its own", () => {
  assert.deepEqual(equationSides({ width: 900, height: 500, em: 10 }), { small: 200, hero: 300 });
  assert.deepEqual(equationSides({ width: 900, height: 150, em: 10 }), { small: 150, hero: 150 });
  assert.deepEqual(equationSides({ width: 300, height: 200, em: 10 }), { small: 55, hero: 200 });
});
