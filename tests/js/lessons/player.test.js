import { send } from "../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { freshProgress } from "../../../vae/frontend/lessons/course.js";
import Player from "../../../vae/frontend/lessons/player.js";
import { ProgressStore } from "../../../vae/frontend/lessons/progress.js";
import { LESSON } from "./lesson.js";

/** @import { PlayerData } from "../../../vae/frontend/lessons/player.js" */

Object.assign(globalThis, {
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
});

/** @type {ProgressStore} */
let store;
/** @type {string[]} */
let opened;
/** @type {boolean[]} */
let held;

/** @param {Partial<PlayerData>} [values] */
function play(values = {}) {
  const player = new Player(document.body);
  const host = {
    base: "https://lab.test",
    models: ["mnist-z2", "mnist-z10"],
    app: true,
    open: (/** @type {URLSearchParams} */ link) => opened.push(`${link}`),
    has: (/** @type {string} */ page) => page !== "Training",
    hold: (/** @type {boolean} */ isHeld) => held.push(isHeld),
  };
  const findNext = () => Promise.resolve({ title: "Dot or cloud?", href: "https://lab.test/lab/?lesson=dot-or-cloud" });
  const rest = { base: host.base, lesson: LESSON, problem: "", key: LESSON.name, isOpened: false };
  player.update({ ...rest, host, store, findNext, ...values });
  return player;
}

/** The visible text of the player. */
function text() {
  return document.body.textContent ?? "";
}

/** @param {string} name */
function press(name) {
  const found = [...document.querySelectorAll("button")].find(({ textContent }) => textContent === name);
  assert.ok(found && !found.disabled && !found.hidden, `no button ${name}`);
  found.click();
}

/** @param {number} option */
function choose(option) {
  const input = document.querySelectorAll("input")[option];
  input.checked = true;
  send(input, "change");
}

/** @param {number} option */
function predict(option) {
  choose(option);
  press("Commit my prediction");
}

beforeEach(() => {
  document.body.replaceChildren();
  store = new ProgressStore(() => {
    throw new Error("none");
  });
  opened = [];
  held = [];
});

test("the view is held until a prediction is committed, and the reasons come then", () => {
  play();
  assert.deepEqual(held, [true]);
  const next = [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Next");
  assert.equal(next?.hidden, true);
  const reason = /** @type {HTMLElement} */ (document.querySelector("small"));
  assert.equal(reason.hidden, true);
  predict(0);
  assert.deepEqual(held, [true, false]);
  assert.equal(next?.hidden, false);
  assert.match(text(), /Your answer A is committed and locked\. Each answer has the reason why people choose it\./);
  assert.deepEqual([reason.hidden, reason.textContent], [false, "A computer stores things exactly."]);
  assert.ok([...document.querySelectorAll("input")].every(({ disabled }) => disabled));
});

test("a lesson is played to its end", async () => {
  const player = play();
  predict(0);
  press("Next");
  assert.equal(player.heading.textContent, "Experiment, step 1 of 3");
  assert.equal(document.activeElement, player.heading);
  const see = () => /** @type {HTMLDetailsElement} */ (document.querySelector("details"));
  assert.equal(see().hidden, true);
  press("Show me");
  assert.deepEqual(opened, ["page=Reconstruction&checkpoint=mnist-z2"]);
  assert.equal(see().hidden, false);
  assert.match(see().textContent ?? "", /A copy costs 132\.6 nats\..*132\.6 nats/s);
  press("Next");
  press("Next");
  press("Next");
  assert.match(text(), /You predictedA An exact copy of it.*What happenedC A typical digit of that kind/s);
  assert.match(text(), /otherwise than you predicted.*pays for itself.*Kingma/s);
  press("Next");
  assert.throws(() => press("Next"));
  choose(1);
  press("Commit my answer");
  assert.match(text(), /Right\./);
  press("Next");
  await Promise.resolve();
  assert.match(text(), /You predicted A; what happened was C\..*right is B\..*Next lesson: Dot or cloud\?/s);
  const done = { phase: "end", step: 0, predicted: 0, transferred: 1, done: true };
  assert.deepEqual(store.get("two-numbers"), done);
});

test("one goes back, and a committed prediction is what it was", () => {
  play();
  predict(2);
  press("Next");
  press("Back");
  assert.ok(document.querySelectorAll("input")[2].checked);
  assert.ok([...document.querySelectorAll("input")].every(({ disabled }) => disabled));
  assert.throws(() => press("Commit my prediction"));
  assert.equal(/** @type {{predicted: number}} */ (store.get("two-numbers")).predicted, 2);
});

test("it resumes where one was", () => {
  store.set("two-numbers", { ...freshProgress(), phase: "experiment", step: 1, predicted: 1 });
  const player = play({ isOpened: true });
  assert.deepEqual(held, [false]);
  assert.equal(player.heading.textContent, "Experiment, step 2 of 3");
  assert.equal(document.querySelector("details")?.hidden, false);
  press("Next");
  assert.equal(document.querySelector("details")?.hidden, true);
});

test("starting again asks first", () => {
  store.set("two-numbers", { ...freshProgress(), phase: "end", predicted: 1, done: true });
  const player = play();
  press("Start again");
  press("No, keep it");
  assert.notEqual(store.get("two-numbers"), null);
  press("Start again");
  press("Yes, forget it");
  assert.equal(store.get("two-numbers"), null);
  assert.equal(player.heading.textContent, "Predict");
  assert.equal(held.at(-1), true);
});

test("without a lesson the reason is said, and the page is free", () => {
  play({ lesson: null, problem: "There is no lesson called 'x'." });
  assert.match(text(), /There is no lesson called 'x'\./);
  assert.deepEqual(held, [false]);
});

test("a missing model is said in one sentence, where the lesson begins and at its step", () => {
  const lesson = { ...LESSON, steps: LESSON.steps.map((step) => ({ ...step })), missing: ["mnist-z3"] };
  lesson.steps[0].link += "&compare=mnist-z3";
  play({ lesson });
  assert.match(text(), /Not here: mnist-z3\. The steps that need it cannot be shown\./);
  predict(0);
  press("Next");
  assert.match(text(), /This step needs the model mnist-z3, which is not here\. Read on without it\./);
  assert.throws(() => press("Show me"));
  press("Next");
  press("Show me");
});

test("a page that the light page has not opens in the full app", () => {
  const step = { ...LESSON.steps[0], page: "Training", link: "Training?film=mnist-z2", checkpoint: "" };
  play({ lesson: { ...LESSON, steps: [step] } });
  predict(0);
  press("Next");
  const link = document.querySelector("a");
  assert.equal(link?.href, "https://lab.test/Training?film=mnist-z2");
  assert.equal(link?.hidden, false);
});
