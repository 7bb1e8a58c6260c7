/**
 * The classes' names on the map, each at the median of its visible points.
 *
 * @typedef {{name: string, x: number, y: number}} Named
 * @typedef {{x: number, y: number, width: number, height: number}} Box around its middle (x, y)
 */

const MOST = 20; // classes: more names would cover the map
const LONGEST = 14; // letters
const ROUNDS = 24; // of moving names apart

export class ClassNames {
  /**
   * @param {string[]} names of the classes
   * @param {ArrayLike<number>} labels of the points: index into names
   */
  constructor(names, labels) {
    this.names = names.map((name) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name));
    /** The points of each class. @type {number[][]} */
    this.rows = names.map(() => []);
    for (let i = 0; i < labels.length; i++) this.rows[labels[i]].push(i);
  }

  /**
   * null where there are too many classes.
   *
   * @param {string[]} names
   * @param {ArrayLike<number>} labels
   */
  static of(names, labels) {
    return names.length > MOST ? null : new ClassNames(names, labels);
  }

  /**
   * The median along both axes of each class that has visible points.
   *
   * @param {ArrayLike<number>} points n × 2
   * @param {ArrayLike<number>} visible 0 or 1 per point
   * @returns {Named[]}
   */
  medians(points, visible) {
    return this.rows.flatMap((all, k) => {
      const rows = all.filter((i) => visible[i]);
      if (!rows.length) return [];
      const [x, y] = [0, 1].map((axis) => median(Float32Array.from(rows, (i) => points[2 * i + axis])));
      return [{ name: this.names[k], x, y }];
    });
  }
}

/** @param {Float32Array} values at least one */
function median(values) {
  values.sort();
  const last = values.length - 1;
  return (values[last >> 1] + values[(last + 1) >> 1]) / 2;
}

/**
 * Moves boxes that overlap apart, each as far as the other and no farther than needed.
 *
 * @param {Box[]} boxes are changed
 */
export function moveApart(boxes) {
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false;
    boxes.forEach((one, k) => {
      for (const other of boxes.slice(k + 1)) moved = separate(one, other) || moved;
    });
    if (!moved) return;
  }
}

/**
 * Moves two boxes apart along the axis on which they overlap less. Returns whether they overlapped.
 *
 * @param {Box} one
 * @param {Box} other
 */
function separate(one, other) {
  const [x, y] = [other.x - one.x, other.y - one.y];
  const wide = (one.width + other.width) / 2 - Math.abs(x),
    high = (one.height + other.height) / 2 - Math.abs(y);
  if (!(wide > 0.5 && high > 0.5)) return false; // less than a pixel
  if (wide < high) {
    const step = (Math.sign(x) || 1) * (wide / 2);
    one.x -= step;
    other.x += step;
  } else {
    const step = (Math.sign(y) || 1) * (high / 2);
    one.y -= step;
    other.y += step;
  }
  return true;
}
