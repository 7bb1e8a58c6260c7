/** The image that the page is about: a pad to draw on, and what the user loads onto it. */

import { element } from "../lib/dom.js";
import { DrawingPad } from "../lib/drawing.js";
import { readPicture } from "../lib/upload.js";
import { recall, remember } from "./memory.js";
import { Picker } from "./picker.js";
import { titleOf } from "./remarks.js";

/** @import { DrawingFrame, ImageShape } from "../lib/contract.js" */
/** @import { EncodedSet, TestRows } from "../lib/encoded-set.js" */
/** @import { Kept } from "./memory.js" */
/** @import { Source } from "./remarks.js" */

/**
 * What the input needs of a model. image: the test image of all pages, null until one is chosen; own: whether a picture of
 * the user's own comes before it.
 *
 * @typedef {object} InputData
 * @property {ImageShape} image_shape
 * @property {DrawingFrame | null} frame
 * @property {string[]} class_names
 * @property {number | null} image
 * @property {boolean} own
 */
/** @typedef {{ encoded: EncodedSet, images: TestRows, noise: TestRows | null }} TestSet */

/** @type {Source} */
const DRAWING = { kind: "drawing" };

export class Input {
  /** @type {Source} */
  source = DRAWING;
  /** @type {Source} the image on the pad before the user drew on it */
  loaded = DRAWING;
  /** @type {number | null} the test image to show when its pixels are there */
  wantedImage = null;
  /** @type {TestSet | null} */
  testSet = null;

  /**
   * @param {InputData} data
   * @param {object} listeners
   * @param {() => void} listeners.onChange the image is another
   * @param {(i: number | null) => void} listeners.onChoice the user chose a test image; null: a picture of their own
   */
  constructor(data, { onChange, onChoice }) {
    this.data = data;
    this.onChange = onChange;
    this.onChoice = onChoice;
    this.picker = new Picker({
      onImage: (i) => this.choose(i),
      onDraw: () => this.draw(),
      onFile: (file) => void this.upload(file),
    });
    this.messageText = element("span");
    this.asItIs = element("button", { type: "button", hidden: true }, "Use the picture as it is");
    const message = { className: "message", role: "status", ariaLive: "polite", hidden: true };
    this.message = element("p", message, this.messageText, " ", this.asItIs);
    this.padPlace = element("div", { className: "pad-place" });
    this.elements = [this.picker.element, this.message, this.padPlace];
    this.pad = this.newPad();
    this.own = data.own; // as Python knows it
    const kept = data.own ? recall() : null;
    if (kept) this.restore(kept);
  }

  /**
   * Takes a pad of the model's size, with what was on the one before unless that was a test image: the link has it.
   *
   * @param {InputData} data
   */
  setModel(data) {
    const { kept } = this;
    this.data = data;
    this.testSet = null;
    this.source = this.loaded = DRAWING;
    this.pad = this.newPad();
    if (kept) this.restore(kept);
  }

  /**
   * What to keep when the model or the page is another; null of an empty pad and of a test image as it is.
   *
   * @returns {Kept | null}
   */
  get kept() {
    const { source, pad } = this;
    if (pad.empty || (source.kind === "test" && !pad.canUndo)) return null;
    const title = source.kind === "test" ? `test image ${source.index}` : source.kind === "drawing" ? "" : source.title;
    return { ...pad.state, title };
  }

  /** @param {Kept} kept */
  restore({ title, ...state }) {
    this.source = this.loaded = title ? { kind: "upload", title } : DRAWING;
    this.pad.restore(state);
  }

  newPad() {
    const { image_shape: imageShape, frame } = this.data;
    const [onChange, onRelease] = [() => this.drawn(), () => this.keep()];
    const pad = new DrawingPad({ imageShape, frame, onChange, onRelease, label: "Input image" });
    this.padPlace.replaceChildren(pad.element);
    return pad;
  }

  /** Keeps what is on the pad. */
  keep() {
    const { kept } = this;
    remember(kept);
    if (!kept || this.own) return;
    this.own = true;
    this.onChoice(null);
  }

  /**
   * Shows the test image of all pages, or the first, unless something is on the pad.
   *
   * @param {TestSet} testSet
   */
  setTestSet(testSet) {
    this.testSet = testSet;
    const { labels, reconstruction, images } = testSet.encoded;
    this.picker.setModel(this.data.class_names, labels, reconstruction, images);
    if (this.source.kind === "drawing" && this.pad.empty) this.begin(Math.min(this.data.image ?? 0, images - 1));
    else this.onChange();
  }

  /**
   * Shows a test image that the user chose, in the picker or on the plane.
   *
   * @param {number} i
   */
  choose(i) {
    this.begin(i);
    this.own = false;
    this.onChoice(i);
  }

  /** @param {number} i */
  begin(i) {
    this.picker.continueFrom(i);
    void this.showImage(i);
  }

  /** @param {number} i */
  async showImage(i) {
    this.wantedImage = i;
    const { testSet } = this;
    if (!testSet) return;
    const [pixels, noise] = await Promise.all([testSet.images.load(i), testSet.noise?.load(i)]);
    if (this.wantedImage !== i || testSet !== this.testSet) return;
    if (!pixels) return this.say(`The server does not have the picture of test image ${i}.`);
    this.load(pixels, { kind: "test", index: i, noise: noise ? new Float32Array(noise.slice().buffer) : null });
  }

  draw() {
    this.wantedImage = null;
    this.pad.clear();
    this.pad.surface.focus({ preventScroll: true });
  }

  /** The user changed the pad. A test image that was drawn on is still that image; an emptied pad is none. */
  drawn() {
    this.source = this.pad.wasCleared ? DRAWING : this.loaded;
    this.say("");
    this.onChange();
  }

  /** @param {File} file */
  async upload(file) {
    this.wantedImage = null;
    const { image_shape: imageShape, frame } = this.data;
    try {
      const picture = await readPicture(file, imageShape, frame !== null);
      const { pixels, drawing } = picture;
      const size = `${file.name}, ${picture.width}×${picture.height} pixels`,
        scaled = `${size}, scaled to ${imageShape[2]}×${imageShape[1]}`;
      if (!drawing) {
        this.load(pixels, { kind: "upload", title: scaled });
        if (frame && isBright(pixels)) this.say(`${scaled}. No ink was found on it: it is taken as it is.`);
        return;
      }
      const { inverted, imageShape: drawingShape } = drawing;
      this.load(drawing.pixels, { kind: "upload", title: size }, { centred: true, imageShape: drawingShape });
      const ink = inverted ? "the paper levelled, dark ink made bright" : "the background levelled";
      this.say(`${file.name} is read as a drawing: ${ink}, stretched, and centred like the data set's images.`);
      this.asItIs.hidden = false;
      this.asItIs.onclick = () => this.load(pixels, { kind: "upload", title: scaled });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.say(error.message);
    }
  }

  /**
   * @param {Uint8Array} pixels
   * @param {Source} source
   * @param {{centred?: boolean, imageShape?: ImageShape}} [options] see DrawingPad.load
   */
  load(pixels, source, options) {
    this.source = this.loaded = source;
    this.say("");
    this.pad.load(pixels, options);
    this.keep();
    this.onChange();
  }

  title() {
    const { source, pad } = this;
    if (source.kind !== "test" || !this.testSet) return titleOf(source, pad, "", "");
    const className = this.data.class_names[this.testSet.encoded.labels[source.index]];
    return titleOf(source, pad, className, this.picker.place(source.index));
  }

  /**
   * Says what could not be done, or what to do next, until the next image.
   *
   * @param {string} text
   */
  say(text) {
    this.messageText.textContent = text;
    this.asItIs.hidden = true;
    this.message.hidden = !text;
  }

  /** What is still loading is not shown. */
  close() {
    this.wantedImage = null;
  }
}

/** @param {Uint8Array} pixels */
function isBright(pixels) {
  return pixels.reduce((sum, value) => sum + value, 0) / pixels.length > 127;
}
