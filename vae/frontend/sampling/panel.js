/** One grid of samples: above it where they come from, beneath it their classes and how large the source is. */

import { drawGrid } from "../lib/canvas.js";
import { element, numberField } from "../lib/dom.js";
import { VOTERS } from "./nearest.js";

const MOST_BARS = 20;
const MOST_INTERVALS = 32;
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class Panel {
  /**
   * onSource(name), onTold(class, or null): another choice; onPoint(cell): the pointer is there, null when it has left;
   * onPick(cell): a click or key chose it, null to let go; onLeave(): the focus is elsewhere.
   */
  constructor(title, handlers) {
    Object.assign(this, handlers, { title, side: 0, picked: null, shown: null });
    this.build();
  }

  // — where from —

  /** What a model can be asked for: {offered: [{id, name, problem}], classNames, told: is it told a class?, images}. */
  offer({ offered, classNames, told, images }) {
    const option = ({ id, name, problem }) => {
      const text = problem ? `${name} (${problem})` : name;
      return element("option", { value: id, disabled: Boolean(problem), title: problem }, text);
    };
    const isClass = ({ id }) => id.startsWith("class:");
    const group = element("optgroup", { label: "one class's Gaussian" }, ...offered.filter(isClass).map(option));
    this.source.replaceChildren(...offered.filter((offer) => !isClass(offer)).map(option), group);
    this.image.max = images - 1;
    this.image.title = `Test image, 0 to ${images - 1}`;
    const each = element("option", { value: "" }, "each class, by column");
    const as = (name, label) => element("option", { value: label }, `as ${name}`);
    this.told.replaceChildren(each, ...classNames.map(as));
    this.toldLabel.hidden = !told;
  }

  showChoice(source, told) {
    const [kind, number] = source.split(":");
    const isImage = kind === "image";
    this.source.value = isImage ? "image" : source;
    this.image.hidden = this.thumb.hidden = !isImage;
    this.number = isImage ? number : null;
    if (isImage) this.image.show(number);
    this.told.value = told ?? "";
  }

  /** The chosen source as people read it. */
  sourceName() {
    const name = this.source.selectedOptions[0]?.textContent ?? "";
    return this.number === null ? name : `${name}, image ${this.number}`; // not what is being typed
  }

  chooseSource() {
    const image = Math.max(0, Math.min(Number(this.image.max), Math.round(this.image.valueAsNumber || 0)));
    this.onSource(this.source.value === "image" ? `image:${image}` : this.source.value);
  }

  // — the pictures —

  /** Shows n pictures and remembers the z that they were decoded from, and the seed of its ε. */
  show({ n, pixels, imageShape }, vectors, labels, seed) {
    this.shown = { n, pixels, imageShape, vectors, labels, seed };
    this.side = Math.round(Math.sqrt(n));
    drawGrid(this.canvas, pixels, imageShape, n, this.side, gapOf(imageShape));
    this.stage.classList.remove("stale");
  }

  describe(text) {
    this.canvas.ariaLabel = text;
    this.stage.ariaLabel = `${this.title}: ${text}. Arrow keys choose a picture, Escape lets go.`;
  }

  setStale() {
    this.stage.classList.add("stale");
  }

  /** The pixels of one picture. */
  pictureAt(cell) {
    const { pixels, imageShape } = this.shown;
    const size = imageShape.reduce((product, side) => product * side, 1);
    return pixels.subarray(cell * size, (cell + 1) * size);
  }

  /** As large as the room allows, at a whole number of screen pixels per picture pixel unless that is hardly any. */
  resize(room, imageShape, side) {
    const [, height, width] = imageShape;
    const gap = gapOf(imageShape),
      sheetWidth = side * (width + gap) - gap,
      sheetHeight = side * (height + gap) - gap;
    const exact = (room * devicePixelRatio) / Math.max(sheetWidth, sheetHeight);
    const scale = (exact < 2 ? exact : Math.floor(exact)) / devicePixelRatio;
    this.canvas.style.width = `${scale * sheetWidth}px`;
    this.canvas.style.height = `${scale * sheetHeight}px`;
    this.canvas.style.imageRendering = exact < 1 ? "auto" : ""; // smaller than its pixels, a picture would lose some
  }

  /** Frames the cell; null frames none. */
  mark(cell) {
    this.frame.hidden = cell === null || cell >= this.side ** 2;
    if (this.frame.hidden) return;
    const { imageShape } = this.shown,
      [, height, width] = imageShape,
      gap = gapOf(imageShape);
    const across = (pixels) => `${(100 * pixels) / this.canvas.width}%`;
    const down = (pixels) => `${(100 * pixels) / this.canvas.height}%`;
    const left = across((cell % this.side) * (width + gap));
    const top = down(Math.floor(cell / this.side) * (height + gap));
    Object.assign(this.frame.style, { left, top, width: across(width), height: down(height) });
  }

  cellBox() {
    return this.frame.getBoundingClientRect();
  }

  cellAt({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const place = (share) => this.clamp(Math.floor(share * this.side));
    return place((clientY - top) / height) * this.side + place((clientX - left) / width);
  }

  clamp(place) {
    return Math.max(0, Math.min(this.side - 1, place));
  }

  moveByKey(event) {
    if (event.key === "Escape") this.onPick(null);
    if (!STEPS[event.key] || !this.side) return;
    event.preventDefault();
    const [down, right] = STEPS[event.key],
      now = this.picked ?? 0;
    const row = this.clamp(Math.floor(now / this.side) + down),
      column = this.clamp((now % this.side) + right);
    const cell = this.picked === null ? 0 : row * this.side + column;
    if (cell !== this.picked) this.onPick(cell);
  }

  // — beneath —

  /** counts per class of the samples, with ticks at the test set's shares; of many classes the commonest. */
  showClasses(counts, shares, classNames, palette) {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const highest = Math.max(...counts.map((count) => count / total), ...shares);
    const ranked = counts.map((_, label) => label);
    if (counts.length > MOST_BARS) ranked.sort((a, b) => counts[b] - counts[a]).splice(MOST_BARS);
    const percent = (share) => `${(100 * share) / highest}%`;
    const bar = (label) => {
      const fill = element("span", { className: "fill" }),
        tick = element("span", { className: "tick" });
      const background = palette[label % palette.length];
      Object.assign(fill.style, { height: percent(counts[label] / total), background });
      tick.style.bottom = percent(shares[label]);
      const name = classNames[label],
        ofTest = `${(100 * shares[label]).toFixed(1)} % of the test set`;
      const title = `${name}: ${counts[label]} of ${total} samples; ${ofTest}`;
      const column = element("span", { className: "column" }, fill, tick);
      return element("span", { className: "bar", title }, column, element("span", { className: "name" }, name));
    };
    this.bars.replaceChildren(...ranked.map(bar));
    const said = ranked.filter((label) => counts[label]).map((label) => `${classNames[label]} ${counts[label]}`);
    this.bars.ariaLabel = `Classes of the ${total} samples: ${said.join(", ")}`;
  }

  /** Words where there is nothing to count. */
  sayInsteadOfClasses(text) {
    this.bars.replaceChildren(element("span", { className: "words" }, text));
    this.bars.ariaLabel = text;
  }

  /**
   * μ ± temperature · σ of the source along each of these dimensions, over the prior's ±1 where there is a prior.
   * centre: what stands at half height, per dimension; span: half the height.
   */
  drawIntervals(source, dimensions, temperature, { centre, span, prior }) {
    const canvas = this.intervals,
      shown = dimensions.slice(0, MOST_INTERVALS),
      pixel = devicePixelRatio;
    const width = Math.round(canvas.clientWidth * pixel),
      height = Math.round(canvas.clientHeight * pixel);
    if (!width || !height) return; // not on the page
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d"),
      style = getComputedStyle(canvas);
    const step = width / shown.length,
      thick = Math.min(0.6 * step, 14 * pixel);
    const level = (value) => (height * (1 - value / span)) / 2;
    context.fillStyle = style.getPropertyValue("--track");
    if (prior) context.fillRect(0, level(1), width, level(-1) - level(1));
    context.fillRect(0, level(0) - pixel / 2, width, pixel);
    context.fillStyle = style.getPropertyValue("--st-primary-color");
    shown.forEach((i, place) => {
      const { mean, deviation } = source.marginal(i, temperature);
      const top = level(mean - centre[i] + deviation),
        bottom = level(mean - centre[i] - deviation);
      context.fillRect((place + 0.5) * step - thick / 2, top, thick, Math.max(2 * pixel, bottom - top));
    });
    this.sizes.textContent = `μ ± σ in each latent${prior ? "; grey: prior ±1" : ""}`;
    canvas.ariaLabel = `${this.title}: mean ± standard deviation of z in ${shown.length} latents`;
  }

  // — the elements —

  build() {
    this.canvas = element("canvas", { className: "grid", role: "img" });
    this.frame = element("div", { className: "frame", hidden: true });
    this.stage = element("div", { className: "stage", tabIndex: 0, role: "application" }, this.canvas, this.frame);
    const parts = [this.buildChoice(), this.stage, this.buildBeneath()];
    this.element = element("section", { className: "panel", ariaLabel: this.title }, ...parts);
    this.listen();
  }

  buildChoice() {
    const named = (text) => ({ ariaLabel: `${this.title}: ${text}` }),
      onchange = () => this.chooseSource();
    this.source = element("select", { ...named("where z comes from"), onchange });
    this.image = numberField({ min: 0, step: 1, hidden: true, ...named("test image"), onchange });
    this.thumb = element("canvas", { className: "thumb", role: "img", hidden: true, ...named("that test image") });
    const onTold = () => this.onTold(this.told.value === "" ? null : Number(this.told.value));
    this.told = element("select", { ...named("class that the decoder is told"), onchange: onTold });
    this.toldLabel = element("span", { className: "told" }, this.told);
    return element("div", { className: "from" }, this.source, this.image, this.thumb, this.toldLabel);
  }

  buildBeneath() {
    this.bars = element("div", { className: "bars", role: "img", ariaLabel: "Classes of the samples" });
    this.intervals = element("canvas", { className: "intervals", role: "img" });
    this.sizes = element("figcaption", { title: "The strongest latent first" });
    const votes = `class by vote of the ${VOTERS} nearest test codes; tick: test set`;
    const classes = element("figure", {}, this.bars, element("figcaption", { title: "Counted now" }, votes));
    const spread = element("figure", { className: "spread" }, this.intervals, this.sizes);
    return element("div", { className: "beneath" }, classes, spread);
  }

  listen() {
    const { stage } = this;
    stage.addEventListener("pointermove", (event) => this.side && this.onPoint(this.cellAt(event)));
    stage.addEventListener("pointerleave", () => this.onPoint(null));
    stage.addEventListener("click", (event) => this.side && this.onPick(this.cellAt(event)));
    stage.addEventListener("keydown", (event) => this.moveByKey(event));
    stage.addEventListener("blur", () => this.onLeave());
  }
}

/** Pixels between pictures: more between large ones, which may be drawn smaller than they are. */
function gapOf([, , width]) {
  return Math.max(1, Math.round(width / 32));
}
