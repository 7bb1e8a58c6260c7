import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { ClassMarks } from "../../../vae/frontend/lib/palette.js";

const PALETTE = Array.from({ length: 10 }, (_, k) => `#0000${(k + 16).toString(16)}`);
const looks = (/** @type {ClassMarks} */ marks) =>
  Array.from({ length: marks.count }, (_, k) => `${marks.colour(k)} ${marks.shape(k)}`);

test("up to ten classes have a colour each, and one stamp paints them", () => {
  const marks = new ClassMarks(PALETTE, 10);
  assert.equal(new Set(looks(marks)).size, 10);
  assert.deepEqual([marks.note, marks.stamps(2.4).length], ["", 1]);
  assert.deepEqual(marks.rgb[3], [0, 0, 19]);
});

test("beyond ten classes the shape tells those of one colour apart, and a sentence says so", () => {
  const marks = new ClassMarks(PALETTE, 70);
  assert.equal(new Set(looks(marks)).size, 70);
  assert.equal(marks.colour(13), marks.colour(3));
  assert.notEqual(marks.shape(13), marks.shape(3));
  assert.equal(marks.note, "10 colours: the shape tells classes of one colour apart.");
  const more = new ClassMarks(PALETTE, 71);
  assert.equal(more.note, "10 colours: the shape tells classes of one colour apart. From class 71 on they repeat.");
});

test("shapes of one colour share at most three quarters of their pixels, also when they are small", () => {
  for (const radius of [1.9, 2.4, 4.8]) {
    const stamps = new ClassMarks(PALETTE, 70).stamps(radius);
    assert.equal(stamps.length, 70);
    assert.equal(stamps[0], stamps[9]);
    const shapes = [0, 10, 20, 30, 40, 50, 60].map(
      (k) => new Map(stamps[k].map(({ x, y, coverage }) => [`${x},${y}`, coverage])),
    );
    shapes.forEach((one, i) => {
      for (const other of shapes.slice(0, i)) {
        const pixels = [...new Set([...one.keys(), ...other.keys()])];
        const pairs = pixels.map((at) => [one.get(at) ?? 0, other.get(at) ?? 0]);
        const both = pairs.reduce((sum, pair) => sum + Math.min(...pair), 0),
          either = pairs.reduce((sum, pair) => sum + Math.max(...pair), 0);
        assert.ok(both / either < 0.75, `${radius}: ${both / either}`);
      }
    });
  }
});

test("a frame is hollow, the other shapes are not", () => {
  const stamps = new ClassMarks(PALETTE, 70).stamps(5);
  const at = (/** @type {number} */ k) => stamps[k].find(({ x, y }) => x === 0 && y === 0)?.coverage ?? 0;
  assert.deepEqual([0, 10, 20, 30, 40, 50, 60].map(at), [1, 1, 0, 1, 1, 1, 1]);
});

test("a swatch in a legend has its class' colour and shape, and can become another's", () => {
  const marks = new ClassMarks(PALETTE, 20);
  const swatch = marks.swatch(15);
  assert.deepEqual([swatch.dataset.shape, swatch.style.borderRadius], ["cross", "0px"]);
  assert.match(swatch.style.clipPath, /^polygon\(evenodd, /);
  marks.mark(swatch, 5);
  assert.deepEqual([swatch.dataset.shape, swatch.style.clipPath, swatch.style.borderRadius], ["disc", "", "50%"]);
});
