import assert from "node:assert/strict";
import { test } from "node:test";

import { FlowSource } from "../../../vae/frontend/sampling/flow.js";
import { Latents } from "../../../vae/frontend/sampling/latents.js";
import { cellsOf, Noise, Source } from "../../../vae/frontend/sampling/sources.js";
import { isNear } from "../support/codes.js";
import { python } from "../support/python.js";

/** @import { PackedFlow, PackedNoise, PackedSource } from "../../../vae/frontend/sampling/sources.js" */

/** A second stage of five dimensions with a flow that moves, its noise, and its samples at two temperatures. */
const { noise, source, flow, samples } =
  /** @type {{noise: PackedNoise, source: PackedSource, flow: PackedFlow, samples: number[][]}} */ (
    python(`
import base64, json
import numpy as np, torch
from vae.model.flow import Flow, SecondStage
from vae.model.samplers import Mixture
from vae.views.sampling import noise
pack = lambda array: base64.b64encode(np.asarray(array, "<f4").tobytes()).decode()
mixture = Mixture(np.array([0.4, 0.6]), np.linspace(-1, 1, 10).reshape(2, 5), np.stack([np.eye(5), 0.5 * np.eye(5)]))
flow, generator = Flow(5), torch.Generator().manual_seed(0)
with torch.no_grad():
    for parameter in flow.parameters():
        parameter.normal_(0, 0.2, generator=generator)
flow.center, flow.scale = torch.linspace(-1, 1, 5), torch.linspace(0.5, 2, 5)
second = SecondStage(mixture, flow.requires_grad_(False))
print(json.dumps({
    "noise": noise(7, 5),
    "source": {"weights": [0.4, 0.6], "means": pack(mixture.means), "factors": pack(mixture.factors)},
    "flow": {name: pack(tensor) for name, tensor in flow.state_dict().items()},
    "samples": [second.sample(256, 7, temperature).ravel().tolist() for temperature in (1, 0.5)],
}))`)
  );
const CELLS = cellsOf(16);

test("the vectors are those of SecondStage in Python, at each temperature", () => {
  const found = new FlowSource(source, flow, 5),
    drawn = new Noise(noise);
  for (const [i, temperature] of [1, 0.5].entries()) {
    const vectors = found.vectors(CELLS, drawn, temperature);
    isNear(
      vectors.flatMap((z) => [...z]),
      samples[i],
      1e-4,
    );
  }
});

test("a cell's vector is the same in every grid, and the caller may change it", () => {
  const found = new FlowSource(source, flow, 5),
    drawn = new Noise(noise);
  const [large] = found.vectors(CELLS, drawn, 1);
  const expected = [...large];
  large.fill(0);
  assert.deepEqual([...found.vectors(cellsOf(2), drawn, 1)[0]], expected);
});

test("truncated noise gives other vectors", () => {
  const found = new FlowSource(source, flow, 5),
    drawn = new Noise(noise);
  const [, before] = found.vectors(CELLS, drawn, 1);
  drawn.truncate(0.5);
  assert.notDeepEqual(found.vectors(CELLS, drawn, 1)[1], before);
});

test("mean and deviation of a dimension are those of the largest grid's vectors", () => {
  const found = new FlowSource(source, flow, 5);
  const values = found.vectors(CELLS, new Noise(noise), 1).map((z) => z[2]);
  const mean = values.reduce((sum, value) => sum + value) / values.length;
  const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  const marginal = found.marginal(2, 1);
  isNear([marginal.mean, marginal.deviation], [mean, Math.sqrt(square - mean ** 2)], 1e-6);
});

test("a source with a flow becomes one, a source without becomes a mixture", () => {
  const latents = new Latents(/** @type {any} */ ({ latent_dim: 5 }));
  latents.take({ noises: {}, sources: { second: { ...source, flow }, aggregate: source } });
  assert.ok(latents.sources.get("second") instanceof FlowSource);
  assert.ok(latents.sources.get("aggregate") instanceof Source);
});
