import "../support/page.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { element } from "../../../vae/frontend/lib/dom.js";
import { freshProgress } from "../../../vae/frontend/lessons/course.js";
import { deeds, lessonAfter } from "../../../vae/frontend/lessons/ending.js";
import { answerTo, explanation, outcome, verdictOf } from "../../../vae/frontend/lessons/reveal.js";
import { checkList } from "../../../vae/frontend/lessons/steps.js";
import { LESSON } from "./lesson.js";

const BASE = "https://lab.test";

test("an answer is right, another one, or for the class to find out", () => {
  assert.equal(verdictOf(LESSON, 2), "right");
  assert.equal(verdictOf(LESSON, 0), "other");
  assert.equal(verdictOf({ ...LESSON, answer: null }, 0), "open");
});

test("where the lesson promises no answer, what was to be seen stands beside the prediction", () => {
  const open = { ...LESSON, answer: null };
  assert.match(outcome(open, 0, BASE).textContent ?? "", /Its place is two numbers\..*promises no answer/s);
  assert.match(answerTo(open, 0).textContent ?? "", /promises no answer/);
  assert.match(deeds(open, { ...freshProgress(), predicted: 1 })[0], /You predicted B, and looked for yourself\./);
});

test("of the terms those that the glossary has are explained; a reference without a link is text", () => {
  const references = [{ text: "A book", link: "" }];
  const { textContent } = explanation({ ...LESSON, terms: ["KL", "unknown"], references }, BASE);
  assert.match(textContent ?? "", /The words and their formulasKL: Kullback–Leibler divergence.*To read onA book$/s);
});

test("a check that does not hold here is said", () => {
  const list = checkList([{ text: "KL", measured: "3.5", unit: "nats", holds: false }]);
  assert.equal(element("div", {}, list).textContent, "KL3.5 natsThis model does not show what the lesson says.");
});

test("the next lesson is the first after this one that can be played", () => {
  const lessons = ["a", "b", "c"].map((name) => ({ name, title: name, problem: name === "b" ? "broken" : null }));
  assert.equal(lessonAfter(lessons, "a")?.name, "c");
  assert.equal(lessonAfter(lessons, "c"), null);
});
