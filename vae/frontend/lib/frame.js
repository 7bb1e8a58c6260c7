/** What part of a layout a map shows at first: where most points are. Shapes: layouts are n × dims. */

const CUT = 0.005; // share of the points that may lie outside, at each end of each axis
const SLACK = 0.05; // of the range of the others, at each end: a cloud without outliers is shown whole
const NARROW = 1e-6; // of its largest coordinate: a layout that is narrower is one place
const PRIOR = 3; // standard deviations of the prior that its frame shows, each way
const BEYOND = 0.1; // share of the points from which on the prior's frame would hide too many
const ALONE = 3; // half the side shown around one place, in layout units: three standard deviations of the prior

/** The lowest and highest value on each axis. @typedef {{low: number[], high: number[]}} Bounds */

/**
 * The lowest and highest value in each of the layout's dimensions.
 *
 * @param {ArrayLike<number>} layout
 * @param {number} dims
 * @returns {Bounds}
 */
export function boundsOf(layout, dims) {
  const low = new Array(dims).fill(Infinity),
    high = new Array(dims).fill(-Infinity);
  for (let i = 0; i < layout.length; i++) {
    const axis = i % dims;
    if (layout[i] < low[axis]) low[axis] = layout[i];
    if (layout[i] > high[axis]) high[axis] = layout[i];
  }
  return roomy({ low, high });
}

/**
 * The bounds without outliers: those of the middle 99 % on each axis, and some slack, but never beyond all points.
 *
 * @param {ArrayLike<number>} layout
 * @param {number} dims
 * @returns {Bounds}
 */
export function frameOf(layout, dims) {
  const { low, high } = boundsOf(layout, dims),
    n = layout.length / dims;
  for (let axis = 0; axis < dims; axis++) {
    const values = Float32Array.from({ length: n }, (_, i) => layout[i * dims + axis]).sort();
    const [least, most] = [values[Math.floor(CUT * (n - 1))], values[Math.ceil((1 - CUT) * (n - 1))]];
    const slack = SLACK * (most - least);
    if (!(slack > 0)) continue; // none, or nearly all are alike: the others are no outliers
    low[axis] = Math.max(low[axis], least - slack);
    high[axis] = Math.min(high[axis], most + slack);
  }
  return { low, high };
}

/**
 * Three standard deviations of the prior N(0, I), where the layout's axes are latent dimensions: the same frame for every
 * model, however far its outliers are. `frameOf` where more than a tenth of the points lie outside.
 *
 * @param {ArrayLike<number>} layout
 * @param {number} dims
 * @returns {Bounds}
 */
export function frameOfPrior(layout, dims) {
  let outside = 0;
  for (let at = 0; at < layout.length; at += dims) {
    let axis = 0;
    while (axis < dims && Math.abs(layout[at + axis]) <= PRIOR) axis++;
    if (axis < dims) outside++;
  }
  if (outside > (BEYOND * layout.length) / dims) return frameOf(layout, dims);
  return { low: new Array(dims).fill(-PRIOR), high: new Array(dims).fill(PRIOR) };
}

/**
 * The same bounds; around one place, or none, bounds of a sensible size.
 *
 * @param {Bounds} bounds
 * @returns {Bounds}
 */
function roomy({ low, high }) {
  if (low[0] > high[0]) return { low: low.map(() => -ALONE), high: low.map(() => ALONE) };
  const widest = Math.max(...low.map((value, axis) => high[axis] - value)),
    largest = Math.max(...[...low, ...high].map(Math.abs));
  if (widest > NARROW * largest) return { low, high };
  return { low: low.map((value) => value - ALONE), high: high.map((value) => value + ALONE) };
}

/**
 * How many of these places lie outside a rectangle.
 *
 * @param {ArrayLike<number>} places x and y of each
 * @param {Bounds} bounds
 * @param {ArrayLike<number> | null} [visible] 0 or 1 per place: which count
 */
export function countOutside(places, { low, high }, visible = null) {
  let outside = 0;
  for (let i = 0, at = 0; at < places.length; i++, at += 2) {
    const x = places[at],
      y = places[at + 1];
    if ((!visible || visible[i]) && !(x >= low[0] && x <= high[0] && y >= low[1] && y <= high[1])) outside++;
  }
  return outside;
}
