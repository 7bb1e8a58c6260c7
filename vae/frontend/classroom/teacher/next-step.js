/**
 * The one thing that a teacher does next.
 *
 * @import { ClassState } from "../state.js"
 * @import { ReadyQuestion } from "./questions.js"
 *
 * do: a command with its fields; tab: a tab to open; link: beneath the app's address; projector: its window.
 *
 * @typedef {{label: string, do: string, fields?: object} | {label: string, tab: string} | {label: string, link: string}
 *           | {label: string, projector: true}} Action
 *
 * actions: the first one is what the step is about, another one is beside it.
 *
 * @typedef {{id: string, text: string, actions: Action[]}} Step
 */

import { adviceOf } from "./tally.js";

/** Who takes part. @param {number} count */
function students(count) {
  return count === 1 ? "1 student" : `${count} students`;
}

/**
 * @param {Pick<ClassState, "class" | "people" | "question" | "progress" | "tally" | "drawings">} state
 * @param {{lesson: ReadyQuestion | null, asked: ReadyQuestion | null}} known lesson: the ready question
 *   that the teacher has chosen to ask; asked: the ready one that the present question is
 * @returns {Step}
 */
export function nextStep(state, { lesson, asked }) {
  const waiting = Object.values(state.drawings).filter(({ state: now }) => now === "waiting").length;
  if (state.class?.closed) {
    const actions = [{ label: "Export or delete", tab: "room" }];
    return { id: "closed", text: "The class is closed: nothing changes any more.", actions };
  }
  if (!state.people?.joined) {
    const text = "Open the projector: it shows the code to your students.";
    return { id: "join", text, actions: [{ label: "Open the projector", projector: true }] };
  }
  if (state.question) return state.question.open ? voting(state) : afterVote(state, asked);
  if (lesson) return askLesson(lesson);
  if (waiting) {
    const text = waiting === 1 ? "1 drawing waits for you." : `${waiting} drawings wait for you.`;
    return { id: "drawings", text, actions: [{ label: "Look at them", tab: "drawings" }] };
  }
  const text = `${students(state.people.joined)} joined. Ask what they expect before you show it.`;
  return { id: "ask", text, actions: [{ label: "Ask a question", tab: "question" }] };
}

/** @param {ReadyQuestion} lesson @returns {Step} */
function askLesson({ title, text, options, correct }) {
  const action = { label: "Ask it now", do: "ask", fields: { text, options, correct } };
  return {
    id: "lesson",
    text: `Let them predict first: “${title}”`,
    actions: [action, { label: "Read it", tab: "question" }],
  };
}

/** @param {Pick<ClassState, "question" | "progress">} state @returns {Step} */
function voting({ question, progress }) {
  const { answered = 0, of = 0 } = progress ?? {};
  const which = question?.round === 2 ? "the second vote" : "the vote";
  const text = `${answered} of ${of} have voted. Each commits alone; nobody sees the result yet.`;
  return { id: "voting", text, actions: [{ label: `End ${which}`, do: "voting", fields: { open: false } }] };
}

/**
 * @param {Pick<ClassState, "question" | "tally">} state
 * @param {ReadyQuestion | null} asked
 * @returns {Step}
 */
function afterVote({ question, tally }, asked) {
  const { kind, sentence } = adviceOf(tally?.counts, tally?.correct),
    first = question?.round !== 2;
  const again = { label: "Vote again", do: "round" },
    show = { label: "Show the result", do: "results", fields: { shown: true } },
    reopen = { label: "Reopen this vote", do: "voting", fields: { open: true } };
  if (kind === "none") return { id: "empty", text: sentence, actions: [reopen] };
  if (!question?.shown) {
    const actions = first && kind !== "explain" ? [again, show] : first ? [show, again] : [show];
    return { id: first ? "between" : "show", text: sentence, actions };
  }
  if (!question.revealed && typeof tally?.correct === "number") {
    const text = "Everybody sees the result. Let them try it out, or say which option is right.";
    return { id: "reveal", text, actions: [{ label: "Reveal the right one", do: "reveal" }, ...experiment(asked)] };
  }
  const end = { label: "End the question", do: "drop_question" };
  const text = asked ? asked.experiment : "Try it out with the class, then go on.";
  return { id: "try", text, actions: [...experiment(asked), end] };
}

/** @param {ReadyQuestion | null} asked @returns {Action[]} */
function experiment(asked) {
  return asked ? [{ label: "Open the experiment", link: asked.link }] : [];
}
