/**
 * What a vote says to the teacher: how many are right and what to do then, and what the second round has gained.
 *
 * none: nobody has voted; open: no option is marked as right. share: of the votes, 0 to 1.
 *
 * @typedef {"none" | "open" | "hint" | "discuss" | "explain"} Kind
 * @typedef {{kind: Kind, share: number | null, sentence: string}} Advice
 */

/** @import { Values } from "../../lib/explained.js" */
/** @import { Move } from "../histogram.js" */

import { movesOf } from "../histogram.js";

// Source: Vickrey et al. 2015, on peer instruction.
const HINT_BELOW = 0.35;
const EXPLAIN_ABOVE = 0.7;

/** How many votes there are in a round. @param {readonly number[] | undefined} votes of each option */
export function total(votes) {
  return votes?.reduce((sum, count) => sum + count, 0) ?? 0;
}

/** "41 %", without a decimal place. @param {number} part 0 to 1 */
export function percent(part) {
  return `${Math.round(100 * part)} %`;
}

/**
 * What to do after the last round.
 *
 * @param {readonly (readonly number[])[] | null | undefined} counts of each option, by round
 * @param {number | null | undefined} correct
 * @returns {Advice}
 */
export function adviceOf(counts, correct) {
  const votes = counts?.at(-1),
    all = total(votes),
    again = (counts?.length ?? 0) > 1;
  if (!votes || !all) return { kind: "none", share: null, sentence: "Nobody has voted yet." };
  if (typeof correct !== "number") {
    const next = again ? "try it out, and let them say what they see" : "let them discuss, then vote again";
    return { kind: "open", share: null, sentence: `No option is marked as right: ${next}.` };
  }
  const share = votes[correct] / all,
    right = `${percent(share)} are right`;
  if (share > EXPLAIN_ABOVE) return { kind: "explain", share, sentence: `${right}: explain it and go on.` };
  if (again) return { kind: "explain", share, sentence: `${right}: now explain it yourself, with the experiment.` };
  if (share < HINT_BELOW) return { kind: "hint", share, sentence: `${right}: give a hint, then let them vote again.` };
  return { kind: "discuss", share, sentence: `${right}: let them convince each other, then vote again.` };
}

/**
 * The share of right votes in the last round, for its formula; null where no option is right, or nobody has voted.
 *
 * @param {readonly (readonly number[])[] | null | undefined} counts of each option, by round
 * @param {number | null | undefined} correct
 * @returns {Values | null}
 */
export function rightValues(counts, correct) {
  const votes = counts?.at(-1),
    all = total(votes);
  if (!votes || !all || typeof correct !== "number") return null;
  return { share: percent(votes[correct] / all), right: `${votes[correct]}`, votes: `${all}` };
}

/**
 * How many votes went to the right option in the second round, and how many left it; null where no option is right, or
 * nobody has changed.
 *
 * @param {number[][] | null | undefined} moved votes from option i to option j
 * @param {number | null | undefined} correct
 */
export function gainOf(moved, correct) {
  const moves = movesOf(moved ?? null);
  if (typeof correct !== "number" || !moves.length) return null;
  const votesWhere = (/** @type {(move: Move) => boolean} */ holds) =>
    moves.filter(holds).reduce((sum, { count }) => sum + count, 0);
  return { went: votesWhere(({ to }) => to === correct), left: votesWhere(({ from }) => from === correct) };
}

/** What the second round has gained, in words; "" where it cannot be said. @param {ReturnType<typeof gainOf>} gain */
export function gainText(gain) {
  return gain ? `${gain.went} went to the right option, ${gain.left} left it.` : "";
}

/** The gain for its formula. @param {ReturnType<typeof gainOf>} gain @returns {Values | null} */
export function gainValues(gain) {
  if (!gain) return null;
  const { went, left } = gain;
  const more = went - left;
  return { gain: `${more > 0 ? "+" : more < 0 ? "−" : ""}${Math.abs(more)}`, went: `${went}`, left: `${left}` };
}
