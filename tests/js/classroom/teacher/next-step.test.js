import assert from "node:assert/strict";
import { test } from "node:test";

import { nextStep } from "../../../../vae/frontend/classroom/teacher/next-step.js";
import { lessonOf } from "../lessons.js";
import { PLAN, questionOf, stateOf } from "./support.js";

/** @import { ClassLesson } from "../../../../vae/frontend/lib/contract.js" */
/** @import { ClassState } from "../../../../vae/frontend/classroom/state.js" */
/** @import { Action } from "../../../../vae/frontend/classroom/teacher/lesson-steps.js" */

const TALLY = { counts: [[6, 1, 5]], moved: null, correct: 2 };

const labels = (/** @type {Action[]} */ actions) => actions.map(({ label }) => label);

/**
 * The next step in a lesson.
 *
 * @param {Partial<ClassLesson>} lesson
 * @param {Partial<ClassState>} [changes]
 */
function inLesson(lesson, changes = {}) {
  return nextStep(stateOf({ lesson: lessonOf({ steps: 2, ...lesson }), plan: PLAN, ...changes }));
}

test("an empty class needs the projector first", () => {
  const { id, actions } = nextStep(stateOf({ people: { joined: 0, connected: 0 } }));
  assert.equal(id, "join");
  assert.deepEqual(actions, [{ label: "Open the projector", projector: true }]);
  assert.equal(nextStep(stateOf({ people: null })).id, "join");
});

test("students who have joined begin a lesson, or are asked", () => {
  const step = nextStep(stateOf());
  assert.deepEqual([step.id, labels(step.actions)], ["ask", ["Choose a lesson", "Ask a question"]]);
  assert.match(step.text, /^2 students joined\./);
  assert.match(nextStep(stateOf({ people: { joined: 1, connected: 1 } })).text, /^1 student joined\./);
});

test("while they vote, the teacher sees how many have, and can end it", () => {
  const state = stateOf({ question: questionOf(), progress: { answered: 12, of: 28 } });
  const { id, text, actions } = nextStep(state);
  assert.deepEqual([id, text.slice(0, 20)], ["voting", "12 of 28 have voted."]);
  assert.deepEqual(actions, [{ label: "End the vote", do: "voting", fields: { open: false } }]);
  const second = nextStep(stateOf({ question: questionOf({ round: 2 }) }));
  assert.deepEqual(labels(second.actions), ["End the second vote"]);
  assert.match(second.text, /^0 of 0/);
});

test("after the first vote the thresholds decide what comes first", () => {
  const question = questionOf({ open: false });
  const after = (/** @type {number[]} */ votes, /** @type {number | null} */ correct = 2) =>
    labels(nextStep(stateOf({ question, tally: { counts: [votes], moved: null, correct } })).actions);
  assert.deepEqual(after([6, 1, 5]), ["Vote again", "Show the result"]);
  assert.deepEqual(after([9, 1, 1]), ["Vote again", "Show the result"]);
  assert.deepEqual(after([1, 0, 9]), ["Show the result", "Vote again"]);
  assert.deepEqual(after([6, 1, 5], null), ["Vote again", "Show the result"]);
  assert.deepEqual(after([0, 0, 0]), ["Reopen this vote"]);
});

/** The tally after two rounds. */
const BOTH = {
  counts: [
    [6, 1, 5],
    [2, 0, 10],
  ],
  moved: [],
  correct: 2,
};

test("after the second vote on a question of the teacher's own: show, reveal, end", () => {
  const at = (/** @type {object} */ changes) =>
    nextStep(stateOf({ question: questionOf({ round: 2, open: false, ...changes }), tally: BOTH }));
  assert.deepEqual(labels(at({}).actions), ["Show the result"]);
  assert.deepEqual(labels(at({ shown: true }).actions), ["Reveal the right one"]);
  assert.deepEqual(labels(at({ shown: true, revealed: true }).actions), ["End the question"]);
});

test("a question without a right option is not revealed", () => {
  const state = stateOf({ question: questionOf({ open: false, shown: true }), tally: { ...TALLY, correct: null } });
  assert.deepEqual(labels(nextStep(state).actions), ["End the question"]);
});

test("drawings that wait come after a vote and after the lesson, before anything new", () => {
  const drawing = { label: "3", picture: "", shape: /** @type {const} */ ([1, 1, 1]), mean: [], logvar: [], seat: 1 };
  const drawings = {
    1: { ...drawing, state: /** @type {const} */ ("waiting") },
    2: { ...drawing, state: /** @type {const} */ ("hidden") },
  };
  const step = nextStep(stateOf({ drawings }));
  assert.deepEqual([step.id, step.text], ["drawings", "1 drawing waits for you."]);
  assert.equal(nextStep(stateOf({ drawings, question: questionOf() })).id, "voting");
  assert.equal(inLesson({}, { drawings }).id, "lesson-predict");
  assert.equal(inLesson({ phase: "end" }, { drawings }).id, "drawings");
  const two = { ...drawings, 3: drawings[1] };
  assert.equal(nextStep(stateOf({ drawings: two })).text, "2 drawings wait for you.");
});

test("a closed class can be exported or deleted", () => {
  const state = stateOf();
  const closed = { .../** @type {NonNullable<typeof state.class>} */ (state.class), closed: true };
  assert.deepEqual(nextStep({ ...state, class: closed }).actions, [{ label: "Export or delete", tab: "room" }]);
});

// ---- a lesson ----

test("a lesson begins with its question, which the class predicts", () => {
  const { text, actions } = inLesson({});
  assert.equal(text, "Let them predict first: “What does the model draw?”");
  const fields = { text: PLAN.question, options: ["A copy", "Garbage", "A digit"], correct: 2, part: "predict" };
  assert.deepEqual(actions[0], { label: "Ask it now", do: "ask", fields });
  assert.deepEqual(labels(inLesson({ question: 3 }).actions), ["Open step 1", "Ask it again"]);
});

test("after the result of the prediction comes the experiment, which shows what is right", () => {
  const question = questionOf({ id: 3, round: 2, open: false, shown: true });
  const { actions } = inLesson({ question: 3 }, { question, tally: BOTH });
  assert.deepEqual(actions[0], { label: "Open step 1", do: "phase", fields: { phase: "experiment", step: 1 } });
  assert.deepEqual(labels(actions), ["Open step 1", "Reveal the right one"]);
  assert.deepEqual(labels(inLesson({ question: 1 }, { question, tally: BOTH }).actions), ["Reveal the right one"]);
  const nobody = { ...BOTH, counts: [[0, 0, 0]] };
  const empty = inLesson({ question: 3 }, { question: { ...question, shown: false }, tally: nobody });
  assert.deepEqual(labels(empty.actions), ["Reopen this vote", "Open step 1"]);
});

test("a step is opened for all, what there is to see is shown, then the next one, then why", () => {
  const first = inLesson({ phase: "experiment", step: 1, do: ["Draw."] });
  assert.equal(first.text, "Step 1 of 2: Draw your digit.");
  assert.deepEqual(first.actions, [
    { label: "Show what there is to see", do: "phase", fields: { phase: "experiment", step: 1, seen: true } },
    { label: "Show it on your page", link: "Reconstruction?checkpoint=mnist-z2" },
    { label: "Open step 2", do: "phase", fields: { phase: "experiment", step: 2 } },
  ]);
  const seen = inLesson({ phase: "experiment", step: 1, see: ["A typical digit."] });
  assert.deepEqual(labels(seen.actions), ["Open step 2", "Show it on your page"]);
  const last = inLesson({ phase: "experiment", step: 2 });
  assert.deepEqual(last.actions[0], { label: "Explain it", do: "phase", fields: { phase: "explain", step: 0 } });
});

test("after why comes one more question, where there is one, and the end", () => {
  const explain = inLesson({ phase: "explain" });
  const { transfer } = PLAN;
  const fields = { text: transfer?.question, options: ["Yes", "No"], correct: 1, part: "transfer" };
  assert.deepEqual(explain.actions, [{ label: "Ask one more question", do: "ask", fields }]);
  const short = nextStep(stateOf({ lesson: lessonOf({ phase: "explain" }), plan: { ...PLAN, transfer: null } }));
  assert.deepEqual(labels(short.actions), ["End the lesson"]);
  const question = questionOf({ id: 4, open: false, shown: true });
  const asked = (/** @type {object} */ changes) =>
    inLesson({ phase: "transfer", question: 4 }, { question: { ...question, ...changes }, tally: TALLY }).actions;
  assert.deepEqual(labels(asked({})), ["Reveal the right one", "End the lesson"]);
  assert.deepEqual(labels(asked({ revealed: true })), ["End the lesson"]);
  assert.deepEqual(labels(inLesson({ phase: "transfer", question: 4 }).actions), ["End the lesson"]);
  const end = inLesson({ phase: "end" });
  assert.deepEqual([end.text, labels(end.actions)], ["“Two numbers” is over.", ["Choose another lesson"]]);
});
