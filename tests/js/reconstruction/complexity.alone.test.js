import assert from "node:assert/strict";
import { test } from "node:test";

import { complexity, lzwBits } from "../../../vae/frontend/reconstruction/complexity.js";
import { python } from "../support/python.js";

/** @import { ImageShape } from "../../../vae/frontend/lib/contract.js" */

/** Pictures from flat to noise: number k has k grey levels. */
function pictures(/** @type {number} */ size) {
  let state = 1;
  return [1, 2, 3, 17, 256].map((levels) =>
    Uint8Array.from({ length: size }, () => {
      state = (Math.imul(48271, state) >>> 0) % 2147483647;
      return Math.floor(((state % levels) * 255) / Math.max(1, levels - 1));
    }),
  );
}

test("a picture is as long as Python says, under every kind of likelihood", () => {
  /** @type {ImageShape[]} */
  const shapes = [
    [1, 28, 28],
    [3, 12, 7],
    [3, 64, 64], // more than 4096 codes
  ];
  const cases = shapes.flatMap((shape) =>
    ["bernoulli", "gaussian"].flatMap((likelihood) =>
      pictures(shape[0] * shape[1] * shape[2]).map((image) => ({ shape, likelihood, image })),
    ),
  );
  const program = `
import json, sys
import numpy as np
from vae.evaluation.pictures.complexity import complexity
found = []
for shape, likelihood, image in json.load(sys.stdin):
    found.append(complexity(np.array(image, np.uint8).reshape(1, *shape), likelihood).item())
print(json.dumps(found))`;
  const rows = cases.map(({ shape, likelihood, image }) => [shape, likelihood, [...image]]);
  const found = cases.map(({ shape, likelihood, image }) => Math.fround(complexity(image, shape, likelihood)));
  assert.deepEqual(found, python(program, JSON.stringify(rows)));
});

test("LZW's codes are counted as a textbook's: clear, one code for each new string, end", () => {
  assert.equal(lzwBits(Uint8Array.of(1), 2), 3 + 3 + 3);
  assert.equal(lzwBits(Uint8Array.of(1, 1, 1), 2), 3 + 3 + 3 + 3); // clear, 1, "11", end
  assert.equal(lzwBits(Uint8Array.of(0, 1, 0, 1), 8), 4 * 9 + 9); // clear, 0, 1, "01", end
});
