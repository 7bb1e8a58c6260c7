/**
 * Prints how long the local model takes to decode 1, 16 and 64 pictures, by each arithmetic: medians, in ms. As a program:
 * `.venv/bin/node tests/js/support/decode-times.js [CHECKPOINT | conv | subpixel…]`; the last two are models of 64 × 64
 * pixels in colour with the default widths and weights that look random.
 */

import { cpus } from "node:os";

import { fromBase64 } from "../../../vae/frontend/lib/bytes.js";
import { codeDim } from "../../../vae/frontend/lib/model/config.js";
import { LocalModel } from "../../../vae/frontend/lib/model/local-model.js";
import { everyArithmetic } from "../../../vae/frontend/lib/model/product.js";
import { readWeights } from "../../../vae/frontend/lib/model/weights.js";
import { CONV, modelFile, randomTensors } from "./model.js";
import { python } from "./python.js";

/** @import { ModelConfig } from "../../../vae/frontend/lib/model/config.js" */

const COUNTS = [1, 16, 64];
const MEASURE_MS = 500;

/** @type {ModelConfig} */
const COLOUR = { ...CONV, image_shape: [3, 64, 64], latent_dim: 16, hidden: [128], channels: [32, 32, 64, 64] };

/** The decoder's file of a shipped checkpoint, or of an architecture. @returns {ArrayBuffer} */
function fileOf(/** @type {string} */ name) {
  if (name === "conv" || name === "subpixel") {
    /** @type {ModelConfig} */
    const config = { ...COLOUR, architecture: name };
    return modelFile(config, randomTensors(config, false));
  }
  const base64 = python(`
import base64, json
from pathlib import Path
from vae.server.weights import weights_file
from vae.storage.checkpoints import read_checkpoint
file = weights_file(read_checkpoint(Path("checkpoints") / ${JSON.stringify(name)}), "decoder")
print(json.dumps(base64.b64encode(file).decode()))`);
  return fromBase64(base64).buffer;
}

/** Median of the ms that this takes. */
function median(/** @type {() => void} */ work) {
  /** @type {number[]} */
  const times = [];
  for (const until = performance.now() + MEASURE_MS; performance.now() < until || times.length < 5; ) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

const names = process.argv.slice(2);
console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, one thread`);
for (const name of names.length ? names : ["mnist-z10", "sprites-z6"]) {
  const file = fileOf(name);
  for (const arithmetic of everyArithmetic()) {
    const model = new LocalModel(readWeights(file), arithmetic);
    const cells = COUNTS.map((n) => {
      const codes = Float32Array.from({ length: n * codeDim(model.config) }, (_, i) => Math.sin(i * i));
      return `${n}: ${median(() => model.decode(n, codes)).toFixed(2)} ms`.padStart(14);
    });
    console.log([name.padEnd(12), arithmetic.name.padEnd(11), ...cells].join("  "));
  }
}
