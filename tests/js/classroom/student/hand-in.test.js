import { send } from "../../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { HandIn } from "../../../../vae/frontend/classroom/student/hand-in.js";
import { deferred, settle } from "../server.js";

/** @import { Deferred } from "../server.js" */

const PAD = {
  model: "m",
  image_shape: /** @type {const} */ ([1, 28, 28]),
  frame: null,
  bright: false,
  class_names: ["0", "1"],
};

/** @type {HandIn} */
let drawing;
/** @type {any[]} */
let handed;
/** @type {number[]} */
let withdrawn;
/** What the server says to the next drawing. @type {Deferred<{drawing?: number}>} */
let answer;

beforeEach(async () => {
  handed = [];
  withdrawn = [];
  answer = deferred();
  drawing = new HandIn({
    handIn: (what) => {
      handed.push(what);
      return answer.promise;
    },
    withdraw: (which) => {
      withdrawn.push(which);
      return Promise.resolve({});
    },
    padData: () => Promise.resolve(PAD),
  });
  document.body.replaceChildren(drawing.element);
  await drawing.showModel("m");
  drawing.show({ me: mine({}), map: {} }, true);
});

/** @param {Record<string, {state: "waiting" | "approved" | "hidden", label: string}>} drawings */
function mine(drawings) {
  return { seat: 1, name: "Ada", votes: [], predicted: null, transferred: null, drawings };
}

function draw() {
  const surface = drawing.pad?.surface ?? assert.fail("There is no pad.");
  surface.getBoundingClientRect = () => /** @type {DOMRect} */ ({ left: 0, top: 0, width: 280, height: 280 });
  send(surface, "pointerdown", { clientX: 40, clientY: 40 });
  send(surface, "pointermove", { clientX: 200, clientY: 200 });
  send(surface, "pointerup");
}

function name(/** @type {string} */ label) {
  drawing.label.value = label;
  send(drawing.label, "change");
}

function handIn() {
  [...drawing.fields.querySelectorAll("button")].at(-1)?.click();
}

test("a drawing needs lines and a name before it is handed in", () => {
  handIn();
  assert.equal(drawing.words.textContent, "Draw something first.");
  draw();
  handIn();
  assert.equal(drawing.words.textContent, "Say what it is first.");
  drawing.label.value = "1";
  send(drawing.label, "change");
  assert.equal(drawing.words.textContent, "");
  assert.deepEqual(handed, []);
});

test("it goes out as the model's image with a key of its own, and the pad is free for the next", async () => {
  draw();
  name("1");
  handIn();
  const [{ key, picture, shape, label }] = handed;
  assert.deepEqual([shape, label], [[1, 28, 28], "1"]);
  assert.equal(atob(picture).length, 784);
  assert.equal(drawing.pad?.empty, true);
  assert.match(drawing.list.textContent ?? "", /on its way/);
  answer.resolve({ drawing: 7 });
  await settle();
  assert.match(drawing.words.textContent ?? "", /^Handed in\./);
  draw();
  name("1");
  handIn();
  assert.notEqual(handed[1].key, key);
});

test("it may be called something else, in the student's own words", () => {
  draw();
  name("own words");
  assert.equal(drawing.own.hidden, false);
  drawing.own.value = "  half a 3 ";
  handIn();
  assert.equal(handed[0].label, "half a 3");
});

test("each of the student's drawings says what has become of it, and can be taken back", async () => {
  drawing.show(
    { me: mine({ 4: { state: "approved", label: "<i>1</i>" }, 9: { state: "waiting", label: "0" } }), map: {} },
    true,
  );
  const rows = [...drawing.list.children].map((row) => row.textContent);
  assert.deepEqual(rows, ["0waits for your teacherWithdraw", "<i>1</i>on the class mapWithdraw"]);
  drawing.list.querySelector("button")?.click();
  await settle();
  assert.deepEqual(withdrawn, [9]);
});

test("without a connection a drawing waits, and says so", () => {
  drawing.show({ me: mine({}), map: {} }, false);
  draw();
  name("0");
  handIn();
  assert.match(drawing.list.textContent ?? "", /waits for the connection/);
});

test("a refusal is said in the server's words, and the drawing is not listed", async () => {
  draw();
  name("0");
  handIn();
  answer.reject(new Error("You have handed in 20 drawings; withdraw one first."));
  await settle();
  assert.match(drawing.words.textContent ?? "", /withdraw one first/);
  assert.equal(drawing.mine.hidden, true);
});

test("another model's pad keeps what was drawn", async () => {
  draw();
  await drawing.showModel("other");
  assert.equal(drawing.isBusy, true);
});
