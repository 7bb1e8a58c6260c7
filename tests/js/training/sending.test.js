import "../support/page.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { joined } from "../../../vae/frontend/lib/bytes.js";
import { pieces, reasonOf, send } from "../../../vae/frontend/training/sending.js";

const BYTES = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) & 0xff);
const UPLOAD = {
  address: "/app/live/upload",
  ticket: "secret",
  upload: "7",
  name: "pets",
  pictures: 2400,
  piece: 2 ** 15,
};

/** What the server has; how it answers the next requests in place of taking them. */
/** @type {{taken: Uint8Array[], answers: (Response | Error)[], limit: number}} */
let server;
/** @type {{query: URLSearchParams, headers: Record<string, string>, length: number}[]} */
let asked;
/** @type {number[]} */
let progress;

mock.method(globalThis, "fetch", (/** @type {string} */ address, /** @type {any} */ { headers, body, signal }) => {
  const { searchParams: query, pathname } = new URL(address, "http://lab.test");
  assert.equal(pathname, "/app/live/upload");
  asked.push({ query, headers, length: body.length });
  const answer = server.answers.shift();
  if (signal.aborted) return Promise.reject(signal.reason);
  if (answer instanceof Error) return Promise.reject(answer);
  if (answer) return Promise.resolve(answer);
  if (body.length > server.limit) return Promise.resolve(page(413));
  const offset = Number(query.get("offset"));
  assert.equal(offset, joined(server.taken).length);
  server.taken.push(Uint8Array.from(body));
  return Promise.resolve(Response.json({ version: 1, bytes: offset + body.length }));
});

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  server = { taken: [], answers: [], limit: 2 ** 20 };
  asked = [];
  progress = [];
});

afterEach(() => mock.timers.reset());

/** An answer of a proxy. @param {number} status */
function page(status) {
  return new Response("<html><h1>Refused</h1></html>", { status, headers: { "content-type": "text/html" } });
}

/** @param {number} status @param {string} sentence */
function own(status, sentence) {
  return new Response(sentence, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** @returns {AsyncGenerator<Uint8Array<ArrayBuffer>>} */
async function* parts() {
  for (let at = 0; at < BYTES.length; at += 7000) {
    await Promise.resolve();
    yield BYTES.slice(at, at + 7000);
  }
}

/** Sends all; time passes whenever it waits. */
async function sendAll(signal = new AbortController().signal) {
  const state = { done: false };
  const sending = send({ total: BYTES.length, parts: parts() }, UPLOAD, signal, (bytes) =>
    progress.push(bytes),
  ).finally(() => {
    state.done = true;
  });
  sending.catch(() => {});
  while (!state.done) {
    await new Promise(setImmediate);
    mock.timers.tick(10_000);
  }
  return sending;
}

test("the server gets every byte in pieces, with what it needs to know", async () => {
  await sendAll();
  assert.deepEqual(joined(server.taken), BYTES);
  assert.deepEqual(
    asked.map(({ length }) => length),
    [32_768, 32_768, 32_768, 1696],
  );
  const { query, headers } = asked[1];
  assert.equal(headers["Upload-Ticket"], "secret");
  assert.equal(`${query}`, "upload=7&offset=32768&total=100000&pictures=2400&name=pets");
  assert.deepEqual(progress, [32_768, 65_536, 98_304, 100_000]);
});

test("the last piece of a whole number of pieces is not empty", async () => {
  const found = [];
  for await (const piece of pieces(parts(), 50_000)) found.push(piece.length);
  assert.deepEqual(found, [50_000, 50_000]);
});

test("a lost piece, and one that a proxy could not pass on, are sent again", async () => {
  server.answers = [new TypeError("fetch failed"), page(502), page(503), own(429, "Another piece is on its way.")];
  await sendAll();
  assert.deepEqual(joined(server.taken), BYTES);
  assert.equal(asked.length, 8);
});

test("a connection that stays lost ends in a sentence", async () => {
  server.answers = Array.from({ length: 6 }, () => new TypeError("fetch failed"));
  await assert.rejects(sendAll(), /^Error: The connection was lost after 0\.0 MB of 0\.1 MB\./);
});

test("a proxy that takes only small requests gets smaller pieces", async () => {
  server.limit = 20_000;
  await sendAll();
  assert.deepEqual(joined(server.taken), BYTES);
  assert.deepEqual(new Set(asked.map(({ length }) => length)), new Set([32_768, 16_384, 1696]));
});

test("a proxy that takes none says so, with the option to set", async () => {
  server.limit = 1000;
  await assert.rejects(sendAll(), /status 413.*16 KiB.*client_max_body_size 1m/);
});

test("a refusal is not tried again, and the app's own sentence is shown", async () => {
  server.answers = [own(409, "A piece of this upload is missing; choose the pictures again.")];
  await assert.rejects(sendAll(), /^Error: A piece of this upload is missing; choose the pictures again\. \(409\)$/);
  assert.equal(asked.length, 1);
});

test("an answer of 200 that is a login page is no success", async () => {
  server.answers = [page(200)];
  await assert.rejects(sendAll(), /status 200.*login page/);
});

test("a cancelled upload stops at once", async () => {
  const stopping = new AbortController();
  stopping.abort();
  await assert.rejects(sendAll(stopping.signal), { name: "AbortError" });
  assert.equal(asked.length, 1);
});

for (const [status, words] of /** @type {[number, RegExp][]} */ ([
  [401, /sign in again/],
  [403, /add https:\/\/lab\.test to server\.corsAllowedOrigins/],
  [404, /begins with \/live/],
  [405, /POST/],
  [502, /still runs/],
  [504, /proxy_read_timeout/],
  [418, /person who runs the app/],
])) {
  test(`the status ${status} is explained`, async () => {
    const sentence = await reasonOf(page(status), 16_384);
    assert.match(sentence, new RegExp(`status ${status}`));
    assert.match(sentence, words);
    assert.doesNotMatch(sentence, /<|undefined/);
  });
}

test("a proxy's plain page is not taken for the app's sentence", async () => {
  assert.match(await reasonOf(own(403, "Forbidden"), 1), /server\.corsAllowedOrigins/);
  assert.match(await reasonOf(own(403, `${"a ".repeat(300)}.`), 1), /server\.corsAllowedOrigins/);
});
