import assert from "node:assert/strict";
import { test } from "node:test";

import { Engine, sentenceOf, transferable } from "../../../../vae/frontend/lib/model/engine.js";
import { MLP, modelFile, randomTensors } from "../../support/model.js";

/** @import { Part } from "../../../../vae/frontend/lib/model/engine.js" */

function load(/** @type {Engine} */ engine, /** @type {Part} */ part, choice = 1, body = fileOf(part)) {
  return engine.load({ kind: "load", choice, model: "a", part, body });
}

function fileOf(/** @type {Part} */ part) {
  return modelFile(MLP, randomTensors(MLP, part === "whole"));
}

function decode(/** @type {Engine} */ engine) {
  const rows = Float32Array.of(0.5, -0.5);
  return engine.answer({ kind: "run", id: 7, operation: "decode", n: 1, rows, noise: null });
}

test("an engine decodes with the decoder's file, encodes with the whole one, and forgets both for another model", () => {
  const engine = new Engine();
  assert.match(decode(engine).error, /not loaded/);
  assert.equal(load(engine, "decoder").greeting?.device, "this browser");
  const picture = decode(engine);
  assert.ok(picture.kind === "done" && picture.reply?.n === 1);
  const encode = /** @type {const} */ ({ kind: "run", id: 8, operation: "encode", n: 1, noise: null });
  assert.match(engine.answer({ ...encode, rows: new Uint8Array(6) }).error, /not loaded/);
  load(engine, "whole");
  assert.equal(engine.answer({ ...encode, rows: new Uint8Array(6) }).error, "");
  assert.deepEqual(decode(engine), picture);
  load(engine, "whole", 2);
  assert.match(decode(engine).error, /not loaded/);
});

test("what an engine cannot read or do is a sentence, and what was loaded stays", () => {
  const engine = new Engine();
  load(engine, "decoder");
  assert.match(load(engine, "whole", 1, new ArrayBuffer(4)).error, /cut off/);
  assert.match(load(engine, "whole", 1, fileOf("decoder")).error, /no encoder/);
  assert.equal(decode(engine).error, "");
  assert.match(sentenceOf(new RangeError("Array buffer allocation failed")), /^The model is too large .*\.$/);
  assert.equal(sentenceOf("Stopped."), "Stopped.");
});

test("a reply's arrays are moved, not copied", () => {
  const engine = new Engine();
  load(engine, "decoder");
  const answer = decode(engine);
  const buffers = transferable(answer);
  assert.deepEqual(
    buffers.map(({ byteLength }) => byteLength),
    [6],
  );
  structuredClone(answer, { transfer: buffers });
  assert.deepEqual(
    buffers.map(({ byteLength }) => byteLength),
    [0],
  );
  assert.deepEqual(transferable(load(engine, "decoder")), []);
});
