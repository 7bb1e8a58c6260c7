import { send } from "../support/page.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import Uploader from "../../../vae/frontend/training/uploader.js";

/** @typedef {import("../../../vae/frontend/training/uploader.js").Held} Held */

/** @type {{total: number, query: URLSearchParams}[]} */
let asked;
/** @type {(() => Response | Promise<Response>) | null} in place of taking a piece */
let answer;
/** @type {[name: string, upload: string][]} */
let sent;
/** @type {Uploader} */
let uploader;

mock.method(globalThis, "fetch", async (/** @type {string} */ address, /** @type {any} */ { body, signal }) => {
  const { searchParams: query } = new URL(address, "http://lab.test");
  asked.push({ total: Number(query.get("total")), query });
  signal.throwIfAborted();
  return (await answer?.()) ?? Response.json({ version: 1, bytes: Number(query.get("offset")) + body.length });
});

beforeEach(() => {
  [asked, sent, answer] = [[], [], null];
  uploader = new Uploader(document.body, (name, upload) => sent.push([name, upload]));
  update(null);
});

afterEach(() => uploader.close());

/** As Python does, at any run of the form. @param {Held | null} held */
function update(held, bytes = 2 ** 20) {
  const most = { bytes, pictures: 5000, piece: 2 ** 19 };
  uploader.update({ base: "/app", ticket: "secret", suffixes: [".jpg"], fewest: 10, most, held });
}

/** @param {number} count */
function folder(count, ending = "jpg") {
  return Array.from({ length: count }, (_, i) => {
    const file = new File([`${i}`], `${i}.${ending}`);
    return Object.assign(file, { webkitRelativePath: `pets/${i % 2}/${i}.${ending}` });
  });
}

/** Chooses files as the user does. @param {HTMLInputElement} input @param {File[]} files */
function choose(input, files) {
  Object.defineProperty(input, "files", { value: files, configurable: true });
  send(input, "change");
}

async function settled() {
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
}

/** What is shown, without what is for screen readers alone. */
function shown() {
  const parts = [uploader.empty, uploader.album.element, uploader.busy, uploader.leftOut, uploader.problem];
  return parts
    .filter(({ hidden }) => !hidden)
    .map(({ textContent }) => textContent)
    .join("|");
}

test("a chosen folder is sent as one upload, and Python is sent its number", async () => {
  choose(uploader.folder, folder(1234));
  await settled();
  const [{ query }] = asked;
  assert.deepEqual([query.get("name"), query.get("pictures")], ["pets", "1234"]);
  assert.deepEqual(sent, [["sent", query.get("upload")]]);
  assert.match(shown(), /^pets1,234 pictures, 0\.1 MB.*Remove/);
  assert.equal(uploader.status.textContent, "pets has arrived.");
});

test("a zip is sent as it is, without a count", async () => {
  choose(uploader.files, [new File([new Uint8Array(600_000)], "mine.zip")]);
  await settled();
  assert.deepEqual([asked.length, asked[1].total, asked[1].query.get("pictures")], [2, 600_000, ""]);
  assert.match(shown(), /^mine\.zip0\.6 MB/);
});

test("a refusal is shown with its reason, and the next choice begins anew", async () => {
  answer = () => new Response("<html>", { status: 403, headers: { "content-type": "text/html" } });
  choose(uploader.folder, folder(3));
  await settled();
  assert.match(shown(), /status 403.*server\.corsAllowedOrigins/);
  assert.match(shown(), /Choose a folder/);
  assert.deepEqual(sent, []);
  answer = null;
  choose(uploader.folder, folder(3));
  await settled();
  assert.equal(sent.length, 1);
  assert.doesNotMatch(shown(), /403/);
  assert.notEqual(asked[0].query.get("upload"), asked[1].query.get("upload"));
});

test("what is too large is not sent", async () => {
  update(null, 100);
  choose(uploader.folder, folder(30));
  await settled();
  assert.match(shown(), /at most 0\.0 MB can be uploaded.*server\.maxUploadSize/);
  assert.deepEqual(asked, []);
});

test("files that are no pictures are counted, with the endings that are", async () => {
  choose(uploader.folder, [...folder(30), ...folder(20, "heic")]);
  await settled();
  assert.equal(asked[0].query.get("pictures"), "30");
  assert.match(shown(), /Left out, as no pictures: 20 × \.heic\. Pictures end in \.jpg\./);
});

test("of many kinds of files that are no pictures, the most frequent are named", async () => {
  const others = Array.from({ length: 9 }, (_, i) => folder(i + 1, `kind${i}`)).flat();
  choose(uploader.folder, [...folder(30), ...others]);
  await settled();
  const counts = "9 × .kind8, 8 × .kind7, 7 × .kind6, 6 × .kind5, 5 × .kind4, 4 × .kind3, 6 × others.";
  assert.ok(shown().includes(`Left out, as no pictures: ${counts}`), shown());
});

test("an upload goes on when the page runs again, and can be cancelled", async () => {
  /** @type {((response: Response) => void) | undefined} */
  let go;
  answer = () => new Promise((resolve) => (go = resolve));
  choose(uploader.folder, folder(3));
  await settled();
  update(null);
  assert.match(shown(), /^pets.* of 3 pictures.*Cancel/);
  uploader.stop.click();
  assert.match(shown(), /Choose a folder/);
  go?.(Response.json({ version: 1, bytes: 1 }));
  await settled();
  assert.deepEqual(sent, []);
  assert.match(shown(), /Choose a folder/);
});

test("what the session has uploaded earlier is shown, until the user removes it", () => {
  const held = { upload: "7", name: "<b>pets", pictures: 1, total: 10 };
  update(held);
  assert.match(shown(), /^<b>pets1 picture, 0\.0 MB/);
  uploader.stop.click();
  assert.deepEqual(sent, [["removed", "7"]]);
  assert.match(shown(), /Choose a folder/);
});

test("a sent upload stays shown until Python knows of it, and then as long as Python does", async () => {
  choose(uploader.folder, folder(3));
  await settled();
  const held = { upload: sent[0][1], name: "pets", pictures: 3, total: 10 };
  update(null); // a run that began before the upload was there
  assert.match(shown(), /^pets/);
  update(held);
  assert.match(shown(), /^pets/);
  update(null);
  assert.match(shown(), /Choose a folder/);
});

test("dropped files are taken, but not while there is an upload", async () => {
  const dataTransfer = { items: [], files: [new File(["a"], "a.jpg")] };
  send(uploader.root, "drop", { dataTransfer });
  await settled();
  assert.equal(sent.length, 1);
  send(uploader.root, "drop", { dataTransfer });
  await settled();
  assert.equal(sent.length, 1);
});

test("the keyboard's focus stays in the uploader when its controls change", async () => {
  const [first] = uploader.choices.querySelectorAll("button");
  first.focus();
  choose(uploader.folder, folder(3));
  await settled();
  assert.equal(document.activeElement, uploader.stop);
  uploader.stop.click();
  assert.equal(document.activeElement, first);
});

/** Takes photos, as a phone's camera gives them: all of one name. */
function photograph(count = 1) {
  for (let i = 0; i < count; i++) choose(uploader.album.input, [new File([`${i}`], "image.jpg")]);
}

test("photos are collected until there are enough, and then sent together", async () => {
  photograph(9);
  assert.match(shown(), /The next ones show9 photos; at least 10 are needed\./);
  assert.equal(uploader.album.use.disabled, true);
  assert.equal(asked.length, 0);
  photograph();
  uploader.album.use.click();
  await settled();
  assert.equal(asked[0].query.get("pictures"), "10");
  assert.match(shown(), /^photos10 pictures, .*Remove/);
  assert.deepEqual(uploader.album.photos, []);
});

test("what photos show becomes their class, in a folder that leads nowhere else", async () => {
  const { album } = uploader;
  album.label.value = " ../red: leaves ";
  photograph(5);
  album.label.value = "";
  photograph(5);
  assert.deepEqual([...new Set(album.photos.map((photo) => photo.folder))], ["-red- leaves", "photos"]);
  album.use.click();
  await settled();
  assert.match(shown(), /^Several folders10 pictures/);
});

test("a photo is taken out, and the keyboard's focus goes to the next one", () => {
  photograph(3);
  const [first, second, third] = uploader.album.photos;
  second.node.querySelectorAll("button")[1].click();
  assert.deepEqual(uploader.album.photos, [first, third]);
  assert.equal(document.activeElement, third.node.querySelector("button"));
  third.node.querySelectorAll("button")[1].click();
  assert.equal(document.activeElement, first.node.querySelector("button"));
  first.node.querySelectorAll("button")[1].click();
  assert.match(shown(), /Choose a folder/);
  assert.equal(document.activeElement, uploader.choices.querySelector("button"));
});

test("photos stay when their upload fails, and can be sent again", async () => {
  answer = () => new Response("Full.", { status: 507 });
  photograph(10);
  uploader.album.use.click();
  await settled();
  assert.equal(uploader.album.photos.length, 10);
  assert.match(shown(), /The next ones show10 photos\./);
  answer = null;
  uploader.album.use.click();
  await settled();
  assert.equal(sent.length, 1);
});

test("photos are discarded at once", () => {
  photograph(2);
  const discard = [...uploader.album.element.querySelectorAll("button")].at(-1);
  discard?.click();
  assert.match(shown(), /Choose a folder/);
});
