import "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

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
  ...{ title: "Collapse", minutes: 6, question: "Is β = 1 <b>best</b>?", guesses: ["a", "b"], first: "f", ask: "q?" },
  link: "Explore?checkpoint=x",
  rows: [
    { label: "one", kind: "draw", model: "x" },
    { label: "two", kind: "image", model: "" },
  ],
};

/** @type {Job[]} */
let jobs;
/** @type {RowPainter} */
let painter;

beforeEach(() => {
  jobs = [];
  painter = /** @type {any} */ ({ add: (/** @type {Job[]} */ more) => jobs.push(...more) });
});

test("a card is one link, with its question, guesses and pictures", () => {
  const stories = new Stories(painter);
  stories.show("http://lab/app", [STORY, STORY], []);
  const [card] = stories.list.children;
  const links = card.querySelectorAll("a");
  assert.deepEqual([links.length, links[0].href], [1, "http://lab/app/Explore?checkpoint=x"]);
  assert.match(
    card.textContent ?? "",
    /1 · 6 minutes.*Is β\u00a0=\u00a01 <b>best<\/b>\?.*Show first: f.*Then ask: q\?/,
  );
  assert.deepEqual(
    [...card.querySelectorAll("canvas")].map(({ ariaLabel }) => ariaLabel),
    ["one", "two"],
  );
  assert.equal(stories.heading.textContent, "2 questions for a class, 12 minutes");
  assert.equal(minutesOf([STORY, STORY, STORY]), 18);
});

test("pictures are made when their card comes into view; a figure without any is removed", () => {
  const stories = new Stories(painter);
  stories.show("http://lab", [STORY, STORY], []);
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
  stories.show("http://lab", [STORY], ["mnist-z10"]);
  assert.match(stories.lacking.textContent ?? "", /mnist-z10/);
  assert.deepEqual([stories.element.hidden, stories.lacking.hidden], [false, false]);
  stories.show("http://lab", [], ["mnist-z10"]);
  assert.equal(stories.element.hidden, true);
});
