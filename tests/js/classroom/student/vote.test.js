import { send } from "../../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Vote } from "../../../../vae/frontend/classroom/student/vote.js";
import { deferred, settle } from "../server.js";

/** @import { Deferred } from "../server.js" */

/** @import { Me, Question } from "../../../../vae/frontend/classroom/state.js" */

Object.assign(globalThis, {
  ResizeObserver: class {
    observe() {}
  },
  getComputedStyle: () => ({ fontSize: "16px" }),
});

/** @type {Question} */
const QUESTION = {
  id: 5,
  text: "What <b>survives</b> two numbers?",
  options: ["an exact copy", "garbage", "a typical digit"],
  round: 1,
  open: true,
  counts: null,
  moved: null,
  correct: null,
};
const PROGRESS = { answered: 4, of: 28 };

/** @type {Vote} */
let vote;
/** @type {number[][]} */
let sent;
let unfocused = 0;
/** What the server says to the next vote. @type {Deferred<unknown>} */
let answer;

beforeEach(() => {
  sent = [];
  answer = deferred();
  unfocused = 0;
  vote = new Vote(
    (...what) => {
      sent.push(what);
      return answer.promise;
    },
    () => unfocused++,
  );
  document.body.replaceChildren(vote.element);
});

/** @param {(number | null)[]} votes @returns {Me} */
function me(votes) {
  return { seat: 1, name: "Ada", votes, predicted: null, transferred: null, drawings: {} };
}

/**
 * @param {Partial<Question>} question
 * @param {(number | null)[]} votes
 */
function show(question, votes = [null, null], connected = true) {
  vote.show({ question: { ...QUESTION, ...question }, progress: PROGRESS, me: me(votes) }, connected);
}

function choose(/** @type {number} */ option) {
  vote.options[option].checked = true;
  send(vote.options[option], "change");
}

test("the question is text, its options are radio buttons of one name, and nothing is sent before the commit", () => {
  show({});
  assert.equal(vote.text.textContent, QUESTION.text);
  assert.deepEqual(
    vote.options.map(({ type, name }) => `${type} ${name}`),
    Array(3).fill("radio vote"),
  );
  assert.equal(vote.commit.disabled, true);
  choose(2);
  assert.equal(vote.commit.disabled, false);
  assert.deepEqual(sent, []);
  vote.commit.click();
  assert.deepEqual(sent, [[5, 1, 2]]);
});

test("a committed answer is locked at once, and stays so when it is counted", async () => {
  show({});
  choose(1);
  vote.commit.click();
  assert.ok(vote.options.every(({ disabled }) => disabled));
  assert.equal(vote.commit.hidden, true);
  assert.equal(vote.words.textContent, "Sending your answer…");
  answer.resolve({});
  await settle();
  show({}, [1, null]);
  assert.equal(vote.words.textContent, "Your answer B is in and locked.");
  assert.equal(vote.options[1].checked, true);
  assert.equal(vote.progress.textContent, "4 of 28 answered");
});

test("the focus is given away where its control goes: at the commit, and when the vote is closed; nobody else's is", () => {
  show({});
  choose(1);
  vote.commit.focus();
  vote.commit.click();
  assert.equal(unfocused, 1);
  show({ id: 6 });
  vote.options[0].focus();
  show({ id: 6 });
  assert.equal(unfocused, 1);
  show({ id: 6, open: false });
  assert.equal(unfocused, 2);
  vote.options[0].blur();
  show({ id: 7, open: false });
  assert.equal(unfocused, 2);
});

test("without a connection the answer is kept, and says so", () => {
  show({}, undefined, false);
  choose(0);
  vote.commit.click();
  assert.match(vote.words.textContent ?? "", /is kept and goes out with the connection/);
});

test("a refusal is said, and the student may choose again", async () => {
  show({});
  choose(0);
  vote.commit.click();
  answer.reject(new Error("Voting is closed."));
  await settle();
  assert.equal(vote.problem.textContent, "Voting is closed.");
  assert.equal(vote.options[1].disabled, false);
});

test("the second round starts empty, beside the first answer", () => {
  show({}, [1, null]);
  show({ round: 2 }, [1, null]);
  assert.ok(vote.options.every(({ checked, disabled }) => !checked && !disabled));
  assert.match(vote.words.textContent ?? "", /Your first answer was B\./);
  choose(2);
  vote.commit.click();
  assert.deepEqual(sent, [[5, 2, 2]]);
});

test("where the round is voted again, the student is asked again", async () => {
  show({});
  choose(1);
  vote.commit.click();
  answer.resolve({});
  await settle();
  show({}, [1, null]);
  show({}, [null, null]);
  assert.ok(vote.options.every(({ checked, disabled }) => !checked && !disabled));
  assert.equal(vote.commit.hidden, false);
});

test("a seat that voted in another tab, or before a reload, finds its answer", () => {
  show({}, [2, null]);
  assert.equal(vote.options[2].checked, true);
  assert.equal(vote.commit.hidden, true);
});

test("what is not shown yet has no bars; what is, stands in place of the options", () => {
  show({ open: false }, [2, null]);
  assert.equal(vote.results.hidden, true);
  show({ open: false, counts: [[1, 2, 3]] }, [2, null]);
  assert.equal(vote.results.hidden, false);
  assert.ok(vote.fields.classList.contains("beside-results"));
  assert.match(vote.results.textContent ?? "", /your vote/);
});

test("a choice that is not committed survives news of the class", () => {
  show({});
  choose(1);
  vote.show({ question: QUESTION, progress: { answered: 9, of: 28 }, me: me([null, null]) }, true);
  assert.equal(vote.options[1].checked, true);
  assert.equal(vote.commit.disabled, false);
});

test("without a question it says that there is none", () => {
  vote.show({ question: null, progress: null, me: me([]) }, true);
  assert.equal(vote.body.hidden, true);
  assert.equal(vote.none.hidden, false);
  mock.restoreAll();
});

test("bars are drawn again only when they are others", () => {
  const drawn = mock.method(vote.histogram, "show");
  const counts = [[1, 2, 3]];
  show({ open: false, counts });
  show({ open: false, counts });
  assert.equal(drawn.mock.callCount(), 1);
  show({ open: false, counts, correct: 2 });
  assert.equal(drawn.mock.callCount(), 2);
});
