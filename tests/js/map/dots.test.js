import { input, send } from "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { DotControls } from "../../../vae/frontend/map/dot-controls.js";
import { dotOf, recallChoice, UNCHOSEN } from "../../../vae/frontend/map/dots.js";

/** @import { Choice } from "../../../vae/frontend/map/dots.js" */
/** @import { Plot } from "../../../vae/frontend/map/plot.js" */

/** @type {Map<string, string>} */
const stored = new Map();
Object.defineProperty(globalThis, "localStorage", {
  configurable: true,
  value: {
    getItem: (/** @type {string} */ key) => stored.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => stored.set(key, value),
  },
});
beforeEach(() => stored.clear());

/** A plot as far as the sliders know one. @param {"pictures" | null} beneath */
function plotOf(beneath) {
  const plot = {
    choice: UNCHOSEN,
    setChoice(/** @type {Choice} */ choice) {
      this.choice = choice;
    },
    get dot() {
      return dotOf({ count: 10000, crowd: 1, beneath }, this.choice);
    },
  };
  return /** @type {typeof plot & Plot} */ (/** @type {unknown} */ (plot));
}

test("points on pictures are translucent, and the smaller the more crowded they are", () => {
  const dot = (/** @type {number} */ crowd) => dotOf({ count: 10000, crowd, beneath: "pictures" }, UNCHOSEN);
  const [sparse, between, crowded] = [dot(0.1), dot(1.5), dot(100)];
  assert.ok(sparse.radius > between.radius && between.radius > crowded.radius);
  assert.ok([sparse, between, crowded].every(({ opacity }) => opacity === sparse.opacity && opacity < 0.7));
  assert.deepEqual(dot(1000), crowded);
});

test("points on the shading are as small as on pictures and fainter, so that its cliffs are seen", () => {
  const given = { count: 10000, crowd: 3 };
  const onPictures = dotOf({ ...given, beneath: "pictures" }, UNCHOSEN),
    onShading = dotOf({ ...given, beneath: "shading" }, UNCHOSEN);
  assert.equal(onShading.radius, onPictures.radius);
  assert.ok(onShading.opacity <= onPictures.opacity / 2);
});

test("many points are smaller than few, and without pictures nearly opaque", () => {
  const [many, few] = [10000, 300].map((count) => dotOf({ count, crowd: 0, beneath: null }, UNCHOSEN));
  assert.ok(many.radius < few.radius);
  assert.deepEqual([many.opacity, few.opacity], [0.85, 0.85]);
});

test("a chosen size is a factor, and a chosen opacity holds with and without pictures", () => {
  for (const beneath of /** @type {const} */ ([null, "pictures", "shading"])) {
    const given = { count: 10000, crowd: 1, beneath },
      usual = dotOf(given, UNCHOSEN);
    const chosen = dotOf(given, { size: 2, opacity: 0.3 });
    assert.deepEqual([chosen.radius, chosen.opacity], [2 * usual.radius, 0.3]);
  }
});

test("the sliders change the points while they move, and the browser remembers", () => {
  const controls = new DotControls(plotOf("pictures"));
  assert.deepEqual([controls.opacity.input.value, controls.size.input.value], ["0.6", "1"]);
  input(controls.opacity.input, 0.25);
  input(controls.size.input, 1.5);
  assert.deepEqual(controls.plot.choice, { size: 1.5, opacity: 0.25 });
  assert.match(controls.element.textContent ?? "", /Point size× 1\.5Point opacity25 %/);
  const later = new DotControls(plotOf(null));
  assert.deepEqual(later.plot.choice, { size: 1.5, opacity: 0.25 });
  send(later.opacity.input, "dblclick");
  send(later.size.input, "dblclick");
  assert.deepEqual([recallChoice(), later.opacity.input.value], [UNCHOSEN, "0.85"]);
});

test("a browser without storage, and what no slider can have stored, leave the points as they are", (t) => {
  for (const text of ["", "{", "null", "7", '{"size": "9", "opacity": true}', '{"size": 1e9, "opacity": -1}']) {
    t.mock.method(localStorage, "getItem", () => text);
    assert.deepEqual(recallChoice(), UNCHOSEN, text);
  }
  t.mock.method(localStorage, "getItem", () => {
    throw new Error("denied");
  });
  t.mock.method(localStorage, "setItem", () => {
    throw new Error("denied");
  });
  const controls = new DotControls(plotOf("pictures"));
  input(controls.size.input, 2);
  assert.equal(controls.plot.choice.size, 2);
});
