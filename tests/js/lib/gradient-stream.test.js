import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { NewestStream, streamLines } from "../../../vae/frontend/lib/gradient-stream.js";

const ADDRESS = "http://lab/live/geodesic";

/**
 * A request that the page has sent, and its answer as the test gives it.
 *
 * @typedef {object} Asked
 * @property {any} body
 * @property {(text: string) => void} write
 * @property {() => void} end
 * @property {() => boolean} aborted
 */

/** @type {Asked[]} */
let asked = [];

beforeEach(() => {
  asked = [];
  globalThis.fetch = (_, init) => {
    const signal = /** @type {AbortSignal} */ (init?.signal);
    /** @type {ReadableStreamDefaultController<Uint8Array>} */
    let controller;
    const stream = new ReadableStream({
      start(made) {
        controller = made;
        signal.addEventListener("abort", () => made.error(signal.reason));
      },
    });
    asked.push({
      body: JSON.parse(`${init?.body}`),
      write: (text) => controller.enqueue(new TextEncoder().encode(text)),
      end: () => controller.close(),
      aborted: () => signal.aborted,
    });
    return Promise.resolve(new Response(stream));
  };
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** @param {object} values */
const line = (values) => `${JSON.stringify({ version: 1, ...values })}\n`;

test("results are passed on as their lines end, wherever the network cuts them", async () => {
  /** @type {object[]} */
  const lines = [];
  const done = streamLines(ADDRESS, { model: "a", z: [1] }, new AbortController().signal, (one) => lines.push(one));
  assert.deepEqual(asked[0].body, { version: 1, model: "a", z: [1] });
  const text = line({ length: 3 }) + line({ length: 2 });
  asked[0].write(text.slice(0, 30));
  await settled();
  assert.deepEqual(lines, [{ length: 3 }]);
  asked[0].write(text.slice(30));
  asked[0].end();
  await done;
  assert.deepEqual(lines, [{ length: 3 }, { length: 2 }]);
});

test("what the server cannot do is an error with its sentence, before the first result and after it", async () => {
  const { signal } = new AbortController();
  const failing = streamLines(ADDRESS, { model: "a" }, signal, () => {});
  asked[0].write(line({ length: 3 }) + line({ error: "Try again." }));
  await assert.rejects(failing, /^Error: Try again\.$/);

  globalThis.fetch = async () => new Response("The server is full.", { status: 503 });
  await assert.rejects(
    streamLines(ADDRESS, { model: "a" }, signal, () => {}),
    /^Error: The server is full\.$/,
  );
});

/** @returns {{stream: NewestStream<{length: number}>, said: string[]}} */
function newest() {
  /** @type {string[]} */
  const said = [];
  const stream = new NewestStream(ADDRESS, {
    onLine: ({ length }, { z }) => said.push(`${z}: ${length}`),
    onEnd: ({ z }) => said.push(`${z} done`),
    onError: (error) => said.push(`${error}`),
  });
  return { stream, said };
}

test("while requests come quickly each that is answered shows its first result, and the last one all", async () => {
  const { stream, said } = newest();
  for (const z of [1, 2, 3]) stream.ask({ model: "a", z });
  assert.equal(asked.length, 1);
  asked[0].write(line({ length: 10 }) + line({ length: 9 }));
  await settled();
  assert.equal(asked[0].aborted(), true);
  assert.deepEqual(
    asked.map(({ body }) => body.z),
    [1, 3],
  );
  asked[1].write(line({ length: 30 }) + line({ length: 29 }));
  asked[1].end();
  await settled();
  assert.deepEqual(said, ["1: 10", "3: 30", "3: 29", "3 done"]);
});

test("a request after the first result ends the work at once", async () => {
  const { stream, said } = newest();
  stream.ask({ model: "a", z: 1 });
  asked[0].write(line({ length: 10 }));
  await settled();
  stream.ask({ model: "a", z: 2 });
  await settled();
  assert.equal(asked[0].aborted(), true);
  asked[1].end();
  await settled();
  assert.deepEqual(said, ["1: 10", "2 done"]);
});

test("a stopped stream says nothing more and can be asked again", async () => {
  const { stream, said } = newest();
  stream.ask({ model: "a", z: 1 });
  stream.stop();
  await settled();
  assert.equal(asked[0].aborted(), true);
  stream.ask({ model: "a", z: 2 });
  asked[1].write(line({ error: "Try again." }));
  await settled();
  assert.deepEqual(said, ["Error: Try again."]);
});
