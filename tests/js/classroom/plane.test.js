import assert from "node:assert/strict";
import { test } from "node:test";

import {
  ellipseOf,
  groupsOf,
  nearestTo,
  nextTowards,
  placeOf,
  squareOf,
  stepped,
} from "../../../vae/frontend/classroom/plane.js";

const PLANE = {
  mean: [0, 0],
  components: [
    [1, 0],
    [0, 1],
  ],
};
const s = Math.SQRT1_2;
const TILTED = {
  mean: [1, 2, 3],
  components: [
    [s, s, 0],
    [0, 0, 1],
  ],
};

/** @param {string | null} label */
const drawing = (label) => ({
  label,
  picture: "",
  shape: /** @type {any} */ ([1, 1, 1]),
  mean: [0, 0],
  logvar: [0, 0],
});

/** @param {number} actual @param {number} expected */
function near(actual, expected) {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

test("a code lies where its difference from the plane's origin points along the components", () => {
  assert.deepEqual(placeOf(PLANE, [3, -4]), [3, -4]);
  const [x, y] = placeOf(TILTED, [2, 3, 5]);
  near(x, Math.SQRT2);
  near(y, 2);
});

test("in a 1-D latent space the label is the height, the middle without a class", () => {
  const line = { mean: [0], components: [[1], [0]] };
  assert.deepEqual(placeOf(line, [1.5], 0, 2), [1.5, -1.25]);
  assert.deepEqual(placeOf(line, [1.5], 1, 2), [1.5, 1.25]);
  assert.deepEqual(placeOf(line, [1.5]), [1.5, 0]);
  assert.deepEqual(ellipseOf(line, [Math.log(4)]), { major: 2, minor: 0, angle: 0 });
});

test("the ellipse of a 2-D latent space has the two deviations as its axes", () => {
  const { major, minor, angle } = ellipseOf(PLANE, [Math.log(9), Math.log(4)]) ?? assert.fail();
  near(major, 3);
  near(minor, 2);
  near(angle, 0);
  const upright = ellipseOf(PLANE, [Math.log(4), Math.log(9)]) ?? assert.fail();
  near(upright.major, 3);
  near(Math.abs(upright.angle), Math.PI / 2);
});

test("the ellipse is that of the projected Gaussian, by the variance in every direction of the plane", () => {
  const components = [
    [0.6, 0.8, 0, 0],
    [-0.48, 0.36, 0.8, 0],
  ];
  const logvar = [0.3, -1.2, 0.9, 2];
  const { major, minor, angle } = ellipseOf({ mean: [0, 0, 0, 0], components }, logvar) ?? assert.fail();
  for (let turn = 0; turn < 12; turn++) {
    const [cos, sin] = [Math.cos(turn / 3), Math.sin(turn / 3)];
    const direction = logvar.map((_, k) => cos * components[0][k] + sin * components[1][k]);
    const variance = logvar.reduce((sum, value, k) => sum + direction[k] ** 2 * Math.exp(value), 0);
    const [along, across] = [Math.cos(turn / 3 - angle), Math.sin(turn / 3 - angle)];
    near((major * along) ** 2 + (minor * across) ** 2, variance);
  }
});

test("a code without variance has no ellipse", () => {
  assert.equal(ellipseOf(PLANE, null), null);
  assert.equal(ellipseOf(PLANE, []), null);
  assert.equal(ellipseOf(PLANE, [Number.NEGATIVE_INFINITY, 0]), null);
});

test("drawings are grouped by label: classes in their order, then own words as they came, in any case", () => {
  const drawings = {
    10: drawing("Cat"),
    9: drawing("one"),
    2: drawing("zero"),
    11: drawing(" cat "),
    3: drawing("ONE"),
  };
  assert.deepEqual(groupsOf(drawings, ["zero", "one", "two"]), [
    { name: "zero", mark: 0, ids: ["2"] },
    { name: "one", mark: 1, ids: ["3", "9"] },
    { name: "Cat", mark: 3, ids: ["10", "11"] },
  ]);
});

test("own words get marks in the order of the drawings, and a drawing without a label has its own group", () => {
  const groups = groupsOf({ 1: drawing("dog"), 2: drawing(null), 3: drawing("  "), 4: drawing("ape") }, ["zero"]);
  assert.deepEqual(groups, [
    { name: "dog", mark: 1, ids: ["1"] },
    { name: "no label", mark: 2, ids: ["2", "3"] },
    { name: "ape", mark: 3, ids: ["4"] },
  ]);
});

test("the square takes in drawings at the edge, but not one that is far outside", () => {
  const points = Float32Array.from([-1, -1, 1, 1, -1, 1, 1, -1]);
  near(squareOf(points, []).half, 1.12);
  const wider = squareOf(points, [[1.8, 0]]);
  near(wider.x, 0.4);
  near(wider.half, 1.12 * 1.4);
  near(squareOf(points, [[50, 0]]).half, 1.12);
});

const PLACES = new Map(
  /** @type {[string, [number, number]][]} */ ([
    ["1", [0, 0]],
    ["2", [10, 1]],
    ["3", [10, 1]],
    ["4", [2, 9]],
    ["5", [4, -3]],
  ]),
);

test("a tap means the nearest drawing within reach, of two in one place the upper one", () => {
  assert.equal(nearestTo(PLACES, [1, 1], 5), "1");
  assert.equal(nearestTo(PLACES, [9, 2], 5), "3");
  assert.equal(nearestTo(PLACES, [-4, -4], 5), null);
});

test("an arrow key goes to the nearest drawing on that side", () => {
  assert.equal(nextTowards(PLACES, "1", [1, 0]), "5");
  assert.equal(nextTowards(PLACES, "1", [0, 1]), "4");
  assert.equal(nextTowards(PLACES, "5", [1, 0]), "2");
  assert.equal(nextTowards(PLACES, "1", [-1, 0]), null);
});

test("one key goes through all drawings, group by group, and around the end", () => {
  const groups = groupsOf({ 1: drawing("b"), 2: drawing("a"), 3: drawing("b") }, ["a", "b"]);
  assert.equal(stepped(groups, null, 1), "2");
  assert.equal(stepped(groups, "2", 1), "1");
  assert.equal(stepped(groups, "1", 1), "3");
  assert.equal(stepped(groups, "3", 1), "2");
  assert.equal(stepped(groups, "2", -1), "3");
  assert.equal(stepped(groups, "gone", -1), "3");
  assert.equal(stepped([], null, 1), null);
});
