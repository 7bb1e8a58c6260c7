import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Engine, sentenceOf, transferable } from "../../../../vae/frontend/lib/model/engine.js";
import { GpuDecoder } from "../../../../vae/frontend/lib/model/gpu.js";
import { MLP, modelFile, randomTensors } from "../../support/model.js";

/** @import { Done, Loaded, Part } from "../../../../vae/frontend/lib/model/engine.js" */

const LOAD = /** @type {const} */ ({ kind: "load", choice: 1, model: "a", part: "decoder" });

function load(/** @type {Engine} */ engine, /** @type {Part} */ part, choice = 1, body = fileOf(part)) {
  return engine.load({ ...LOAD, choice, part, body, gpu: "slower" });
}

function fileOf(/** @type {Part} */ part) {
  return modelFile(MLP, randomTensors(MLP, part === "whole"));
}

/** Of the answer to a decode request. */
function pixelsOf(/** @type {Done | Loaded} */ answer) {
  assert.ok(answer.kind === "done" && answer.reply && "pixels" in answer.reply);
  return answer.reply.pixels;
}

function decode(/** @type {Engine} */ engine) {
  const rows = Float32Array.of(0.5, -0.5);
  return engine.answer({ kind: "run", id: 7, operation: "decode", n: 1, rows, noise: null });
}

test("an engine decodes with the decoder's file, encodes with the whole one, and forgets both for another model", async () => {
  const engine = new Engine();
  assert.match((await decode(engine)).error, /not loaded/);
  assert.equal((await load(engine, "decoder")).greeting?.device, "this browser");
  const picture = await decode(engine);
  assert.ok(picture.kind === "done" && picture.reply?.n === 1);
  const encode = /** @type {const} */ ({ kind: "run", id: 8, operation: "encode", n: 1, noise: null });
  assert.match((await engine.answer({ ...encode, rows: new Uint8Array(6) })).error, /not loaded/);
  await load(engine, "whole");
  assert.equal((await engine.answer({ ...encode, rows: new Uint8Array(6) })).error, "");
  assert.deepEqual(await decode(engine), picture);
  await load(engine, "whole", 2);
  assert.match((await decode(engine)).error, /not loaded/);
});

test("what an engine cannot read or do is a sentence, and what was loaded stays", async () => {
  const engine = new Engine();
  await load(engine, "decoder");
  assert.match((await load(engine, "whole", 1, new ArrayBuffer(4))).error, /cut off/);
  assert.match((await load(engine, "whole", 1, fileOf("decoder"))).error, /no encoder/);
  assert.equal((await decode(engine)).error, "");
  assert.match(sentenceOf(new RangeError("Array buffer allocation failed")), /^The model is too large .*\.$/);
  assert.equal(sentenceOf("Stopped."), "Stopped.");
});

test("a reply's arrays are moved, not copied", async () => {
  const engine = new Engine();
  await load(engine, "decoder");
  const answer = await decode(engine);
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
  assert.deepEqual(transferable(await load(engine, "decoder")), []);
});

/** @typedef {{decode: (n: number, codes: Float32Array) => Promise<Uint8Array>, close: () => void}} FakeGpu */

/** A graphics processor whose pictures are all grey, until it is lost. @returns {FakeGpu & {closed: boolean, lost: boolean}} */
function fakeGpu() {
  return {
    closed: false,
    lost: false,
    decode(n) {
      return this.lost ? Promise.reject(new Error("lost")) : Promise.resolve(new Uint8Array(6 * n).fill(99));
    },
    close() {
      this.closed = true;
    },
  };
}

test("a graphics processor that is faster decodes, until it is lost or another model is chosen", async () => {
  const gpus = [fakeGpu(), fakeGpu()];
  let made = 0;
  const create = mock.method(GpuDecoder, "create", () => Promise.resolve(gpus[made++]));
  const engine = new Engine();
  const message = { ...LOAD, body: fileOf("decoder"), gpu: /** @type {const} */ ("faster") };
  assert.equal((await engine.load(message)).greeting?.device, "this browser's GPU");
  assert.deepEqual([...pixelsOf(await decode(engine))], Array(6).fill(99));
  const far = /** @type {const} */ ({ kind: "run", id: 8, operation: "decode", n: 1, noise: null });
  assert.match((await engine.answer({ ...far, rows: Float32Array.of(1e9, 0) })).error, /Every z/);
  gpus[0].lost = true;
  assert.notEqual(pixelsOf(await decode(engine))[0], 99);
  await engine.load({ ...message, choice: 2, body: fileOf("decoder") });
  await engine.load({ ...message, choice: 3, body: fileOf("decoder"), gpu: "slower" });
  assert.equal(gpus[1].closed, true);
  assert.equal(made, 2);
  create.mock.restore();
});

test("a graphics processor that comes when another model has been chosen is given back", async () => {
  const gpu = fakeGpu();
  /** @type {(gpu: any) => void} */
  let come = () => {};
  const create = mock.method(GpuDecoder, "create", () => new Promise((resolve) => (come = resolve)));
  const engine = new Engine();
  const first = engine.load({ ...LOAD, body: fileOf("decoder"), gpu: "faster" });
  await engine.load({ ...LOAD, choice: 2, body: fileOf("decoder"), gpu: "slower" });
  come(gpu);
  await first;
  assert.deepEqual([gpu.closed, engine.gpu], [true, null]);
  create.mock.restore();
});

test("a small model needs no graphics processor", async () => {
  const create = mock.method(GpuDecoder, "create", () => assert.fail());
  const engine = new Engine();
  await load(engine, "decoder");
  const rows = new Float32Array();
  const answer = await engine.answer({ kind: "run", id: 9, operation: "try", n: 1, rows, noise: null });
  assert.deepEqual(answer.kind === "done" && answer.reply, { n: 1, gpu: "slower" });
  create.mock.restore();
});
