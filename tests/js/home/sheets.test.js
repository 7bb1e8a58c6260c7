import { pixelsOf } from "../support/page.js";

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { channelsFirst, drawPairs, fetchFilm } from "../../../vae/frontend/home/sheets.js";
import { Film, FilmError } from "../../../vae/frontend/lib/film.js";
import { bytesOf, frameOf, headOf } from "../support/film.js";

/** Answers the next fetch with these pieces of a body. */
function serve(/** @type {Uint8Array<ArrayBuffer>[]} */ pieces, status = 200) {
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  mock.method(globalThis, "fetch", () => Promise.resolve(new Response(body, { status })));
}

/** How many frames there were each time that frames had come. */
async function fetched(/** @type {Uint8Array<ArrayBuffer>[]} */ ...pieces) {
  serve(pieces);
  const film = new Film();
  /** @type {number[]} */
  const counts = [];
  await fetchFilm("/film", film, () => counts.push(film.frames.length), new AbortController().signal);
  return counts;
}

test("the first frame is there before the second has come", async () => {
  const [first, second] = [bytesOf(headOf(), frameOf({ share: 0 })), frameOf({ share: 1 })];
  assert.deepEqual(await fetched(first, second), [1, 2]);
  assert.deepEqual(await fetched(first.slice(0, 40), first.slice(40), second.slice(0, 9), second.slice(9)), [1, 2]);
  assert.deepEqual(await fetched(bytesOf(first, second)), [2]);
});

test("a film that there is not, and a damaged one, are refused", async () => {
  serve([new TextEncoder().encode("There is no film by this name.")], 404);
  const fetchIt = () => fetchFilm("/film", new Film(), () => {}, new AbortController().signal);
  await assert.rejects(fetchIt, /no film by this name/);
  const record = headOf();
  record[30] ^= 1;
  serve([record]);
  await assert.rejects(fetchIt, FilmError);
});

test("an image's bytes are its channels, one after the other", () => {
  const rgba = Uint8ClampedArray.of(1, 2, 3, 255, 4, 5, 6, 255);
  assert.deepEqual([...channelsFirst(rgba, 3, 2)], [1, 4, 2, 5, 3, 6]);
  assert.deepEqual([...channelsFirst(rgba, 1, 2)], [1, 4]);
});

test("pairs fill rows, with room between them", () => {
  const row = () => Object.assign(document.createElement("canvas"), { width: 6, height: 2 });
  const canvas = document.createElement("canvas");
  drawPairs(canvas, row(), row(), [1, 2, 2], 2); // three pictures of 2 × 2 pixels
  assert.deepEqual([canvas.width, canvas.height], [2 * 5 + 5, 2 * 2 + 5]);
  drawPairs(canvas, row(), row(), [1, 2, 2], 3);
  assert.deepEqual([canvas.width, canvas.height], [3 * 5 + 2 * 5, 2]);
  assert.equal(pixelsOf(canvas).length, 4 * 25 * 2);
});
