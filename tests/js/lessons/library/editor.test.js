import "../../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Editor } from "../../../../vae/frontend/lessons/library/editor.js";
import { fileName, placeOf, TEMPLATE } from "../../../../vae/frontend/lessons/library/template.js";
import { lessonForClass, ownLesson } from "../../../../vae/frontend/lib/own-lesson.js";
import { lessonOf, named, settled } from "./lessons.js";
import { storage } from "../../support/storage.js";

const BASE = "http://lab/app";
const MISTAKE = { problem: "own lesson, line 3: minutes must be a whole number from 1 to 90.", line: 3 };

const local = storage(),
  tab = storage();
Object.assign(globalThis, { localStorage: local, sessionStorage: tab });
/** @type {[address: string, body: string][]} */
let asked;
/** @type {() => Response} */
let answer;
/** @type {string[]} */
let gone;

beforeEach(() => {
  local.kept.clear();
  tab.kept.clear();
  asked = [];
  gone = [];
  answer = () => Response.json({ lesson: lessonOf() });
  globalThis.fetch = (address, init) => {
    asked.push([`${address}`, `${init?.body}`]);
    return Promise.resolve(answer());
  };
});

async function editor() {
  const made = new Editor(BASE, [{ name: "more-beta", title: "Is more β better?" }], {
    onBack: () => {},
    go: (address) => gone.push(address),
  });
  document.body.replaceChildren(made.element);
  await settled();
  await settled();
  return made;
}

/** @param {Editor} made @param {string} text */
function type(made, text) {
  made.text.value = text;
  made.text.dispatchEvent(new Event("input"));
}

test("it begins with a template that is checked and previewed at once, its answer open", async () => {
  const made = await editor();
  assert.equal(made.text.value, TEMPLATE);
  assert.deepEqual(asked, [[`${BASE}/lab/lesson?lang=en`, TEMPLATE]]);
  assert.match(made.preview.textContent ?? "", /What is drawn\?.*C: A <b>digit/);
  assert.equal(made.preview.querySelector("details")?.open, true);
  assert.equal(made.element.dataset.checked, "right");
});

test("what is typed is kept in this browser, and is there the next time", async () => {
  const made = await editor();
  type(made, "---\ntitle: Mine");
  assert.equal(ownLesson(), "---\ntitle: Mine");
  made.close();
  assert.equal((await editor()).text.value, "---\ntitle: Mine");
});

test("a mistake is one sentence with its line, which a click selects; the last preview stays", async () => {
  const made = await editor();
  answer = () => Response.json(MISTAKE);
  type(made, "---\ntitle: Mine\nminutes: x\n---\n");
  await made.check();
  assert.match(made.mistake.textContent ?? "", /minutes must be a whole number/);
  assert.match(made.preview.textContent ?? "", /^As it was before the mistake:What survives/);
  assert.equal(made.before.hidden, false);
  named(made.element, "Go to line 3").click();
  const { value, selectionStart, selectionEnd } = made.text;
  assert.equal(value.slice(selectionStart, selectionEnd), "minutes: x");
});

test("a lesson with a mistake is not played: the line is selected instead", async () => {
  answer = () => Response.json(MISTAKE);
  const made = await editor();
  named(made.element, "Play it").click();
  await settled();
  const { value, selectionStart, selectionEnd } = made.text;
  assert.deepEqual([gone, value.slice(selectionStart, selectionEnd)], [[], TEMPLATE.split("\n")[2]]);
});

test("it is played from this browser, and a class gets it by this tab", async () => {
  const made = await editor();
  named(made.element, "Play it").click();
  await settled();
  assert.equal(ownLesson(), TEMPLATE);
  named(made.element, "Open a class with it").click();
  await settled();
  assert.equal(lessonForClass(), TEMPLATE);
  assert.deepEqual(gone, [`${BASE}/lab/?lesson=own`, `${BASE}/Class?lesson=own`]);
});

test("it is taken home as it stands; what the server says against it is shown", async () => {
  const made = await editor();
  answer = () => new Response("None of the models of the lesson 'Mine' can be taken home.", { status: 404 });
  named(made.element, "Take it home").click();
  await settled();
  await settled();
  assert.deepEqual(asked.at(-1), [`${BASE}/lab/file?lang=en`, TEMPLATE]);
  assert.match(made.mistake.textContent ?? "", /^None of the models/);
});

test("where the browser keeps nothing, it says what to do", async () => {
  const made = await editor();
  const forbidden = () => {
    throw new Error("QuotaExceededError");
  };
  const { setItem } = local;
  local.setItem = forbidden;
  named(made.element, "Play it").click();
  await settled();
  local.setItem = setItem;
  assert.match(made.mistake.textContent ?? "", /keeps nothing for another page/);
  assert.deepEqual(gone, []);
});

test("a file takes the place of the text; what is not saved is lost only after a question", async () => {
  const made = await editor();
  await made.open(new File(["---\ntitle: One\n---\n"], "one.md"));
  assert.equal(made.text.value, "---\ntitle: One\n---\n");
  type(made, "written");
  await made.open(new File(["two"], "two.md"));
  assert.equal(made.text.value, "written");
  named(made.element, "Keep my text").click();
  assert.deepEqual([made.text.value, made.sure.hidden], ["written", true]);
  await made.open(new File(["two"], "two.md"));
  named(made.element, "Replace it").click();
  assert.equal(made.text.value, "two");
  await made.open(new File([new Uint8Array(70_000)], "film.md"));
  assert.match(made.mistake.textContent ?? "", /film\.md is larger than 64 KiB/);
});

test("it starts from a ready lesson's text, or from the template again", async () => {
  const made = await editor();
  answer = () => new Response("---\ntitle: Is more β better?\n");
  const choose = async (/** @type {string} */ name) => {
    made.start.value = name;
    made.start.dispatchEvent(new Event("change"));
    await settled();
    await settled();
  };
  await choose("more-beta");
  assert.equal(
    asked.find(([address]) => address.includes("as=text"))?.[0],
    `${BASE}/lab/lesson?name=more-beta&as=text`,
  );
  assert.equal(made.text.value, "---\ntitle: Is more β better?\n");
  assert.equal(made.start.value, "");
  await choose("template");
  assert.equal(made.text.value, TEMPLATE);
});

test("only the answer to the newest text counts", async () => {
  const made = await editor();
  /** @type {(response: Response) => void} */
  let late = () => {};
  globalThis.fetch = (_, init) =>
    new Promise((resolve, reject) => {
      late = resolve;
      init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
    });
  const first = made.check();
  globalThis.fetch = () => Promise.resolve(Response.json(MISTAKE));
  await made.check();
  late(Response.json({ lesson: lessonOf() }));
  await first;
  assert.equal(made.element.dataset.checked, "wrong");
});

test("too long a text is not sent, and a server that is away is named", async () => {
  const made = await editor();
  const before = asked.length;
  type(made, "x".repeat(70_000));
  await made.check();
  assert.match(made.mistake.textContent ?? "", /at most 64 KiB/);
  assert.equal(asked.length, before);
  globalThis.fetch = () => Promise.reject(new Error("down"));
  type(made, "short");
  await made.check();
  assert.match(made.mistake.textContent ?? "", /The app does not answer/);
});

test("a file is named after the lesson", () => {
  assert.equal(fileName("---\ntitle: Is more β better?\n"), "is-more-better.md");
  assert.equal(fileName("title: Überträgt es?"), "ubertragt-es.md");
  assert.equal(fileName("nothing"), "lesson.md");
});

test("a line has its place in the text, the last one where there are fewer", () => {
  const text = "one\ntwo\n\nfour";
  const line = (/** @type {number} */ n) => text.slice(...placeOf(text, n));
  assert.deepEqual([1, 2, 3, 4, 9, 0].map(line), ["one", "two", "", "four", "four", "one"]);
});
