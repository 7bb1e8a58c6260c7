/**
 * Runs the local model on every case of a folder, for tests/test_local_model.py: NAME.decoder and NAME.whole are its
 * files, cases.json has its inputs' number, and NAME.codes, NAME.images and NAME.noise the inputs. Writes, for each
 * arithmetic, all replies of a case one after the other as NAME.0, NAME.1, …, and prints the arithmetics' names.
 */

import { readFileSync, writeFileSync } from "node:fs";

import { LocalModel } from "../../../vae/frontend/lib/model/local-model.js";
import { everyArithmetic } from "../../../vae/frontend/lib/model/product.js";
import { readWeights } from "../../../vae/frontend/lib/model/weights.js";

const folder = process.argv[2];

function bytes(/** @type {string} */ name) {
  return new Uint8Array(readFileSync(`${folder}/${name}`));
}

for (const { name, n, conditional } of JSON.parse(readFileSync(`${folder}/cases.json`, "utf8"))) {
  const codes = new Float32Array(bytes(`${name}.codes`).buffer),
    noise = new Float32Array(bytes(`${name}.noise`).buffer);
  const rows = bytes(`${name}.images`);
  const width = rows.length / n - (conditional ? 2 : 0);
  const images = conditional
    ? Uint8Array.from({ length: n * width }, (_, i) => rows[Math.floor(i / width) * (width + 2) + (i % width)])
    : rows;
  const [small, whole] = ["decoder", "whole"].map((part) => readWeights(bytes(`${name}.${part}`).buffer));
  const pairs = everyArithmetic().map((each) => [each, new LocalModel(whole, each)]);
  const decoders = everyArithmetic().map((each) => new LocalModel(small, each));
  for (const [k, [, model]] of /** @type {[any, LocalModel][]} */ (pairs).entries()) {
    const { mean, logvar } = model.encode(n, images);
    const replies = [null, noise].flatMap((each) => Object.values(model.reconstruct(n, rows, each)));
    const parts = [decoders[k].decode(n, codes), model.decode(n, codes), mean, logvar, ...replies];
    writeFileSync(`${folder}/${name}.${k}`, Buffer.concat(parts.map(({ buffer }) => new Uint8Array(buffer))));
  }
}
console.log(JSON.stringify(everyArithmetic().map(({ name }) => name)));
