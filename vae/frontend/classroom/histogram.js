/**
 * A question's options, and what the class has voted once that is shown: both rounds beside each other, and arrows from the
 * first answer to the second of those who changed. For projector, teacher and student.
 *
 *   const histogram = new Histogram();
 *   histogram.show(question);                     the section "question" of the class's state
 *   histogram.show(question, { own: [0, null] }); a student's: their choice in each round
 *
 * What is used of that section. counts: for each round, how many chose each option; moved: how many of option i (row) chose
 * option j (column) in the second round; both null until shown. correct: null until revealed.
 *
 * @typedef {{options: readonly string[], counts: number[][] | null, moved: number[][] | null, correct: number | null}} Shown
 *
 * @typedef {{round: number, count: number, share: number}} Bar share of the round's votes, 0 to 1
 * @typedef {{letter: string, text: string, bars: Bar[], correct: boolean, own: number[]}} Row own: rounds
 * @typedef {import("../lib/explained.js").Values} Values
 *
 * The way of `count` people from option `from` to option `to`.
 *
 * @typedef {{from: number, to: number, count: number}} Move
 *
 * x, y: of the arrow where its number stands, at the right of it.
 *
 * @typedef {{path: string, width: number, x: number, y: number, count: number}} Arc
 */

import { element, say, svgElement } from "../lib/dom.js";
import { help } from "../lib/glossary.js";
import { t } from "../lib/words.js";

const LAPTOP_TEXT = 16; // pixels of an option's text for which these are:
const THINNEST = 1.5,
  THICKEST = 8; // pixels of an arrow of one person, of the most
const HEAD = 7, // how long an arrow's head is at least
  LEAVE = 5, // how far from a row's middle an arrow leaves it
  ARRIVE = 12; // and comes to one: a thin arrow's head is not beneath a thick arrow's beginning
const ROOM = 80; // width for which THICKEST is: on a phone all are thinner
const GAP = 0.25, // between an arrow and its number, of the text's size
  DIGIT = 0.6, // width of a digit, of the text's size
  ALONG = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9]; // where on its arrow a number may stand, the best first
const RETURN = 0.62; // how far an arrow upwards reaches, compared with one downwards: their numbers stay apart
const NEAREST = 0.3; // how far the shortest arrow reaches, of the width

/**
 * The options with their bars; without bars while the counts are hidden.
 *
 * @param {Shown} shown
 * @param {readonly (number | null)[]} [own] a student's choice in each round
 * @returns {Row[]}
 */
export function rowsOf({ options, counts, correct }, own = []) {
  const totals = (counts ?? []).map((round) => round.reduce((sum, count) => sum + count, 0));
  return options.map((text, k) => ({
    letter: letterOf(k),
    text,
    bars: (counts ?? []).map((round, i) => ({ round: i + 1, count: round[k], share: round[k] / (totals[i] || 1) })),
    correct: correct === k,
    own: own.flatMap((choice, i) => (choice === k ? [i + 1] : [])),
  }));
}

/** "A" for 0. */
export function letterOf(/** @type {number} */ k) {
  return String.fromCharCode(65 + k);
}

/**
 * Who changed from which option to which; the largest group first.
 *
 * @param {number[][] | null} moved
 * @returns {Move[]}
 */
export function movesOf(moved) {
  const all = (moved ?? []).flatMap((row, from) => row.map((count, to) => ({ from, to, count })));
  return all.filter(({ from, to, count }) => from !== to && count > 0).sort((a, b) => b.count - a.count);
}

/** The longest bar of the last round, for the formula of its share; null without counts. @returns {Values | null} */
export function shareValues(/** @type {Shown} */ { counts }) {
  const votes = counts?.at(-1);
  if (!votes) return null;
  const all = votes.reduce((sum, count) => sum + count, 0),
    most = Math.max(...votes);
  return { share: `${letterOf(votes.indexOf(most))}: ${percent(most / (all || 1))}`, votes: `${most}`, all: `${all}` };
}

/** What the arrows show, as a sentence; "" where there is no second round. */
export function sentenceOf(/** @type {number[][] | null} */ moved) {
  if (!moved) return "";
  const total = moved.flat().reduce((sum, count) => sum + count, 0),
    moves = movesOf(moved),
    changed = moves.reduce((sum, { count }) => sum + count, 0);
  if (!total) return t("Nobody has answered both rounds yet.");
  if (!changed) return t`Of ${total} who answered both rounds, nobody changed.`;
  const ways = moves.map(({ from, to, count }) => `${letterOf(from)} → ${letterOf(to)} ${count}`);
  return t`${changed} of ${total} changed: ${ways.join(", ")}.`;
}

/** What a screen reader hears of a row. */
export function rowText(/** @type {Row} */ { bars }) {
  const several = bars.length > 1;
  return bars
    .map(({ round, count, share }) => `${several ? t`round ${round}: ` : ""}${percent(share)}, ${count}`)
    .join("; ");
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(100 * share)} %`;
}

/**
 * The arrows as curves beside the rows: they leave at x = 0 and come back there, with the point of the arrow.
 *
 * @param {readonly Move[]} moves
 * @param {readonly number[]} centres height of each row's middle
 * @param {number} width
 * @param {number} [scale] of what is in pixels
 * @returns {Arc[]}
 */
export function arcsOf(moves, centres, width, scale = 1) {
  const most = Math.max(1, ...moves.map(({ count }) => count)),
    longest = Math.max(1, centres.length - 1),
    thickest = Math.max(2 * THINNEST, THICKEST * Math.min(1, width / scale / ROOM));
  /** @type {Box[]} */
  const taken = [];
  return moves.map(({ from, to, count }) => {
    const thickness = scale * (THINNEST + (thickest - THINNEST) * (most > 1 ? (count - 1) / (most - 1) : 0));
    const down = Math.sign(to - from),
      part = NEAREST + (1 - NEAREST) * (Math.abs(to - from) / longest);
    const reach = width * part * (down > 0 ? 1 : RETURN),
      head = Math.max(scale * HEAD, 1.6 * thickness);
    const start = centres[from] + scale * LEAVE * down,
      end = centres[to] - scale * ARRIVE * down;
    const handle = ((reach - head / 8) * 4) / 3; // so that the middle of the curve is at `reach`
    const path = `M0 ${start}C${handle} ${start} ${handle} ${end} ${head} ${end}M${2 * head} ${end - head}L${head / 2} ${end}L${2 * head} ${end + head}`;
    const places = ALONG.map((along) => pointAt(along, { start, end, handle, head }));
    return { path, width: thickness, ...placeOf(places, thickness, count, LAPTOP_TEXT * scale, taken), count };
  });
}

/** @typedef {{left: number, right: number, y: number}} Box of a number; y: its middle */

/**
 * A point of an arrow's curve.
 *
 * @param {number} along 0 to 1
 * @param {{start: number, end: number, handle: number, head: number}} curve
 */
function pointAt(along, { start, end, handle, head }) {
  const near = (1 - along) ** 2 * (1 + 2 * along); // the part of its beginning
  return { x: 3 * along * (1 - along) * handle + along ** 3 * head, y: near * start + (1 - near) * end };
}

/**
 * The first of an arrow's places at which its number covers no other one; the first where all do.
 *
 * @param {readonly {x: number, y: number}[]} places
 * @param {number} thickness
 * @param {number} count
 * @param {number} size of the text
 * @param {Box[]} taken by other numbers; gets this one's
 */
function placeOf(places, thickness, count, size, taken) {
  const boxOf = (/** @type {{x: number, y: number}} */ { x, y }) => {
    const left = x + thickness / 2 + GAP * size;
    return { left, right: left + DIGIT * size * `${count}`.length, y };
  };
  const free = places.find((each) => {
    const { left, right, y } = boxOf(each);
    return taken.every((other) => left >= other.right || right <= other.left || Math.abs(y - other.y) >= 0.9 * size);
  });
  const place = free ?? places[0];
  taken.push(boxOf(place));
  return place;
}

export class Histogram {
  /** @type {number[][] | null} */
  moved = null;
  /** @type {Shown | null} */
  shown = null;

  /** @param {{explains?: boolean}} [options] explains: with a “?”, where somebody can press it */
  constructor({ explains = false } = {}) {
    this.list = element("ol", { className: "options" });
    this.arrows = svgElement("svg", { class: "moves", "aria-hidden": "true" });
    this.words = element("p", { className: "moves-words" });
    this.place = element("div", { className: "options-place" }, this.list);
    this.place.append(this.arrows);
    this.element = element("div", { className: "histogram" }, this.place, this.words);
    this.shares = element("p", { className: "shares", hidden: true });
    if (explains) {
      this.shares.append(
        t("share of the votes · votes"),
        help("share of the votes", () => this.shown && shareValues(this.shown)),
      );
      this.element.append(this.shares);
    }
    this.sizes = new ResizeObserver(() => this.drawMoves());
    this.sizes.observe(this.list);
  }

  /**
   * @param {Shown} shown
   * @param {{own?: readonly (number | null)[]}} [options]
   */
  show(shown, { own } = {}) {
    this.moved = shown.moved;
    this.shown = shown;
    this.shares.hidden = !shown.counts;
    this.list.replaceChildren(...rowsOf(shown, own).map(optionOf));
    this.element.classList.toggle("counted", shown.counts !== null);
    this.element.classList.toggle("moved", movesOf(shown.moved).length > 0);
    say(this.words, sentenceOf(shown.moved));
    this.drawMoves();
  }

  /** The rows' heights are known only once they are on the page. */
  drawMoves() {
    const rows = /** @type {HTMLElement[]} */ ([...this.list.children]);
    const centres = rows.map((row) => row.offsetTop + row.offsetHeight / 2);
    const { clientWidth: width, clientHeight: height } = this.arrows;
    this.arrows.setAttribute("viewBox", `0 0 ${width || 1} ${height || 1}`);
    const size = Number.parseFloat(getComputedStyle(this.arrows).fontSize) || LAPTOP_TEXT; // none while it is not on the page
    const arcs = arcsOf(movesOf(this.moved), centres, Math.max(0, width - 2 * size), size / LAPTOP_TEXT);
    this.arrows.replaceChildren(...arcs.map((arc) => svgElement("path", { d: arc.path, "stroke-width": arc.width })));
    for (const { x, y, count, width: thickness } of arcs) {
      const text = svgElement("text", { x: x + thickness / 2 + GAP * size, y: y + 0.35 * size });
      text.append(`${count}`);
      this.arrows.append(text);
    }
  }

  close() {
    this.sizes.disconnect();
  }
}

/** A row: letter, text, marks, bars. */
function optionOf(/** @type {Row} */ row) {
  const { letter, text, bars, correct, own } = row;
  const node = element("li", {}, element("b", { className: "letter" }, letter));
  const words = element("span", { className: "option-text" }, text);
  if (correct) words.append(element("em", { className: "correct" }, t("✓ correct")));
  if (own.length) words.append(element("em", { className: "own" }, bars.length > 1 ? ownText(own) : t("your vote")));
  node.append(words);
  node.classList.toggle("right", correct);
  if (!bars.length) return node;
  const chart = element("div", { className: "bars", role: "img", ariaLabel: rowText(row) });
  for (const { round, count, share } of bars) {
    const bar = element("i", { className: round === bars.length ? "bar" : "bar before" });
    bar.style.setProperty("--share", `${share}`);
    const number = element("span", {}, `${percent(share)} · ${count}`);
    const name = bars.length > 1 ? [element("small", {}, `${round}.`)] : [];
    chart.append(element("div", {}, ...name, element("div", { className: "track" }, bar, number)));
  }
  node.append(chart);
  return node;
}

function ownText(/** @type {readonly number[]} */ rounds) {
  return rounds.length > 1 ? t("your vote, both rounds") : t`your vote, round ${rounds[0]}`;
}
