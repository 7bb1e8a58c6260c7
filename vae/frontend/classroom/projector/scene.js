/**
 * What the projector shows of the class's state, in words: without a page. There is never a name in it.
 *
 * @import { ClassState, Question } from "../state.js"
 *
 * @typedef {"lobby" | "presented" | "question" | "lesson" | "map"} Scene
 */

import { t } from "../../lib/words.js";

const OWN_COMPUTER = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * What takes the room: what the teacher presents, else the question, else where the lesson is, else the drawings, else how
 * to join.
 *
 * @param {Pick<ClassState, "presented" | "question" | "lesson" | "map">} state
 * @returns {Scene}
 */
export function sceneOf({ presented, question, lesson, map }) {
  if (presented?.length) return "presented";
  if (question) return "question";
  if (lesson?.do || lesson?.outcome) return "lesson";
  return Object.keys(map ?? {}).length ? "map" : "lobby";
}

/**
 * The app's address for the phones: the one that the projector's link names (`address`), else this page's own; where that
 * works on this computer only, the computer's first address in its network.
 *
 * @param {URL} page
 * @param {string} base the app's address as this page has it
 * @param {readonly string[]} addresses of this computer in its networks
 */
export function joinBase(page, base, addresses) {
  const named = page.searchParams.get("address") ?? "";
  if (/^https?:/.test(named) && URL.canParse(named)) return new URL(named).href.replace(/\/$/, "");
  const own = new URL(base);
  if (OWN_COMPUTER.test(own.hostname) && addresses.length) own.hostname = addresses[0];
  return own.href.replace(/\/$/, "");
}

/** Whether phones cannot reach this address. */
export function isOwnComputer(/** @type {string} */ base) {
  return OWN_COMPUTER.test(new URL(base).hostname);
}

/** An address as people type it. */
export function typed(/** @type {string} */ address) {
  return address.replace(/^https?:\/\//, "").replace(/\/$/, "");
}

/** "K7P M2X": in two halves it is read and typed without a mistake. */
export function spaced(/** @type {string} */ code) {
  return `${code.slice(0, 3)} ${code.slice(3)}`;
}

/** @param {{joined: number, connected: number} | null} people */
export function headCount(people) {
  const { joined = 0, connected = 0 } = people ?? {};
  return { here: `${connected}`, rest: joined > connected ? t`here of ${joined}` : t("here") };
}

/**
 * What is to be done about the question now.
 *
 * @param {Question} question
 * @param {{answered: number, of: number} | null} progress
 */
export function stepOf({ round, open, counts, correct }, progress) {
  const answered = progress ? t`${progress.answered} of ${progress.of} answered` : "";
  if (open) return [round === 2 ? t("Round 2: vote again.") : t("Vote now."), answered];
  if (correct !== null) return ["", ""];
  if (counts) return [round === 2 ? t("Both rounds") : "", answered];
  return [round === 2 ? t("Round 2 is closed.") : t("Voting is closed."), answered];
}

/**
 * Columns for so many pictures of one shape, so that they are as large as the room allows.
 *
 * @param {number} count
 * @param {number} room width by height
 * @param {number} picture width by height, with its caption
 */
export function columnsFor(count, room, picture) {
  let best = 1,
    tallest = 0;
  for (let columns = 1; columns <= count; columns++) {
    const height = Math.min(1 / Math.ceil(count / columns), room / columns / picture); // of a picture, in heights of the room
    if (height > tallest) [best, tallest] = [columns, height];
  }
  return best;
}

/**
 * The largest whole number of pixels that fits, at least `low`.
 *
 * @param {number} low
 * @param {number} high
 * @param {(size: number) => boolean} fits whether all smaller sizes fit where this one does
 */
export function largest(low, high, fits) {
  let [small, large] = [low, high + 1];
  while (large - small > 1) {
    const middle = (small + large) >> 1;
    if (fits(middle)) small = middle;
    else large = middle;
  }
  return small;
}
