import "../support/page.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Feed } from "../../../vae/frontend/training/feed.js";
import { bytesOf, EPOCH, frameOf, headOf, recordOf } from "../support/film.js";

/** @typedef {{name: string, state: any, film_bytes: number, sentence?: string}} ListedRun */

/** The server: what runs it lists, the films by kind and name, and whether it can be reached. */
/** @type {{runs: ListedRun[], films: Record<string, Uint8Array>, down: boolean, status: number}} */
let server;
/** @type {string[]} */
let asked;
/** @type {(RequestCache | undefined)[]} */
let caches;
/** @type {{changes: number, states: [name: string, state: string][]}} */
let heard;
/** @type {Feed | undefined} */
let feed;

mock.method(Math, "random", () => 1 - 2 ** -53); // no jitter
mock.method(globalThis, "fetch", async (/** @type {string} */ address, /** @type {RequestInit} */ { cache }) => {
  await Promise.resolve();
  asked.push(address);
  caches.push(cache);
  if (server.down) throw new TypeError("fetch failed");
  if (server.status !== 200) return new Response("", { status: server.status });
  const { pathname, searchParams } = new URL(address, "http://lab.test");
  if (pathname === "/app/live/runs") {
    return Response.json({ version: 1, runs: server.runs.map((run) => ({ sentence: "", ...run })) });
  }
  const film = server.films[`${searchParams.get("kind")} ${searchParams.get("name")}`];
  const from = Number(searchParams.get("from"));
  if (!film) return new Response("There is no film by this name.", { status: 404 });
  return from > film.length ? new Response("", { status: 416 }) : new Response(Uint8Array.from(film.subarray(from)));
});

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  server = { runs: [], films: {}, down: false, status: 200 };
  asked = [];
  caches = [];
  heard = { changes: 0, states: [] };
});

afterEach(() => {
  feed?.close();
  mock.timers.reset();
});

/** A feed of these films, once it has asked for the first time. */
async function open(/** @type {any[]} */ films) {
  const onChange = () => {
    heard.changes++;
  };
  const onState = (/** @type {string} */ name, /** @type {string} */ state) => heard.states.push([name, state]);
  feed = new Feed("/app", films, { onChange, onState });
  await pass();
  return feed;
}

/** Lets requests be answered, then this much time pass, then requests be answered again. */
async function pass(ms = 0) {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  if (!ms) return;
  mock.timers.tick(ms);
  await pass();
}

const RUN = { kind: "run", name: "a" };
const SAVED = { kind: "checkpoint", name: "a" };
const HEAD = headOf();
const FRAME = frameOf({ share: 0 });

test("a checkpoint's film is read once to its end", async () => {
  server.films["checkpoint a"] = bytesOf(HEAD, FRAME, recordOf(EPOCH));
  const { items } = await open([SAVED]);
  assert.deepEqual([items[0].film.frames.length, items[0].finished, items[0].problem], [1, true, ""]);
  const before = asked.length;
  await pass(60_000);
  assert.equal(asked.length, before);
  assert.ok(asked.every((address) => address.startsWith("/app/live/film?kind=checkpoint&name=a&from=")));
});

test("the browser keeps a checkpoint's film under its version, and asks anew for any other", async () => {
  server.films["checkpoint a"] = bytesOf(HEAD, FRAME, recordOf(EPOCH));
  await open([{ ...SAVED, version: "4f" }]);
  assert.ok(asked.every((address) => address.endsWith("&v=4f")));
  assert.deepEqual([...new Set(caches)], ["default"]);
  feed?.close();
  await open([SAVED]);
  assert.equal(caches.at(-1), "no-store");
});

test("a checkpoint without a film, and one without pictures, have a sentence", async () => {
  server.films["checkpoint b"] = HEAD;
  const { items } = await open([SAVED, { kind: "checkpoint", name: "b" }]);
  assert.deepEqual(
    items.map(({ problem }) => problem),
    ["There is no film by this name.", "This film has no pictures."],
  );
});

test("a running film grows with each poll, from the bytes that are there", async () => {
  server.runs = [{ name: "a", state: "running", film_bytes: HEAD.length }];
  server.films["run a"] = HEAD;
  const { items } = await open([RUN]);
  assert.equal(items[0].film.frames.length, 0);
  assert.deepEqual(heard.states, []); // the page had no other state
  server.films["run a"] = bytesOf(HEAD, FRAME);
  server.runs[0].film_bytes = HEAD.length + FRAME.length;
  await pass(400);
  assert.equal(items[0].film.frames.length, 1);
  assert.ok(asked.at(-1)?.endsWith(`from=${HEAD.length}`));
  const before = asked.length;
  await pass(400);
  assert.deepEqual(asked.slice(before), ["/app/live/runs"]); // nothing new: only the list
});

test("a waiting run is looked at rarely, and so is any while the page is hidden", async (t) => {
  server.runs = [{ name: "a", state: "queued", film_bytes: 0 }];
  await open([RUN]);
  const before = asked.length;
  await pass(1900);
  assert.equal(asked.length, before);
  server.runs[0].state = "running";
  await pass(100);
  assert.equal(asked.length, before + 1);
  assert.deepEqual(heard.states, [["a", "running"]]);
  t.mock.getter(document, "hidden", () => true);
  await pass(400); // the pause that began while the page was visible
  const hidden = asked.length;
  await pass(1900);
  assert.equal(asked.length, hidden);
});

test("a page that is shown again asks at once", async () => {
  server.runs = [{ name: "a", state: "queued", film_bytes: 0 }];
  await open([RUN]);
  const before = asked.length;
  document.dispatchEvent(new Event("visibilitychange"));
  await pass();
  assert.equal(asked.length, before + 1);
});

test("a run that has left the list is a checkpoint, whose film goes on", async () => {
  server.runs = [{ name: "a", state: "saving", film_bytes: HEAD.length }];
  server.films["run a"] = HEAD;
  const { items } = await open([RUN]);
  server.runs = [];
  server.films = { "checkpoint a": bytesOf(HEAD, FRAME) };
  await pass(400);
  assert.deepEqual([items[0].film.frames.length, items[0].run?.state, items[0].finished], [1, "done", true]);
  assert.deepEqual(heard.states, [["a", "done"]]);
});

test("a run that left the list without a checkpoint was discarded; its pictures stay", async () => {
  server.runs = [{ name: "a", state: "running", film_bytes: HEAD.length + FRAME.length }];
  server.films["run a"] = bytesOf(HEAD, FRAME);
  const { items } = await open([RUN]);
  server.runs = [];
  server.films = {};
  for (let k = 0; k < 4; k++) await pass(2000); // it may be a moment away from being a checkpoint
  assert.deepEqual([items[0].run?.state, items[0].film.frames.length, items[0].finished], ["gone", 1, true]);
});

test("a film that was cut is read anew, as when a run resumes", async () => {
  server.runs = [{ name: "a", state: "running", film_bytes: HEAD.length + FRAME.length }];
  server.films["run a"] = bytesOf(HEAD, FRAME);
  const { items } = await open([RUN]);
  server.films["run a"] = HEAD;
  server.runs[0].film_bytes = HEAD.length;
  await pass(400);
  assert.equal(items[0].film.frames.length, 0);
  assert.equal(items[0].film.size, HEAD.length);
});

test("a film with damage is read anew, and then what is whole is shown with a sentence", async () => {
  const broken = bytesOf(HEAD, FRAME, frameOf());
  broken[broken.length - 1] ^= 1;
  server.films["checkpoint a"] = broken;
  const { items } = await open([SAVED]);
  assert.equal(items[0].film.frames.length, 1);
  assert.match(items[0].problem, /damaged after 1 pictures/);
  assert.equal(asked.filter((address) => address.endsWith("from=0")).length, 2);
});

test("a saved film that ends within a record is damaged", async () => {
  server.films["checkpoint a"] = bytesOf(HEAD, FRAME, frameOf().subarray(0, 50));
  const { items } = await open([SAVED]);
  assert.match(items[0].problem, /damaged/);
});

test("a record that is none has a sentence, and is not asked for again", async () => {
  server.films["checkpoint a"] = bytesOf(HEAD, frameOf({ scale: -1 }));
  const { items } = await open([SAVED]);
  assert.match(items[0].problem, /Picture 1 of this film is not what its format says/);
  assert.equal(asked.length, 1);
});

test("a lost connection is said once, tried again with growing pauses, and heals", async () => {
  server.runs = [{ name: "a", state: "running", film_bytes: 0 }];
  server.down = true;
  const { lost } = await open([RUN]);
  assert.deepEqual([lost, heard.changes], [true, 1]);
  for (const pause of [500, 1000, 2000]) {
    const before = asked.length;
    await pass(pause - 10);
    assert.equal(asked.length, before);
    await pass(10);
    assert.equal(asked.length, before + 1);
  }
  server.down = false;
  server.status = 503;
  await pass(4000);
  assert.equal(feed?.lost, true);
  server.status = 200;
  await pass(8000);
  assert.equal(feed?.lost, false);
});

test("a feed goes on with the films it has, also with a run that was saved", async () => {
  const made = await open([RUN]);
  assert.equal(made.goesOnWith([{ kind: "checkpoint", name: "a" }]), true);
  assert.equal(made.goesOnWith([{ kind: "run", name: "a" }]), false); // a new run of that name
  assert.equal(made.goesOnWith([{ kind: "checkpoint", name: "b" }]), false);
  assert.equal(made.goesOnWith([]), false);
});

test("a closed feed asks for nothing", async () => {
  server.runs = [{ name: "a", state: "running", film_bytes: 0 }];
  const made = await open([RUN]);
  made.close();
  const before = asked.length;
  await pass(60_000);
  assert.equal(asked.length, before);
});
