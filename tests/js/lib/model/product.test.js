import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { everyArithmetic, PANEL } from "../../../../vae/frontend/lib/model/product.js";
import { MODULE, wasmModule } from "../../support/wat.js";

/** @import { Arithmetic, Product } from "../../../../vae/frontend/lib/model/product.js" */

test("the assembled matrix product is that of product.wat", async () => {
  assert.equal(readFileSync(MODULE, "utf8"), await wasmModule(), "Run `make wasm`.");
});

/** Numbers between -1 and 1 that look random. */
function numbers(/** @type {number} */ count, seed = 1) {
  return Array.from({ length: count }, (_, i) => Math.fround(Math.sin(seed + 37.7 * i * i)));
}

/**
 * A product of `pixels` × `lines` pixels that lie apart, with parts that lie apart, and its inputs and outputs.
 *
 * @param {Arithmetic} arithmetic
 * @param {{pixels: number, lines: number, parts: number, part: number, columns: number, least?: number}} size
 */
function example(arithmetic, { pixels, lines, parts, part, columns, least = -Infinity }) {
  const inputs = parts * part;
  const panels = Math.ceil(columns / PANEL);
  const panelBytes = 4 * PANEL * (1 + inputs);
  const [inputPixel, partDistance] = [4 * (part + 4), 4 * (pixels * (part + 4) + 8)];
  const inputLine = parts * partDistance;
  const [outputPixel, outputLine] = [4 * (columns + 4), 4 * (pixels * (columns + 4) + 12)];
  const input = arithmetic.allocate(lines * inputLine);
  const weights = arithmetic.allocate(panels * panelBytes);
  const output = arithmetic.allocate(lines * outputLine);
  const { floats } = arithmetic;
  floats.set(numbers((lines * inputLine) / 4), input / 4);
  floats.set(numbers((panels * panelBytes) / 4, 2), weights / 4);
  floats.fill(7, output / 4, output / 4 + (lines * outputLine) / 4);
  /** @type {Product} */
  const product = {
    ...{ input, inputPixel, inputLine, parts, partBytes: 4 * part, partDistance },
    ...{ weights, panelBytes, columns, output, outputPixel, outputLine, pixels, lines, least },
    ...{ inputPicture: 0, outputPicture: 0 },
  };
  return { product, inputs };
}

/** What the product's definition gives for one output, in double precision. */
function expected(
  /** @type {Float32Array} */ floats,
  /** @type {Product} */ p,
  /** @type {number} */ line,
  /** @type {number} */ pixel,
  /** @type {number} */ column,
) {
  let w = (p.weights + Math.floor(column / PANEL) * p.panelBytes) / 4 + (column % PANEL);
  let sum = floats[w];
  for (let part = 0; part < p.parts; part++) {
    const from = (p.input + line * p.inputLine + pixel * p.inputPixel + part * p.partDistance) / 4;
    for (let i = 0; i < p.partBytes / 4; i++) {
      w += PANEL;
      sum += floats[from + i] * floats[w];
    }
  }
  return Math.max(sum, p.least);
}

const SIZES = [
  { pixels: 1, lines: 1, parts: 1, part: 4, columns: 4 },
  { pixels: 2, lines: 3, parts: 1, part: 12, columns: 8 },
  { pixels: 5, lines: 2, parts: 2, part: 8, columns: 12 },
  { pixels: 4, lines: 1, parts: 3, part: 16, columns: 16, least: 0 },
  { pixels: 7, lines: 2, parts: 2, part: 20, columns: 52, least: 0 },
];

for (const arithmetic of everyArithmetic()) {
  test(`${arithmetic.name} gives every output of a product and writes nothing else`, () => {
    for (const size of SIZES) {
      const { product: p, inputs } = example(arithmetic, size);
      arithmetic.product(p);
      const { floats } = arithmetic;
      const untouched = new Set(Array.from({ length: (p.lines * p.outputLine) / 4 }, (_, i) => p.output / 4 + i));
      for (let line = 0; line < p.lines; line++) {
        for (let pixel = 0; pixel < p.pixels; pixel++) {
          for (let column = 0; column < p.columns; column++) {
            const at = (p.output + line * p.outputLine + pixel * p.outputPixel) / 4 + column;
            untouched.delete(at);
            const difference = Math.abs(floats[at] - expected(floats, p, line, pixel, column));
            assert.ok(difference < 1e-6 * inputs, `${JSON.stringify(size)} ${line} ${pixel} ${column}: ${difference}`);
          }
        }
      }
      assert.ok([...untouched].every((at) => floats[at] === 7));
    }
  });

  test(`${arithmetic.name} gives a single column`, () => {
    for (const [pixels, lines] of [
      [1, 1],
      [3, 2],
      [4, 1],
      [9, 3],
    ]) {
      const { product: p, inputs } = example(arithmetic, { pixels, lines, parts: 2, part: 8, columns: 4 });
      const { floats } = arithmetic;
      const own = arithmetic.allocate(4 * (4 + inputs));
      for (let i = 0; i <= inputs; i++) arithmetic.floats[own / 4 + (i && 3 + i)] = floats[p.weights / 4 + PANEL * i];
      arithmetic.column({ ...p, weights: own });
      for (let line = 0; line < lines; line++) {
        for (let pixel = 0; pixel < pixels; pixel++) {
          const at = (p.output + line * p.outputLine + pixel * p.outputPixel) / 4;
          const sum = expected(arithmetic.floats, p, line, pixel, 0);
          assert.ok(Math.abs(arithmetic.floats[at] - sum) < 1e-5);
        }
      }
    }
  });

  test(`${arithmetic.name} gives a pixel the same bits whichever others are computed with it`, () => {
    const { product: p } = example(arithmetic, { pixels: 9, lines: 1, parts: 2, part: 40, columns: 36 });
    const outputs = () =>
      Array.from({ length: 9 }, (_, pixel) => {
        const at = (p.output + pixel * p.outputPixel) / 4;
        return arithmetic.floats.slice(at, at + p.columns).join();
      });
    arithmetic.product(p);
    const together = outputs();
    for (const [first, count] of [
      [0, 1],
      [3, 2],
      [4, 5],
      [8, 1],
    ]) {
      const moved = { input: p.input + first * p.inputPixel, output: p.output + first * p.outputPixel };
      arithmetic.product({ ...p, ...moved, pixels: count });
      assert.deepEqual(outputs(), together);
    }
  });
}

test("an arithmetic's memory keeps its content while it grows, and begins with zeros", () => {
  for (const arithmetic of everyArithmetic()) {
    const first = arithmetic.allocate(20);
    arithmetic.floats[first / 4] = 5;
    const second = arithmetic.allocate(10_000_000);
    assert.equal(second % 16, 0);
    assert.equal(arithmetic.floats[first / 4], 5);
    assert.ok(arithmetic.floats.subarray(second / 4).every((value) => value === 0));
    assert.throws(() => arithmetic.allocate(2 ** 31), /^Error: The model is too large for this browser: .*\.$/);
  }
});
