/** A film in numbers: a term of the loss over the run. */

import { element, svgElement } from "../lib/dom.js";
import { help } from "../lib/glossary.js";
import { t, translate } from "../lib/words.js";
import { roundStep } from "../lib/math.js";
import { label, line, textSize } from "./svg.js";
import { epochsOf, nats } from "./words.js";

/** @import { Film, FilmWithFrames, Frame } from "../lib/film.js" */
/** @typedef {"reconstruction" | "kl"} Term */
/** @typedef {[low: number, high: number]} Range in nats */
/** @typedef {[share: number, nats: number]} Point share: of the run */
/** @typedef {[x: number, y: number]} Place in CSS pixels */
/** @typedef {{ training: Point[], validation: Point[] }} Series */
/** @typedef {{ term: Term | "loss", value: number, label: string }} Reference a value to compare with, in nats */

/** Around a plot, in heights of the text. Its places below are in these, too. */
const LEFT = 3.5,
  RIGHT = 0.7,
  TOP = 1.25,
  BOTTOM = 1.6;
const EARLY = 0.05; // of the run so far: values there may lie above the range
const ROOM = 0.08; // of the range, above and below
const FAR = 0.75; // of the range: a reference farther off does not extend it
const CHARACTER = 0.53; // width of one in a label, heights of the text
const TICKS = 3,
  MAX_EPOCH_TICKS = 5;

/**
 * What a chart of this term shows of a film: training by frames, validation by epochs.
 *
 * @param {Film} film
 * @param {Term} term
 * @returns {Series}
 */
function seriesOf({ frames, epochs }, term) {
  return {
    training: frames.flatMap(({ share, [term]: value }) => (value === null ? [] : [[share, value]])),
    validation: epochs.map((epoch) => [epoch.share, epoch[term]]),
  };
}

/**
 * The range of a term in these films, extended to the references that are near; the first steps may lie above it. null
 * while there are no values.
 *
 * @param {Film[]} films
 * @param {Term} term
 * @param {Reference[]} references
 * @returns {Range | null}
 */
export function rangeOf(films, term, references) {
  const values = films.flatMap((film) => {
    const { training, validation } = seriesOf(film, term),
      known = training.at(-1)?.[0] ?? 0;
    return [...training.filter(([share]) => share >= EARLY * known), ...validation].map(([, value]) => value);
  });
  if (!values.length) return null;
  let low = smallest(values),
    high = -smallest(values.map((value) => -value));
  if (term === "kl") low = Math.min(0, low);
  const far = FAR * (high - low);
  for (const { value } of references.filter((reference) => reference.term === term)) {
    if (value > low - far && value < high + far) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  const room = ROOM * (high - low) || 1;
  return [term === "kl" && low === 0 ? 0 : low - room, high + room];
}

/** One term over the run. */
export class Curve {
  /** @type {FilmWithFrames | null} */
  film = null;
  /** @type {Range | null} */
  range = null;
  width = 0; // of the chart, in CSS pixels
  height = 0;
  em = 12; // height of the text, in CSS pixels
  /** @type {string[]} of training and validation */
  colours = [];
  /** Where names of references are already. @type {Place[]} */
  taken = [];
  marker = svgElement("g", { class: "marker" });

  /**
   * @param {Term} term
   * @param {string} title
   */
  constructor(term, title) {
    this.term = term;
    this.title = title;
    this.svg = svgElement("svg", { class: "curve", role: "img" });
    this.training = new Value(t("training"));
    this.validation = new Value(t("validation"));
    const values = [this.training.element, this.validation.element];
    this.element = element(
      "figure",
      {},
      element("figcaption", {}, element("b", {}, title), this.help(), ...values),
      this.svg,
    );
  }

  help() {
    const name = this.term === "kl" ? "KL" : "reconstruction error";
    return help(name, () => ({ [this.term]: `${this.training.number.textContent} nats` }));
  }

  /**
   * Draws all but the marker.
   *
   * @param {FilmWithFrames} film
   * @param {Range | null} range
   * @param {Reference[]} references
   * @param {string[]} palette
   */
  draw(film, range, references, palette) {
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (!width) return;
    Object.assign(this, { film, range, width, height, em: textSize(this.svg), colours: palette });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren(...this.epochAxis(film.head.epochs));
    if (range) {
      const own = references.filter(({ term }) => term === this.term);
      const series = seriesOf(film, this.term),
        near = own.filter(({ value }) => value >= range[0] && value <= range[1]);
      const rules = near
        .map(({ value }) => this.y(value, range))
        .map((y) => line(this.left, y, this.right, y, "reference"));
      this.svg.append(...this.natsAxis(range), ...rules, ...this.lines(series, range));
      this.taken = [];
      this.svg.append(...own.map((reference) => this.nameOf(reference, series, range)));
    }
    this.marker = svgElement("g", { class: "marker" });
    this.svg.append(this.marker);
  }

  /** The plot's edges in CSS pixels. */
  get left() {
    return LEFT * this.em;
  }
  get right() {
    return this.width - RIGHT * this.em;
  }
  get top() {
    return TOP * this.em;
  }
  get bottom() {
    return this.height - BOTTOM * this.em;
  }

  /** @param {number} share of the run */
  x(share) {
    return this.left + share * (this.right - this.left);
  }

  /**
   * Values outside the range are drawn at its edge.
   *
   * @param {number} value
   * @param {Range} range
   */
  y(value, [low, high]) {
    const height = Math.max(0, Math.min(1, (value - low) / (high - low)));
    return this.top + (1 - height) * (this.bottom - this.top);
  }

  /** @param {number} epochs */
  epochAxis(epochs) {
    const { bottom, em } = this,
      step = roundStep(epochs / MAX_EPOCH_TICKS, 1);
    const ticks = Array.from({ length: Math.floor(epochs / step) + 1 }, (_, k) => k * step);
    return [
      line(this.left, bottom, this.right, bottom, "axis"),
      ...ticks.map((epoch) => label(epoch, this.x(epoch / epochs), bottom + 1.15 * em, "middle")),
    ];
  }

  /** @param {Range} range */
  natsAxis(range) {
    const [low, high] = range,
      step = roundStep((high - low) / TICKS);
    /** @type {SVGElement[]} */
    const parts = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) {
      const y = this.y(k * step, range);
      parts.push(line(this.left, y, this.right, y, "rule"));
      parts.push(label(Number((k * step).toPrecision(6)), this.left - 0.4 * this.em, y + 0.35 * this.em, "end"));
    }
    return parts;
  }

  /**
   * The name of a reference, above or below its line, at the left or the right: where curves and names cross it least.
   *
   * @param {Reference} reference
   * @param {Series} series
   * @param {Range} range
   */
  nameOf({ value, label: name }, { training, validation }, range) {
    const [low, high] = range,
      y = this.y(value, range),
      { left, right, top, bottom, em } = this;
    const text = `${translate(name)} ${nats(value)}${value > high ? " ↑" : value < low ? " ↓" : ""}`,
      wide = text.length * CHARACTER * em;
    const drawn = [...[training, validation].flatMap((points) => this.trace(points, range)), ...this.taken];
    const places = [y - 0.3 * em, y + em]
      .filter((base) => base > top + 0.65 * em && base < bottom - 0.2 * em)
      .flatMap((base) => [
        { base, x: right, from: right - wide, anchor: /** @type {const} */ ("end") },
        { base, x: left + 0.3 * em, from: left + 0.3 * em, anchor: /** @type {const} */ ("start") },
      ])
      .map((place) => ({ ...place, crossed: crossings(drawn, place, wide, em) }));
    const best = places.reduce((a, b) => (b.crossed < a.crossed ? b : a));
    for (let x = best.from; x < best.from + wide; x++) this.taken.push([x, best.base - 0.4 * em]);
    const node = label(text, best.x, best.base, best.anchor);
    node.classList.add("name");
    return node;
  }

  /**
   * Places on a curve, close enough to each other to see what it crosses.
   *
   * @param {Point[]} points
   * @param {Range} range
   * @returns {Place[]} in CSS pixels
   */
  trace(points, range) {
    const places = points.map(([share, value]) => /** @type {Place} */ ([this.x(share), this.y(value, range)]));
    return places.flatMap(([x, y], i) => {
      const [x1, y1] = places[i + 1] ?? [x, y],
        steps = Math.max(1, Math.ceil(Math.hypot(x1 - x, y1 - y) / 4));
      return Array.from(
        { length: steps },
        (_, k) => /** @type {Place} */ ([x + ((x1 - x) * k) / steps, y + ((y1 - y) * k) / steps]),
      );
    });
  }

  /**
   * @param {Series} series
   * @param {Range} range
   */
  lines({ training, validation }, range) {
    const [first, second] = this.colours;
    const points = (/** @type {Point[]} */ series) =>
      series.map(([share, value]) => `${this.x(share).toFixed(1)},${this.y(value, range).toFixed(1)}`);
    const polyline = (/** @type {Point[]} */ series, /** @type {string} */ stroke) =>
      svgElement("polyline", { points: points(series).join(" "), stroke, class: "line" });
    const dots =
      validation.length > 60
        ? []
        : validation.map(([share, value]) =>
            svgElement("circle", { cx: this.x(share), cy: this.y(value, range), r: 0.2 * this.em, fill: second }),
          );
    return [polyline(training, first), polyline(validation, second), ...dots, ...this.above(training, range)];
  }

  /**
   * A note about the values above the range.
   *
   * @param {Point[]} series
   * @param {Range} range
   */
  above(series, range) {
    const beyond = series.filter(([, value]) => value > range[1]);
    if (!beyond.length) return [];
    const highest = -smallest(beyond.map(([, value]) => -value));
    return [
      label(t`↑ first steps, up to ${nats(highest)}`, this.left + 0.3 * this.em, this.top - 0.4 * this.em, "start"),
    ];
  }

  /**
   * Moves the marker to a frame.
   *
   * @param {Frame} frame
   */
  mark(frame) {
    if (!this.film) return;
    const { term } = this,
      value = frame[term];
    const epoch = this.film.epochs.findLast(({ share }) => share <= frame.share + 1e-9);
    const x = this.x(frame.share);
    this.marker.replaceChildren(line(x, this.top, x, this.bottom, "cursor"));
    if (value !== null && this.range) {
      this.marker.append(svgElement("circle", { cx: x, cy: this.y(value, this.range), r: 0.33 * this.em }));
    }
    this.marker.setAttribute("data-share", `${frame.share}`);
    this.training.show(value === null ? "–" : nats(value), this.colours[0]);
    this.validation.show(epoch ? nats(epoch[term]) : "–", this.colours[1]);
    const texts = [
      value === null ? t("before the first step") : t`training ${nats(value)}`,
      epoch ? t`validation ${nats(epoch[term])}` : "",
    ];
    this.svg.setAttribute(
      "aria-label",
      t`${this.title} in nats per image over the epochs; at epoch ${epochsOf(frame.epoch)}: ${texts.filter(Boolean).join(", ")}`,
    );
  }
}

/** A number after a dot in the colour of its line. */
class Value {
  /** @param {string} name */
  constructor(name) {
    this.dot = element("span", { className: "swatch" });
    this.number = element("span");
    const word = element("span", { className: "word" }, name);
    this.element = element(
      "span",
      { className: "value", title: t`${name}, nats per image` },
      this.dot,
      word,
      this.number,
    );
  }

  /**
   * @param {string} text
   * @param {string} colour
   */
  show(text, colour) {
    this.number.textContent = text;
    this.dot.style.backgroundColor = colour;
  }
}

/**
 * How many of these places lie under a text.
 *
 * @param {Place[]} places
 * @param {{ from: number, base: number }} text its left end and its baseline
 * @param {number} wide
 * @param {number} em its height
 */
function crossings(places, { from, base }, wide, em) {
  return places.filter(([x, y]) => x >= from && x <= from + wide && y > base - em && y < base + 0.3 * em).length;
}

/** @param {number[]} values */
function smallest(values) {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}
