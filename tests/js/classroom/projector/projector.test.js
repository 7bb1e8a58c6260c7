import "../../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { lessonOf, OUTCOME } from "../lessons.js";

const NAME = "Amber Otter";
const base = "http://192.168.0.5:8501";
const empty = { class: null, shown: null, question: null, progress: null, lesson: null, map: {}, presented: [] };
const about = { code: "K7PM2X", name: "Physics 11b", model: "mnist-z2", mode: "explore", frozen: false };
const open = { ...about, joinable: true, closed: false };
const question = { id: 1, text: "What survives?", options: ["a copy", "garbage"], round: 1, open: true };
const hidden = { ...question, counts: null, moved: null, correct: null };
/** A picture of one pixel. */
const picture = { picture: "/w==", shape: [1, 1, 1] };
const PLANE = {
  mean: [0, 0],
  components: [
    [1, 0],
    [0, 1],
  ],
};
const model = {
  model: "mnist-z2",
  local: null,
  latent_dim: 2,
  image_shape: [1, 1, 1],
  classes: 0,
  points: "",
  labels: "",
};
const answer = { ...model, class_names: ["0", "1"], palette: ["#a07efd"], projection: PLANE };

/** @type {string[]} */
let asked = [];
/** How the app answers when it is asked for the model's test images. */
let answered = () => Promise.resolve(Response.json({ data: answer }));
Object.assign(globalThis, {
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
  matchMedia: () => new EventTarget(),
  getComputedStyle: () => ({ fontSize: "16px" }),
  fetch: (/** @type {string} */ address) => {
    asked.push(address);
    return answered();
  },
});
const { Projector } = await import("../../../../vae/frontend/classroom/projector/projector.js");

/** @param {object} state */
function shown(state) {
  const projector = new Projector(base, new URL(`${base}/c/K7PM2X/projector`), { code: "K7PM2X", addresses: [] });
  projector.show(/** @type {any} */ ({ ...empty, class: open, people: { joined: 30, connected: 28 }, ...state }));
  return projector;
}

beforeEach(() => {
  asked = [];
  answered = () => Promise.resolve(Response.json({ data: answer }));
});

test("before anything else it says how to join, and how many are here", () => {
  const { element, qr } = shown({});
  assert.equal(element.dataset.scene, "lobby");
  assert.equal(qr.getAttribute("src"), `${base}/live/qr?text=${encodeURIComponent(`${base}/c/K7PM2X`)}`);
  const text = `${element.textContent}`;
  for (const part of ["Physics 11b", "192.168.0.5:8501/c", "K7P", "M2X", "28 here of 30"])
    assert.ok(text.includes(part));
});

test("a question stands there with its options, without bars until they are shown", () => {
  const { element } = shown({ question: hidden, progress: { answered: 17, of: 28 } });
  assert.equal(element.dataset.scene, "question");
  const text = `${element.textContent}`;
  for (const part of ["What survives?", "garbage", "Vote now.", "17 of 28 answered"])
    assert.ok(text.includes(part), part);
  assert.equal(element.querySelectorAll(".bar").length, 0);
  const counts = [
    [3, 1],
    [1, 3],
  ];
  const both = shown({
    question: {
      ...hidden,
      counts,
      moved: [
        [1, 2],
        [0, 1],
      ],
      correct: 1,
    },
  });
  assert.equal(both.element.querySelectorAll(".bar").length, 4);
  assert.match(`${both.element.textContent}`, /2 of 4 changed: A → B 2\./);
});

test("while only the numbers change, the question and its bars stay as they are", () => {
  const projector = shown({ question: hidden, progress: { answered: 1, of: 28 } });
  const [option] = projector.element.querySelectorAll("li");
  projector.show(/** @type {any} */ ({ ...projector.state, progress: { answered: 2, of: 28 } }));
  assert.match(`${projector.answered.textContent}`, /2 of 28/);
  assert.equal(projector.element.querySelector("li"), option);
});

test("nobody's name is on it, whatever the state has", () => {
  const seats = { 1: { name: NAME, votes: [0] } };
  const states = [{}, { question: hidden }, { presented: [{ ...picture, kind: "tile", caption: "a 7?", name: NAME }] }];
  for (const state of states)
    assert.ok(!shown({ ...state, seats, me: { name: NAME } }).element.outerHTML.includes("Amber"));
});

test("what is presented is there as often as presented, and as it was when another part changes", () => {
  const projector = shown({ presented: [{ ...picture, kind: "drawing", caption: "a 7?" }] });
  const [canvas] = projector.element.querySelectorAll(".presented canvas");
  assert.match(`${projector.presented.textContent}`, /a 7\?/);
  projector.show(/** @type {any} */ ({ ...projector.state, people: { joined: 31, connected: 29 } }));
  assert.equal(projector.element.querySelector(".presented canvas"), canvas);
});

test("drawings come with the model's test images, asked for once, and grouped", async () => {
  const map = { 1: { ...picture, label: "1", mean: [0, 1], logvar: [0, 0] } };
  const projector = shown({ map });
  assert.equal(projector.element.dataset.scene, "map");
  projector.show(/** @type {any} */ (projector.state));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(asked, [`${base}/lab/data?view=explore&model=mnist-z2`]);
  assert.match(`${projector.map.legend.textContent}`, /11/); // label 1, one drawing
  assert.equal(projector.element.querySelectorAll("button, a, input, [tabindex]").length, 0);
});

test("a model that is gone is said and not asked for again, a lost connection only delays", async () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  answered = () => Promise.resolve(new Response("There is no checkpoint called 'x'.", { status: 404 }));
  const gone = shown({ map: { 1: { ...picture, label: "1", mean: [0, 1], logvar: [0, 0] } } });
  await settled();
  gone.show(/** @type {any} */ (gone.state));
  await settled();
  assert.equal(asked.length, 1);
  assert.equal(gone.notice.textContent, "The class's map cannot be shown: There is no checkpoint called 'x'.");
  asked = [];
  answered = () => Promise.reject(new TypeError("fetch failed"));
  const lost = shown({});
  await settled();
  lost.show(/** @type {any} */ (lost.state));
  assert.equal(asked.length, 2);
});

test("a class that takes nobody more shows no code, a closed one says so in place of who is here", () => {
  assert.equal(shown({}).join.hidden, false);
  assert.equal(shown({ class: { ...open, joinable: false } }).join.hidden, true);
  const closed = shown({ class: { ...open, closed: true } });
  assert.equal(closed.join.hidden, true);
  const people = () => closed.element.querySelector(".people")?.textContent?.trim();
  assert.equal(people(), "This class is closed.");
  assert.equal(closed.notice.textContent, ""); // it would cover what is shown
  closed.say("No connection.");
  assert.equal(closed.notice.textContent, "No connection.");
  closed.show(/** @type {any} */ ({ ...closed.state, class: open }));
  assert.equal(people(), "28 here of 30");
});

test("a step of the lesson stands there large, and what there was to see once it is told", () => {
  /** @type {Partial<import("../../../../vae/frontend/lib/contract.js").ClassLesson>} */
  const step = { phase: "experiment", step: 2, do: ["Draw <b>", ["em", "your"], "</b> digit."] };
  const projector = shown({ lesson: lessonOf(step) });
  assert.equal(projector.element.dataset.scene, "lesson");
  assert.match(`${projector.lesson.textContent}`, /Two numbers · step 2 of 3Draw <b>your<\/b> digit\.$/);
  projector.show(/** @type {any} */ ({ ...projector.state, lesson: lessonOf({ ...step, see: ["A digit."] }) }));
  assert.match(`${projector.lesson.textContent}`, /A digit\.$/);
  projector.show(/** @type {any} */ ({ ...projector.state, question: hidden }));
  assert.equal(projector.lesson.hidden, true);
});

test("what the class predicted stands beside what happened, with the beginning of why", () => {
  const { lesson } = shown({ lesson: lessonOf({ phase: "explain", outcome: OUTCOME }) });
  const options = [...lesson.querySelectorAll("li")];
  assert.deepEqual(
    options.map(({ textContent, className }) => [textContent, className]),
    [
      ["Aa copy3", ""],
      ["Bgarbage1", ""],
      ["Ca digit8", "happened"],
    ],
  );
  assert.match(`${lesson.textContent}`, /marked is what happened\.Only what pays for itself is kept\.$/);
  const words = (/** @type {object} */ changes) =>
    shown({ lesson: lessonOf({ phase: "end", outcome: { ...OUTCOME, ...changes } }) }).lesson.textContent ?? "";
  assert.match(words({ predictions: null }), /Marked is/);
  assert.match(words({ answer: null }), /What we predictedOnly/);
  assert.doesNotMatch(words({ answer: null, predictions: null }), /arked|predicted/);
});

test("of a class that is no more nothing stays there but the reason", () => {
  const projector = shown({ presented: [{ ...picture, kind: "drawing", caption: "a 7?" }] });
  projector.end("This class has been deleted.");
  assert.equal(projector.element.textContent, "This class has been deleted.");
  assert.equal(projector.element.querySelectorAll("canvas, img").length, 0);
  assert.equal(document.title, "Class · Latent Lab");
});
