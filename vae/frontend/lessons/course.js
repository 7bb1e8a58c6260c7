/**
 * A lesson's course: its places one after another, where a visitor is in it, and what must be done before going on.
 *
 * @import { Lesson, LessonQuestion, LessonStep } from "../lib/contract.js"
 *
 * @typedef {"predict" | "experiment" | "explain" | "transfer" | "end"} Phase
 * @typedef {{phase: Phase, step: number}} Place
 *
 * What a visitor has done. predicted, transferred: the committed options, counted from 0; null before.
 *
 * @typedef {Place & {predicted: number | null, transferred: number | null, done: boolean}} Progress
 */

import { t } from "../lib/words.js";

/** @returns {Progress} */
export function freshProgress() {
  return { phase: "predict", step: 0, predicted: null, transferred: null, done: false };
}

/**
 * The places of a lesson in their order.
 *
 * @param {Pick<Lesson, "steps" | "transfer">} lesson
 * @returns {Place[]}
 */
export function placesOf({ steps, transfer }) {
  return [
    { phase: "predict", step: 0 },
    ...steps.map((_, step) => /** @type {Place} */ ({ phase: "experiment", step })),
    { phase: "explain", step: 0 },
    ...(transfer ? [/** @type {Place} */ ({ phase: "transfer", step: 0 })] : []),
    { phase: "end", step: 0 },
  ];
}

/**
 * What was kept of a visitor's progress, as far as it fits this lesson; a fresh one where it does not.
 *
 * @param {unknown} kept
 * @param {Lesson} lesson
 * @returns {Progress}
 */
export function progressIn(kept, lesson) {
  const found = /** @type {Partial<Progress>} */ (typeof kept === "object" && kept !== null ? kept : {});
  const predicted = optionOf(found.predicted, lesson);
  if (predicted === null) return freshProgress();
  const places = placesOf(lesson);
  const place = places.find(({ phase, step }) => phase === found.phase && step === (found.step ?? 0)) ?? places[0];
  const transferred = lesson.transfer ? optionOf(found.transferred, lesson.transfer) : null;
  return { ...place, predicted, transferred, done: found.done === true };
}

/**
 * @param {unknown} value
 * @param {LessonQuestion} question
 */
function optionOf(value, { options }) {
  return Number.isInteger(value) && Number(value) in options ? Number(value) : null;
}

/**
 * Where a visitor is among the lesson's places.
 *
 * @param {readonly Place[]} places
 * @param {Place} at
 */
export function indexOf(places, { phase, step }) {
  return places.findIndex((place) => place.phase === phase && place.step === step);
}

/** Whether a visitor may leave a place for the next one: a question must be answered first. @param {Progress} progress */
export function mayGoOn({ phase, predicted, transferred }) {
  if (phase === "predict") return predicted !== null;
  return phase !== "transfer" || transferred !== null;
}

/**
 * What a place is called.
 *
 * @param {Place} place
 * @param {Pick<Lesson, "steps">} lesson
 */
export function nameOf({ phase, step }, { steps }) {
  if (phase === "experiment") return t`Experiment, step ${step + 1} of ${steps.length}`;
  const names = {
    predict: t("Predict"),
    explain: t("What happened, and why"),
    transfer: t("One more question"),
    end: t("The end"),
  };
  return names[phase];
}

/**
 * The parameters of the light page's link that shows a step.
 *
 * @param {Pick<LessonStep, "link">} step
 */
export function queryOfStep({ link }) {
  const [page, query = ""] = link.split("?");
  const params = new URLSearchParams(query);
  params.delete("page");
  return new URLSearchParams([["page", page], ...params]);
}

/**
 * The link with which a lesson is opened: of the step that one is at, of the first before, of the last afterwards.
 *
 * @param {Lesson} lesson
 * @param {Progress} progress as far as it fits
 */
export function linkAt({ steps }, { phase, step }) {
  const last = steps.length - 1;
  return queryOfStep(steps[phase === "predict" || phase === "experiment" ? step : last]);
}

/** "A" for the first option. */
export function letterOf(/** @type {number} */ option) {
  return String.fromCharCode(65 + option);
}
