import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";

import { Classifier, loadClassifier, readTensors } from "../../../vae/frontend/lib/classifier.js";
import { isNear } from "../support/codes.js";
import { python } from "../support/python.js";

const FILE = readFileSync(new URL("../../../vae/frontend/lib/mnist-classifier.safetensors", import.meta.url));
const BODY = FILE.buffer.slice(FILE.byteOffset, FILE.byteOffset + FILE.length);

const actualFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = actualFetch;
});

/** Test digits that ship with a model, and what PyTorch's own layers make of them. */
const { pictures, logits, labels } = python(`
import json
from pathlib import Path
import torch
from vae.evaluation.pictures.classifier import load_classifier
from vae.model.networks import to_unit
from vae.storage.checkpoints import read_checkpoint
checkpoint = read_checkpoint(Path("checkpoints/mnist-z2"))
images = checkpoint.load_examples()[:100]
with torch.inference_mode():
    logits = load_classifier()(to_unit(torch.from_numpy(images)))
labels = checkpoint.load_encoded().labels[:100]
print(json.dumps({"pictures": images.reshape(100, -1).tolist(), "logits": logits.tolist(), "labels": labels.tolist()}))`);

test("the browser's classifier computes what PyTorch computes", () => {
  const classifier = new Classifier(readTensors(BODY));
  for (const [i, picture] of pictures.entries()) {
    isNear(classifier.logits(Uint8Array.from(picture)), logits[i], 1e-3);
  }
});

test("it knows test digits", () => {
  const classifier = new Classifier(readTensors(BODY));
  const right = pictures.filter(
    (/** @type {number[]} */ picture, /** @type {number} */ i) =>
      classifier.classify(Uint8Array.from(picture)) === labels[i],
  );
  assert.ok(right.length >= 97, `${right.length} of 100`);
});

test("a fetch that fails gives no classifier and is tried again; one that succeeds is kept", async () => {
  globalThis.fetch = () => Promise.resolve(new Response("", { status: 503, statusText: "Busy" }));
  await assert.rejects(loadClassifier(), /the classifier's file: 503 Busy/);
  globalThis.fetch = () => Promise.resolve(new Response(BODY));
  const classifier = await loadClassifier();
  globalThis.fetch = () => Promise.reject(new Error("not asked"));
  assert.equal(await loadClassifier(), classifier);
});
