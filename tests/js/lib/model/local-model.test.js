import assert from "node:assert/strict";
import { test } from "node:test";

import { LocalModel } from "../../../../vae/frontend/lib/model/local-model.js";
import { everyArithmetic } from "../../../../vae/frontend/lib/model/product.js";
import { readWeights } from "../../../../vae/frontend/lib/model/weights.js";
import { CONV, MLP, modelFile, randomTensors } from "../../support/model.js";

/** @import { ModelConfig } from "../../../../vae/frontend/lib/model/config.js" */
/** @import { Arithmetic } from "../../../../vae/frontend/lib/model/product.js" */

/**
 * A model whose weights are zeros but for those that are given.
 *
 * @param {ModelConfig} config
 * @param {Record<string, number[]>} given
 * @param {Arithmetic} [arithmetic]
 */
function modelOf(config, given, arithmetic = everyArithmetic()[0]) {
  const tensors = randomTensors(config);
  for (const [name, values] of tensors) values.set(given[name] ?? values.map(() => 0));
  return new LocalModel(readWeights(modelFile(config, tensors)), arithmetic);
}

function randomModel(/** @type {ModelConfig} */ config, arithmetic = everyArithmetic()[0]) {
  return new LocalModel(readWeights(modelFile(config, randomTensors(config))), arithmetic);
}

/** @type {ModelConfig} */
const PIXEL = { ...MLP, image_shape: [1, 1, 1], latent_dim: 1, hidden: [1] };

/** A model of one pixel whose decoder's output is `output` at z = 0, and whose code is the pixel's brightness. */
function pixelModel(/** @type {Partial<ModelConfig>} */ config, /** @type {number} */ output, logScale = -2) {
  return modelOf(
    { ...PIXEL, ...config },
    {
      "decoder.head.bias": [output],
      "decoder.log_scale": [logScale],
      "encoder.hidden.0.weight": [1],
      "encoder.head.weight": config.posterior === "point" ? [1] : [1, 0],
      "encoder.head.bias": config.posterior === "point" ? [0] : [0, 5],
    },
  );
}

test("a decoder of one number is a line through a ReLU and a sigmoid", () => {
  const model = modelOf(PIXEL, {
    "decoder.hidden.0.weight": [2],
    "decoder.hidden.0.bias": [-1],
    "decoder.head.weight": [3],
    "decoder.head.bias": [0.5],
  });
  const picture = (/** @type {number} */ z) => Math.round(255 / (1 + Math.exp(-(3 * Math.max(0, 2 * z - 1) + 0.5))));
  assert.deepEqual([...model.decode(4, Float32Array.of(-3, 0, 0.7, 1.1))], [-3, 0, 0.7, 1.1].map(picture));
});

test("a level between two is rounded to the even one, as PyTorch does", () => {
  const levels = [0.5, 1.5, 2.5, 126.5, 127.5, 254.5, -3, 300];
  for (const [level, rounded] of levels.map((each, i) => [each, [0, 2, 2, 126, 128, 254, 0, 255][i]])) {
    const pixel = pixelModel({ likelihood: "gaussian" }, level / 255);
    if (Math.fround(Math.fround(level / 255) * 255) === level || level < 0 || level > 255)
      assert.deepEqual([...pixel.decode(1, Float32Array.of(0))], [rounded], `${level}`);
  }
});

test("an encoder gives its mean and the bounded log variance", () => {
  const { mean, logvar } = pixelModel({}, 0).encode(2, Uint8Array.of(0, 51));
  assert.deepEqual([...mean], [0, Math.fround(0.2)]);
  assert.ok(logvar.every((value) => Math.abs(value - 10 * Math.tanh(0.5)) < 1e-6));
});

test("a plain autoencoder's code is the mean, without a KL, and it samples nothing", () => {
  const model = pixelModel({ posterior: "point" }, 0);
  const found = model.reconstruct(1, Uint8Array.of(51), Float32Array.of(3));
  assert.deepEqual([...found.mean, ...found.logvar, ...found.kl], [Math.fround(0.2), -10, 0]);
});

test("the nats of each likelihood are those of its formula", () => {
  const [x, output, logScale] = [51 / 255, 0.3, -2];
  const gaussian = (/** @type {number} */ sigma) =>
    0.5 * (Math.log(2 * Math.PI * sigma ** 2) + ((x - output) / sigma) ** 2);
  const bernoulli = Math.log(1 + Math.exp(output)) - x * output;
  const lambda = 1 / (1 + Math.exp(-output));
  const logConstant = Math.log((2 * Math.atanh(1 - 2 * lambda)) / (1 - 2 * lambda));
  const logistic = (/** @type {number} */ edge) => 1 / (1 + Math.exp(-(x + edge - output) / Math.exp(logScale)));
  /** @type {[ModelConfig["likelihood"], number][]} */
  const expected = [
    ["bernoulli", bernoulli],
    ["continuous-bernoulli", bernoulli - logConstant],
    ["gaussian", gaussian(0.1)],
    ["gaussian-learned", gaussian(Math.exp(logScale))],
    ["gaussian-optimal", gaussian(Math.exp(logScale))],
    ["discretised-logistic", -Math.log(logistic(1 / 510) - logistic(-1 / 510))],
  ];
  for (const [likelihood, nats] of expected) {
    const { reconstruction, kl } = pixelModel({ likelihood }, output, logScale).reconstruct(1, Uint8Array.of(51), null);
    assert.ok(Math.abs(reconstruction[0] - nats) < 1e-5, `${likelihood}: ${reconstruction[0]}, not ${nats}`);
    const logvar = 10 * Math.tanh(0.5);
    assert.ok(Math.abs(kl[0] - 0.5 * (0.2 ** 2 + Math.exp(logvar) - 1 - logvar)) < 1e-4);
  }
});

test("all levels of a discretised logistic have the probability 1 together", () => {
  const model = pixelModel({ likelihood: "discretised-logistic" }, 0.3, -1);
  const { reconstruction } = model.reconstruct(
    256,
    Uint8Array.from({ length: 256 }, (_, level) => level),
    null,
  );
  const sum = reconstruction.reduce((total, nats) => total + Math.exp(-nats), 0);
  assert.ok(Math.abs(sum - 1) < 1e-5, `${sum}`);
});

test("a continuous Bernoulli's formulas and series meet, and its mean is nearer to 1/2", () => {
  for (const near of [0, 0.0999, 0.1001, -0.1001, 3]) {
    const model = pixelModel({ likelihood: "continuous-bernoulli", latent_dim: 1 }, near);
    const [picture] = model.decode(1, Float32Array.of(0));
    const exact = near === 0 ? 0.5 : 1 / (1 - Math.exp(-near)) - 1 / near;
    assert.ok(Math.abs(picture - 255 * exact) <= 0.5001, `${near}`);
  }
});

test("noise moves the code by so many standard deviations", () => {
  const model = modelOf(
    { ...PIXEL, likelihood: "gaussian" },
    { "decoder.hidden.0.weight": [1], "decoder.head.weight": [1], "encoder.head.bias": [0.25, 0] },
  );
  const { pixels } = model.reconstruct(2, Uint8Array.of(9, 9), Float32Array.of(0, 0.5));
  assert.deepEqual([...pixels], [Math.round(0.25 * 255), Math.round(0.75 * 255)]);
});

test("a conditional model decodes with the label that follows its image", () => {
  const config = { ...PIXEL, classes: 300, likelihood: /** @type {const} */ ("gaussian") };
  const weights = Array.from({ length: 301 }, (_, input) => (input ? (input - 1) / 510 : 0));
  const model = modelOf(config, { "decoder.hidden.0.weight": weights, "decoder.head.weight": [1] });
  const label = 258;
  const { pixels } = model.reconstruct(2, Uint8Array.of(0, 2, 0, 0, label & 255, label >> 8), null);
  assert.deepEqual([...pixels], [1, 129]);
  assert.throws(
    () => model.reconstruct(1, Uint8Array.of(0, 255, 1), null),
    /^Error: Every label must be .* 299, not 511\.$/,
  );
});

test("a request that the live service refuses is one sentence", () => {
  const model = randomModel(MLP);
  const far = [Float32Array.of(0, 10_001), Float32Array.of(Number.NaN, 0), Float32Array.of(0, -Infinity)];
  for (const z of far)
    assert.throws(() => model.decode(1, z), /^Error: Every z must be a number from -10000 to 10000\.$/);
  const image = new Uint8Array(6);
  assert.throws(() => model.reconstruct(1, image, far[0]), /^Error: Every noise value must be/);
  assert.throws(
    () => model.decode(2, Float32Array.of(0, 0)),
    /^Error: A request to decode 2 has 4 numbers .*, not 2\.$/,
  );
  assert.throws(() => model.decode(0, new Float32Array()), /^Error: A request to decode 0/);
  assert.throws(() => model.encode(1, image.subarray(1)), /^Error: A request to encode 1/);
  assert.throws(() => model.reconstruct(1, image.subarray(1), null), /^Error: A request to reconstruct 1/);
  const decoder = readWeights(modelFile(MLP, randomTensors(MLP, false)));
  assert.throws(() => new LocalModel(decoder, everyArithmetic()[0]).encode(1, image), /^Error: .* no encoder\.$/);
});

test("a small file of a model that would take seconds for a picture is refused at once", () => {
  /** @type {ModelConfig} */
  const wide = { ...CONV, image_shape: [3, 512, 512], channels: [2000, 1], hidden: [1] };
  assert.throws(() => randomModel(wide), /^Error: The model is too large for this browser: one picture takes .*\.$/);
});

/** @type {{kind: string, config: ModelConfig}[]} */
const KINDS = [
  { kind: "an MLP", config: { ...MLP, image_shape: [3, 7, 5], hidden: [20, 30], latent_dim: 3 } },
  { kind: "a conv model", config: CONV },
  { kind: "a normed conv model", config: { ...CONV, image_shape: [1, 28, 28], channels: [6, 4, 5], batch_norm: true } },
];

for (const { kind, config } of KINDS) {
  for (const arithmetic of everyArithmetic()) {
    test(`${kind} decodes and encodes by ${arithmetic.name} to the same bytes in any batch`, () => {
      const model = randomModel(config, arithmetic);
      const [d, size] = [config.latent_dim, config.image_shape.reduce((a, b) => a * b, 1)];
      const codes = Float32Array.from({ length: 256 * d }, (_, i) => 2 * Math.sin(i * i));
      const images = Uint8Array.from({ length: 256 * size }, (_, i) => 128 + 127 * Math.sin(i * i));
      const all = model.reconstruct(256, images, codes);
      const pictures = model.decode(256, codes);
      for (const n of [1, 3, 16, 64]) {
        for (const first of [0, 64, 255].filter((start) => start + n <= 256)) {
          const end = first + n;
          assert.deepEqual(
            model.decode(n, codes.subarray(first * d, end * d)),
            pictures.subarray(first * size, end * size),
          );
          const some = model.reconstruct(n, images.subarray(first * size, end * size), codes.slice(first * d, end * d));
          assert.deepEqual(some.mean, all.mean.subarray(first * d, end * d));
          assert.deepEqual(some.logvar, all.logvar.subarray(first * d, end * d));
          assert.deepEqual(some.reconstruction, all.reconstruction.subarray(first, end));
          assert.deepEqual(some.pixels, all.pixels.subarray(first * size, end * size));
        }
      }
    });
  }
}
