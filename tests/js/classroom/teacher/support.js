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

/** A lesson of two steps. @type {import("../../../../vae/frontend/lib/contract.js").Lesson} */
export const PLAN = {
  ...{ name: "two-numbers", language: "en", languages: ["en"], title: "Two numbers", minutes: 8, level: "see" },
  question: "What does the model draw?",
  options: [
    { text: "A copy", because: "A computer stores <b>exactly</b>." },
    { text: "Garbage", because: "" },
    { text: "A digit", because: "It knows digits." },
  ],
  answer: 2,
  steps: [
    {
      do: ["Draw ", ["em", "your"], " digit."],
      link: "Reconstruction?checkpoint=mnist-z2",
      ...{ page: "Reconstruction", checkpoint: "mnist-z2" },
      see: ["A typical digit."],
      checks: [{ text: "reconstruction of mnist-z2 = 132.6", measured: "132.6", unit: "nats", holds: true }],
    },
    { do: ["Look."], link: "Explore?checkpoint=x", page: "Explore", checkpoint: "x", see: [], checks: [] },
  ],
  explanation: [["p", "Only what pays for itself is kept."]],
  terms: [],
  transfer: {
    question: "And a plain autoencoder?",
    options: [
      { text: "Yes", because: "" },
      { text: "No", because: "" },
    ],
    answer: 1,
  },
  references: [],
  missing: [],
};
