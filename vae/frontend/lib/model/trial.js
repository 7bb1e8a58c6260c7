/**
 * Whether a model's pictures come sooner from this machine's graphics processor: tried once for a model, and remembered
 * by LocalClient. From then on it decodes all of them or none, as the two may round a level differently.
 */

import { codeDim } from "./config.js";
import { GpuDecoder } from "./gpu.js";

/** @import { LocalModel } from "./local-model.js" */
/** @import { Weights } from "./weights.js" */

/** @typedef {"untried" | "faster" | "slower"} Gpu How the graphics processor compares with the processor. */

const ROUNDS = 5;
const BATCH = 16;
const QUICK_MS = 1; // the way to a graphics processor and back takes longer

/**
 * Decodes a few pictures in both ways. "slower" also where there is no graphics processor, or where its pictures are
 * others.
 *
 * @param {LocalModel} model
 * @param {Weights} weights
 * @param {(weights: Weights) => Promise<Pick<GpuDecoder, "decode" | "close"> | null>} [create]
 * @returns {Promise<Gpu>}
 */
export async function tried(model, weights, create = GpuDecoder.create) {
  const codes = Float32Array.from({ length: BATCH * codeDim(model.config) }, (_, i) => 2 * Math.sin(i * i));
  const one = codes.slice(0, codeDim(model.config));
  const own = await bestTime(() => model.decode(1, one));
  if (own < QUICK_MS) return "slower";
  const gpu = await create(weights);
  if (!gpu) return "slower";
  try {
    if (!areClose(await gpu.decode(1, one), model.decode(1, one))) return "slower";
    if ((await bestTime(() => gpu.decode(1, one))) >= own) return "slower";
    if (!areClose(await gpu.decode(BATCH, codes), model.decode(BATCH, codes))) return "slower";
    const [batch, ownBatch] = [() => gpu.decode(BATCH, codes), () => model.decode(BATCH, codes)];
    return (await bestTime(batch)) < (await bestTime(ownBatch)) ? "faster" : "slower";
  } catch {
    return "slower";
  } finally {
    gpu.close();
  }
}

/** The least ms of a few rounds, after one that is not counted. */
async function bestTime(/** @type {() => unknown} */ work) {
  let best = Infinity;
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    await work();
    if (round) best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Whether no pixel differs by more than a level. */
function areClose(/** @type {Uint8Array} */ found, /** @type {Uint8Array} */ expected) {
  return found.length === expected.length && found.every((level, i) => Math.abs(level - expected[i]) <= 1);
}
