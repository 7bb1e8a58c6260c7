import "../../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Library } from "../../../../vae/frontend/lessons/library/library.js";
import { lessonOf, named, settled, summaryOf } from "./lessons.js";
import { storage } from "../../support/storage.js";

/** @import { LibraryData } from "../../../../vae/frontend/lessons/library/library.js" */

const BASE = "http://lab/app";
const LESSONS = [
  summaryOf(),
  summaryOf({ name: "more-beta", title: "Is more β better?", level: "measure", missing: ["mnist-z10-b4"] }),
  summaryOf({ name: "broken", title: "", problem: "broken.md, line 3: minutes is no number." }),
  summaryOf({ name: "mine", title: "Mine", level: "mathematics", own: true, languages: ["es"] }),
];
/** @type {LibraryData} */
const DATA = {
  base: BASE,
  lessons: LESSONS,
  language: "en",
  languages: [
    ["en", "English"],
    ["de", "Deutsch"],
  ],
  lesson: null,
};

/** @type {string[]} */
let asked;
/** @type {[string, unknown][]} */
let sent;
/** What the server answers, by the beginning of the address. @type {Record<string, (query: URLSearchParams) => Response>} */
let answers;
const local = storage();
Object.assign(globalThis, { localStorage: local, sessionStorage: storage() });

beforeEach(() => {
  local.kept.clear();
  asked = [];
  sent = [];
  answers = {
    lesson: (query) => Response.json(lessonOf({ name: `${query.get("name")}`, language: `${query.get("lang")}` })),
    lessons: () =>
      Response.json({ lessons: [summaryOf({ title: "Was bleibt?", language: "de" }), summaryOf({ name: "x" })] }),
  };
  globalThis.fetch = (address) => {
    const [path, query] = `${address}`.replace(`${BASE}/lab/`, "").split("?");
    asked.push(`${path}?${query}`);
    return Promise.resolve(answers[path](new URLSearchParams(query)));
  };
});

/** @param {Partial<LibraryData>} [changes] */
async function page(changes = {}) {
  document.body.replaceChildren();
  const library = new Library(document.body, (name, value) => void sent.push([name, value]), { ...DATA, ...changes });
  await settled();
  return library;
}

const items = (/** @type {Library} */ { root }) =>
  [...root.querySelectorAll(".lessons > li")].map((item) => item.textContent ?? "");

test("every lesson has its title, length, level and question; the first one is shown", async () => {
  const library = await page();
  const [first, second, third, fourth] = items(library);
  assert.equal(first, "What survives?8 minutes · SeeWhat is drawn?");
  assert.match(second, /It needs the model mnist-z10-b4, not trained here\./);
  assert.equal(third, "brokenbroken.md, line 3: minutes is no number.");
  assert.match(fourth, /Mine8 minutes · Mathematics · your own/);
  assert.deepEqual(asked, ["lesson?name=two-numbers&lang=en"]);
  assert.equal(library.root.querySelector("[aria-current]")?.querySelector(".title")?.textContent, "What survives?");
  assert.deepEqual([library.root.dataset.view, library.root.dataset.lesson], ["list", "two-numbers"]);
  assert.deepEqual(sent, []);
});

test("until its numbers have come a lesson shows its question and options, and can be played", async () => {
  /** @type {(response: Response) => void} */
  let answer = () => {};
  globalThis.fetch = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const library = await page({ lessons: [summaryOf({ options: ["A copy", "Garbage"] })] });
  const text = () => library.content.textContent ?? "";
  assert.match(text(), /What is drawn\?AA copy\u00a0BGarbage.*Play it.*Its numbers are being measured…$/);
  const play = named(library.root, "Play it");
  answer(Response.json(lessonOf()));
  await settled();
  assert.match(text(), /A copywhy A copy.*All of it, with the answer/);
  assert.doesNotMatch(text(), /being measured/);
  assert.equal(named(library.root, "Play it"), play);
});

test("a level leaves the lessons of this level", async () => {
  const library = await page();
  const measure = /** @type {HTMLInputElement} */ (library.gallery.level.inputs.get("measure"));
  measure.checked = true;
  measure.dispatchEvent(new Event("change"));
  assert.deepEqual(items(library).length, 1);
  assert.match(items(library)[0], /Is more β better/);
});

test("a chosen lesson is shown, is told to Python, and has its four actions", async () => {
  const library = await page();
  /** @type {HTMLElement} */ (library.root.querySelectorAll(".lesson")[2]).click();
  await settled();
  assert.deepEqual(sent, [["chosen", { lesson: "mine", language: "en" }]]);
  assert.equal(library.root.dataset.view, "lesson");
  const links = ["Play it", "Open a class with it", "Rehearse it", "Take it home"].map((text) =>
    /** @type {HTMLAnchorElement} */ (named(library.root, text)).href.replace(`${BASE}/`, ""),
  );
  assert.deepEqual(links, [
    "lab/?lesson=mine",
    "Class?lesson=mine",
    "Class?lesson=mine&rehearse=30",
    "lab/file?lesson=mine",
  ]);
  assert.equal(document.activeElement?.tagName, "H2");
  named(library.root, "All lessons").click();
  assert.equal(library.root.dataset.view, "list");
});

test("a lesson whose models are not here is read, not played", async () => {
  const library = await page({ lesson: "more-beta" });
  assert.throws(() => named(library.root, "Play it"), /no Play it/);
});

test("who has opened the answer of one lesson reads the next one with it", async () => {
  const library = await page();
  const rest = /** @type {HTMLDetailsElement} */ (library.root.querySelector("details"));
  rest.open = true;
  rest.dispatchEvent(new Event("toggle"));
  library.choose("mine");
  await settled();
  assert.equal(library.root.querySelector("details")?.open, true);
});

test("another language brings the lessons and the chosen one in it", async () => {
  const library = await page();
  assert.deepEqual(
    [...library.languages.options].map(({ textContent }) => textContent),
    ["English", "Deutsch"],
  );
  library.languages.value = "de";
  library.languages.dispatchEvent(new Event("change"));
  await settled();
  await settled();
  await settled();
  assert.deepEqual(asked.slice(1), ["lessons?lang=de", "lesson?name=two-numbers&lang=de"]);
  assert.deepEqual(sent, [["chosen", { lesson: null, language: "de" }]]);
  assert.match(items(library)[0], /^Was bleibt\?8 minutes · SeeWhat/);
  assert.match(items(library)[1], /8 minutes · See · in English/);
  assert.match(/** @type {HTMLAnchorElement} */ (named(library.root, "Play it")).href, /lang=de$/);
});

test("a link opens its lesson; what comes back from Python changes nothing; the browser's Back does", async () => {
  const library = await page({ lesson: "mine" });
  assert.deepEqual([library.root.dataset.view, library.root.dataset.lesson], ["lesson", "mine"]);
  library.choose("two-numbers");
  library.update({ ...DATA, lesson: "two-numbers" });
  await settled();
  assert.equal(asked.length, 2);
  library.update({ ...DATA, lesson: "mine" });
  await settled();
  assert.equal(library.root.dataset.lesson, "mine");
});

test("a link to a lesson that is not there opens the list", async () => {
  const library = await page({ lesson: "nothing" });
  assert.deepEqual([library.root.dataset.view, library.root.dataset.lesson], ["list", "two-numbers"]);
});

test("what the server refuses is said, and only the lesson that was chosen last is shown", async () => {
  answers.lesson = () => new Response("There is no lesson of this name.", { status: 404 });
  const library = await page();
  assert.equal(library.problem.textContent, "There is no lesson of this name.");
  answers.lesson = (query) => Response.json(lessonOf({ name: `${query.get("name")}` }));
  library.choose("mine");
  library.choose("two-numbers");
  await settled();
  assert.deepEqual([library.problem.hidden, library.root.dataset.lesson], [true, "two-numbers"]);
});

test("this browser's progress is marked, counted and deleted after a question", async () => {
  const kept = {
    "two-numbers": { phase: "end", step: 0, done: true },
    mine: { phase: "predict", step: 0, done: false },
  };
  local.setItem("latent-lab lessons", JSON.stringify(kept));
  const library = await page();
  assert.match(items(library)[0], /8 minutes · See · done/);
  assert.match(items(library)[3], /your own · begun/);
  assert.match(library.progress.words.textContent ?? "", /^2 begun in this browser, 1 of them done\.$/);
  named(library.root, "Delete").click();
  named(library.root, "Keep it").click();
  assert.ok(local.getItem("latent-lab lessons"));
  named(library.root, "Delete").click();
  named(library.root, "Delete it").click();
  assert.equal(local.getItem("latent-lab lessons"), "{}");
  assert.equal(library.progress.element.hidden, true);
  assert.doesNotMatch(items(library)[0], /done/);
});

test("one's own lesson is written in place of the list, and the list comes back", async () => {
  answers.lesson = () => Response.json({ lesson: lessonOf() });
  const library = await page();
  named(library.root, "Write your own").click();
  assert.ok(library.root.querySelector("textarea"));
  assert.equal(library.root.querySelector(".lessons"), null);
  named(library.root, "All lessons").click();
  assert.equal(library.root.querySelector("textarea"), null);
  assert.ok(library.root.querySelector(".lessons"));
  library.close();
  assert.equal(document.body.children.length, 0);
});
