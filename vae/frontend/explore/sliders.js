/**
 * The sliders of Explore: one per latent dimension, strongest first, the strongest with strips of pictures.
 *
 * @import { ImageShape } from "../lib/contract.js"
 * @import { NumberField } from "../lib/fields.js"
 * @import { DecodeReply } from "../lib/live-client.js"
 *
 * shown: the value that slider and number show; late: the number does not show it yet.
 *
 * @typedef {{slider: HTMLInputElement, number: NumberField, strip: HTMLCanvasElement, thumbs: HTMLButtonElement[],
 *            shown: number, late: boolean}} Row
 */

import { drawPicture, reserve } from "../lib/canvas.js";
import { contextOf, element, subscript } from "../lib/dom.js";
import { numberField, rangeField } from "../lib/fields.js";
import { isUnused, round4, strongestFirst } from "../lib/math.js";
import { t } from "../lib/words.js";

const STRONGEST = 8;
const STRIP = 7; // pictures per strip
const STEP = 0.01,
  KEY_STEP = 0.05,
  BIG_KEY_STEP = 0.5;

const COLLAPSED = t("KL of 0.01 nats or less: the model does not use this dimension, so the picture hardly changes.");
const CONSTANT = t("Standard deviation of 0.01 or less: all pictures have nearly the same code in this dimension.");
const NOTE = t("|r|: the correlation of the two dimensions' means over the test images");

export class Sliders {
  /** @type {number[] | null} */
  kl = null;
  /** @type {number[]} */
  spread = [];
  /** @type {number[]} */
  z = [];
  range = 3;
  /** @type {ImageShape} */
  imageShape = [1, 1, 1];
  /** What is said beneath each dimension's slider. @type {string[]} */
  notes = [];
  /** Whether z has changed since the strips were drawn. */
  stale = false;
  /** By dimension. @type {Map<number, Row>} */
  rows = new Map();

  /**
   * @param {object} calls
   * @param {(z: number[]) => void} calls.onMove at each input event
   * @param {() => void} calls.onRelease when the user lets a control go
   * @param {(z: number[]) => void} calls.onJump for both at once
   */
  constructor({ onMove, onRelease, onJump }) {
    this.onMove = onMove;
    this.onRelease = onRelease;
    this.onJump = onJump;
    this.element = element("div", { className: "sliders" });
  }

  /**
   * Builds the rows for a model.
   *
   * @param {number[] | null} kl nats per dimension, null for a plain autoencoder, whose dimensions are ranked by spread
   * @param {number[]} spread standard deviation of the means per dimension
   * @param {number} range half the sliders' length
   * @param {number[]} z
   * @param {ImageShape} imageShape
   */
  build(kl, spread, range, z, imageShape) {
    Object.assign(this, { kl, spread, imageShape, notes: [] });
    const strength = kl ?? spread;
    this.z = z;
    this.range = range;
    this.stale = false;
    this.rows = new Map();
    const order = strongestFirst(strength);
    const used = order.filter((i) => !isUnused(strength[i])).length;
    const rows = order.slice(0, STRONGEST).map((i, place) => this.row(i, place < used));
    const unused = used < order.length ? [element("h2", {}, unusedInWords(order.length - used, order.length, kl))] : [];
    this.element.replaceChildren(...rows.slice(0, used), ...unused, ...rows.slice(used));
    if (rows.length < order.length) this.element.append(this.more(order.slice(STRONGEST)));
    this.show(z);
  }

  /** Says something beneath the slider of each dimension. @param {string[]} notes by dimension; none for nothing */
  setNotes(notes) {
    this.notes = notes;
    for (const [i, { slider }] of this.rows) this.showNote(i, slider.parentElement);
  }

  /** @param {number} i @param {HTMLElement | null} row */
  showNote(i, row) {
    row?.querySelector(".note")?.remove();
    if (this.notes[i]) row?.append(element("p", { className: "note", title: NOTE }, this.notes[i]));
  }

  /** @param {number} range */
  setRange(range) {
    this.range = range;
    for (const [i, { slider }] of this.rows) {
      Object.assign(slider, { min: -range, max: range });
      slider.value = String(this.z[i]); // may have been cut off at the old range
    }
  }

  /**
   * Moves the sliders to z: called for every frame, so it changes only the rows that differ.
   *
   * @param {number[]} z
   */
  show(z) {
    this.z = z;
    for (const [i, row] of this.rows) {
      if (row.shown === z[i]) continue;
      row.shown = z[i];
      row.slider.value = String(z[i]);
      row.late = true;
    }
  }

  /** Numbers and marks of the rows that have changed; a field in which the user types stays as it is. */
  showNumbers() {
    for (const [i, row] of this.rows) {
      if (!row.late) continue;
      row.late = false;
      row.number.show(this.z[i]);
      this.markNearest(row);
    }
  }

  /** The z of all strips' pictures, in the order drawStrips expects. */
  stripVectors() {
    return this.strips().flatMap(([i]) => this.stripValues().map((value) => this.z.with(i, value)));
  }

  /** @param {DecodeReply} reply */
  drawStrips({ pixels, imageShape }) {
    this.strips().forEach(([i, { strip, thumbs }], row) => {
      drawPicture(strip, pixels, imageShape, row * STRIP, STRIP);
      thumbs.forEach((thumb, k) => {
        thumb.dataset.value = String(this.stripValues()[k]);
        thumb.title = t`Set ${subscript(i)} to ${thumb.dataset.value}`;
        thumb.ariaLabel = thumb.title;
      });
    });
    for (const [, row] of this.strips()) this.markNearest(row);
    this.setStale(false);
  }

  /**
   * Strips belong to the z they were decoded for, and are dimmed when it changes. CSS would dim them in every frame.
   *
   * @param {boolean} stale
   */
  setStale(stale) {
    if (stale && !this.stale) for (const [, { strip }] of this.strips()) dim(strip);
    this.stale = stale;
  }

  strips() {
    return [...this.rows].filter(([, { thumbs }]) => thumbs.length);
  }

  stripValues() {
    return Array.from({ length: STRIP }, (_, k) => round4(((2 * k) / (STRIP - 1) - 1) * this.range));
  }

  /** @param {number} i @param {boolean} withStrip */
  row(i, withStrip) {
    const strength = (this.kl ?? this.spread)[i].toFixed(2);
    const dead = isUnused((this.kl ?? this.spread)[i]);
    const meaning = this.kl ? t`KL ${strength} nats` : t`standard deviation ${strength}`;
    const explained = this.kl
      ? t("KL from q(z|x) to the prior, mean over the test set")
      : t("standard deviation of μ over the test set");
    const name = `z${i}, ${meaning}${dead ? t(", unused by the model") : ""}`;
    const range = { min: -this.range, max: this.range, step: STEP, ariaLabel: name };
    const slider = rangeField({ ...range, title: t("Double-click: 0") });
    const number = numberField({ by: KEY_STEP, ariaLabel: t`${name}: value` });
    const strip = element("canvas", { width: 1, height: 1 }); // one for all pictures: seven would slow down every frame
    reserve(strip, this.imageShape, STRIP);
    const thumbs = withStrip ? Array.from({ length: STRIP }, (_, k) => this.thumb(i, k)) : [];
    this.rows.set(i, { slider, number, strip, thumbs, shown: Number.NaN, late: false });
    this.listen(i, slider, number);
    const row = element("div", { className: dead ? "row dead" : "row" });
    if (dead) row.title = this.kl ? COLLAPSED : CONSTANT;
    row.append(
      element("span", { className: "name" }, subscript(i)),
      element("span", { className: "kl", title: explained }, strength),
      slider,
      number,
    );
    const group = { className: "strip", role: "group", ariaLabel: t`along z${i}` };
    if (withStrip) row.append(element("div", group, strip, ...thumbs));
    this.showNote(i, row);
    return row;
  }

  /**
   * @param {number} i
   * @param {HTMLInputElement} slider
   * @param {NumberField} number
   */
  listen(i, slider, number) {
    const moveTo = (/** @type {number} */ value) => this.onMove(this.z.with(i, value));
    slider.addEventListener("input", () => moveTo(Number(slider.value)));
    slider.addEventListener("dblclick", () => this.onJump(this.z.with(i, 0)));
    slider.addEventListener("keydown", (event) => {
      const value = steppedValue(event, this.z[i], this.range);
      if (value === undefined) return;
      event.preventDefault(); // the browser's own step is too small, and differs between browsers
      moveTo(value);
    });
    for (const type of ["change", "keyup", "blur", "pointercancel"]) {
      slider.addEventListener(type, () => this.onRelease());
    }
    number.addEventListener("input", () => {
      const value = number.read();
      if (!Number.isNaN(value)) moveTo(value);
    });
    number.addEventListener("change", () => {
      number.show(this.z[i]);
      this.onRelease();
    });
  }

  /**
   * The other dimensions, built when first opened: there may be hundreds.
   *
   * @param {number[]} dimensions
   */
  more(dimensions) {
    const summary = element("summary", {}, t`more (${dimensions.length})`);
    const more = element("details", { className: "more" }, summary);
    more.addEventListener("toggle", () => {
      more.append(...dimensions.filter((i) => !this.rows.has(i)).map((i) => this.row(i, false)));
      this.show(this.z);
    });
    return more;
  }

  /**
   * One picture of a strip. A strip is one stop of the tab key; arrows move within it.
   *
   * @param {number} i
   * @param {number} k
   */
  thumb(i, k) {
    const thumb = element("button", { type: "button", className: "thumb", tabIndex: k ? -1 : 0 });
    thumb.style.gridColumn = String(k + 1);
    thumb.addEventListener("click", () => {
      if (thumb.dataset.value) this.onJump(this.z.with(i, Number(thumb.dataset.value)));
    });
    thumb.addEventListener("keydown", ({ key }) => {
      const back = key === "ArrowLeft" && thumb.previousSibling;
      const next = back || (key === "ArrowRight" && thumb.nextSibling);
      if (!(next instanceof HTMLButtonElement)) return;
      thumb.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
    return thumb;
  }

  /** @param {Row} row */
  markNearest({ thumbs, shown }) {
    const nearest = Math.round(((shown / this.range + 1) / 2) * (STRIP - 1));
    thumbs.forEach((thumb, k) => thumb.classList.toggle("nearest", k === nearest));
  }
}

/**
 * The heading over the dimensions that a model does not use. Only a model with a prior can collapse onto it.
 *
 * @param {number} unused
 * @param {number} of so many
 * @param {number[] | null} kl null for a plain autoencoder
 */
function unusedInWords(unused, of, kl) {
  return t`${unused} of ${of} unused: ${kl ? t("posterior collapse") : t("the code does not vary")}`;
}

/** @param {HTMLCanvasElement} canvas */
function dim(canvas) {
  const context = contextOf(canvas);
  context.globalAlpha = 0.45;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.globalAlpha = 1;
}

/** @type {Map<string, number>} */
const STEPS = new Map([
  ["ArrowLeft", -1],
  ["ArrowDown", -1],
  ["PageDown", -1],
  ["ArrowRight", 1],
  ["ArrowUp", 1],
  ["PageUp", 1],
]);

/**
 * The value after a key; undefined where the key means nothing to a slider.
 *
 * @param {KeyboardEvent} event
 * @param {number} value
 * @param {number} range
 */
function steppedValue({ key, shiftKey }, value, range) {
  if (key === "0") return 0;
  if (key === "Home" || key === "End") return key === "Home" ? -range : range;
  const direction = STEPS.get(key);
  if (direction === undefined) return undefined;
  const big = shiftKey || key.startsWith("Page");
  const end = Math.max(range, Math.abs(value)); // a step does not pull in a z from outside the range
  return Math.max(-end, Math.min(end, value + direction * (big ? BIG_KEY_STEP : KEY_STEP)));
}
