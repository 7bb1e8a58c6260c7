/**
 * A class's lesson as its teacher goes through it: the places in their order, and what comes next.
 *
 * @import { ClassLesson, Lesson, LessonQuestion } from "../../lib/contract.js"
 *
 * do: a command with its fields; tab: a tab to open; link: beneath the app's address; projector: its window.
 *
 * @typedef {{label: string, do: string, fields?: object} | {label: string, tab: string} | {label: string, link: string}
 *           | {label: string, projector: true}} Action
 *
 * actions: the first one is what the step is about, others are beside it. rights: whether the text has the share of the
 * right votes.
 *
 * @typedef {{id: string, text: string, actions: Action[], rights?: boolean}} Step
 *
 * step: counted from 1 in the experiment, 0 elsewhere.
 *
 * @typedef {{phase: ClassLesson["phase"], step: number}} Place
 */

import { plainRich } from "../../lib/rich.js";

/** The places of a lesson. @param {Pick<Lesson, "steps" | "transfer">} plan @returns {Place[]} */
export function placesOf({ steps, transfer }) {
  return [
    { phase: "predict", step: 0 },
    ...steps.map((_, i) => /** @type {Place} */ ({ phase: "experiment", step: i + 1 })),
    { phase: "explain", step: 0 },
    ...(transfer ? [/** @type {Place} */ ({ phase: "transfer", step: 0 })] : []),
    { phase: "end", step: 0 },
  ];
}

/**
 * Where the class is among them.
 *
 * @param {readonly Place[]} places
 * @param {Place} at
 */
export function placeOf(places, { phase, step }) {
  return places.findIndex((place) => place.phase === phase && place.step === step);
}

/** What a place is called. @param {Place} place */
export function nameOf({ phase, step }) {
  const names = { predict: "Predict", explain: "Explain", transfer: "One more question", end: "End" };
  return phase === "experiment" ? `Step ${step}` : names[phase];
}

/**
 * Asks a question of the lesson.
 *
 * @param {"predict" | "transfer"} part
 * @param {LessonQuestion} question
 * @param {string} label
 * @returns {Action}
 */
function ask(part, { question, options, answer }, label) {
  return {
    label,
    do: "ask",
    fields: { text: question, options: options.map(({ text }) => text), correct: answer, part },
  };
}

/** @param {Place} place @param {string} label @returns {Action} */
function goTo({ phase, step }, label) {
  return { label, do: "phase", fields: { phase, step } };
}

/**
 * What leads to the next place of the lesson.
 *
 * @param {ClassLesson} lesson
 * @param {Lesson} plan
 * @returns {Action}
 */
export function onward(lesson, plan) {
  const places = placesOf(plan),
    next = places[placeOf(places, lesson) + 1] ?? places.at(-1);
  if (next.phase === "transfer" && plan.transfer) return ask("transfer", plan.transfer, "Ask one more question");
  const labels = { experiment: `Open step ${next.step}`, explain: "Explain it", end: "End the lesson" };
  return goTo(next, labels[/** @type {"experiment" | "explain" | "end"} */ (next.phase)] ?? nameOf(next));
}

/**
 * The next step in a lesson while no question is on the screens.
 *
 * @param {ClassLesson} lesson
 * @param {Lesson} plan
 * @returns {Step}
 */
export function lessonStep(lesson, plan) {
  const { phase, question } = lesson,
    id = `lesson-${phase}`,
    next = onward(lesson, plan);
  switch (phase) {
    case "predict": {
      const asks = ask("predict", plan, question === null ? "Ask it now" : "Ask it again");
      if (question !== null)
        return { id, text: "They have predicted. Now they see what happens.", actions: [next, asks] };
      const read = { label: "Read it", tab: "lesson" };
      return { id, text: `Let them predict first: “${plan.question}”`, actions: [asks, read] };
    }
    case "experiment":
      return experimentStep(lesson, plan, next);
    case "transfer":
      return { id, text: "One more question has carried it over.", actions: [next] };
    case "end":
      return { id, text: `“${plan.title}” is over.`, actions: [{ label: "Choose another lesson", tab: "lesson" }] };
    case "explain":
      return { id, text: "Their predictions stand beside what happened. Explain why.", actions: [next] };
  }
}

/**
 * @param {ClassLesson} lesson
 * @param {Lesson} plan
 * @param {Action} next
 * @returns {Step}
 */
function experimentStep({ step, see }, { steps }, next) {
  const now = steps[step - 1];
  const show = { label: "Show what there is to see", do: "phase", fields: { phase: "experiment", step, seen: true } };
  const own = { label: "Show it on your page", link: now.link };
  const actions = now.see.length && see === null ? [show, own, next] : [next, own];
  return { id: `lesson-step-${step}`, text: `Step ${step} of ${steps.length}: ${plainRich(now.do)}`, actions };
}

/**
 * "3 of 8 minutes"
 *
 * @param {Pick<ClassLesson, "begun" | "minutes">} lesson
 * @param {number} now in seconds since 1970
 */
export function minutesText({ begun, minutes }, now) {
  if (begun === null) return `${minutes} minutes`;
  return `${Math.max(0, Math.floor((now - begun) / 60))} of ${minutes} minutes`;
}
