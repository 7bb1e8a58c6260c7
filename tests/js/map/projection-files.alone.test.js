import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { serve } from "../../../vae/frontend/lib/files.js";
import { ProjectionFiles } from "../../../vae/frontend/map/projection-files.js";

const BASE = "lab:";
const DONE = { version: 1, state: "done", model: "a", method: "pca", dims: 2, lowering: "", seconds: 0 };

/** By their addresses. @type {Map<string, Response>} */
let files;
/** @type {any[]} */
let seen;
/** @type {ProjectionFiles} */
let projections;

serve(BASE, (path, query) => files.get(`${path}?${query}`) ?? new Response("It is not in this file.", { status: 404 }));

beforeEach(() => {
  files = new Map();
  seen = [];
  projections = new ProjectionFiles(`${BASE}/live/projections`, {
    onState: (state) => seen.push(state),
    onLayout: (layout, dims) => seen.push([...layout], dims),
  });
});

/** An answer with this header and no array. */
function answerOf(/** @type {object} */ header) {
  const text = new TextEncoder().encode(JSON.stringify({ ...header, arrays: [] }));
  const body = new Uint8Array(4 + text.length);
  new DataView(body.buffer).setUint32(0, text.length, true);
  body.set(text, 4);
  return new Response(body);
}

test("of a linear projection comes its final state", async () => {
  files.set("live/projections?model=a&method=pca&dims=2", answerOf(DONE));
  await projections.ask({ model: "a", method: "pca", dims: 2, axes: [] });
  assert.deepEqual(seen, [{ ...DONE, arrays: [] }]);
});

test("what is not there has failed with the sentence", async () => {
  await projections.ask({ model: "a", method: "tsne", dims: 2, axes: [] });
  assert.deepEqual(seen, [{ state: "failed", error: "It is not in this file." }]);
});

test("an answer to an earlier request is not heard", async () => {
  files.set("live/projections?model=a&method=pca&dims=2", answerOf(DONE));
  const first = projections.ask({ model: "a", method: "pca", dims: 2, axes: [] });
  projections.forget();
  await first;
  assert.deepEqual(seen, []);
});
