/**
 * A pad to draw on, with mouse, finger, pen or keys.
 *
 *   const pad = new DrawingPad({ imageShape: [1, 28, 28], frame, onChange: (pixels) => …, onRelease: () => … });
 *   parent.append(pad.element);      // its styles: drawing.css
 *   pad.load(pixels);                // begins with an image instead of an empty pad
 *   pad.pixels                       // what onChange receives
 *
 * onChange is called with every movement of the pointer, onRelease when it is released. Drawings are bright on black, and
 * inverted for a data set that is dark on bright.
 */

import { button, contextOf, element } from "./dom.js";
import { framed, resized } from "./placing.js";
import { rangeField } from "./fields.js";
import { t } from "./words.js";

/** @import { Pixels } from "./canvas.js" */
/** @import { DrawingFrame, ImageShape } from "./contract.js" */
/** @import { Box } from "./placing.js" */

/**
 * @typedef {[x: number, y: number]} Point on the surface, in its pixels
 * @typedef {{kind: "stroke", width: number, colour: string, points: Point[]}} Stroke
 * @typedef {{kind: "image", pixels: Uint8Array, imageShape: ImageShape}} LoadedImage
 * @typedef {Stroke | {kind: "clear", centred: boolean, inverted: boolean} | LoadedImage} Mark
 *
 * What is on a pad. width, height: of its surface.
 *
 * @typedef {object} PadState
 * @property {Mark[]} marks
 * @property {boolean} centred
 * @property {boolean} inverted
 * @property {boolean} bright
 * @property {number} width
 * @property {number} height
 *
 * frame: how the data set places a drawing, see `framed`; null where it does not. bright: whether its images are dark on
 * bright.
 *
 * @typedef {object} PadOptions
 * @property {ImageShape} imageShape
 * @property {DrawingFrame | null} [frame]
 * @property {boolean} [bright]
 * @property {(pixels: Pixels) => void} onChange
 * @property {() => void} [onRelease]
 * @property {string} [label]
 */

const SURFACE = 280; // pixels of the drawing surface along the longer side, about: several for each of the image
const LINE = 2.4 / 28; // of the longer side: as thick as MNIST's lines are
const KEY_STEP = 0.5,
  BIG_KEY_STEP = 3; // pixels of the image
const PEN_ERASER = 5; // the button of a pen's other end
/** @type {Record<string, readonly [across: number, down: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class DrawingPad {
  /** @type {Stroke | null} the one that is being drawn */
  stroke = null;
  /** @type {number | null} its pointer's id */
  pointer = null;

  constructor(/** @type {PadOptions} */ options) {
    const {
      imageShape,
      frame = null,
      bright = false,
      onChange,
      onRelease = () => {},
      label = t("Drawing pad"),
    } = options;
    const [channels, height, width] = imageShape;
    this.imageShape = imageShape;
    this.frame = frame;
    this.bright = bright;
    this.onChange = onChange;
    this.onRelease = onRelease;
    this.scale = Math.max(1, Math.round(SURFACE / Math.max(width, height)));
    /** @type {Mark[]} */
    this.marks = []; // an image can only be the first
    this.lineWidth = Math.max(1, LINE * Math.max(width, height));
    this.colour = "#ffffff";
    this.pen = { x: width / 2, y: height / 2, down: false }; // the keyboard's, in pixels of the image
    this.surface = element("canvas", { width: width * this.scale, height: height * this.scale, tabIndex: 0 });
    this.context = contextOf(this.surface, { willReadFrequently: true });
    this.box = element("div", { className: "drawing-box", hidden: true });
    this.cursor = element("div", { className: "drawing-cursor", hidden: true });
    this.undoButton = button(t("Undo"), t("Take the last stroke back (Ctrl+Z)"), () => this.undo());
    this.rubber = button(t("Rubber"), t("Draw in black: rub out"), () => {
      this.rubber.ariaPressed = String(this.rubber.ariaPressed !== "true");
    });
    this.centred = element("input", { type: "checkbox", checked: frame !== null, disabled: frame === null });
    this.inverted = element("input", { type: "checkbox", checked: bright });
    this.element = this.build(label, channels === 3);
    this.listen();
    this.repaint();
    this.pixels = this.read();
  }

  /**
   * Starts again with this image, of this shape, if it is not the model's. centred: whether it is placed as the data set's
   * images are; inverted: whether it is bright on black, although the data set's are not. Does not call onChange.
   *
   * @param {Uint8Array} pixels
   * @param {{centred?: boolean, inverted?: boolean, imageShape?: ImageShape}} [options]
   */
  load(pixels, { centred = false, inverted = false, imageShape = this.imageShape } = {}) {
    this.marks = [{ kind: "image", pixels, imageShape }];
    this.switchTo(centred, inverted);
    this.repaint();
    this.pixels = this.read();
  }

  /** Empties the pad, which the user can undo. */
  clear() {
    if (this.empty) return;
    this.marks.push({ kind: "clear", centred: this.centred.checked, inverted: this.inverted.checked });
    this.switchTo(true, this.bright); // the user draws next
    this.repaint();
    this.change();
    this.onRelease();
  }

  /** Takes back the last stroke or clearing; an image that was loaded stays. */
  undo() {
    const mark = this.marks.at(-1);
    if (!mark || mark.kind === "image") return;
    this.marks.pop();
    if (mark.kind === "clear") this.switchTo(mark.centred, mark.inverted);
    this.repaint();
    this.change();
    this.onRelease();
  }

  /** @returns {PadState} */
  get state() {
    const { width, height } = this.surface;
    const [centred, inverted] = [this.centred.checked, this.inverted.checked];
    return { marks: [...this.marks], centred, inverted, bright: this.bright, width, height };
  }

  /**
   * Takes what was on another pad, scaled to this one's surface. Does not call onChange.
   *
   * @param {PadState} state
   */
  restore({ marks, centred, inverted, bright, width, height }) {
    const across = this.surface.width / width,
      down = this.surface.height / height;
    this.marks = marks.map((mark) => {
      if (mark.kind !== "stroke") return mark;
      const points = mark.points.map(([x, y]) => /** @type {Point} */ ([x * across, y * down]));
      return { ...mark, width: mark.width * across, points };
    });
    const drawn = marks.findLast(({ kind }) => kind !== "stroke")?.kind !== "image";
    this.switchTo(centred, bright === this.bright ? inverted : drawn);
    this.repaint();
    this.pixels = this.read();
  }

  /**
   * @param {boolean} centred
   * @param {boolean} inverted
   */
  switchTo(centred, inverted) {
    this.centred.checked = centred && this.frame !== null;
    this.inverted.checked = inverted && this.bright;
    this.surface.classList.toggle("inverted", this.inverted.checked);
  }

  get empty() {
    return !this.marks.length || this.marks.at(-1)?.kind === "clear";
  }

  /** Whether the pad has been cleared since the last `load`, and this was not undone. */
  get wasCleared() {
    return this.marks.some(({ kind }) => kind === "clear");
  }

  /** Whether anything was done since the last `load`. */
  get canUndo() {
    return this.marks.length > 0 && this.marks.at(-1)?.kind !== "image";
  }

  // — strokes —

  begin(/** @type {Point} */ point, /** @type {boolean} */ rubber) {
    const colour = rubber || this.rubber.ariaPressed === "true" ? "#000000" : this.colour;
    this.stroke = { kind: "stroke", colour, width: this.lineWidth * this.scale, points: [point] };
    this.marks.push(this.stroke);
    this.drawSegment(this.stroke, 0);
    this.change();
  }

  /** Draws the current stroke on; does nothing where there is none. */
  extend(/** @type {Point[]} */ points) {
    if (!this.stroke) return;
    for (const point of points) {
      this.stroke.points.push(point);
      this.drawSegment(this.stroke, this.stroke.points.length - 1);
    }
    this.change();
  }

  end() {
    if (!this.stroke) return;
    this.stroke = null;
    this.onRelease();
  }

  change() {
    this.pixels = this.read();
    this.undoButton.disabled = !this.canUndo;
    this.onChange(this.pixels);
  }

  /** Draws one piece of a stroke, from the point before number i to it: a movement of the pointer draws no more. */
  drawSegment(/** @type {Stroke} */ { colour, width, points }, /** @type {number} */ i) {
    const { context } = this;
    Object.assign(context, { strokeStyle: colour, lineWidth: width, lineCap: "round", lineJoin: "round" });
    context.beginPath();
    context.moveTo(...points[Math.max(0, i - 1)]);
    context.lineTo(...points[i]);
    context.stroke();
  }

  repaint() {
    const { context, surface, marks } = this;
    context.fillStyle = "#000000";
    context.fillRect(0, 0, surface.width, surface.height);
    const from = marks.findLastIndex(({ kind }) => kind !== "stroke");
    for (const mark of marks.slice(Math.max(0, from))) {
      if (mark.kind === "image") this.paintImage(mark);
      else if (mark.kind === "stroke") mark.points.forEach((_, i) => this.drawSegment(mark, i));
    }
    this.undoButton.disabled = !this.canUndo;
  }

  paintImage(/** @type {LoadedImage} */ { pixels, imageShape }) {
    const { surface } = this;
    const image = this.context.createImageData(surface.width, surface.height);
    const [channels, height, width] = imageShape;
    for (let i = 0; i < surface.width * surface.height; i++) {
      const x = Math.floor(((i % surface.width) * width) / surface.width),
        y = Math.floor((Math.floor(i / surface.width) * height) / surface.height);
      for (let c = 0; c < 3; c++) {
        image.data[4 * i + c] = pixels[(channels === 3 ? c : 0) * width * height + y * width + x];
      }
      image.data[4 * i + 3] = 255;
    }
    this.context.putImageData(image, 0, 0);
  }

  /** The surface as an image of the model's size, and the dashed box around what was found on it. */
  read() {
    const { surface, imageShape } = this;
    const { data } = this.context.getImageData(0, 0, surface.width, surface.height);
    const { width, height } = surface;
    const planes = Array.from({ length: imageShape[0] }, (_, c) => planeOf(data, c));
    const frame = this.centred.checked ? this.frame : null;
    const found = frame && framed(planes, width, height, imageShape, frame);
    this.showBox(found?.box);
    const pixels = found?.pixels ?? resized(planes, surface.width, surface.height, imageShape);
    return this.inverted.checked ? pixels.map((value) => 255 - value) : pixels;
  }

  showBox(/** @type {Box | undefined} */ box) {
    this.box.hidden = !box;
    if (!box) return;
    const { width, height } = this.surface;
    const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(2)}%`;
    Object.assign(this.box.style, {
      left: percent(box.left / width),
      top: percent(box.top / height),
      width: percent(box.width / width),
      height: percent(box.height / height),
    });
  }

  // — pointer and keys —

  listen() {
    const { surface } = this;
    surface.addEventListener("pointerdown", (event) => {
      if (this.stroke || (event.button !== 0 && event.button !== PEN_ERASER)) return;
      event.preventDefault(); // no text selection, no scrolling
      surface.focus({ preventScroll: true });
      surface.setPointerCapture(event.pointerId);
      this.pointer = event.pointerId;
      this.hideCursor();
      this.begin(this.place(event), event.button === PEN_ERASER);
    });
    surface.addEventListener("pointermove", (event) => {
      if (!this.stroke || event.pointerId !== this.pointer) return;
      const events = event.getCoalescedEvents?.() ?? [];
      this.extend((events.length ? events : [event]).map((each) => this.place(each)));
    });
    const end = (/** @type {PointerEvent} */ event) => {
      if (event.pointerId === this.pointer) this.end();
    };
    surface.addEventListener("pointerup", end);
    surface.addEventListener("pointercancel", end);
    surface.addEventListener("lostpointercapture", end);
    surface.addEventListener("keydown", (event) => this.onKey(event));
    surface.addEventListener("blur", () => {
      this.hideCursor();
      this.end();
    });
  }

  /**
   * Where an event happened on the surface.
   *
   * @returns {Point}
   */
  place(/** @type {MouseEvent} */ { clientX, clientY }) {
    const box = this.surface.getBoundingClientRect();
    const { width, height } = this.surface;
    return [((clientX - box.left) / box.width) * width, ((clientY - box.top) / box.height) * height];
  }

  /** Arrow keys move a pen; the space key puts it down and lifts it. */
  onKey(/** @type {KeyboardEvent} */ event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") this.undo();
    else if (event.key === " ") this.putPen(!this.pen.down);
    else if (event.key === "Escape" && this.pen.down) this.putPen(false);
    else if (event.key in ARROWS) this.movePen(event);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  putPen(/** @type {boolean} */ down) {
    this.pen.down = down;
    if (down) this.begin([this.pen.x * this.scale, this.pen.y * this.scale], false);
    else this.end();
    this.showCursor();
  }

  movePen(/** @type {KeyboardEvent} */ { key, shiftKey }) {
    const step = shiftKey ? BIG_KEY_STEP : KEY_STEP;
    const [across, down] = ARROWS[key];
    const [, height, width] = this.imageShape;
    const { pen, scale } = this;
    pen.x = Math.max(0, Math.min(width, pen.x + step * across));
    pen.y = Math.max(0, Math.min(height, pen.y + step * down));
    if (pen.down) this.extend([[pen.x * scale, pen.y * scale]]);
    this.showCursor();
  }

  showCursor() {
    const [, height, width] = this.imageShape;
    this.cursor.hidden = false;
    this.cursor.classList.toggle("down", this.pen.down);
    Object.assign(this.cursor.style, {
      left: `${(100 * this.pen.x) / width}%`,
      top: `${(100 * this.pen.y) / height}%`,
    });
  }

  hideCursor() {
    this.cursor.hidden = true;
    this.pen.down = false;
  }

  // — the page —

  build(/** @type {string} */ label, /** @type {boolean} */ colour) {
    const [, height, width] = this.imageShape;
    this.surface.className = "drawing-surface";
    this.surface.setAttribute("role", "application");
    this.surface.ariaLabel = t`${label}. Draw with mouse, finger or pen; or arrow keys move a pen, space puts it down and lifts it.`;
    const place = element("div", { className: "drawing-place" }, this.surface, this.box, this.cursor);
    place.style.aspectRatio = `${width} / ${height}`;
    return element("div", { className: "drawing" }, place, this.buildTools(colour));
  }

  buildTools(/** @type {boolean} */ colour) {
    this.rubber.ariaPressed = "false";
    const tools = element("div", { className: "drawing-tools", role: "toolbar", ariaLabel: t("Drawing") });
    tools.append(
      this.undoButton,
      button(t("Clear"), t("Empty the pad"), () => this.clear()),
      this.rubber,
    );
    tools.append(this.buildWidth());
    if (colour) tools.append(this.buildColour());
    tools.append(this.buildCentred(), this.buildInverted());
    return tools;
  }

  buildWidth() {
    const [, height, width] = this.imageShape;
    const range = { min: 0.5, max: Math.max(width, height) / 4, step: 0.1, value: this.lineWidth };
    const slider = rangeField(range);
    const shown = element("output", {}, `${this.lineWidth.toFixed(1)} px`);
    slider.addEventListener("input", () => {
      this.lineWidth = Number(slider.value);
      shown.textContent = `${this.lineWidth.toFixed(1)} px`;
    });
    return element("label", { title: t("Line width, in pixels of the model's image") }, t("Line "), slider, shown);
  }

  buildColour() {
    const input = element("input", { type: "color", value: this.colour });
    input.addEventListener("input", () => {
      this.colour = input.value;
    });
    return element("label", {}, t("Colour "), input);
  }

  buildCentred() {
    this.centred.addEventListener("change", () => {
      this.change();
      this.onRelease();
    });
    const { frame } = this;
    this.centredLabel = element("label", { hidden: !frame }, this.centred, t("Centre and scale like the data set"));
    if (frame)
      this.centredLabel.title = t`Fits the drawing into ${frame.side}×${frame.side} pixels and moves its centre of mass to the middle`;
    return this.centredLabel;
  }

  /** The switch for centring is elsewhere, or here again. */
  hideCentred(/** @type {boolean} */ hidden) {
    if (this.centredLabel) this.centredLabel.hidden = hidden || this.frame === null;
  }

  buildInverted() {
    this.inverted.addEventListener("change", () => {
      this.surface.classList.toggle("inverted", this.inverted.checked);
      this.change();
      this.onRelease();
    });
    const title = t("The data set's images are dark on bright");
    return element("label", { title, hidden: !this.bright }, this.inverted, t("Invert"));
  }
}

function planeOf(/** @type {Uint8ClampedArray} */ rgba, /** @type {number} */ channel) {
  const plane = new Float32Array(rgba.length / 4);
  for (let i = 0; i < plane.length; i++) plane[i] = rgba[4 * i + channel];
  return plane;
}
