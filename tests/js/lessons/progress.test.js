import assert from "node:assert/strict";
import { test } from "node:test";

import { freshProgress } from "../../../vae/frontend/lessons/course.js";
import { KEPT_AS, ProgressStore } from "../../../vae/frontend/lessons/progress.js";

const DONE = { ...freshProgress(), predicted: 1, done: true };

/** A browser's storage. @param {string | null} kept @returns {Storage} */
function storage(kept = null) {
  const items = new Map(kept === null ? [] : [[KEPT_AS, kept]]);
  const found = {
    getItem: (/** @type {string} */ name) => items.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => items.set(name, value),
  };
  return /** @type {Storage} */ (/** @type {unknown} */ (found));
}

test("progress is kept by lesson, comes back in another page, and can be removed", async () => {
  const kept = storage();
  const store = new ProgressStore(() => kept);
  store.set("a", DONE);
  store.set("b", freshProgress());
  const later = new ProgressStore(() => kept);
  assert.deepEqual(later.get("a"), DONE);
  later.set("b", null);
  assert.deepEqual(JSON.parse(await store.file().text()), { "Latent Lab": "lessons", lessons: { a: DONE } });
  assert.equal(store.get("toString"), null);
});

for (const text of ["", "{", "[1]", "null", '"a"']) {
  test(`what the browser kept and nobody can read counts as nothing: ${text}`, () => {
    const store = new ProgressStore(() => storage(text));
    assert.equal(store.get("a"), null);
    store.set("a", DONE);
    assert.deepEqual(store.get("a"), DONE);
  });
}

test("where the browser keeps nothing, this page does", () => {
  const forbidden = () => {
    throw new Error("forbidden");
  };
  const full = { ...storage(), getItem: () => null, setItem: forbidden };
  for (const find of [forbidden, () => /** @type {Storage} */ (full)]) {
    const store = new ProgressStore(find);
    store.set("a", DONE);
    assert.deepEqual(store.get("a"), DONE);
  }
});
