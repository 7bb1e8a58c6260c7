/** The image that the page is about: a pad to draw on, and what the user loads onto it. */

import { element } from "../lib/dom.js";
import { DrawingPad } from "../lib/drawing.js";
import { isRow, readPixels } from "../lib/following.js";
import { recall, remember } from "../lib/kept-picture.js";
import { PhotoSteps } from "../lib/photo-steps.js";
import { readPicture } from "../lib/upload.js";
import { t } from "../lib/words.js";
import { Picker } from "./picker.js";
import { titleOf } from "./remarks.js";

/** @import { DrawingFrame, ImageShape } from "../lib/contract.js" */
/** @import { EncodedSet, TestRows } from "../lib/encoded-set.js" */
/** @import { Kept, Upload } from "../lib/kept-picture.js" */
/** @import { Source } from "./remarks.js" */

/**
 * What the input needs of a model. image: the test image of all pages, null until one is chosen; own: whether a picture of
 * the user's own comes before it.
 *
 * @typedef {object} InputData
 * @property {ImageShape} image_shape
 * @property {DrawingFrame | null} frame
 * @property {boolean} bright whether the data set's images are dark on bright
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
  /** The newest picture of another page. @type {Uint8Array | null} */
  followed = null;
  /** @type {TestSet | null} */
  testSet = null;
  fileName = ""; // of the upload, and its size

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
    this.steps = new PhotoSteps(() => this.loadDeveloped());
    this.message = element("p", { className: "message", role: "status", ariaLive: "polite", hidden: true });
    this.padPlace = element("div", { className: "pad-place" });
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
    this.testSet = this.wantedImage = null;
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
    const { loaded, steps, fileName: name } = this;
    const title =
      loaded.kind === "test" ? t`test image ${loaded.index}` : loaded.kind === "drawing" ? "" : loaded.title;
    return { ...pad.state, title, upload: steps.chosen && { ...steps.chosen, name } };
  }

  /** @param {Kept} kept */
  restore({ title, upload, ...state }) {
    if (upload) {
      const { base, centred } = this.develop(upload);
      this.loaded = this.uploadSource();
      this.pad.restore({ ...state, marks: [{ kind: "image", ...base }, ...state.marks.slice(1)], centred });
    } else {
      this.loaded = title ? { kind: "upload", title } : DRAWING;
      this.pad.restore(state);
    }
    this.source = this.pad.wasCleared ? DRAWING : this.loaded;
    this.showSteps();
  }

  newPad() {
    const { image_shape: imageShape, frame, bright } = this.data;
    const [onChange, onRelease] = [() => this.drawn(), () => this.keep()];
    const pad = new DrawingPad({ imageShape, frame, bright, onChange, onRelease, label: t("Input image") });
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
    const { wantedImage, data } = this;
    if (wantedImage !== null && wantedImage < images) void this.showImage(wantedImage, false);
    else if (this.source.kind === "drawing" && this.pad.empty) this.begin(Math.min(data.image ?? 0, images - 1));
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

  /**
   * Shows the image of another page, and keeps the user's own.
   *
   * @param {unknown} image number of a test image
   * @param {unknown} picture its pixels as base64, where it is none
   * @param {unknown} [noiseOf] number of the test image with whose noise z is sampled
   */
  async follow(image, picture, noiseOf) {
    const { source, pad, data, testSet } = this;
    const pixels = readPixels(picture, data.image_shape);
    const images = testSet?.encoded.images ?? Number.MAX_SAFE_INTEGER;
    if (isRow(image, images)) {
      const isShown = source.kind === "test" && source.index === image && !pad.canUndo;
      if (!isShown) await this.showImage(image, false);
    } else if (pixels) {
      this.wantedImage = null;
      this.followed = pixels;
      const noise = testSet?.noise && isRow(noiseOf, images) ? await testSet.noise.load(noiseOf) : null;
      if (this.followed !== pixels || testSet !== this.testSet || this.wantedImage !== null) return;
      this.place(pixels, { kind: "other", title: t("Your teacher's picture"), noise: noise && floats(noise) });
    }
  }

  /**
   * @param {number} i
   * @param {boolean} [chosen] whether it takes the place of the user's own picture
   */
  async showImage(i, chosen = true) {
    this.wantedImage = i;
    const { testSet } = this;
    if (!testSet) return;
    const [pixels, noise] = await Promise.all([testSet.images.load(i), testSet.noise?.load(i)]);
    if (this.wantedImage !== i || testSet !== this.testSet) return;
    if (!pixels) return this.say(t`The server does not have the picture of test image ${i}.`);
    /** @type {Source} */
    const source = { kind: "test", index: i, noise: noise ? floats(noise) : null };
    if (chosen) this.load(pixels, source);
    else this.place(pixels, source);
  }

  draw() {
    this.wantedImage = null;
    this.pad.clear();
    this.pad.surface.focus({ preventScroll: true });
    this.pad.surface.scrollIntoView({ block: "nearest" }); // on a phone the button is a screen below the pad
  }

  /** The user changed the pad. A test image that was drawn on is still that image; an emptied pad is none. */
  drawn() {
    this.source = this.pad.wasCleared ? DRAWING : this.loaded;
    this.showSteps();
    this.say("");
    this.onChange();
  }

  /** @param {File} file */
  async upload(file) {
    this.wantedImage = null;
    try {
      const { photo, width, height } = await readPicture(file);
      const { base, centred } = this.develop({ photo, changed: {}, name: `${file.name}, ${width}×${height} pixels` });
      this.loadDeveloped();
      if (!this.data.frame || centred || !isBright(base.pixels)) return;
      this.say(t`${this.title()}. No ink was found on it: it is taken as it is.`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.say(error.message);
    }
  }

  /**
   * What an upload becomes for this model.
   *
   * @param {Upload} upload
   */
  develop({ name, ...chosen }) {
    const { image_shape: imageShape, frame, bright } = this.data;
    this.fileName = name;
    return this.steps.show(chosen, { imageShape, frame, bright });
  }

  loadDeveloped() {
    const { result } = this.steps;
    if (!result) return;
    const { base, centred } = result;
    this.load(base.pixels, this.uploadSource(), { centred, imageShape: base.imageShape });
  }

  /** @returns {Source} */
  uploadSource() {
    const [, height, width] = this.data.image_shape;
    const scaled = this.steps.result?.centred ? "" : t`, scaled to ${width}×${height}`;
    return { kind: "upload", title: this.fileName + scaled };
  }

  /** The upload's steps are there while it is on the pad, in place of the pad's own switch. */
  showSteps() {
    const shown = this.steps.chosen !== null && this.source.kind === "upload";
    this.steps.element.hidden = !shown;
    this.pad.hideCentred(shown);
  }

  /**
   * @param {Uint8Array} pixels
   * @param {Source} source
   * @param {{centred?: boolean, imageShape?: ImageShape}} [options] see DrawingPad.load
   */
  load(pixels, source, options) {
    this.place(pixels, source, { ...options, kept: true });
  }

  /**
   * As `load`; kept: whether as the user's own.
   *
   * @param {Uint8Array} pixels
   * @param {Source} source
   * @param {{centred?: boolean, imageShape?: ImageShape, kept?: boolean}} [options]
   */
  place(pixels, source, { kept = false, ...options } = {}) {
    this.source = this.loaded = source;
    this.say("");
    if (source.kind !== "upload") this.steps.clear();
    this.pad.load(pixels, options);
    this.showSteps();
    if (kept) this.keep();
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
    this.message.textContent = text;
    this.message.hidden = !text;
  }

  /** What is still loading is not shown. */
  close() {
    this.wantedImage = null;
  }
}

/** @param {Uint8Array} bytes of float32 numbers */
function floats(bytes) {
  return new Float32Array(bytes.slice().buffer);
}

/** @param {Uint8Array} pixels */
function isBright(pixels) {
  return pixels.reduce((sum, value) => sum + value, 0) / pixels.length > 127;
}
