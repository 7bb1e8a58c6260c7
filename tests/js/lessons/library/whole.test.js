import "../../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { element } from "../../../../vae/frontend/lib/dom.js";
import { linksOf } from "../../../../vae/frontend/lessons/library/links.js";
import { beginningOf, restOf } from "../../../../vae/frontend/lessons/library/whole.js";
import { lessonOf } from "./lessons.js";

const BASE = "http://lab/app";

test("a lesson begins with its length, its question and the reasons for each option, and without the answer", () => {
  const shown = element("div", {}, ...beginningOf(lessonOf()));
  const text = shown.textContent ?? "";
  assert.match(text, /^What survives\?8 minutes · See.*What is drawn\?AA copy.*why A copyBGarbage.*CA <b>digit<\/b>/);
  assert.doesNotMatch(text, /right|132\.6|pays|And ten/);
  assert.equal(shown.querySelector(".notice"), null);
});

test("models that are not here are named", () => {
  const missing = (/** @type {string[]} */ names) => {
    const shown = element("div", {}, ...beginningOf(lessonOf({ missing: names })));
    return shown.querySelector(".notice")?.textContent;
  };
  assert.equal(missing(["a"]), "It needs the model a, not trained here.");
  assert.equal(missing(["a", "b"]), "It needs the models a, b, not trained here.");
});

test("the rest is closed at first: answer, steps with their pages, explanation, transfer, references", () => {
  const rest = restOf(BASE, lessonOf());
  assert.equal(rest.open, false);
  const text = rest.textContent ?? "";
  assert.match(text, /AnswerC: A <b>digit<\/b>.*Draw a digit\. Open its page.*You should see 132\.6 nats/);
  assert.match(
    text,
    /reconstruction of mnist-z2: measured 132\.6 nats.*Only what pays\..*FormulasKL: .*And ten\?AMoreright/,
  );
  const links = [...rest.querySelectorAll("a")].map(({ href }) => href);
  assert.deepEqual(links, [`${BASE}/Reconstruction?checkpoint=mnist-z2`, "https://arxiv.org/abs/1312.6114"]);
  assert.equal(rest.querySelector("a")?.ariaLabel, "Open the page of this step: Reconstruction");
  assert.deepEqual(
    [...rest.querySelectorAll("h3")].map(({ textContent }) => textContent),
    ["Answer", "Steps", "Explanation", "Formulas", "Transfer", "References"],
  );
});

test("what a lesson does not have is left out, and an open outcome is the class's", () => {
  const steps = lessonOf().steps.map((step) => ({ ...step, see: [], checks: [] }));
  const rest = restOf(BASE, lessonOf({ answer: null, transfer: null, references: [], terms: [], steps }));
  assert.equal(rest.querySelector(".see, .checks"), null);
  assert.match(rest.textContent ?? "", /AnswerThe class finds out\./);
  assert.deepEqual(rest.querySelectorAll("section").length, 3);
});

test("a check that does not hold is marked", () => {
  const [step] = lessonOf().steps;
  const checks = [{ text: "KL of mnist-z2", measured: "7.0", unit: "nats", holds: false }];
  const rest = restOf(BASE, lessonOf({ steps: [{ ...step, checks }] }));
  assert.equal(rest.querySelector(".fails")?.textContent, "KL of mnist-z2: measured 7.0 nats");
});

test("a lesson's addresses name it, and its language where it is not English", () => {
  assert.deepEqual(linksOf(BASE, "one two", "en"), {
    play: `${BASE}/lab/?lesson=one+two`,
    file: `${BASE}/lab/file?lesson=one+two`,
    class: `${BASE}/Class?lesson=one+two`,
    rehearsal: `${BASE}/Class?lesson=one+two&rehearse=30`,
  });
  assert.equal(linksOf(BASE, "x", "de").play, `${BASE}/lab/?lesson=x&lang=de`);
});
