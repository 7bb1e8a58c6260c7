/** A film in numbers: a term of the loss over the run. */

import { element, svgElement } from "../lib/dom.js";
import { roundStep } from "../lib/math.js";
import { label, line } from "./svg.js";
import { epochsOf, nats } from "./words.js";

/** @import { Film, FilmWithFrames, Frame } from "../lib/film.js" */
/** @typedef {"reconstruction" | "kl"} Term */
/** @typedef {[low: number, high: number]} Range in nats */
/** @typedef {[share: number, nats: number]} Point share: of the run */
/** @typedef {[x: number, y: number]} Place in CSS pixels */
/** @typedef {{ training: Point[], validation: Point[] }} Series */
/** @typedef {{ term: Term | "loss", value: number, label: string }} Reference a value to compare with, in nats */

const LEFT = 38,
  RIGHT = 8,
  TOP = 13,
  BOTTOM = 18; // CSS pixels around a plot
const EARLY = 0.05; // of the run so far: values there may lie above the range
const ROOM = 0.08; // of the range, above and below
const FAR = 0.75; // of the range: a reference farther off does not extend it
const CHARACTER = 5.6; // width of one in a label, CSS pixels
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
  width = 0; // of the plot, in CSS pixels
  height = 0;
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
    this.training = new Value("training");
    this.validation = new Value("validation");
    const values = [this.training.element, this.validation.element];
    this.element = element("figure", {}, element("figcaption", {}, element("b", {}, title), ...values), this.svg);
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
    Object.assign(this, { film, range, width, height, colours: palette });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren(...this.epochAxis(film.head.epochs));
    if (range) {
      const own = references.filter(({ term }) => term === this.term);
      const series = seriesOf(film, this.term),
        near = own.filter(({ value }) => value >= range[0] && value <= range[1]);
      const rules = near
        .map(({ value }) => this.y(value, range))
        .map((y) => line(LEFT, y, width - RIGHT, y, "reference"));
      this.svg.append(...this.natsAxis(range), ...rules, ...this.lines(series, range));
      this.taken = [];
      this.svg.append(...own.map((reference) => this.nameOf(reference, series, range)));
    }
    this.marker = svgElement("g", { class: "marker" });
    this.svg.append(this.marker);
  }

  /** @param {number} share of the run */
  x(share) {
    return LEFT + share * (this.width - LEFT - RIGHT);
  }

  /**
   * Values outside the range are drawn at its edge.
   *
   * @param {number} value
   * @param {Range} range
   */
  y(value, [low, high]) {
    const t = Math.max(0, Math.min(1, (value - low) / (high - low)));
    return TOP + (1 - t) * (this.height - TOP - BOTTOM);
  }

  /** @param {number} epochs */
  epochAxis(epochs) {
    const bottom = this.height - BOTTOM,
      step = roundStep(epochs / MAX_EPOCH_TICKS, 1);
    const ticks = Array.from({ length: Math.floor(epochs / step) + 1 }, (_, k) => k * step);
    return [
      line(LEFT, bottom, this.width - RIGHT, bottom, "axis"),
      ...ticks.map((epoch) => label(epoch, this.x(epoch / epochs), bottom + 12, "middle")),
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
      parts.push(line(LEFT, y, this.width - RIGHT, y, "rule"));
      parts.push(label(Number((k * step).toPrecision(6)), LEFT - 4, y + 3.5, "end"));
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
      right = this.width - RIGHT;
    const text = `${name} ${nats(value)}${value > high ? " ↑" : value < low ? " ↓" : ""}`,
      wide = text.length * CHARACTER;
    const drawn = [...[training, validation].flatMap((points) => this.trace(points, range)), ...this.taken];
    const places = [y - 3, y + 11]
      .filter((base) => base > TOP + 7 && base < this.height - BOTTOM - 2)
      .flatMap((base) => [
        { base, x: right, from: right - wide, anchor: /** @type {const} */ ("end") },
        { base, x: LEFT + 3, from: LEFT + 3, anchor: /** @type {const} */ ("start") },
      ])
      .map((place) => ({ ...place, crossed: crossings(drawn, place, wide) }));
    const best = places.reduce((a, b) => (b.crossed < a.crossed ? b : a));
    for (let x = best.from; x < best.from + wide; x++) this.taken.push([x, best.base - 4]);
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
            svgElement("circle", { cx: this.x(share), cy: this.y(value, range), r: 2.2, fill: second }),
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
    return [label(`↑ first steps, up to ${nats(highest)}`, LEFT + 3, TOP - 4, "start")];
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
    this.marker.replaceChildren(line(x, TOP, x, this.height - BOTTOM, "cursor"));
    if (value !== null && this.range) {
      this.marker.append(svgElement("circle", { cx: x, cy: this.y(value, this.range), r: 3.5 }));
    }
    this.marker.setAttribute("data-share", `${frame.share}`);
    this.training.show(value === null ? "–" : nats(value), this.colours[0]);
    this.validation.show(epoch ? nats(epoch[term]) : "–", this.colours[1]);
    const texts = [
      value === null ? "before the first step" : `training ${nats(value)}`,
      epoch ? `validation ${nats(epoch[term])}` : "",
    ];
    this.svg.setAttribute(
      "aria-label",
      `${this.title} in nats per image over the epochs; at epoch ` +
        `${epochsOf(frame.epoch)}: ${texts.filter(Boolean).join(", ")}`,
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
      { className: "value", title: `${name}, nats per image` },
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
 */
function crossings(places, { from, base }, wide) {
  return places.filter(([x, y]) => x >= from && x <= from + wide && y > base - 10 && y < base + 3).length;
}

/** @param {number[]} values */
function smallest(values) {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}
