import assert from "node:assert/strict";
import { test } from "node:test";

import { isHeld, modeOf, progressWords, voteWords } from "../../../../vae/frontend/classroom/student/words.js";

/** @import { ClassSection, Question, Shown } from "../../../../vae/frontend/classroom/state.js" */

const FINE = { final: false, sentence: "Connected." };
const REMOVED = { final: true, sentence: "Your teacher has removed this seat." };

const SHOWN = { page: "Explore", params: {} };

/**
 * @param {Partial<ClassSection>} about
 * @param {Shown | null} shown
 * @returns {{class: ClassSection, shown: Shown | null}}
 */
function inClass(about, shown = SHOWN) {
  const all = { code: "K7PM2X", name: "3b", model: "m", frozen: false, joinable: true, closed: false };
  return { class: { ...all, language: "en", mode: "explore", ...about }, shown };
}

/** @param {Partial<Question>} question @returns {Question} */
function asked(question) {
  const all = { id: 1, text: "?", options: ["a", "b", "c"], open: true, counts: null, moved: null, correct: null };
  return { ...all, round: 1, ...question };
}

test("the strip says who decides what the page shows", () => {
  assert.deepEqual(modeOf({ class: null, shown: null }, FINE), { text: "Joining the class…", kind: "" });
  assert.equal(modeOf(inClass({}), FINE).text, "Explore on your own.");
  assert.equal(modeOf(inClass({ mode: "follow" }), FINE).text, "Your teacher is showing: follow along.");
  assert.equal(modeOf(inClass({ mode: "follow" }), FINE, "Your teacher is on Training.").kind, "follow");
  assert.equal(modeOf(inClass({ frozen: true, mode: "follow" }), FINE).text, "Frozen: look at the front.");
  assert.equal(modeOf(inClass({ closed: true, frozen: true }), FINE).kind, "explore");
  assert.match(modeOf(inClass({ frozen: true }), { ...FINE, released: true }).text, /^No connection for a while/);
  assert.deepEqual(modeOf(inClass({}), REMOVED), { text: REMOVED.sentence, kind: "ended" });
});

test("who follows may look around until the teacher shows something", () => {
  const state = inClass({ mode: "follow" }, null);
  assert.deepEqual(modeOf(state, FINE), { text: "Look around until your teacher shows something.", kind: "waiting" });
  assert.equal(isHeld(state), false);
  assert.equal(isHeld({ ...state, shown: SHOWN }), true);
  assert.equal(isHeld(inClass({ mode: "follow", frozen: true }, null)), true);
});

test("the teacher decides while the class follows or is frozen, and no longer once it is over", () => {
  assert.equal(isHeld({ class: null, shown: null }), false);
  assert.equal(isHeld(inClass({})), false);
  assert.equal(isHeld(inClass({ mode: "follow" })), true);
  assert.equal(isHeld(inClass({ frozen: true })), true);
  assert.equal(isHeld(inClass({ frozen: true, mode: "follow", closed: true })), false);
});

test("a vote is told from the first choice to the second round", () => {
  const free = { votes: [null, null], sending: null, connected: true };
  assert.match(voteWords(asked({}), free), /^Choose, then commit/);
  assert.equal(voteWords(asked({}), { ...free, sending: 1 }), "Sending your answer…");
  assert.match(voteWords(asked({}), { ...free, sending: 1, connected: false }), /^Your answer B is kept/);
  assert.equal(voteWords(asked({}), { ...free, votes: [2, null] }), "Your answer C is in and locked.");
  assert.match(voteWords(asked({ round: 2 }), { ...free, votes: [2, null] }), /Your first answer was C\. Choose again/);
  assert.match(voteWords(asked({ round: 2 }), free), /after the discussion\. Choose again/);
  assert.equal(voteWords(asked({ round: 2 }), { ...free, votes: [2, 0] }), "Your answer A is in and locked.");
});

test("who has not voted is told that it is too late, and nothing once there is a result to read", () => {
  const none = { votes: [], sending: null, connected: true };
  assert.equal(voteWords(asked({ open: false }), none), "The vote is closed.");
  assert.equal(voteWords(asked({ open: false, counts: [[1, 2, 3]] }), none), "");
});

test("so many of so many have answered", () => {
  assert.equal(progressWords({ answered: 12, of: 28 }), "12 of 28 answered");
  assert.equal(progressWords(null), "");
});
