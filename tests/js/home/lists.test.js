import "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Models } from "../../../vae/frontend/home/models.js";
import { minutesOf, Stories } from "../../../vae/frontend/home/stories.js";

/** @import { Job, RowPainter } from "../../../vae/frontend/home/rows.js" */

/** @type {((entries: {isIntersecting: boolean, target: Element}[]) => void)[]} */
const observers = [];
Object.assign(globalThis, {
  IntersectionObserver: class {
    constructor(/** @type {any} */ callback) {
      observers.push(callback);
    }
    observe() {}
    unobserve() {}
    disconnect() {}
  },
});

const STORY = {
  ...{ name: "more-beta", title: "Collapse", minutes: 6, question: "Is β = 1 <b>best</b>?", options: ["a", "b"] },
  rows: [
    { label: "one", kind: "draw", model: "x" },
    { label: "two", kind: "image", model: "" },
  ],
};
const COLUMNS = { negative_elbo: "98.0", kl: "19.6", active: "10 of 10", weights: "0.42 M" };
const MODEL = {
  ...{ name: "a b", words: "MNIST · 2-D", shows: "Digits", kind: "2-D", purpose: "for this", version: 7 },
  columns: COLUMNS,
};

/** @type {Job[]} */
let jobs;
/** @type {RowPainter} */
let painter;

beforeEach(() => {
  jobs = [];
  painter = /** @type {any} */ ({ add: (/** @type {Job[]} */ more) => jobs.push(...more) });
});

test("a card plays its lesson, and leads to where it is read, with its question, guesses and pictures", () => {
  const stories = new Stories(painter);
  stories.show("http://lab/app", [STORY, STORY], [], 10);
  const [card] = stories.list.children;
  const links = [...card.querySelectorAll("a")].map(({ href }) => href);
  assert.deepEqual(links, ["http://lab/app/lab/?lesson=more-beta", "http://lab/app/Lessons?lesson=more-beta"]);
  assert.match(card.textContent ?? "", /1 · 6 minutes.*Is β\u00a0=\u00a01 <b>best<\/b>\?ab/);
  assert.deepEqual(
    [...card.querySelectorAll("canvas")].map(({ ariaLabel }) => ariaLabel),
    ["one", "two"],
  );
  assert.equal(stories.heading.textContent, "2 lessons, 12 minutes");
  assert.deepEqual(
    [stories.all.textContent, stories.all.href],
    ["All 10 lessons, and your own", "http://lab/app/Lessons"],
  );
  assert.equal(minutesOf([STORY, STORY, STORY]), 18);
});

test("pictures are made when their card comes into view; a figure without any is removed", () => {
  const stories = new Stories(painter);
  stories.show("http://lab", [STORY, STORY], [], 2);
  const [first, second] = stories.list.children;
  observers.at(-1)?.([
    { isIntersecting: false, target: first },
    { isIntersecting: true, target: second },
  ]);
  assert.deepEqual(
    jobs.map(({ row }) => row),
    [
      { kind: "draw", model: "x" },
      { kind: "image", model: "" },
    ],
  );
  jobs[0].onMissing();
  assert.equal(second.querySelectorAll("figure").length, 1);
  assert.equal(first.querySelectorAll("figure").length, 2);
});

test("models that stories lack are named; without stories there is no section", () => {
  const stories = new Stories(painter);
  stories.show("http://lab", [STORY], ["mnist-z10"], 1);
  assert.match(stories.lacking.textContent ?? "", /mnist-z10/);
  assert.deepEqual([stories.element.hidden, stories.lacking.hidden], [false, false]);
  stories.show("http://lab", [], ["mnist-z10"], 0);
  assert.equal(stories.element.hidden, true);
});

test("a click anywhere on a model's row follows its link, and on the link once", () => {
  const models = new Models();
  models.show("http://lab", [MODEL]);
  const [row] = models.body.children;
  const link = row.querySelector("a");
  assert.ok(link);
  assert.equal(link.href, "http://lab/Explore?checkpoint=a%20b");
  let followed = 0;
  link.addEventListener("click", (event) => {
    followed++;
    event.preventDefault();
  });
  row.querySelector("td")?.click();
  assert.equal(followed, 1);
  link.click();
  assert.equal(followed, 2);
});

test("a model's row has its picture, words, code, purpose and numbers", () => {
  const models = new Models();
  models.show("http://lab", [MODEL]);
  const [row] = models.body.children;
  assert.equal(row.textContent, "MNIST · 2-Da bfor this98.019.610 of 100.42 M");
  assert.match(row.querySelector("img")?.src ?? "", /\/live\/strip\?model=a%20b&version=7$/);
  assert.equal(models.summary.textContent, "All models (1)");
  assert.equal(models.first?.weights, "MNIST · 2-D: 0.42 M"); // for the formula
  models.show("http://lab", []);
  assert.equal(models.element.hidden, true);
});
