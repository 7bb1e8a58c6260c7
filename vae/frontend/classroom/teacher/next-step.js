/**
 * The one thing that a teacher does next.
 *
 * @import { ClassState } from "../state.js"
 * @import { Action, Step } from "./lesson-steps.js"
 */

import { lessonStep, onward } from "./lesson-steps.js";
import { adviceOf } from "./tally.js";

/** Who takes part. @param {number} count */
function students(count) {
  return count === 1 ? "1 student" : `${count} students`;
}

/**
 * @param {Pick<ClassState, "class" | "people" | "question" | "progress" | "tally" | "drawings" | "lesson" | "plan">} state
 * @returns {Step}
 */
export function nextStep(state) {
  const { lesson, plan } = state;
  const waiting = Object.values(state.drawings).filter(({ state: now }) => now === "waiting").length;
  if (state.class?.closed) {
    const actions = [{ label: "Export or delete", tab: "room" }];
    return { id: "closed", text: "The class is closed: nothing changes any more.", actions };
  }
  if (!state.people?.joined) {
    const text = "Open the projector: it shows the code to your students.";
    return { id: "join", text, actions: [{ label: "Open the projector", projector: true }] };
  }
  if (state.question) {
    const isItsOwn = lesson !== null && lesson.question === state.question.id;
    return state.question.open ? voting(state) : afterVote(state, isItsOwn && plan ? onward(lesson, plan) : null);
  }
  if (lesson && plan && (lesson.phase !== "end" || !waiting)) return lessonStep(lesson, plan);
  if (waiting) {
    const text = waiting === 1 ? "1 drawing waits for you." : `${waiting} drawings wait for you.`;
    return { id: "drawings", text, actions: [{ label: "Look at them", tab: "drawings" }] };
  }
  const text = `${students(state.people.joined)} joined. Ask what they expect before you show it.`;
  const actions = [
    { label: "Choose a lesson", tab: "lesson" },
    { label: "Ask a question", tab: "question" },
  ];
  return { id: "ask", text, actions };
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
 * @param {Action | null} next what a lesson goes on with; null for a question that is not a lesson's
 * @returns {Step}
 */
function afterVote({ question, tally }, next) {
  const { kind, share, sentence } = adviceOf(tally?.counts, tally?.correct),
    first = question?.round !== 2;
  const again = { label: "Vote again", do: "round" },
    show = { label: "Show the result", do: "results", fields: { shown: true } },
    reopen = { label: "Reopen this vote", do: "voting", fields: { open: true } };
  if (kind === "none") return { id: "empty", text: sentence, actions: [reopen, ...(next ? [next] : [])] };
  if (!question?.shown) {
    const actions = first && kind !== "explain" ? [again, show] : first ? [show, again] : [show];
    return { id: first ? "between" : "show", text: sentence, actions, rights: share !== null };
  }
  const reveal = { label: "Reveal the right one", do: "reveal" },
    isHidden = !question.revealed && typeof tally?.correct === "number";
  if (next && leadsToSteps(next)) {
    const text = "Everybody sees the result. Now they see what happens.";
    return { id: "go-on", text, actions: [next, ...(isHidden ? [reveal] : [])] };
  }
  const onwards = next ?? { label: "End the question", do: "drop_question" };
  if (isHidden) {
    const text = "Everybody sees the result. Say which option is right, and why.";
    return { id: "reveal", text, actions: [reveal, ...(next ? [next] : [])] };
  }
  return {
    id: "try",
    text: next ? "Talk about it, then go on." : "Try it out with the class, then go on.",
    actions: [onwards],
  };
}

/** Whether an action opens the experiment, which shows what is right by itself. @param {Action} action */
function leadsToSteps(action) {
  return "fields" in action && /** @type {{phase?: string}} */ (action.fields).phase === "experiment";
}
