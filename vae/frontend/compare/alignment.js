/**
 * Clouds of the same pictures in the planes of several models, turned so that they lie alike.
 *
 * @import { Cloud } from "./cloud.js"
 * @import { ModelData } from "./models.js"
 *
 * @typedef {readonly [readonly [number, number], readonly [number, number]]} Turn a matrix whose rows are the new axes
 * @typedef {{turn: Turn, cloud: Cloud}} Placed
 */

import { fromBase64 } from "../lib/bytes.js";

/** @type {Turn} */
export const UNTURNED = [
  [1, 0],
  [0, 1],
];

/**
 * The rotation, with a reflection where that is nearer, that brings points nearest to others, pair by pair: orthogonal
 * Procrustes in the plane. A principal component's sign, and the order of two of about the same size, are chance.
 *
 * @param {ArrayLike<number>} points n × 2
 * @param {ArrayLike<number>} others n × 2
 * @returns {Turn}
 */
export function nearestTurn(points, others) {
  let [xx, xy, yx, yy] = [0, 0, 0, 0];
  for (let i = 0; i + 1 < Math.min(points.length, others.length); i += 2) {
    xx += points[i] * others[i];
    xy += points[i] * others[i + 1];
    yx += points[i + 1] * others[i];
    yy += points[i + 1] * others[i + 1];
  }
  const rotation = Math.hypot(xx + yy, xy - yx),
    reflection = Math.hypot(xx - yy, xy + yx);
  if (rotation >= reflection) {
    const [cos, sin] = rotation ? [(xx + yy) / rotation, (xy - yx) / rotation] : [1, 0];
    return [
      [cos, -sin],
      [sin, cos],
    ];
  }
  const [cos, sin] = [(xx - yy) / reflection, (xy + yx) / reflection];
  return [
    [cos, sin],
    [sin, -cos],
  ];
}

/**
 * @param {ArrayLike<number>} points n × 2
 * @param {Turn} turn
 */
export function turned(points, [[a, b], [c, d]]) {
  const result = new Float32Array(points.length);
  for (let i = 0; i + 1 < points.length; i += 2) {
    result[i] = a * points[i] + b * points[i + 1];
    result[i + 1] = c * points[i] + d * points[i + 1];
  }
  return result;
}

/**
 * Where a code lies in a plane.
 *
 * @param {ArrayLike<number>} z
 * @param {{mean: number[], components: number[][]}} projection of one or two axes
 * @param {Turn} turn
 */
export function placeIn(z, { mean, components }, turn) {
  const place = [0, 1].map((axis) =>
    (components[axis] ?? []).reduce((sum, weight, i) => sum + weight * (z[i] - mean[i]), 0),
  );
  return turned(place, turn);
}

/**
 * Half the side of the square that shows each cloud: the same for all but those more than twice as wide as the middle one,
 * such as a plain autoencoder's, beside which the others would be a dot.
 *
 * @param {readonly ArrayLike<number>[]} clouds each n × 2, around the origin
 */
export function halfSides(clouds) {
  const own = clouds.map((cloud) => reachOf(cloud));
  const middle = [...own].sort((a, b) => a - b)[Math.floor((own.length - 1) / 2)];
  const shared = Math.max(...own.filter((half) => half <= 2 * middle));
  return own.map((half) => (half <= 2 * middle ? shared : half));
}

const KEPT = 0.99; // of the points that lie within the square

/** @param {ArrayLike<number>} cloud */
function reachOf(cloud) {
  const reach = Float32Array.from({ length: cloud.length / 2 }, (_, i) =>
    Math.max(Math.abs(cloud[2 * i]), Math.abs(cloud[2 * i + 1])),
  ).sort();
  return 1.08 * Math.max(1e-3, reach[Math.floor(KEPT * (reach.length - 1))] ?? 1);
}

/**
 * Each model's cloud, turned so that it lies as that of its neighbour does.
 *
 * @param {readonly Pick<ModelData, "model" | "nats" | "points">[]} members
 * @returns {Map<string, Placed>}
 */
export function placedClouds(members) {
  /** @type {{turn: Turn, points: Float32Array}[]} */
  const placed = [];
  for (const { points } of members) {
    const own = new Float32Array(fromBase64(points).buffer);
    const before = placed.at(-1)?.points;
    const turn = before ? nearestTurn(own, before) : UNTURNED;
    placed.push({ turn, points: turned(own, turn) });
  }
  const halves = halfSides(placed.map(({ points }) => points));
  return new Map(
    members.map(({ model, nats }, i) => {
      const cloud = { points: placed[i].points, half: halves[i], prior: nats.kl !== null };
      return [model, { turn: placed[i].turn, cloud }];
    }),
  );
}
