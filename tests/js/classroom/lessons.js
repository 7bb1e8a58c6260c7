/** A class's lesson, as everybody is sent it. */

/** @import { ClassLesson, LessonOutcome } from "../../../vae/frontend/lib/contract.js" */

/** @type {LessonOutcome} */
export const OUTCOME = {
  question: "What survives?",
  options: ["a copy", "garbage", "a digit"],
  answer: 2,
  predictions: [3, 1, 8],
  seen: [
    {
      do: ["Draw."],
      see: ["A ", ["em", "typical"], " digit."],
      checks: [{ text: "reconstruction of mnist-z2", measured: "132.6", unit: "nats", holds: true }],
    },
  ],
  explanation: [
    ["p", "Only what ", ["strong", "pays for itself"], " is kept."],
    ["p", "More of it."],
  ],
  terms: [],
  references: [],
};

/** @param {Partial<ClassLesson>} changes @returns {ClassLesson} */
export function lessonOf(changes) {
  const about = { title: "Two numbers", minutes: 8, level: "see", steps: 3, begun: null, question: null };
  const step = { do: null, link: null, page: null, checkpoint: null, see: null };
  return { ...about, phase: "predict", step: 0, ...step, outcome: null, transfer: null, ...changes };
}
