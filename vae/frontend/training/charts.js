/** What a film says in numbers: the two terms of the loss over the run, and the KL of every latent dimension. */

import { element, svgElement } from "../lib/dom.js";
import { isUnused, roundStep } from "../lib/math.js";
import { epochsOf, nats } from "./words.js";

const LEFT = 38,
  RIGHT = 8,
  TOP = 13,
  BOTTOM = 18; // CSS pixels around a plot
const BARS_TOP = 3;
const EARLY = 0.05; // of what is known of the run: values there may lie above the range
const ROOM = 0.08; // of the range, above and below
const FAR = 0.75; // of the range: a reference farther off does not stretch it
const TICKS = 3,
  MOST_EPOCH_TICKS = 5;
const MOST_NAMES = 20; // dimensions with a name each

/** What a chart of this term shows of a film: training by frames, validation by epochs; [share, nats] each. */
function seriesOf({ frames, epochs }, term) {
  return {
    training: frames.filter((frame) => frame[term] !== null).map((frame) => [frame.share, frame[term]]),
    validation: epochs.map((epoch) => [epoch.share, epoch[term]]),
  };
}

/** [low, high] in nats for a term of these films and the references that are near: the first steps may lie above. */
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

/** The largest KL of a dimension in these films, once they are past their first steps. */
export function mostKl(films) {
  const each = films.flatMap(({ frames }) => {
    const known = frames.at(-1)?.share ?? 0;
    return frames.filter(({ share, klPerDimension }) => klPerDimension && share >= EARLY * known);
  });
  return each.reduce((most, { klPerDimension }) => klPerDimension.reduce((a, b) => Math.max(a, b), most), 0.1);
}

/** One term over the run. */
export class Curve {
  /** term: "reconstruction" or "kl". */
  constructor(term, title) {
    Object.assign(this, { term, title });
    this.svg = svgElement("svg", { class: "curve", role: "img" });
    this.training = new Value("training");
    this.validation = new Value("validation");
    const values = [this.training.element, this.validation.element];
    this.element = element("figure", {}, element("figcaption", {}, element("b", {}, title), ...values), this.svg);
  }

  /** Draws all but the marker. references: [{term, value, label}]. */
  draw(film, range, references, palette) {
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (!width) return;
    Object.assign(this, { film, range, width, height, colours: palette });
    const own = references.filter(({ term }) => term === this.term),
      series = seriesOf(film, this.term);
    this.marker = svgElement("g", { class: "marker" });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren(...this.axes(film.head.epochs));
    if (range)
      this.svg.append(...own.flatMap((reference) => this.reference(reference)), ...this.lines(series, palette));
    this.svg.append(this.marker);
  }

  x(share) {
    return LEFT + share * (this.width - LEFT - RIGHT);
  }

  /** Values beyond the range stay at its edge. */
  y(value) {
    const [low, high] = this.range,
      t = Math.max(0, Math.min(1, (value - low) / (high - low)));
    return TOP + (1 - t) * (this.height - TOP - BOTTOM);
  }

  axes(epochs) {
    const bottom = this.height - BOTTOM,
      parts = [line(LEFT, bottom, this.width - RIGHT, bottom, "axis")];
    const step = roundStep(epochs / MOST_EPOCH_TICKS, 1);
    for (let epoch = 0; epoch <= epochs; epoch += step) {
      parts.push(words(epoch, this.x(epoch / epochs), bottom + 12, "middle"));
    }
    if (!this.range) return parts;
    const [low, high] = this.range,
      apart = roundStep((high - low) / TICKS);
    for (let k = Math.ceil(low / apart); k * apart <= high; k++) {
      const y = this.y(k * apart);
      parts.push(line(LEFT, y, this.width - RIGHT, y, "rule"));
      parts.push(words(Number((k * apart).toPrecision(6)), LEFT - 4, y + 3.5, "end"));
    }
    return parts;
  }

  reference({ value, label }) {
    const [low, high] = this.range,
      y = this.y(value),
      right = this.width - RIGHT;
    const beyond = value > high ? " ↑" : value < low ? " ↓" : "",
      below = y < TOP + 10;
    const text = words(`${label} ${nats(value)}${beyond}`, right, below ? y + 11 : y - 3, "end");
    return beyond ? [text] : [line(LEFT, y, right, y, "reference"), text];
  }

  lines({ training, validation }, [first, second]) {
    const points = (series) =>
      series.map(([share, value]) => `${this.x(share).toFixed(1)},${this.y(value).toFixed(1)}`);
    const stroke = (series, colour) =>
      svgElement("polyline", { points: points(series).join(" "), stroke: colour, class: "line" });
    const dots =
      validation.length > 60
        ? []
        : validation.map(([share, value]) =>
            svgElement("circle", { cx: this.x(share), cy: this.y(value), r: 2.2, fill: second }),
          );
    return [stroke(training, first), stroke(validation, second), ...dots, ...this.above(training)];
  }

  /** Says what the range leaves out. */
  above(series) {
    const beyond = series.filter(([, value]) => value > this.range[1]);
    if (!beyond.length) return [];
    const highest = -smallest(beyond.map(([, value]) => -value));
    return [words(`↑ first steps, up to ${nats(highest)}`, LEFT + 3, TOP - 4, "start")];
  }

  /** Moves the marker to a frame. */
  mark(frame) {
    if (!this.film) return;
    const { term } = this,
      value = frame[term];
    const after = this.film.epochs.findLast(({ share }) => share <= frame.share + 1e-9);
    const known = value !== null && value !== undefined,
      x = this.x(frame.share);
    this.marker.replaceChildren(line(x, TOP, x, this.height - BOTTOM, "cursor"));
    if (known && this.range) this.marker.append(svgElement("circle", { cx: x, cy: this.y(value), r: 3.5 }));
    this.marker.setAttribute("data-share", frame.share);
    this.training.show(known ? nats(value) : "–", this.colours[0]);
    this.validation.show(after ? nats(after[term]) : "–", this.colours[1]);
    const said = [
      known ? `training ${nats(value)}` : "before the first step",
      after ? `validation ${nats(after[term])}` : "",
    ];
    this.svg.setAttribute(
      "aria-label",
      `${this.title} in nats per image over the epochs; at epoch ` +
        `${epochsOf(frame.epoch)}: ${said.filter(Boolean).join(", ")}`,
    );
  }
}

/** A number after a dot of its line's colour. */
class Value {
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

  show(text, colour) {
    this.number.textContent = text;
    this.dot.style.backgroundColor = colour;
  }
}

/** Bars: the KL of each latent dimension, by its number. */
export class KlBars {
  constructor() {
    this.svg = svgElement("svg", { class: "bars", role: "img" });
    this.said = element("span");
    this.element = element(
      "figure",
      {},
      element("figcaption", {}, element("b", {}, "KL per dimension"), this.said),
      this.svg,
    );
  }

  /** most: nats that a full bar has. */
  show(kl, most, palette) {
    this.element.hidden = !kl;
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (!kl || !width) return;
    const step = (width - LEFT - RIGHT) / kl.length,
      wide = Math.min(40, Math.max(step * 0.5, step - 2, 0.5));
    const bottom = height - 13,
      full = bottom - BARS_TOP;
    const bars = (wanted) =>
      kl
        .map((value, i) => {
          if (isUnused(value) === wanted) return "";
          const high = Math.max(1.5, Math.min(1, value / most) * full);
          return `M${LEFT + (i + 0.5) * step - wide / 2},${bottom}v${-high}h${wide}v${high}z`;
        })
        .join("");
    const awake = kl.filter((value) => !isUnused(value)).length;
    this.said.textContent = `${awake} of ${kl.length} above 0.01 nats`;
    const number = kl.length > 32 ? "" : kl.map((value, i) => `z${i} ${value.toFixed(2)}`).join(", ");
    this.svg.setAttribute("aria-label", `KL per latent dimension: ${this.said.textContent}. ${number}`);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const every = kl.length <= MOST_NAMES ? 1 : roundStep(kl.length / 8, 1);
    const names = kl
      .map((_, i) => i)
      .filter((i) => i % every === 0)
      .map((i) => words(i, LEFT + (i + 0.5) * step, height - 2, "middle"));
    this.svg.replaceChildren(
      line(LEFT, bottom, width - RIGHT, bottom, "axis"),
      words(nats(most), LEFT - 4, BARS_TOP + 8, "end"),
      svgElement("path", { d: bars(true), fill: palette[0] }),
      svgElement("path", { d: bars(false), class: "dead" }),
      ...names,
    );
  }
}

function smallest(values) {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function line(x1, y1, x2, y2, kind) {
  return svgElement("line", { x1, y1, x2, y2, class: kind });
}

function words(text, x, y, anchor) {
  const node = svgElement("text", { x, y, "text-anchor": anchor });
  node.textContent = text;
  return node;
}
