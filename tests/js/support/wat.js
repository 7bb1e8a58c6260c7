/** Assembles the local model's product.wat. Run as a program (`make wasm`), it writes product-wasm.js. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const FOLDER = new URL("../../../vae/frontend/lib/model/", import.meta.url);
export const MODULE = new URL("product-wasm.js", FOLDER);
const FEATURES = { simd: true, relaxed_simd: true };

/** The text of product-wasm.js. */
export async function wasmModule() {
  const text = readFileSync(new URL("product.wat", FOLDER), "utf8");
  const simd = await assembled(text),
    relaxed = await assembled(fused(text));
  return `/** What \`make wasm\` assembles from product.wat, in base64: change that, not this file. */

/** As it is written. */
export const SIMD =
  "${simd}";

/** With multiplications and additions fused (relaxed SIMD). */
export const RELAXED_SIMD =
  "${relaxed}";
`;
}

/** Each product that is added to an accumulator, as one instruction: its third operand is the accumulator. */
function fused(/** @type {string} */ text) {
  return text.replaceAll(/f32x4\.mul(\s+local\.get \$\w+\s+)f32x4\.add/g, "$1f32x4.relaxed_madd");
}

async function assembled(/** @type {string} */ text) {
  const { parseWat } = await wabt();
  const module = parseWat("product.wat", text, FEATURES);
  module.validate();
  const { buffer } = module.toBinary({});
  module.destroy();
  return Buffer.from(buffer).toString("base64");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(MODULE, await wasmModule());
