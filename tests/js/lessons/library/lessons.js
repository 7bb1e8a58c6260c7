/** Lessons as the server sends them. */

/** @import { Lesson, LessonStep, LessonSummary } from "../../../../vae/frontend/lib/contract.js" */

/** @param {Partial<LessonSummary>} changes @returns {LessonSummary} */
export function summaryOf(changes = {}) {
  const usual = {
    name: "two-numbers",
    title: "What survives?",
    minutes: 8,
    level: "see",
    question: "What is drawn?",
    options: ["A copy"],
  };
  return { ...usual, language: "en", languages: ["en", "de"], missing: [], own: false, problem: null, ...changes };
}

/** @param {Partial<Lesson>} changes @returns {Lesson} */
export function lessonOf(changes = {}) {
  const { own: _own, problem: _problem, ...usual } = summaryOf();
  const option = (/** @type {string} */ text) => ({ text, because: `why ${text}` });
  /** @type {Pick<LessonStep, "do" | "link" | "see">} */
  const step = {
    do: ["Draw a ", ["em", "digit"], "."],
    link: "Reconstruction?checkpoint=mnist-z2",
    see: ["132.6 nats"],
  };
  const checks = [{ text: "reconstruction of mnist-z2", measured: "132.6", unit: "nats", holds: true }];
  return {
    ...usual,
    options: ["A copy", "Garbage", "A <b>digit</b>"].map(option),
    answer: 2,
    steps: [{ ...step, page: "Reconstruction", checkpoint: "mnist-z2", checks }],
    explanation: [["p", "Only what ", ["strong", "pays"], "."]],
    terms: ["KL"],
    transfer: { question: "And ten?", options: [option("More"), option("Less")], answer: 0 },
    references: [
      { text: "Kingma", link: "https://arxiv.org/abs/1312.6114" },
      { text: "A book", link: "" },
    ],
    ...changes,
  };
}

/** Lets promises go on. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * The button or link of this text that is shown.
 *
 * @param {Element} root
 * @param {string} text
 * @returns {HTMLElement}
 */
export function named(root, text) {
  const all = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("button, a"));
  const found = [...all].find((node) => node.textContent === text && !node.closest("[hidden]"));
  if (!found) throw new Error(`no ${text} among ${[...all].map((node) => node.textContent).join(", ")}`);
  return found;
}
