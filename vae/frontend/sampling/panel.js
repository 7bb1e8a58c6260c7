/** One grid of samples: above it where they come from, beneath it their classes and how wide the source is. */

import { drawGrid, drawingScale, drawPicture } from "../lib/canvas.js";
import { MAX_GRID_SIDE } from "../lib/contract.js";
import { contextOf, element } from "../lib/dom.js";
import { numberField } from "../lib/fields.js";
import { help } from "../lib/glossary.js";
import { t, translate } from "../lib/words.js";
import { VOTERS } from "./test-set.js";

/** @import { ImageShape } from "../lib/contract.js" */
/** @import { Source } from "./sources.js" */
/** @import { OfferedSource, Reliability } from "./state.js" */

/**
 * Decoded pictures with the z, the labels and the seed that they were decoded from.
 *
 * @typedef {object} ShownGrid
 * @property {number} n
 * @property {number} side pictures in a row
 * @property {Uint8Array<ArrayBuffer>} pixels
 * @property {ImageShape} imageShape
 * @property {Float32Array[]} vectors
 * @property {number[]} labels
 * @property {number} seed
 */

/**
 * @typedef {object} Handlers
 * @property {(source: string) => void} onSource another source is chosen
 * @property {(label: number | null) => void} onLabel another class to decode is chosen; null: each class in turn
 * @property {(cell: number | null) => void} onPoint the pointer is over this cell; null when it has left
 * @property {(cell: number | null) => void} onPick a click or key chose a cell; null for none
 * @property {() => void} onLeave the focus has moved on
 */

const MEASURED = t("Measured ahead, at temperature 1 and without truncation; below the controls all sources and how.");
const SEPARATOR = " · ";
/** What the score consists of. */
const SCORED = /** @type {const} */ (["precision", "recall", "Fréchet distance"]);
const KEYS = ["precision", "recall", "frechet"];
const MOST_BARS = 20;
const MOST_INTERVALS = 32;
/** @type {Record<string, [down: number, right: number]>} */
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class Panel {
  /**
   * @param {string} title
   * @param {Handlers} handlers
   */
  constructor(title, handlers) {
    this.title = title;
    this.handlers = handlers;
    this.side = 0;
    this.prior = false;
    /** @type {number | null} */
    this.picked = null; // cell
    /** @type {ShownGrid | null} */
    this.shown = null;
    /** @type {ShownGrid | null} */
    this.counted = null; // whose classes are shown
    /** @type {ShownGrid | null} */
    this.tried = null; // whose classes were counted last, or could not be
    /** @type {number[] | null} */
    this.counts = null; // those that are shown
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.countTimer = undefined; // while they are being counted, too
    /** @type {string | null} */
    this.number = null; // of the test image, where the source is one
    this.current = 0; // the test image of all pages
    /** @param {string} text */
    const named = (text) => ({ ariaLabel: `${title}: ${text}` });
    const onchange = () => this.chooseSource();
    this.source = element("select", { ...named(t("where z comes from")), onchange });
    this.image = numberField({ whole: true, min: 0, hidden: true, ...named(t("test image")) });
    this.image.addEventListener("change", onchange);
    this.thumb = element("canvas", { className: "thumb", role: "img", hidden: true, ...named(t("that test image")) });
    this.thumbText = element("span", { className: "thumb-text", hidden: true }, t("Its reconstruction"));
    this.thumbText.title = t("The image itself is not to be had here.");
    const onLabel = () => handlers.onLabel(this.label.value === "" ? null : Number(this.label.value));
    this.label = element("select", { ...named(t("class given to the decoder")), onchange: onLabel });
    this.labelPlace = element("span", { className: "label" }, this.label);
    this.helps = {
      ...{ prior: help("prior"), aggregate: help("aggregate posterior") },
      ...{ second: help("second-stage prior"), image: help("q(z|x)") },
    };
    this.score = element("span", { className: "score", title: MEASURED });
    this.scores = [""]; // what the score says, in parts
    /** Of the first grid: once for the page. */
    this.signs = title === "A" ? this.helpOfScores() : [];
    this.canvas = element("canvas", { className: "grid", role: "img" });
    this.frame = element("div", { className: "frame", hidden: true });
    this.stage = element("div", { className: "stage", tabIndex: 0, role: "application" }, this.canvas, this.frame);
    this.votes = element("figcaption");
    this.bars = element("div", { className: "bars", role: "img", ariaLabel: t("Classes of the samples") });
    this.intervals = element("canvas", { className: "intervals", role: "img" });
    this.sizes = element("figcaption", { title: t("The strongest latent first") });
    this.from = this.buildFrom();
    this.beneath = this.buildBeneath();
    this.caption = element("div", { className: "model" });
    this.difference = element("p", { className: "difference", title: t("Nats: means over the test set") });
    this.element = element("section", { className: "panel", ariaLabel: title }, this.from, this.stage, this.beneath);
    this.listen();
  }

  // — where from —

  /**
   * What a model can be asked for.
   *
   * @param {OfferedSource[]} offered
   * @param {string[]} classNames
   * @param {{prior: boolean, conditional: boolean, images: number}} model whether it has a prior and its decoder takes a
   *   class; number of test images
   */
  offer(offered, classNames, { prior, conditional, images }) {
    this.prior = prior;
    /** @param {OfferedSource} source */
    const option = ({ id, name, problem }) => {
      const said = translate(name);
      const text = problem ? `${said} (${translate(problem)})` : said;
      return element("option", { value: id, disabled: Boolean(problem), title: translate(problem) }, text);
    };
    const isClass = (/** @type {OfferedSource} */ { id }) => id.startsWith("class:");
    const group = element("optgroup", { label: t("One class's Gaussian") }, ...offered.filter(isClass).map(option));
    this.source.replaceChildren(...offered.filter((source) => !isClass(source)).map(option), group);
    this.image.max = String(images - 1);
    this.image.title = t`Test image, 0 to ${images - 1}`;
    const all = classNames.length > MAX_GRID_SIDE ? t("Each class in turn") : t("Each class, by column");
    const each = element("option", { value: "" }, all);
    const one = classNames.map((name, label) => element("option", { value: label }, t`As ${name}`));
    this.label.replaceChildren(each, ...one);
    this.labelPlace.hidden = !conditional;
  }

  /**
   * @param {string} source
   * @param {number | null} label
   */
  showChoice(source, label) {
    const [kind, number] = source.split(":");
    const isImage = kind === "image";
    this.source.value = isImage ? "image" : source;
    for (const [name, place] of Object.entries(this.helps)) place.hidden = !this.prior || name !== kind;
    this.image.hidden = this.thumb.hidden = !isImage;
    if (!isImage) this.thumbText.hidden = true;
    this.number = isImage ? number : null;
    if (isImage) this.image.show(number);
    this.label.value = String(label ?? "");
  }

  /** The name of the chosen source. */
  sourceName() {
    const name = this.source.selectedOptions[0]?.textContent ?? "";
    return this.number === null ? name : t`${name}, image ${this.number}`; // not what is being typed
  }

  /**
   * The test image that z comes from, or its reconstruction, and says which.
   *
   * @param {Uint8Array | null} pixels null where there is neither
   * @param {ImageShape} imageShape
   * @param {boolean} decoded whether it is the reconstruction
   */
  showThumb(pixels, imageShape, decoded) {
    this.thumb.hidden = !pixels;
    this.thumbText.hidden = !pixels || !decoded;
    this.thumb.ariaLabel = `${this.title}: ${decoded ? t("reconstruction of that test image") : t("that test image")}`;
    if (pixels) drawPicture(this.thumb, pixels, imageShape);
  }

  /**
   * Where models are compared: which one this grid is of, in place of the source, which is the same for all.
   *
   * @param {string} words
   * @param {string} sentence how it differs from the first
   */
  showModel(words, sentence) {
    this.from.remove();
    this.caption.replaceChildren(element("b", {}, words), this.score);
    this.element.prepend(this.caption);
    this.difference.textContent = sentence;
    this.beneath.append(this.difference);
  }

  /** Where nothing is compared, again. */
  showSource() {
    this.caption.remove();
    this.difference.remove();
    this.from.append(this.score);
    this.element.prepend(this.from);
  }

  /**
   * @param {string} text the quality of the source's samples; "" where it is not known
   * @param {boolean} valid whether it is that of the pictures; else it only keeps its place
   */
  showScore(text, valid) {
    this.scores = text.split(SEPARATOR);
    const isMeasured = this.scores.length === SCORED.length;
    const parts = this.scores.flatMap((part, i) => [
      i ? SEPARATOR : "",
      part,
      ...(isMeasured ? this.signs.slice(i, i + 1) : []),
    ]);
    this.score.replaceChildren(...parts);
    this.score.style.visibility = valid ? "" : "hidden";
  }

  helpOfScores() {
    return SCORED.map((term, i) => help(term, () => ({ [KEYS[i]]: this.scores[i].split("\u00a0")[1] })));
  }

  chooseSource() {
    const typed = this.image.read();
    const image = Number.isNaN(typed) ? (this.number ?? this.current) : typed;
    this.handlers.onSource(this.source.value === "image" ? `image:${image}` : this.source.value);
  }

  // — the pictures —

  /** @param {ShownGrid} shown */
  show(shown) {
    const { n, side, pixels, imageShape } = shown;
    this.shown = shown;
    this.side = side;
    drawGrid(this.canvas, pixels, imageShape, n, side, gapOf(imageShape));
    this.stage.classList.remove("stale");
  }

  /** @param {string} text */
  describe(text) {
    this.canvas.ariaLabel = text;
    this.stage.ariaLabel = t`${this.title}: ${text}. Arrow keys choose a picture, Escape deselects it.`;
  }

  setStale() {
    this.stage.classList.add("stale");
  }

  /** The least that the pictures leave to the rest of the panel's width and height. Unit: CSS pixels. */
  around() {
    const { minWidth, minHeight } = getComputedStyle(this.beneath),
      { rowGap } = getComputedStyle(this.element);
    const above = this.stage.offsetTop - this.element.offsetTop,
      width = Number.parseFloat(minWidth); // where it stands beside them
    return { width, height: width ? above : above + Number.parseFloat(rowGap) + Number.parseFloat(minHeight) };
  }

  /**
   * As large as the room allows, at a whole number of screen pixels per picture pixel where there are two or more.
   *
   * @param {number} room in CSS pixels
   * @param {ImageShape} imageShape
   * @param {number} side
   */
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

  /**
   * Frames the cell; null frames none.
   *
   * @param {number | null} cell
   */
  mark(cell) {
    const { shown, side } = this;
    const outside = !shown || cell === null || cell >= side ** 2;
    this.frame.hidden = outside;
    if (outside) return;
    const [, height, width] = shown.imageShape,
      gap = gapOf(shown.imageShape);
    /** @param {number} pixels */
    const across = (pixels) => `${(100 * pixels) / this.canvas.width}%`;
    /** @param {number} pixels */
    const down = (pixels) => `${(100 * pixels) / this.canvas.height}%`;
    const left = across((cell % side) * (width + gap));
    const top = down(Math.floor(cell / side) * (height + gap));
    Object.assign(this.frame.style, { left, top, width: across(width), height: down(height) });
  }

  cellBox() {
    return this.frame.getBoundingClientRect();
  }

  /** @param {MouseEvent} event */
  cellAt({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    /** @param {number} share of the grid's width or height */
    const place = (share) => this.clamp(Math.floor(share * this.side));
    return place((clientY - top) / height) * this.side + place((clientX - left) / width);
  }

  /** @param {number} place */
  clamp(place) {
    return Math.max(0, Math.min(this.side - 1, place));
  }

  /** @param {KeyboardEvent} event */
  moveByKey(event) {
    if (event.key === "Escape") this.handlers.onPick(null);
    if (!STEPS[event.key] || !this.side) return;
    event.preventDefault();
    const [down, right] = STEPS[event.key],
      now = this.picked ?? 0;
    const row = this.clamp(Math.floor(now / this.side) + down),
      column = this.clamp((now % this.side) + right);
    const cell = this.picked === null ? 0 : row * this.side + column;
    if (cell !== this.picked) this.handlers.onPick(cell);
  }

  // — beneath —

  /**
   * Counts per class of the samples, with marks at the test set's shares; of many classes the commonest.
   *
   * @param {number[]} counts
   * @param {number[]} shares
   * @param {string[]} classNames
   * @param {string[]} palette
   * @param {number} highest the share at the chart's top
   */
  showClasses(counts, shares, classNames, palette, highest = topShare(counts, shares)) {
    const total = counts.reduce((sum, count) => sum + count, 0);
    this.counts = counts;
    this.votes.style.visibility = "";
    const ranked = counts.map((_, label) => label);
    if (counts.length > MOST_BARS) ranked.sort((a, b) => counts[b] - counts[a]).splice(MOST_BARS);
    /** @param {number} share */
    const percent = (share) => `${(100 * share) / highest}%`;
    /** @param {number} label */
    const bar = (label) => {
      const fill = element("span", { className: "fill" }),
        mark = element("span", { className: "mark" });
      const background = palette[label % palette.length];
      Object.assign(fill.style, { height: percent(counts[label] / total), background });
      mark.style.bottom = percent(shares[label]);
      const name = classNames[label],
        ofTest = t`${(100 * shares[label]).toFixed(1)} % of the test set`;
      const title = t`${name}: ${counts[label]} of ${total} samples; ${ofTest}`;
      const column = element("span", { className: "column" }, fill, mark);
      return element("span", { className: "bar", title }, column, element("span", { className: "name" }, name));
    };
    this.bars.replaceChildren(...ranked.map(bar));
    const named = ranked.filter((label) => counts[label]).map((label) => `${classNames[label]} ${counts[label]}`);
    this.bars.ariaLabel = t`Classes of the ${total} samples: ${named.join(", ")}`;
  }

  /** @param {number | undefined} accuracy of the classifier, which is explained once on the page */
  helpOfVotes(accuracy) {
    const isFirst = this.signs.length > 0;
    if (accuracy === undefined || !isFirst) return [];
    return [help("accuracy of the classifier", () => ({ accuracy: percentText(accuracy) }))];
  }

  /** @param {{caption: string, sentence: string, accuracy?: number}} words how the classes are found */
  describeClasses({ caption, sentence, accuracy }) {
    this.votes.replaceChildren(t`${caption}; line: test set`, ...this.helpOfVotes(accuracy));
    this.votes.title = sentence;
  }

  /** @param {string} text in place of the counts */
  showNoClasses(text) {
    this.counts = null;
    this.bars.replaceChildren(element("span", { className: "words" }, text));
    this.bars.ariaLabel = text;
    this.votes.style.visibility = "hidden"; // its place stays
  }

  /**
   * μ ± temperature · σ of the source along each of these dimensions, over the prior's ±1 where there is a prior.
   *
   * @param {Pick<Source, "marginal">} source
   * @param {number[]} dimensions
   * @param {number} temperature
   * @param {{centre: number[], span: number, prior: boolean}} scale centre: the value at half height, per dimension;
   *   span: half the height
   */
  drawIntervals(source, dimensions, temperature, { centre, span, prior }) {
    const canvas = this.intervals,
      shown = dimensions.slice(0, MOST_INTERVALS),
      pixel = drawingScale();
    const width = Math.round(canvas.clientWidth * devicePixelRatio),
      height = Math.round(canvas.clientHeight * devicePixelRatio);
    if (!width || !height) return; // not on the page
    Object.assign(canvas, { width, height });
    const context = contextOf(canvas),
      style = getComputedStyle(canvas);
    const step = width / shown.length,
      thick = Math.min(0.6 * step, 14 * pixel);
    /** @param {number} value */
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
    this.sizes.textContent = t`μ ± σ in each latent${prior ? t("; grey: prior ±1") : ""}`;
    canvas.ariaLabel = t`${this.title}: mean ± standard deviation of z in ${shown.length} latents`;
  }

  // — the elements —

  buildFrom() {
    const from = [this.source, ...Object.values(this.helps), this.image, this.thumb, this.thumbText, this.labelPlace];
    from.push(this.score);
    return element("div", { className: "from" }, ...from);
  }

  buildBeneath() {
    const classes = element("figure", {}, this.bars, this.votes);
    const spread = element("figure", { className: "spread" }, this.intervals, this.sizes);
    return element("div", { className: "beneath" }, classes, spread);
  }

  listen() {
    const { stage } = this;
    const { onPoint, onPick, onLeave } = this.handlers;
    stage.addEventListener("pointermove", (event) => this.side && onPoint(this.cellAt(event)));
    stage.addEventListener("pointerleave", () => onPoint(null));
    stage.addEventListener("click", (event) => this.side && onPick(this.cellAt(event)));
    stage.addEventListener("keydown", (event) => this.moveByKey(event));
    stage.addEventListener("blur", () => onLeave());
  }
}

/**
 * The largest share of a class, among samples and in the test set.
 *
 * @param {number[]} counts
 * @param {number[]} shares
 */
export function topShare(counts, shares) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return Math.max(...counts.map((count) => count / total), ...shares);
}

/**
 * How the samples' classes are found, in a few words and in a sentence.
 *
 * @param {Reliability | null} classifier
 */
export function classesInWords(classifier) {
  if (!classifier) {
    const sentence = t`Class: the commonest among the ${VOTERS} test codes nearest to z, not what the picture shows. Between the classes the two differ: on mnist-z10 they agree on 74 % of the prior's samples.`;
    return { caption: t`Class by vote of ${VOTERS} nearest codes`, sentence };
  }
  const right = percentText(classifier.accuracy);
  const sentence = t`Class: what a small network sees in the picture. It was trained on MNIST's training images and is right on ${right} of the ${classifier.images.toLocaleString("en")} test images. A sample that is no digit is counted as one all the same.`;
  return { caption: t`Class by classifier, ${right} right`, sentence, accuracy: classifier.accuracy };
}

/** @param {number} share */
function percentText(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/**
 * The pixels of one picture.
 *
 * @param {ShownGrid} shown
 * @param {number} cell
 */
export function pictureOf({ n, pixels }, cell) {
  const size = pixels.length / n;
  return pixels.subarray(cell * size, (cell + 1) * size);
}

/**
 * Pixels between pictures: more between large ones, which may be drawn smaller than they are.
 *
 * @param {ImageShape} shape
 */
function gapOf([, , width]) {
  return Math.max(1, Math.round(width / 32));
}
