/** A class in several states, as a teacher's connection has them. */

import { emptyState } from "../../../../vae/frontend/classroom/state.js";

/** @import { ClassState, Question, Seat } from "../../../../vae/frontend/classroom/state.js" */

/** @param {Partial<Seat>} changes @returns {Seat} */
export function seatOf(changes = {}) {
  const usual = { name: "Heron", connected: true, transport: /** @type {const} */ ("websocket"), silent: false };
  return { ...usual, simulated: false, votes: [], drawings: 0, ...changes };
}

/** @param {Partial<Question>} changes @returns {Question} */
export function questionOf(changes = {}) {
  const asked = {
    id: 3,
    text: "What comes out?",
    options: ["A copy", "Garbage", "A digit"],
    round: /** @type {const} */ (1),
  };
  const hidden = { counts: null, moved: null, correct: null, shown: false, revealed: false };
  return { ...asked, open: true, ...hidden, ...changes };
}

/** @param {Partial<ClassState>} changes @returns {ClassState} */
export function stateOf(changes = {}) {
  const modes = { mode: /** @type {const} */ ("explore"), frozen: false, joinable: true, closed: false };
  const named = {
    code: "K7PM2X",
    name: "Class 9b",
    model: "mnist-z10",
    language: /** @type {const} */ ("en"),
    ...modes,
  };
  return { ...emptyState(), class: named, people: { joined: 2, connected: 2 }, ...changes };
}

export const READY = {
  title: "What survives two numbers?",
  text: "What does the model draw?",
  options: ["A copy", "Garbage", "A digit"],
  correct: 2,
  page: "Reconstruction",
  experiment: "Draw your own digit.",
  explanation: "Only what pays for itself is kept.",
  link: "Reconstruction?checkpoint=mnist-z2",
};
