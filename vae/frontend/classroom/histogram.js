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
 *
 * The way of `count` people from option `from` to option `to`.
 *
 * @typedef {{from: number, to: number, count: number}} Move
 *
 * @typedef {{path: string, width: number, x: number, y: number, count: number}} Arc x, y: of its number
 */

import { element, say, svgElement } from "../lib/dom.js";

const LAPTOP_TEXT = 16; // pixels of an option's text for which these are:
const THINNEST = 1.5,
  THICKEST = 8; // pixels of an arrow of one person, of the most
const HEAD = 7, // how long an arrow's head is at least
  ASIDE = 5; // how far from a row's middle arrows come and go
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

/** What the arrows show, as a sentence; "" where there is no second round. */
export function sentenceOf(/** @type {number[][] | null} */ moved) {
  if (!moved) return "";
  const total = moved.flat().reduce((sum, count) => sum + count, 0),
    moves = movesOf(moved),
    changed = moves.reduce((sum, { count }) => sum + count, 0);
  if (!total) return "Nobody has answered both rounds yet.";
  if (!changed) return `Of ${total} who answered both rounds, nobody changed.`;
  const ways = moves.map(({ from, to, count }) => `${letterOf(from)} → ${letterOf(to)} ${count}`);
  return `${changed} of ${total} changed: ${ways.join(", ")}.`;
}

/** What a screen reader hears of a row. */
export function rowText(/** @type {Row} */ { bars }) {
  const several = bars.length > 1;
  return bars
    .map(({ round, count, share }) => `${several ? `round ${round}: ` : ""}${percent(share)}, ${count}`)
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
    longest = Math.max(1, centres.length - 1);
  return moves.map(({ from, to, count }) => {
    const thickness = scale * (THINNEST + (THICKEST - THINNEST) * (most > 1 ? (count - 1) / (most - 1) : 0));
    const down = Math.sign(to - from),
      part = NEAREST + (1 - NEAREST) * (Math.abs(to - from) / longest);
    const reach = width * part * (down > 0 ? 1 : RETURN),
      head = Math.max(scale * HEAD, 1.6 * thickness);
    const start = centres[from] + scale * ASIDE * down,
      end = centres[to] - scale * ASIDE * down;
    // A cubic curve with both handles at c reaches three quarters of c.
    const handle = (reach * 4) / 3;
    const path = `M0 ${start}C${handle} ${start} ${handle} ${end} ${head} ${end}M${2 * head} ${end - head}L${head / 2} ${end}L${2 * head} ${end + head}`;
    return { path, width: thickness, x: reach, y: (start + end) / 2, count };
  });
}

export class Histogram {
  /** @type {number[][] | null} */
  moved = null;

  constructor() {
    this.list = element("ol", { className: "options" });
    this.arrows = svgElement("svg", { class: "moves", "aria-hidden": "true" });
    this.words = element("p", { className: "moves-words" });
    this.place = element("div", { className: "options-place" }, this.list);
    this.place.append(this.arrows);
    this.element = element("div", { className: "histogram" }, this.place, this.words);
    this.sizes = new ResizeObserver(() => this.drawMoves());
    this.sizes.observe(this.list);
  }

  /**
   * @param {Shown} shown
   * @param {{own?: readonly (number | null)[]}} [options]
   */
  show(shown, { own } = {}) {
    this.moved = shown.moved;
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
      const text = svgElement("text", { x: x + thickness / 2 + 0.25 * size, y: y + 0.35 * size });
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
  if (correct) words.append(element("em", { className: "correct" }, "✓ correct"));
  if (own.length) words.append(element("em", { className: "own" }, bars.length > 1 ? ownText(own) : "your vote"));
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
  return rounds.length > 1 ? "your vote, both rounds" : `your vote, round ${rounds[0]}`;
}
