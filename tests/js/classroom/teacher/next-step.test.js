import assert from "node:assert/strict";
import { test } from "node:test";

import { nextStep } from "../../../../vae/frontend/classroom/teacher/next-step.js";
import { questionOf, READY, stateOf } from "./support.js";

/** @import { Action } from "../../../../vae/frontend/classroom/teacher/next-step.js" */

const NOTHING = { lesson: null, asked: null };
const TALLY = { counts: [[6, 1, 5]], moved: null, correct: 2 };

const labels = (/** @type {Action[]} */ actions) => actions.map(({ label }) => label);

test("an empty class needs the projector first", () => {
  const { id, actions } = nextStep(stateOf({ people: { joined: 0, connected: 0 } }), NOTHING);
  assert.equal(id, "join");
  assert.deepEqual(actions, [{ label: "Open the projector", projector: true }]);
  assert.equal(nextStep(stateOf({ people: null }), NOTHING).id, "join");
});

test("students who have joined are asked, at once where a ready question was chosen", () => {
  const step = nextStep(stateOf(), NOTHING);
  assert.deepEqual([step.id, labels(step.actions)], ["ask", ["Ask a question"]]);
  assert.match(step.text, /^2 students joined\./);
  assert.match(nextStep(stateOf({ people: { joined: 1, connected: 1 } }), NOTHING).text, /^1 student joined\./);
  const { text, options, correct } = READY;
  const ready = nextStep(stateOf(), { ...NOTHING, lesson: READY });
  assert.deepEqual(ready.actions[0], { label: "Ask it now", do: "ask", fields: { text, options, correct } });
});

test("while they vote, the teacher sees how many have, and can end it", () => {
  const state = stateOf({ question: questionOf(), progress: { answered: 12, of: 28 } });
  const { id, text, actions } = nextStep(state, NOTHING);
  assert.deepEqual([id, text.slice(0, 20)], ["voting", "12 of 28 have voted."]);
  assert.deepEqual(actions, [{ label: "End the vote", do: "voting", fields: { open: false } }]);
  const second = nextStep(stateOf({ question: questionOf({ round: 2 }) }), NOTHING);
  assert.deepEqual(labels(second.actions), ["End the second vote"]);
  assert.match(second.text, /^0 of 0/);
});

test("after the first vote the thresholds decide what comes first", () => {
  const question = questionOf({ open: false });
  const after = (/** @type {number[]} */ votes, /** @type {number | null} */ correct = 2) =>
    labels(nextStep(stateOf({ question, tally: { counts: [votes], moved: null, correct } }), NOTHING).actions);
  assert.deepEqual(after([6, 1, 5]), ["Vote again", "Show the result"]);
  assert.deepEqual(after([9, 1, 1]), ["Vote again", "Show the result"]);
  assert.deepEqual(after([1, 0, 9]), ["Show the result", "Vote again"]);
  assert.deepEqual(after([6, 1, 5], null), ["Vote again", "Show the result"]);
  assert.deepEqual(after([0, 0, 0]), ["Reopen this vote"]);
});

test("after the second vote: show, reveal, try it out, end", () => {
  const tally = {
    counts: [
      [6, 1, 5],
      [2, 0, 10],
    ],
    moved: [],
    correct: 2,
  };
  const at = (/** @type {object} */ changes, /** @type {object} */ known = { asked: READY }) =>
    nextStep(stateOf({ question: questionOf({ round: 2, open: false, ...changes }), tally }), { ...NOTHING, ...known });
  assert.deepEqual(labels(at({}).actions), ["Show the result"]);
  assert.deepEqual(labels(at({ shown: true }).actions), ["Reveal the right one", "Open the experiment"]);
  const last = at({ shown: true, revealed: true });
  assert.deepEqual(labels(last.actions), ["Open the experiment", "End the question"]);
  assert.equal(last.text, READY.experiment);
  assert.deepEqual(labels(at({ shown: true, revealed: true }, {}).actions), ["End the question"]);
});

test("a question without a right option is not revealed", () => {
  const state = stateOf({ question: questionOf({ open: false, shown: true }), tally: { ...TALLY, correct: null } });
  assert.deepEqual(labels(nextStep(state, NOTHING).actions), ["End the question"]);
});

test("drawings that wait come after a vote and after the question that was chosen, before any other", () => {
  const drawing = { label: "3", picture: "", shape: /** @type {const} */ ([1, 1, 1]), mean: [], logvar: [], seat: 1 };
  const drawings = {
    1: { ...drawing, state: /** @type {const} */ ("waiting") },
    2: { ...drawing, state: /** @type {const} */ ("hidden") },
  };
  const step = nextStep(stateOf({ drawings }), NOTHING);
  assert.deepEqual([step.id, step.text], ["drawings", "1 drawing waits for you."]);
  assert.equal(nextStep(stateOf({ drawings, question: questionOf() }), NOTHING).id, "voting");
  assert.equal(nextStep(stateOf({ drawings }), { ...NOTHING, lesson: READY }).id, "lesson");
  const two = { ...drawings, 3: drawings[1] };
  assert.equal(nextStep(stateOf({ drawings: two }), NOTHING).text, "2 drawings wait for you.");
});

test("a closed class can be exported or deleted", () => {
  const state = stateOf();
  const closed = { .../** @type {NonNullable<typeof state.class>} */ (state.class), closed: true };
  assert.deepEqual(nextStep({ ...state, class: closed }, NOTHING).actions, [
    { label: "Export or delete", tab: "room" },
  ]);
});
