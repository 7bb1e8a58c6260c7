/**
 * What a student is told: the class's mode, the vote, the own drawings.
 *
 * @import { ClassState, DrawingState, Me, Question } from "../state.js"
 *
 * kind: what it looks like.
 *
 * @typedef {{text: string, kind: "" | "follow" | "waiting" | "explore" | "frozen" | "ended"}} Mode
 */

import { t } from "../../lib/words.js";

/**
 * @param {Pick<ClassState, "class" | "shown">} state
 * @param {{final: boolean, sentence: string, released?: boolean}} status of the connection; released: there has been none for
 *   so long that the page is the student's own
 * @param {string} [place] where the teacher is, if not on one of the views here
 * @returns {Mode}
 */
export function modeOf({ class: about, shown }, { final, sentence, released = false }, place = "") {
  if (final) return { text: sentence, kind: "ended" };
  if (!about) return { text: t("Joining the class…"), kind: "" };
  if (about.closed) return { text: t("The class is over. Go on exploring if you like."), kind: "explore" };
  if (released) return { text: t("No connection for a while: explore on your own."), kind: "explore" };
  if (about.frozen) return { text: t("Frozen: look at the front."), kind: "frozen" };
  if (about.mode === "follow" && !shown)
    return { text: t("Look around until your teacher shows something."), kind: "waiting" };
  if (about.mode === "follow") return { text: place || t("Your teacher is showing: follow along."), kind: "follow" };
  return { text: t("Explore on your own."), kind: "explore" };
}

/** Whether the teacher decides what the page shows: while the class follows, from the first that was shown. */
export function isHeld(/** @type {Pick<ClassState, "class" | "shown">} */ { class: about, shown }) {
  return about !== null && !about.closed && (about.frozen || (about.mode === "follow" && shown !== null));
}

/** "A" for the first option. */
export function letterOf(/** @type {number} */ option) {
  return String.fromCharCode(65 + option);
}

/**
 * The sentence beneath the options.
 *
 * @param {Question} question
 * @param {{votes: readonly (number | null)[], sending: number | null, connected: boolean}} vote votes: as counted, by round;
 *   sending: not yet answered
 */
export function voteWords({ open, round, counts }, { votes, sending, connected }) {
  const [first = null] = votes,
    own = votes[round - 1] ?? null;
  if (own !== null) return t`Your answer ${letterOf(own)} is in and locked.`;
  if (sending !== null) {
    return connected
      ? t("Sending your answer…")
      : t`Your answer ${letterOf(sending)} is kept and goes out with the connection.`;
  }
  if (!open) return counts ? "" : t("The vote is closed.");
  if (round === 1) return t("Choose, then commit. A committed answer is locked.");
  const before = first === null ? "" : t` Your first answer was ${letterOf(first)}.`;
  return t`Second vote, after the discussion.${before} Choose again, the same or another.`;
}

/** @param {{answered: number, of: number} | null} progress */
export function progressWords(progress) {
  return progress ? t`${progress.answered} of ${progress.of} answered` : "";
}

/** A student's choice in a question's present round. */
export function ownVote(/** @type {Question} */ { round }, /** @type {Me | null} */ me) {
  return me?.votes[round - 1] ?? null;
}

/** @type {Record<DrawingState, string>} */
export const DRAWING_WORDS = {
  waiting: t("waits for your teacher"),
  approved: t("on the class map"),
  hidden: t("not shown"),
};
