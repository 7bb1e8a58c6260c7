import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHalves, readWeights } from "../../../../vae/frontend/lib/model/weights.js";
import { CONV, MLP, modelFile, randomTensors, safetensors } from "../../support/model.js";

/** @import { ModelConfig } from "../../../../vae/frontend/lib/model/config.js" */

test("a file gives the model's config, its tensors and the KL of its dimensions", () => {
  const normed = { ...CONV, batch_norm: true, classes: 4, likelihood: "discretised-logistic" };
  for (const config of [MLP, CONV, normed, { ...normed, architecture: "subpixel" }]) {
    for (const whole of [true, false]) {
      const tensors = randomTensors(/** @type {ModelConfig} */ (config), whole);
      const read = readWeights(modelFile(/** @type {ModelConfig} */ (config), tensors));
      assert.deepEqual(read.config, config);
      assert.equal(read.whole, whole);
      assert.deepEqual(read.kl, [0.5, 0.5]);
      assert.deepEqual([...read.tensors.keys()].sort(), [...tensors.keys()].sort());
      for (const [name, values] of tensors) assert.deepEqual(read.tensors.get(name), values);
    }
  }
});

test("a plain autoencoder has no KL", () => {
  const config = /** @type {ModelConfig} */ ({ ...MLP, posterior: "point" });
  assert.equal(readWeights(modelFile(config, randomTensors(config))).kl, null);
});

test("numbers of 16 bits are read as IEEE 754 says", () => {
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x83ff, 0x0000, 0x3555, 0x7c00, 0xfc00, 0x7e00);
  const expected = [1, -2, 65504, 2 ** -14, 2 ** -24, -1023 * 2 ** -24, 0, 0.333251953125];
  assert.deepEqual([...fromHalves(halves)], [...expected, Infinity, -Infinity, Number.NaN]);
});

test("a file of 16-bit numbers is read", () => {
  const tensors = randomTensors(MLP, false);
  /** @type {Float32Array[]} */
  const halves = [];
  let at = 0;
  const body = modelFile(MLP, tensors, (entries) => {
    for (const [name, { length }] of tensors) {
      entries[name] = { ...entries[name], dtype: "F16", data_offsets: [at, at + 2 * length] };
      at += 2 * length;
    }
    halves.push(/** @type {any} */ (Uint16Array.from({ length: at / 2 }, (_, i) => 0x3c00 + i)));
  });
  const size = Number(new DataView(body).getBigUint64(0, true));
  const header = new TextDecoder().decode(new Uint8Array(body, 8, size));
  const read = readWeights(safetensors(header, halves));
  assert.deepEqual([...(read.tensors.get("decoder.hidden.0.weight") ?? [])].slice(0, 2), [1, 1 + 2 ** -10]);
});

/** Each of these makes one sentence of what is wrong. @type {[what: string, body: () => ArrayBuffer, says: RegExp][]} */
const HOSTILE = [
  ["nothing", () => new ArrayBuffer(0), /cut off/],
  ["seven bytes", () => new ArrayBuffer(7), /cut off/],
  ["a page of text", () => new TextEncoder().encode("<!doctype html><title>404</title>").buffer, /no safetensors file/],
  ["a header longer than the file", () => wholeFile().slice(0, 100), /cut off/],
  ["half a file", () => wholeFile().slice(0, -100), /cut off/],
  ["a file with something after it", () => joined(wholeFile(), new ArrayBuffer(4)), /bytes of tensors, not/],
  ["a header that is not JSON", () => safetensors("{", []), /no safetensors file/],
  ["a header that is a number", () => safetensors("1", []), /no safetensors file/],
  ["a header that is null", () => safetensors("null", []), /no safetensors file/],
  ["no metadata", () => spoiled((header) => delete header.__metadata__), /what kind of model/],
  ["no config", () => spoiled((header) => delete header.__metadata__.config), /what kind of model/],
  ["a tensor too many", () => spoiled((header) => (header["encoder.x"] = header["decoder.head.bias"])), /“encoder.x”/],
  ["a tensor too few", () => spoiled((header) => delete header["decoder.head.bias"]), /lacks .*“decoder.head.bias”/],
  ["a tensor that is null", () => spoiled((header) => (header["decoder.head.bias"] = null)), /type/],
  ["another shape", () => spoiled((header) => header["decoder.head.weight"].shape.reverse()), /shape/],
  ["a huge shape", () => spoiled((header) => (header["decoder.head.weight"].shape = [2 ** 40, 5])), /shape/],
  ["another type", () => spoiled((header) => (header["decoder.head.bias"].dtype = "BF16")), /“BF16”/],
  ["no offsets", () => spoiled((header) => delete header["decoder.head.bias"].data_offsets), /size/],
  ["a negative offset", () => spoiled((header) => (header["decoder.head.bias"].data_offsets = [-24, 0])), /size/],
  ["an offset that is a fraction", () => spoiled((h) => (h["decoder.head.bias"].data_offsets = [0.5, 24.5])), /size/],
  [
    "an offset far away",
    () => spoiled((h) => (h["decoder.head.bias"].data_offsets = [2 ** 52, 2 ** 52 + 24])),
    /cut off/,
  ],
  ["no KL", () => spoiled((header) => delete header.__metadata__.kl), /the KL of its 2 dimensions/],
  ["a KL of other length", () => spoiled((header) => (header.__metadata__.kl = "[1]")), /the KL/],
  ["a KL that is no number", () => spoiled((header) => (header.__metadata__.kl = '[1, "1"]')), /the KL/],
  ["a weight that is NaN", () => withWeight(Number.NaN), /no finite number/],
  ["an infinite weight", () => withWeight(-Infinity), /no finite number/],
];

function wholeFile() {
  return modelFile(MLP, randomTensors(MLP));
}

function spoiled(/** @type {(header: Record<string, any>) => void} */ change) {
  return modelFile(MLP, randomTensors(MLP), change);
}

function withWeight(/** @type {number} */ value) {
  const tensors = randomTensors(MLP);
  /** @type {Float32Array} */ (tensors.get("decoder.head.weight"))[3] = value;
  return modelFile(MLP, tensors);
}

function joined(/** @type {ArrayBuffer} */ left, /** @type {ArrayBuffer} */ right) {
  return Uint8Array.of(...new Uint8Array(left), ...new Uint8Array(right)).buffer;
}

for (const [what, body, says] of HOSTILE) {
  test(`${what}: one sentence`, () => {
    assert.throws(
      () => readWeights(body()),
      (error) => error instanceof Error && says.test(error.message) && /^[A-Z][^\n]{10,160}[.]$/.test(error.message),
    );
  });
}

test("a file that is too large is refused before it is read", () => {
  const huge = /** @type {ArrayBuffer} */ (/** @type {unknown} */ ({ byteLength: 2 ** 40 }));
  assert.throws(() => readWeights(huge), /reads at most/);
});

test("a config out of its range names the field", () => {
  /** @type {[key: keyof ModelConfig, values: unknown[]][]} */
  const wrong = [
    ["image_shape", [undefined, "1,2,3", [1, 2], [2, 3, 3], [1, 0, 3], [1, 3, 513], [1, 3.5, 3], [1, 2, 3, 4]]],
    ["latent_dim", [0, 513, 1.5, "2", null]],
    ["architecture", ["transformer", undefined, 1]],
    ["hidden", [[], [0], [8193], [5, 5, 5, 5, 5, 5, 5, 5, 5], 5]],
    ["channels", [[4], undefined]],
    ["likelihood", ["poisson", null]],
    ["sigma", [0, 11, "1", undefined]],
    ["batch_norm", [1, undefined]],
    ["posterior", ["laplace", undefined]],
    ["classes", [-1, 1001, 2.5, undefined]],
  ];
  for (const [key, values] of wrong) {
    for (const value of values) {
      const spoil = (/** @type {Record<string, any>} */ header) => {
        header.__metadata__.config = JSON.stringify({ ...MLP, [key]: value });
      };
      assert.throws(
        () => readWeights(spoiled(spoil)),
        new RegExp(`^Error: This page knows no model whose ${key} is .*\\.$`),
      );
    }
  }
});

test("any cut and any changed byte of a file is a model or one sentence", () => {
  const body = new Uint8Array(wholeFile());
  const outcomes = { models: 0, sentences: 0 };
  for (let i = 0; i < 600; i++) {
    const copy = body.slice(0, i % 3 ? body.length : (i * 7919) % body.length);
    if (copy.length) copy[(i * 7907) % Math.min(copy.length, 1500)] = (i * 31) & 255;
    try {
      readWeights(copy.buffer);
      outcomes.models++;
    } catch (error) {
      assert.ok(error instanceof Error && /^[A-Z].*[.]$/s.test(error.message), String(error));
      outcomes.sentences++;
    }
  }
  assert.ok(outcomes.models > 10 && outcomes.sentences > 100);
});
