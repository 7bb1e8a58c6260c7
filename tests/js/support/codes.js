/** Reproducible numbers, and an encoded test set of them. */

/** A reproducible generator of uniform numbers: mulberry32. */
export function uniform(seed = 1) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** n test images of three classes in a latent space of this many dimensions, with uniform codes. */
export function encodedOf(n = 60, latentDim = 3) {
  const random = uniform();
  return {
    ...{ n, latentDim, images: n, classNames: ["a", "b", "c"] },
    imageShape: /** @type {[number, number, number]} */ ([1, 1, 1]),
    mean: Float32Array.from({ length: n * latentDim }, () => 4 * random() - 2),
    logvar: Float32Array.from({ length: n * latentDim }, () => -3 * random()),
    labels: Uint16Array.from({ length: n }, (_, i) => i % 3),
    reconstruction: new Float32Array(n),
    kl: new Float32Array(n),
    pca: {
      mean: [0.5, -0.5, 1],
      components: [
        [0.6, 0.8, 0],
        [0.8, -0.6, 0],
        [0, 0, 1],
      ],
      explained: [0.5, 0.3, 0.2],
    },
  };
}

/** Asserts that numbers are these, relatively or absolutely. */
export function isNear(
  /** @type {ArrayLike<number>} */ found,
  /** @type {ArrayLike<number>} */ expected,
  tolerance = 1e-6,
) {
  if (found.length !== expected.length) throw new Error(`${found.length} numbers are not ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const wrong = !(Math.abs(found[i] - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i])));
    if (wrong) throw new Error(`Number ${i} is ${found[i]}, not ${expected[i]}.`);
  }
}
