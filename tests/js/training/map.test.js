import { pixelsOf } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { contextOf } from "../../../vae/frontend/lib/dom.js";
import { Painter } from "../../../vae/frontend/training/map.js";

/** @import { Head } from "../../../vae/frontend/lib/film.js" */

const PALETTE = Array.from({ length: 10 }, () => "#c08040");

/** The opacities around a single point of this class, in a film with so many named classes. */
function drawn(/** @type {number} */ label, /** @type {number} */ names) {
  const head = /** @type {Head} */ (
    /** @type {unknown} */ ({
      ...{ plane: "principal", samples: 1, classes: Uint16Array.of(label) },
      classNames: Array.from({ length: names }, (_, k) => `${k}`),
    })
  );
  const painter = new Painter();
  const context = contextOf(document.createElement("canvas"));
  const view = { head, places: Float32Array.of(0, 0), half: 1 };
  painter.paint(context, view, { width: 20, height: 20 }, { palette: PALETTE, ink: "#000", ratio: 1, scale: 1 });
  return [...pixelsOf(painter.dots)].filter((_, i) => i % 4 === 3).join();
}

test("a film's classes of one colour have different shapes", () => {
  assert.equal(drawn(3, 10), drawn(4, 10));
  assert.equal(drawn(3, 20), drawn(3, 10));
  assert.notEqual(drawn(13, 20), drawn(3, 20));
});

test("a class without a name is painted, too", () => {
  assert.equal(drawn(13, 2), drawn(13, 20));
});
