/** A film in numbers: the two terms of the loss over the run, and the KL of every latent dimension. */

import { element, svgElement } from "../lib/dom.js";
import { isUnused, roundStep } from "../lib/math.js";
import { epochsOf, nats } from "./words.js";

/** @import { Film, FilmWithFrames, Frame } from "./film.js" */
/** @typedef {"reconstruction" | "kl"} Term */
/** @typedef {[low: number, high: number]} Range in nats */
/** @typedef {[share: number, nats: number]} Point share: of the run */
/** @typedef {{ training: Point[], validation: Point[] }} Series */
/** @typedef {{ term: Term | "loss", value: number, label: string }} Reference a value to compare with, in nats */

const LEFT = 38,
  RIGHT = 8,
  TOP = 13,
  BOTTOM = 18; // CSS pixels around a plot
const BARS_TOP = 3;
const EARLY = 0.05; // of the run so far: values there may lie above the range
const ROOM = 0.08; // of the range, above and below
const FAR = 0.75; // of the range: a reference farther off does not extend it
const TICKS = 3,
  MAX_EPOCH_TICKS = 5;
const MAX_NAMES = 20; // dimensions with a name each

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

/**
 * The largest KL of a dimension in these films, their first steps left out.
 *
 * @param {Film[]} films
 */
export function largestKl(films) {
  const each = films.flatMap(({ frames }) => {
    const known = frames.at(-1)?.share ?? 0;
    return frames.filter(({ share }) => share >= EARLY * known).flatMap(({ klPerDimension }) => klPerDimension ?? []);
  });
  return each.reduce((a, b) => Math.max(a, b), 0.1);
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
      this.svg.append(...this.natsAxis(range), ...own.flatMap((reference) => this.reference(reference, range)));
      this.svg.append(...this.lines(seriesOf(film, this.term), range));
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
   * @param {Reference} reference
   * @param {Range} range
   */
  reference({ value, label: name }, range) {
    const [low, high] = range,
      y = this.y(value, range),
      right = this.width - RIGHT;
    const beyond = value > high ? " ↑" : value < low ? " ↓" : "",
      below = y < TOP + 10;
    const text = label(`${name} ${nats(value)}${beyond}`, right, below ? y + 11 : y - 3, "end");
    return beyond ? [text] : [line(LEFT, y, right, y, "reference"), text];
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

/** Bars: the KL of each latent dimension, by its number. */
export class KlBars {
  constructor() {
    this.svg = svgElement("svg", { class: "bars", role: "img" });
    this.summary = element("span");
    const caption = element("figcaption", {}, element("b", {}, "KL per dimension"), this.summary);
    this.element = element("figure", {}, caption, this.svg);
  }

  /**
   * @param {number[] | null} kl nats per dimension; null of an autoencoder
   * @param {number} largest nats that a bar of full height has
   * @param {string[]} palette
   */
  show(kl, largest, palette) {
    this.element.hidden = !kl;
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (!kl || !width) return;
    this.describe(kl);
    const step = (width - LEFT - RIGHT) / kl.length,
      barWidth = Math.min(40, Math.max(step * 0.5, step - 2, 0.5));
    const bottom = height - 13,
      full = bottom - BARS_TOP;
    const bars = (/** @type {boolean} */ unused) =>
      kl
        .map((value, i) => {
          if (isUnused(value) !== unused) return "";
          const barHeight = Math.max(1.5, Math.min(1, value / largest) * full);
          return `M${LEFT + (i + 0.5) * step - barWidth / 2},${bottom}v${-barHeight}h${barWidth}v${barHeight}z`;
        })
        .join("");
    const every = kl.length <= MAX_NAMES ? 1 : roundStep(kl.length / 8, 1);
    const names = kl
      .map((_, i) => i)
      .filter((i) => i % every === 0)
      .map((i) => label(i, LEFT + (i + 0.5) * step, height - 2, "middle"));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren(
      line(LEFT, bottom, width - RIGHT, bottom, "axis"),
      label(nats(largest), LEFT - 4, BARS_TOP + 8, "end"),
      svgElement("path", { d: bars(false), fill: palette[0] }),
      svgElement("path", { d: bars(true), class: "dead" }),
      ...names,
    );
  }

  /** @param {number[]} kl */
  describe(kl) {
    const used = kl.filter((value) => !isUnused(value)).length;
    this.summary.textContent = `${used} of ${kl.length} above 0.01 nats`;
    const each = kl.length > 32 ? "" : kl.map((value, i) => `z${i} ${value.toFixed(2)}`).join(", ");
    this.svg.setAttribute("aria-label", `KL per latent dimension: ${this.summary.textContent}. ${each}`);
  }
}

/** @param {number[]} values */
function smallest(values) {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

/**
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {string} kind its class
 */
function line(x1, y1, x2, y2, kind) {
  return svgElement("line", { x1, y1, x2, y2, class: kind });
}

/**
 * @param {string | number} text
 * @param {number} x
 * @param {number} y
 * @param {"start" | "middle" | "end"} anchor
 */
function label(text, x, y, anchor) {
  const node = svgElement("text", { x, y, "text-anchor": anchor });
  node.textContent = `${text}`;
  return node;
}
