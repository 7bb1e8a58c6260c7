import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { DATA, FakeLink, labels, maybe, named, settled } from "./desk.js";
import { lessonOf } from "../lessons.js";
import { PLAN, questionOf, seatOf, stateOf } from "./support.js";
import { ClassView } from "../../../../vae/frontend/classroom/teacher/class-view.js";
import { keepOwnLesson } from "../../../../vae/frontend/lib/own-lesson.js";
import { storage } from "../../support/storage.js";

Object.assign(globalThis, { localStorage: storage() });

const PICTURE = { shape: /** @type {const} */ ([1, 1, 2]), mean: [0, 0], logvar: [0, 0] };
const drawing = (/** @type {"waiting" | "approved" | "hidden"} */ state, seat = 1) => ({
  ...PICTURE,
  picture: btoa("ab"),
  label: "3",
  seat,
  state,
});
const tile = { page: "Explore", model: "mnist-z10", shape: /** @type {const} */ ([1, 1, 2]), pixels: btoa("ab") };

/** @type {FakeLink} */
let link;
/** @type {ClassView} */
let view;
/** @type {string[]} */
let gone;
let left = 0;

const calls = { onGone: (/** @type {string} */ sentence) => void gone.push(sentence), onLeave: () => void left++ };

beforeEach(() => {
  gone = [];
  left = 0;
  globalThis.fetch = () => Promise.reject(new Error("no server"));
  link = new FakeLink();
  view = new ClassView("K7PM2X", DATA, { connect: link.connect, ...calls });
  link.after = () => view.draw();
  document.body.replaceChildren(view.element);
});
afterEach(() => view.close());

const tab = (/** @type {string} */ name) => {
  const found = [...view.tabs.row.querySelectorAll("button")].find((node) => node.id.endsWith(`-${name}`));
  found?.click();
  return view.parts[name].element;
};
const step = () => view.next.element;

test("the head says code, name and who is there, and what students do", async () => {
  const seats = { 1: seatOf(), 2: seatOf({ connected: false }) };
  link.change({ seats });
  const { element } = view.head;
  assert.match(element.textContent ?? "", /K7PM2X.*Class 9b.*1 here, 1 away/);
  view.head.mode.inputs.get("follow")?.click();
  named(element, /^Freeze/).click();
  await settled();
  assert.deepEqual(link.commands, [
    ["mode", { mode: "follow" }],
    ["freeze", { frozen: true }],
  ]);
  const { class: about } = stateOf();
  if (about) link.change({ class: { ...about, frozen: true, mode: "follow" } });
  named(element, /^Release/).click();
  assert.deepEqual(link.commands.at(-1), ["freeze", { frozen: false }]);
});

test("the projector's window is told the address that phones reach", () => {
  const { href, target } = /** @type {HTMLAnchorElement} */ (named(view.head.element, "Projector"));
  assert.equal(target, "projector-K7PM2X");
  const address = encodeURIComponent("http://192.168.1.20:8501");
  assert.equal(href, `http://localhost:8501/c/K7PM2X/projector?address=${address}`);
});

test("the next step's button does it, and a refusal is shown", async () => {
  link.change({ question: questionOf(), progress: { answered: 1, of: 2 } });
  link.refuse = "The vote has ended already.";
  named(step(), "End the vote").click();
  await settled();
  assert.deepEqual(link.commands, [["voting", { open: false }]]);
  assert.equal(view.problem.textContent, "The vote has ended already.");
  link.refuse = "";
  named(step(), "End the vote").click();
  await settled();
  assert.equal(view.problem.textContent, "");
});

test("a step that leads to a tab opens it, and is not offered there", () => {
  named(step(), "Ask a question").click();
  assert.equal(view.tabs.shown, "question");
  assert.equal(view.parts.question.element.hidden, false);
  assert.equal(view.parts.now.element.hidden, true);
  assert.equal(maybe(step(), "Ask a question"), undefined);
});

test("keys move between the tabs, which are one stop of the Tab key", () => {
  const press = (/** @type {string} */ key) =>
    view.tabs.takeKey(/** @type {KeyboardEvent} */ (/** @type {unknown} */ ({ key, preventDefault() {} })));
  for (const [key, shown] of [
    ["ArrowLeft", "room"],
    ["ArrowRight", "now"],
    ["ArrowRight", "lesson"],
    ["ArrowRight", "question"],
    ["End", "room"],
    ["Home", "now"],
    ["x", "now"],
  ]) {
    press(key);
    assert.equal(view.tabs.shown, shown);
  }
  const stops = [...view.tabs.row.querySelectorAll("button")].filter((node) => node.tabIndex === 0);
  assert.equal(stops.length, 1);
});

test("a question is written and asked, and the form is empty for the next one", async () => {
  const form = tab("question");
  const text = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
  text.value = "What comes out?";
  const fields = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[type=text]")]);
  ["A copy", "A digit"].forEach((option, i) => {
    fields[i].value = option;
  });
  /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[type=radio]")])[1].checked = true;
  form.querySelector("form")?.dispatchEvent(new Event("submit"));
  await settled();
  await settled();
  assert.deepEqual(link.commands, [["ask", { text: "What comes out?", options: ["A copy", "A digit"], correct: 1 }]]);
  assert.deepEqual([text.value, fields[0].value], ["", ""]);
});

test("a class without a lesson takes one, in a language", async () => {
  const lesson = { ...PLAN, question: "What is drawn?", options: ["A copy"], own: false, problem: null };
  const broken = { ...lesson, name: "broken", title: "Broken", problem: "lesson.md, line 3: no title." };
  const languages = /** @type {[string, string][]} */ ([
    ["en", "English"],
    ["de", "Deutsch"],
  ]);
  view.close();
  view = new ClassView(
    "K7PM2X",
    { ...DATA, lessons: [lesson, broken], languages },
    { connect: link.connect, ...calls },
  );
  const form = tab("lesson");
  const [names, codes] = form.querySelectorAll("select");
  assert.deepEqual(
    [...names.options].map(({ textContent }) => textContent),
    ["Two numbers · 8 min"],
  );
  assert.match(form.textContent ?? "", /8 minutes · See\. What is drawn\?/);
  codes.value = "de";
  form.querySelector("form")?.dispatchEvent(new Event("submit"));
  await settled();
  assert.deepEqual(link.commands, [["lesson", { name: "two-numbers", language: "de" }]]);
});

test("one's own lesson can be taken again, as it is now written in this browser", async () => {
  const form = tab("lesson");
  const [names] = form.querySelectorAll("select");
  assert.deepEqual([...names.options], []);
  keepOwnLesson("---\ntitle: Mine\n");
  link.change({});
  assert.equal(names.options[0].textContent, "Your own: Mine");
  assert.match(form.textContent ?? "", /As it was last written on the Lessons page/);
  form.querySelector("form")?.dispatchEvent(new Event("submit"));
  await settled();
  assert.deepEqual(link.commands, [["lesson", { text: "---\ntitle: Mine\n", language: "en" }]]);
  keepOwnLesson(null);
});

test("the lesson's places lead anywhere, and what is to be said there stands for the teacher alone", async () => {
  const part = tab("lesson");
  link.change({ plan: PLAN, lesson: lessonOf({ phase: "experiment", step: 1, steps: 2 }) });
  const names = ["Predict", "Step 1", "Step 2", "Explain", "One more question", "End"];
  const rail = [...part.querySelectorAll(".lesson-rail button")];
  assert.deepEqual(
    rail.map((node) => node.ariaLabel),
    names,
  );
  assert.deepEqual(
    rail.map((node) => node.getAttribute("aria-current")),
    [null, "step", null, null, null, null],
  );
  assert.match(part.textContent ?? "", /A typical digit\.reconstruction of mnist-z2 = 132\.6: 132\.6 nats/);
  assert.equal(view.tabs.all.get("lesson")?.badge.textContent, "1/2");
  named(part, "Predict").click();
  await settled();
  assert.deepEqual(link.commands, [["phase", { phase: "predict", step: 0 }]]);
  const notes = (/** @type {object} */ at) => {
    link.change({ lesson: lessonOf(at) });
    return part.querySelector(".lesson-notes")?.textContent ?? "";
  };
  assert.match(notes({}), /A copyA computer stores <b>exactly<\/b>\.BGarbageCA digit — rightIt knows digits\./);
  assert.match(notes({ phase: "explain" }), /pays for itself/);
  assert.match(notes({ phase: "transfer" }), /a plain autoencoder\?.*No — right/);
  assert.match(notes({ phase: "end" }), /its votes are in the export/);
  link.change({ plan: { ...PLAN, answer: null } });
  assert.doesNotMatch(notes({}), /right/);
});

test("another lesson, or none, asks first", async () => {
  const part = tab("lesson");
  link.change({ plan: PLAN, lesson: lessonOf({}) });
  named(part, "Another lesson, or none").click();
  named(part, "End it now").click();
  await settled();
  assert.deepEqual(link.commands, [["lesson", {}]]);
  const [title] = part.querySelectorAll("h2");
  title.focus();
  link.change({ plan: null, lesson: null });
  assert.equal(document.activeElement?.ariaLabel, "Lesson");
});

test("the minutes of a lesson go on without news of the class, until its end", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 60_000 });
  link.change({ plan: PLAN, lesson: lessonOf({}) });
  assert.equal(view.next.clock.textContent, "8 minutes");
  link.change({ lesson: lessonOf({ begun: 60 }) });
  assert.equal(view.next.clock.textContent, "0 of 8 minutes");
  t.mock.timers.tick(130_000);
  assert.equal(view.next.clock.textContent, "2 of 8 minutes");
  link.change({ lesson: lessonOf({ begun: 60, phase: "end" }) });
  t.mock.timers.tick(130_000);
  assert.equal(view.next.clock.textContent, "2 of 8 minutes");
});

test("the focus goes on where the form gives way to the votes, and back", () => {
  const form = tab("question");
  const ask = /** @type {HTMLElement} */ (form.querySelector("button[type=submit]"));
  ask.focus();
  link.change({ question: questionOf() });
  assert.equal(document.activeElement?.className, "question-text");
  link.change({ question: null });
  assert.equal(document.activeElement?.ariaLabel, "Question");
});

test("a step is read out once, not at each vote", () => {
  link.change({ question: questionOf(), progress: { answered: 1, of: 9 } });
  assert.equal(view.next.text.ariaLive, "polite");
  link.change({ progress: { answered: 2, of: 9 } });
  assert.match(view.next.text.textContent ?? "", /^2 of 9/);
  assert.equal(view.next.text.ariaLive, "off");
});

test("a question that lacks something is not asked, and says what", () => {
  const form = tab("question");
  form.querySelector("form")?.dispatchEvent(new Event("submit"));
  assert.deepEqual(link.commands, []);
  assert.match(form.textContent ?? "", /Write the question first\./);
});

test("an option more is offered once the last one is written, up to six", () => {
  tab("question");
  const { rows, form } =
    /** @type {import("../../../../vae/frontend/classroom/teacher/question-tab.js").QuestionTab} */ (
      view.parts.question
    ).form;
  const count = () => rows.filter(({ element }) => !element.hidden).length;
  assert.equal(count(), 4);
  rows[3].field.value = "D";
  form.dispatchEvent(new Event("input"));
  assert.equal(count(), 5);
  rows[5].field.value = "F";
  form.dispatchEvent(new Event("input"));
  assert.equal(count(), 6);
});

test("while a vote is open the teacher sees its bars, its end, and nothing that belongs to later", () => {
  const form = tab("question");
  const tally = { counts: [[1, 0, 3]], moved: null, correct: 2 };
  link.change({ question: questionOf(), tally, progress: { answered: 4, of: 5 } });
  assert.match(form.textContent ?? "", /Only you see these bars\./);
  assert.match(form.textContent ?? "", /4 of 5 answered/);
  assert.doesNotMatch(form.textContent ?? "", /% are right/);
  assert.equal(maybe(form, "Vote again"), undefined);
  assert.equal(maybe(form, "Reveal the right one"), undefined);
});

test("after a vote: the advice, another round, the result, and what cannot be undone asks first", async () => {
  const form = tab("question");
  const question = questionOf({ open: false, shown: true });
  link.change({ question, tally: { counts: [[2, 0, 2]], moved: null, correct: 2 } });
  assert.match(form.textContent ?? "", /50 % are right: let them convince each other/);
  assert.match(form.textContent ?? "", /Everybody sees these bars; only you see which option is right\./);
  link.change({ question: { ...question, revealed: true } });
  assert.match(form.textContent ?? "", /they know which option is right\./);
  link.change({ question });
  for (const name of ["Vote again", "Hide the result", "Reveal the right one", "Reopen this vote"])
    named(form, name).click();
  named(form, "Reset this round").click();
  assert.equal(link.commands.length, 4);
  named(form, "Keep them").click();
  named(form, "Reset this round").click();
  named(form, "Delete these votes").click();
  named(form, "End the question").click();
  await settled();
  assert.deepEqual(link.commands, [
    ["round", {}],
    ["results", { shown: false }],
    ["reveal", {}],
    ["voting", { open: true }],
    ["reset", {}],
    ["drop_question", {}],
  ]);
});

test("students are listed, found, renamed and removed", async () => {
  const list = tab("students");
  assert.match(list.textContent ?? "", /Nobody has joined yet\./);
  link.change({ seats: { 7: seatOf({ name: "Otter" }), 8: seatOf({ name: "Heron", silent: true, drawings: 1 }) } });
  assert.deepEqual(
    [...list.querySelectorAll(".seat")].map((node) => node.ariaLabel),
    ["Heron, silent, 1 drawing", "Otter, here"],
  );
  named(list, "Otter, here").click();
  const field = /** @type {HTMLInputElement} */ (list.querySelector("aside input"));
  assert.equal(field.value, "Otter");
  field.value = "Ottilie";
  list.querySelector("aside form")?.dispatchEvent(new Event("submit"));
  named(list, "Remove").click();
  named(list.querySelector(".confirm") ?? list, "Remove with votes and drawings").click();
  await settled();
  assert.deepEqual(link.commands, [
    ["rename_seat", { seat: 7, name: "Ottilie" }],
    ["remove_seat", { seat: 7 }],
  ]);
  link.change({ seats: { 8: seatOf({ name: "Heron" }) } });
  assert.equal(list.querySelectorAll(".seat").length, 1);
  assert.equal(/** @type {HTMLElement} */ (list.querySelector("aside")).hidden, true);
});

test("a filter lists some, and says how many there are", () => {
  const list = tab("students");
  link.change({ seats: { 7: seatOf({ name: "Otter" }), 8: seatOf({ name: "Heron", connected: false }) } });
  const radio = /** @type {HTMLInputElement} */ (list.querySelector('input[value="away"]'));
  assert.equal(radio.parentElement?.textContent, "○ Away 1");
  radio.click();
  radio.dispatchEvent(new Event("change"));
  assert.deepEqual(
    [...list.querySelectorAll(".seat-name")].map((node) => node.textContent),
    ["Heron"],
  );
});

test("four hundred students are one stop of the Tab key, and closer together", () => {
  const list = tab("students");
  link.change({
    seats: Object.fromEntries(Array.from({ length: 400 }, (_, i) => [i + 1, seatOf({ name: `S ${i}` })])),
  });
  const seats = /** @type {HTMLButtonElement[]} */ ([...list.querySelectorAll(".seat")]);
  assert.equal(seats.length, 400);
  assert.equal(seats.filter(({ tabIndex }) => tabIndex === 0).length, 1);
  assert.ok(list.querySelector(".seats")?.classList.contains("dense"));
});

test("tiles are picked in an order and presented without names", async () => {
  link.change({ seats: { 4: seatOf({ name: "Otter" }), 9: seatOf({ name: "Heron" }) } });
  link.tile({ 4: tile, 9: tile, 77: tile });
  const now = view.parts.now.element;
  assert.deepEqual(labels(now), ["Otter, Explore", "Heron, Explore"]);
  named(now, /^Heron/).click();
  named(now, /^Otter/).click();
  const bar = view.present.element;
  named(bar, "Show picture 2 earlier").click();
  assert.equal(document.activeElement?.ariaLabel, "Show picture 1 later"); // it is the first now
  named(bar, "Show on the projector").click();
  await settled();
  assert.deepEqual(link.commands, [["present", { pieces: [{ seat: 4 }, { seat: 9 }] }]]);
  assert.equal(bar.hidden, true);
  link.change({ presented: [{ kind: "tile", picture: tile.pixels, shape: tile.shape, caption: "" }] });
  named(bar, "Take off the projector").click();
  assert.deepEqual(link.commands.at(-1), ["present", { pieces: [] }]);
});

test("a student who leaves takes tile and pick along", () => {
  link.change({ seats: { 4: seatOf(), 9: seatOf({ name: "Otter" }) } });
  link.tile({ 4: tile, 9: tile });
  named(view.parts.now.element, /^Heron/).click();
  link.change({ seats: { 9: seatOf({ name: "Otter" }) } });
  assert.deepEqual(labels(view.parts.now.element), ["Otter, Explore"]);
  assert.equal(view.present.element.hidden, true);
});

test("drawings are approved one after the other, hidden, deleted and picked", async () => {
  const list = tab("drawings");
  link.change({ drawings: { 1: drawing("waiting"), 2: drawing("waiting"), 3: drawing("approved") } });
  assert.match(view.tabs.row.textContent ?? "", /2 new/);
  named(list, "Approve").click();
  link.change({ drawings: { 1: drawing("approved"), 2: drawing("waiting"), 3: drawing("approved") } });
  named(list, "Hide").click();
  link.change({ drawings: { 1: drawing("approved"), 2: drawing("hidden"), 3: drawing("approved") } });
  assert.match(list.textContent ?? "", /No drawing waits\./);
  const approved = /** @type {HTMLInputElement} */ (list.querySelector('input[value="approved"]'));
  approved.click();
  approved.dispatchEvent(new Event("change"));
  named(list, "Present").click();
  assert.deepEqual(view.desk.picks.pieces, [{ drawing: 1 }]);
  named(list, "Delete").click();
  named(list, "Delete it").click();
  await settled();
  assert.deepEqual(link.commands, [
    ["drawing", { drawing: 1, state: "approved" }],
    ["drawing", { drawing: 2, state: "hidden" }],
    ["delete_drawing", { drawing: 1 }],
  ]);
});

test("all that wait are approved at once", async () => {
  const list = tab("drawings");
  link.change({ drawings: { 1: drawing("waiting"), 2: drawing("waiting"), 3: drawing("hidden") } });
  named(list, "Approve all").click();
  await settled();
  assert.deepEqual(
    link.commands.map(([, { drawing: id }]) => id),
    [1, 2],
  );
});

test("a few are approved at a time, with how many are, until one is refused", async () => {
  const list = tab("drawings");
  /** @type {(() => void)[]} */
  const answers = [];
  const command = link.command.bind(link);
  link.command = (name, fields) => new Promise((take) => answers.push(() => take(command(name, fields))));
  link.change({ drawings: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [i + 1, drawing("waiting")])) });
  named(list, "Approve all").click();
  named(list, "Approve all").click();
  assert.equal(answers.length, 8);
  const answer = async () => {
    answers.shift()?.();
    await settled();
  };
  for (let i = 0; i < 10; i++) await answer();
  assert.equal(answers.length, 8);
  assert.match(list.textContent ?? "", /10 of 40 approved …/);
  link.refuse = "The class is closed.";
  while (answers.length) await answer();
  assert.equal(view.problem.textContent, "The class is closed.");
  assert.equal(link.commands.length, 18);
  assert.doesNotMatch(list.textContent ?? "", /of 40 approved/);
});

test("where what had the focus goes, keys go on beside it", () => {
  const question = tab("question");
  const asked = {
    question: questionOf({ open: false, shown: true }),
    tally: { counts: [[1, 1, 0]], moved: null, correct: 2 },
  };
  const press = (/** @type {Element} */ root, /** @type {string} */ name) => named(root, name).focus();
  const focused = () => document.activeElement?.textContent;
  link.change(asked);
  press(question, "Reveal the right one");
  link.change({ question: { ...asked.question, revealed: true } });
  assert.equal(focused(), "What comes out?");
  press(question, "Vote again");
  link.change({ question: { ...asked.question, round: 2, open: true } });
  assert.equal(focused(), "End the vote");
  link.change({ question: { ...asked.question, revealed: true } });
  press(step(), "End the question");
  link.change({ question: null });
  assert.equal(focused(), "Choose a lesson");
  const list = tab("drawings");
  link.change({ drawings: { 1: drawing("waiting") } });
  press(list, "Approve");
  link.change({ drawings: { 1: drawing("approved") } });
  assert.equal(document.activeElement, list.querySelector('input[value="waiting"]'));
  const students = tab("students");
  link.change({ seats: { 1: seatOf() } });
  named(students, /^Heron/).click();
  press(students, "Close");
  named(students, "Close").click();
  assert.match(focused() ?? "", /^Heron/);
});

test("a second teacher is not offered what only the first may do, and links are taken back where there are some", async () => {
  const rights = async (/** @type {boolean} */ owner, /** @type {number} */ links) => {
    view.close();
    const classes = [{ code: "K7PM2X", name: "9b", model: "m", owner, links }];
    globalThis.fetch = () => Promise.resolve(Response.json({ classes }));
    view = new ClassView("K7PM2X", DATA, { connect: link.connect, onGone: () => {}, onLeave: () => {} });
    const room = tab("room");
    for (let i = 0; i < 3; i++) await settled();
    return ["Link for a second teacher", "Take it back", "Delete the class"].map((name) => Boolean(maybe(room, name)));
  };
  assert.deepEqual(await rights(false, 1), [false, false, false]);
  assert.deepEqual(await rights(true, 0), [true, false, true]);
  assert.deepEqual(await rights(true, 1), [true, true, true]);
});

test("simulated students are marked", () => {
  const students = tab("students");
  link.change({ seats: { 1: seatOf({ simulated: true }), 2: seatOf({ name: "Otter" }) } });
  const marked = [...students.querySelectorAll(".seat.simulated")];
  assert.deepEqual(
    marked.map((node) => node.ariaLabel),
    ["Heron, simulated, here"],
  );
});

test("a run on the drawings needs ten of them, and leads to its film", async () => {
  const list = tab("drawings");
  const train = /** @type {HTMLButtonElement} */ (named(list, "Train on our drawings"));
  const map = (/** @type {number} */ n) =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [i, drawing("approved")]));
  link.change({ map: map(9) });
  assert.equal(train.disabled, true);
  assert.match(list.textContent ?? "", /9 of at least 10 drawings/);
  link.change({ map: map(10) });
  assert.equal(train.disabled, false);
  link.replies.train = { run: "class-k7pm2x" };
  list.querySelector(".train")?.dispatchEvent(new Event("submit"));
  await settled();
  assert.deepEqual(link.commands, [["train", { name: "class-k7pm2x", minutes: 2 }]]);
  const watch = /** @type {HTMLAnchorElement} */ (named(list, "Watch it learn"));
  assert.equal(watch.href, "http://localhost:8501/Training?film=class-k7pm2x");
});

test("the room: an address with its check, reports, rehearsal", async () => {
  const room = tab("room");
  const [code] = /** @type {HTMLImageElement[]} */ ([...room.querySelectorAll("img")]);
  assert.match(decodeURIComponent(code.src), /192\.168\.1\.20:8501\/c\/K7PM2X\/check$/);
  const report = {
    http: true,
    socket_seconds: 4,
    latency_ms: 9,
    transport: /** @type {const} */ ("websocket"),
    agent: "",
  };
  link.change({ check: { 1: { address: "192.168.1.77", ...report } } });
  assert.match(room.textContent ?? "", /Phone 192\.168\.1\.77 arrives in 9 ms; WebSocket held for 4 s so far/);
  room.querySelector("form")?.dispatchEvent(new Event("submit"));
  link.change({ rehearsal: { students: 30 } });
  named(room, "End the rehearsal").click();
  await settled();
  assert.deepEqual(link.commands, [
    ["rehearse", { students: 30 }],
    ["rehearse", { students: 0 }],
  ]);
});

test("of several addresses one is given to students, everywhere", () => {
  view.close();
  const server = { ...DATA.server, hosts: ["192.168.1.20", "10.42.0.1"] };
  view = new ClassView("K7PM2X", { ...DATA, server }, { connect: link.connect, ...calls });
  document.body.replaceChildren(view.element);
  const join = () => view.parts.now.element.querySelector("img")?.alt;
  assert.equal(join(), "QR code of http://192.168.1.20:8501/c/K7PM2X");
  const room = tab("room");
  named(room, "Use this one: 10.42.0.1:8501").click();
  assert.ok(named(room, "Students are given this: 10.42.0.1:8501"));
  tab("now");
  assert.equal(join(), "QR code of http://10.42.0.1:8501/c/K7PM2X");
  assert.match(view.parts.now.element.textContent ?? "", /10\.42\.0\.1:8501\/c\/K7PM2X/);
  const { href } = /** @type {HTMLAnchorElement} */ (named(view.head.element, "Projector"));
  assert.match(href, /address=http%3A%2F%2F10\.42\.0\.1%3A8501$/);
  view.desk.setAddress("http://gone.example");
  assert.equal(view.desk.address, "http://192.168.1.20:8501");
});

test("where only this computer reaches the app no code leads nowhere", () => {
  view.close();
  const server = { ...DATA.server, hosts: [], local: true };
  view = new ClassView("K7PM2X", { ...DATA, server }, { connect: link.connect, ...calls });
  const now = view.parts.now.element;
  assert.equal(now.querySelector("img")?.hidden, true);
  assert.match(now.textContent ?? "", /--server\.address 0\.0\.0\.0/);
  const here = /** @type {HTMLAnchorElement} */ (named(now, "A student's page on this computer"));
  assert.equal(here.href, "http://localhost:8501/c/K7PM2X");
});

test("a minute without a phone is said, without anything that the class sends", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  link.change({ people: { joined: 0, connected: 0 } });
  const room = tab("room");
  assert.doesNotMatch(room.textContent ?? "", /isolation/);
  t.mock.timers.tick(60_200);
  assert.match(room.textContent ?? "", /client isolation/);
});

test("the class: newcomers, model, a second teacher, export, close, delete", async () => {
  const room = tab("room");
  view.update({ ...DATA, model: "mnist-z2" });
  const tick = /** @type {HTMLInputElement} */ (room.querySelector('input[type="checkbox"]'));
  tick.click();
  named(room, "Use mnist-z2").click();
  link.replies.co_teacher = { secret: "s3cret-s3cret" };
  named(room, "Link for a second teacher").click();
  await settled();
  const field = /** @type {HTMLInputElement} */ (room.querySelector("input[readonly]"));
  assert.equal(field.value, "http://192.168.1.20:8501/Class#K7PM2X.s3cret-s3cret");
  named(room, "Take it back").click();
  await settled();
  assert.ok(field.closest("[hidden]"));
  for (const [ask, yes] of [
    ["Close the class", "Close it"],
    ["Delete the class", "Delete everything"],
  ]) {
    named(room, ask).click();
    named(room, yes).click();
  }
  await settled();
  assert.deepEqual(
    link.commands.map(([name, fields]) => [name, ...Object.values(fields)]),
    [["joinable", false], ["model", "mnist-z2"], ["co_teacher"], ["revoke_co_teachers"], ["close"], ["delete"]],
  );
  link.status({ connected: false, final: true, sentence: "This class has been deleted; ask your teacher." });
  assert.deepEqual(gone, ["Class K7PM2X is deleted, with everything in it."]);
  const files = /** @type {HTMLAnchorElement[]} */ ([...room.querySelectorAll("a[download]")]);
  assert.deepEqual(
    files.map(({ href }) => href.split("/").at(-1)),
    ["export.json", "votes.csv", "drawings.npz"],
  );
  named(room, "Another class").click();
  assert.equal(left, 1);
});

test("news is drawn together, at most ten times a second", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  link.after = () => {};
  const people = () => view.head.people.textContent;
  link.change({ seats: { 1: seatOf() } });
  link.change({ seats: { 1: seatOf(), 2: seatOf() } });
  assert.equal(people(), "0 here");
  t.mock.timers.tick(100);
  assert.equal(people(), "2 here");
  link.change({ seats: {} });
  view.close();
  t.mock.timers.tick(1000);
  assert.equal(people(), "2 here");
});

test("a lost connection is said; one that is refused for good ends the page", () => {
  link.status({ connected: false, sentence: "The app does not answer." });
  assert.match(view.head.element.textContent ?? "", /The app does not answer\./);
  link.status({});
  assert.doesNotMatch(view.head.element.textContent ?? "", /The app/);
  link.status({ connected: false, final: true, sentence: "There is no such class." });
  assert.deepEqual(gone, ["There is no such class."]);
});

test("a closed class offers its export alone", () => {
  const { class: about } = stateOf();
  if (about) link.change({ class: { ...about, closed: true }, question: questionOf({ open: false }) });
  assert.match(view.head.element.textContent ?? "", /closed/);
  assert.ok(named(step(), "Export or delete"));
  const buttons = [...tab("question").querySelectorAll("button")];
  assert.ok(buttons.every((node) => node.disabled !== node.matches(".help"))); // what is said of numbers stays
});
