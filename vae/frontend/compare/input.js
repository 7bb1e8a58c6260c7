/**
 * The picture that all models are given: a test image, or a drawing.
 *
 * @import { DrawingFrame, ImageShape } from "../lib/contract.js"
 * @import { Input as Picture } from "./reconstructions.js"
 *
 * @typedef {object} InputData
 * @property {string} base
 * @property {string} model
 * @property {ImageShape} image_shape
 * @property {DrawingFrame | null} frame
 * @property {boolean} bright
 * @property {number} test_images
 * @property {string[]} class_names
 */

import { toBase64 } from "../lib/bytes.js";
import { button, element, say } from "../lib/dom.js";
import { DrawingPad } from "../lib/drawing.js";
import { TestRows } from "../lib/encoded-set.js";
import { numberField } from "../lib/fields.js";
import { isRow, readPixels } from "../lib/following.js";
import { recall, remember } from "../lib/kept-picture.js";
import { t } from "../lib/words.js";

export class Input {
  /** The test image on the pad; null for a drawing. @type {number | null} */
  row = null;
  base = ""; // what the drawing is on, "" for nothing
  wanted = -1; // the test image to show when its pixels are there
  /** ε of the evaluation's sample of the test image. @type {Float32Array | null} */
  noise = null;
  /** @type {ArrayLike<number>} classes of the test images */
  labels = [];
  /** @type {DrawingPad | null} */
  pad = null;
  /** @type {InputData | null} */
  data = null;

  /**
   * @param {object} listeners
   * @param {() => void} listeners.onChange the picture is another
   * @param {(row: number | null) => void} listeners.onChoice the user chose a test image, or drew
   */
  constructor({ onChange, onChoice }) {
    this.onChange = onChange;
    this.onChoice = onChoice;
    this.title = element("span", { className: "title", role: "status", ariaLive: "polite" });
    this.field = numberField({ whole: true, min: "0", max: "0", ariaLabel: t("Test image") });
    this.field.addEventListener("change", () => this.choose(this.field.read()));
    this.padPlace = element("div", { className: "pad-place" });
    this.message = element("p", { className: "message", role: "status", ariaLive: "polite", hidden: true });
    this.picker = element(
      "div",
      { className: "picker", role: "toolbar", ariaLabel: t("Input image") },
      element("label", {}, t("Test image "), this.field),
      button("‹", t("Previous test image"), () => this.step(-1), t("Previous test image")),
      button("›", t("Next test image"), () => this.step(1), t("Next test image")),
      button(t("Draw"), t("Empty the pad and draw"), () => this.draw(), t("Draw your own")),
    );
  }

  /**
   * @param {InputData} data
   * @param {ArrayLike<number>} labels
   * @param {{model: string, latent_dim: number}} evaluated a model that samples: those of one size draw the same ε
   */
  setModel(data, labels, { model: sampling, latent_dim: latentDim }) {
    const before = this.data;
    const { base, model, image_shape: imageShape, frame, bright, test_images: count } = data;
    this.data = data;
    this.labels = labels;
    this.field.max = `${count - 1}`;
    const address = (/** @type {string} */ what, /** @type {string} */ name) =>
      `${base}/live/${what}?model=${encodeURIComponent(name)}`;
    this.images = new TestRows(address("images", model), count, imageShape);
    this.noises = new TestRows(address("noise", sampling), count, [4 * latentDim]);
    const same = before && `${before.image_shape}` === `${imageShape}` && before.bright === bright;
    if (this.pad && same) return;
    this.pad = new DrawingPad({
      imageShape,
      frame,
      bright,
      onChange: () => this.drawn(),
      onRelease: () => this.keep(),
      label: t("Input image"),
    });
    this.padPlace.replaceChildren(this.pad.element);
  }

  /** @returns {Picture | null} */
  get picture() {
    if (!this.pad) return null;
    const label = this.row === null ? null : (this.labels[this.row] ?? null);
    return { pixels: this.pad.pixels, label, noise: this.noise };
  }

  /** Shows a test image that a link or another page chose. @param {number} row */
  async show(row) {
    const { images, noises, data } = this;
    if (!images || !noises || row === this.wanted) return;
    this.wanted = row;
    const [pixels, noise] = await Promise.all([images.load(row), noises.load(row)]);
    if (this.wanted !== row || images !== this.images || !this.pad || !data) return;
    if (!pixels) return this.tell(t`There is no picture of test image ${row} here, only of the first ones.`);
    this.row = row;
    this.noise = noise ? new Float32Array(noise.slice().buffer) : null;
    this.tell("");
    this.pad.load(pixels);
    this.base = t`test image ${row}`;
    this.field.show(row);
    this.name();
    this.onChange();
  }

  /** Shows the picture that the tab keeps; false where there is none. */
  restore() {
    const kept = recall();
    if (!kept || !this.pad) return false;
    this.pad.restore(kept);
    this.drawn();
    return true;
  }

  /** The picture as other pages show it: a test image, or pixels. */
  get announced() {
    const { row, pad } = this;
    return row === null ? { picture: pad && toBase64(pad.pixels) } : { image: row };
  }

  /**
   * Shows the picture of another page.
   *
   * @param {unknown} image number of a test image
   * @param {unknown} picture its pixels as base64, where it is none
   */
  follow(image, picture) {
    const { data, pad } = this;
    const pixels = data && readPixels(picture, data.image_shape);
    if (data && isRow(image, data.test_images)) void this.show(image);
    else if (pad && pixels) {
      pad.load(pixels);
      this.drawn(t("Your teacher's drawing"));
    }
  }

  /** Keeps what was drawn, for this page and others. */
  keep() {
    if (!this.pad) return;
    remember(this.pad.empty ? null : { ...this.pad.state, title: this.base, upload: null });
    this.onChoice(null);
  }

  /** @param {number} row */
  choose(row) {
    remember(null);
    void this.show(row);
    this.onChoice(row);
  }

  /** @param {number} by */
  step(by) {
    const count = this.data?.test_images ?? 1;
    this.choose(((this.row ?? (by > 0 ? -1 : 0)) + by + count) % count);
  }

  draw() {
    this.base = "";
    this.pad?.clear();
    this.pad?.surface.focus({ preventScroll: true });
  }

  /** The pad has changed: what is on it is no test image any more. */
  drawn(title = t("Your drawing")) {
    this.row = null;
    this.wanted = -1;
    this.noise = null;
    this.tell("");
    this.name(title);
    this.onChange();
  }

  name(drawing = "") {
    const { row, labels, data } = this;
    say(this.title, row === null ? drawing : t`Test image ${row} · ${data?.class_names[labels[row]] ?? ""}`);
  }

  /** @param {string} text what could not be done; "" for nothing */
  tell(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
  }
}
