/**
 * The students of a class: how each is doing, which of them are listed and in which order.
 *
 * @import { Question, Seat } from "../state.js"
 *
 * @typedef {"here" | "silent" | "away"} SeatState
 * @typedef {SeatState | "all" | "unvoted"} Filter
 * @typedef {Seat & {id: string}} Listed
 */

/** @type {Record<SeatState, string>} */
export const STATE_WORDS = { here: "here", silent: "silent", away: "away" };

/** @param {Pick<Seat, "connected" | "silent">} seat @returns {SeatState} */
export function stateOf({ connected, silent }) {
  if (!connected) return "away";
  return silent ? "silent" : "here";
}

/**
 * Whether a student's vote of the present round is missing.
 *
 * @param {Pick<Seat, "votes">} seat
 * @param {Pick<Question, "round"> | null} question
 */
export function lacksVote({ votes }, question) {
  return question !== null && (votes?.[question.round - 1] ?? null) === null;
}

/**
 * How many students each filter lists.
 *
 * @param {Record<string, Seat>} seats
 * @param {Pick<Question, "round"> | null} question
 * @returns {Record<Filter, number>}
 */
export function countsOf(seats, question) {
  const counts = { all: 0, here: 0, silent: 0, away: 0, unvoted: 0 };
  for (const seat of Object.values(seats)) {
    counts.all++;
    counts[stateOf(seat)]++;
    if (lacksVote(seat, question)) counts.unvoted++;
  }
  return counts;
}

/**
 * The students that a filter and a text that was typed leave, by name.
 *
 * @param {Record<string, Seat>} seats
 * @param {Pick<Question, "round"> | null} question
 * @param {{filter: Filter, text: string}} choice
 * @returns {Listed[]}
 */
export function listed(seats, question, { filter, text }) {
  const sought = text.trim().toLocaleLowerCase();
  return Object.entries(seats)
    .map(([id, seat]) => ({ ...seat, id }))
    .filter((seat) => passes(seat, question, filter) && seat.name.toLocaleLowerCase().includes(sought))
    .sort((a, b) => NAMES.compare(a.name, b.name) || Number(a.id) - Number(b.id));
}

const NAMES = new Intl.Collator("en", { numeric: true });

/**
 * @param {Seat} seat
 * @param {Pick<Question, "round"> | null} question
 * @param {Filter} filter
 */
function passes(seat, question, filter) {
  if (filter === "all") return true;
  return filter === "unvoted" ? lacksVote(seat, question) : stateOf(seat) === filter;
}

/** "28 here, 1 silent, 2 away", without what there is none of. @param {Record<Filter, number>} counts */
export function countText({ here, silent, away }) {
  const parts = [`${here} here`];
  if (silent) parts.push(`${silent} silent`);
  if (away) parts.push(`${away} away`);
  return parts.join(", ");
}
