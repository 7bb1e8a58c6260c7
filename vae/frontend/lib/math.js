/** Numbers and vectors: neighbours, means, ways between codes, the normal distribution, rounding. */

// Acklam's coefficients, highest power first.
const MIDDLE = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const MIDDLE_BELOW = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
];
const TAIL = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BELOW = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

/** z values are kept to four decimals: what a link carries is exactly what was decoded. */
export function round4(value) {
  return Math.round(value * 1e4) / 1e4 || 0;
}

/**
 * The k rows nearest to target among points (n × dims), nearest first, as {index, distance}; row `skip` is left out.
 *
 * A plain search: 10,000 points in the plane take about 0.1 ms, less than keeping an index would.
 */
export function nearest(points, dims, target, k, skip = -1) {
  const found = [];
  let worst = Infinity;
  for (let i = 0, at = 0; at < points.length; i++, at += dims) {
    let squared = 0;
    for (let d = 0; d < dims; d++) squared += (points[at + d] - target[d]) ** 2;
    if (squared >= worst || i === skip) continue;
    let place = found.length;
    while (place > 0 && found[place - 1].distance > squared) place--;
    found.splice(place, 0, { index: i, distance: squared });
    if (found.length > k) found.pop();
    if (found.length === k) worst = found[k - 1].distance;
  }
  for (const neighbour of found) neighbour.distance = Math.sqrt(neighbour.distance);
  return found;
}

export function columnMeans(rows, n, columns) {
  const sums = new Array(columns).fill(0);
  for (let i = 0; i < n * columns; i++) sums[i % columns] += rows[i];
  return sums.map((sum) => sum / n);
}

/** The indices of these values, the largest value's first. */
export function strongestFirst(strengths) {
  return strengths.map((_, i) => i).sort((a, b) => strengths[b] - strengths[a]);
}

/** Whether the model makes no use of a dimension with this KL, in nats: what two decimals show as 0.01 or less. */
export function isUnused(kl) {
  return kl < 0.015;
}

/** Where a class stands in a plane whose second coordinate shows the class, of a 1-D latent space. */
export function classHeight(label, classes) {
  return 2.5 * ((2 * label + 1) / Math.max(1, classes) - 1);
}

/** The point at t of 0…1 on the straight line. */
export function linear(a, b, t) {
  return a.map((value, i) => (1 - t) * value + t * b[i]);
}

/**
 * Turns the direction at an even rate and changes the norm linearly: ends of equal norm keep it all the way. The same
 * as "spherical" in vae/model/latents.py. Source: White 2016, "Sampling generative networks".
 */
export function spherical(a, b, t) {
  const norms = [norm(a), norm(b)];
  const cosine = a.reduce((sum, value, i) => sum + value * b[i], 0) / (norms[0] * norms[1]);
  const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
  if (!(Math.sin(angle) >= 1e-4)) return linear(a, b, t); // an end at 0, the same or the opposite direction: no arc
  if (t === 0 || t === 1) return t ? [...b] : [...a]; // not rounded
  const length = ((1 - t) * norms[0] + t * norms[1]) / Math.sin(angle);
  const [left, right] = [Math.sin((1 - t) * angle) / norms[0], Math.sin(t * angle) / norms[1]];
  return a.map((value, i) => length * (left * value + right * b[i]));
}

export function norm(z) {
  return Math.hypot(...z);
}

/** A draw from N(0, 1), by Box and Muller. */
export function gaussian() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

/** n draws from N(0, 1). */
export function gaussians(n) {
  return Float32Array.from({ length: n }, gaussian);
}

/** The value below which a share p of the standard normal lies. Source: Acklam's approximation, relative error 1e-9. */
export function normalQuantile(p) {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL, q) / polynomial(TAIL_BELOW, q);
  }
  const q = p - 0.5;
  return (polynomial(MIDDLE, q * q) * q) / polynomial(MIDDLE_BELOW, q * q);
}

function polynomial(coefficients, x) {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/** The next of 1, 2 and 5 times a power of ten. */
export function roundStep(least, smallestStep = 0) {
  const power = 10 ** Math.floor(Math.log10(least));
  return Math.max(
    smallestStep,
    [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least),
  );
}
