/** What the model sees, its reconstruction and the error, the loss in numbers, and samples of q(z|x). */

import { BRIGHTER, DARKER, drawDifference, drawGrid, drawPicture, reserve } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { help } from "../lib/glossary.js";
import { AT_MEAN, percent } from "./remarks.js";

/** @import { ImageShape } from "../lib/contract.js" */
/** @import { Loss } from "./remarks.js" */

/** @typedef {"mean" | "sample" | "evaluation"} Mode which z is decoded; "evaluation": the image's fixed sample */
/** @typedef {Loss & { pixels: Uint8Array, noise: Float32Array | null }} Shown of one z; noise: null for the mean */

/**
 * @typedef {object} Listeners
 * @property {(mode: Mode) => void} onMode
 * @property {(k: number) => void} onSample the user chose sample k
 * @property {() => void} onDrawAgain the user wants other samples
 */

export const SAMPLES = 8;

export class Pictures {
  input = element("canvas", { role: "img", ariaLabel: "The image as the model sees it" });
  output = element("canvas", { role: "img", className: "output", ariaLabel: "The reconstruction" });
  error = element("canvas", {
    role: "img",
    className: "difference",
    ariaLabel: "Error map: reconstruction minus input",
  });
  outputTitle = element("span");
  errorText = element("span");
  sumName = element("span");
  elboHelp = help("−ELBO");
  fixedName = element("span");
  score = element("b");
  reconstruction = element("b");
  kl = element("b");
  chosenZ = element("span", { className: "at" });
  /** @type {Mode} */
  mode = "evaluation";
  sampleAt = 0; // number of the chosen sample
  point = false; // whether the model is a plain autoencoder
  evaluated = false; // whether the fixed sample is the evaluation's
  remarks = element("p", { className: "caption remarks" });
  samples = element("canvas", { role: "img", ariaLabel: `${SAMPLES} decoded samples of q(z|x)` });
  notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
  difference = 0; // mean absolute error, in parts of the grey range

  /** @param {Listeners} listeners */
  constructor({ onMode, onSample, onDrawAgain }) {
    const radio = (/** @type {Mode} */ mode) => {
      const input = element("input", { type: "radio", name: "mode", checked: mode === "evaluation" });
      input.addEventListener("change", () => onMode(mode));
      return input;
    };
    this.modes = { mean: radio("mean"), sample: radio("sample"), evaluation: radio("evaluation") };
    this.thumbs = Array.from({ length: SAMPLES }, (_, k) => {
      const name = `Show sample ${k + 1}`,
        onclick = () => onSample(k);
      return element("button", { type: "button", className: "thumb", ariaLabel: name, title: name, onclick });
    });
    const parts = [this.buildRow(), this.buildNumbers(), this.buildSamples(onDrawAgain)];
    this.element = element("div", { className: "pictures" }, ...parts);
  }

  buildRow() {
    const figure = (/** @type {HTMLCanvasElement} */ canvas, /** @type {(Node | string)[]} */ ...caption) =>
      element("figure", {}, canvas, element("figcaption", {}, ...caption));
    const error = element(
      "span",
      { title: "Reconstruction minus x: the colour says whether it is brighter or darker, its strength is mean |Δ|" },
      "Error: ",
      this.errorText,
    );
    const ramp = element("span", { className: "scale", title: "Difference of grey value, in parts of the full range" });
    ramp.append("−0.5", element("span", { className: "ramp" }), "+0.5");
    return element(
      "div",
      { className: "row" },
      figure(this.input, "x: what the model sees"),
      figure(this.output, this.outputTitle),
      figure(this.error, error, ramp),
    );
  }

  buildNumbers() {
    const title = "Lower is better. An upper bound on −log p(x), on average over samples; at z = μ it is none";
    const numbers = element("p", { className: "numbers" });
    numbers.append(
      element("span", { className: "term sum", title }, this.sumName, " ", this.score, this.elboHelp),
      element("span", { className: "sign" }, " = "),
      element("span", { className: "term reconstruction" }, "reconstruction ", this.reconstruction),
      element("span", { className: "sign" }, " + "),
      element("span", { className: "term kl" }, "KL ", this.kl, help("KL")),
      " nats, computed now",
      this.chosenZ,
    );
    return element("div", {}, numbers, this.remarks);
  }

  /** @param {() => void} onDrawAgain */
  buildSamples(onDrawAgain) {
    const group = element("div", { className: "modes", role: "radiogroup", ariaLabel: "What is decoded" });
    group.append(
      "Decode ",
      element("label", {}, this.modes.evaluation, this.fixedName),
      element("label", {}, this.modes.sample, "a sample μ + σε"),
      element("label", {}, this.modes.mean, "the mean μ"),
      element("button", { type: "button", title: "Other noise for the samples", onclick: onDrawAgain }, "Draw again"),
    );
    const strip = element("div", { className: "strip", role: "group", ariaLabel: "Samples of q(z|x)" });
    strip.append(this.samples, ...this.thumbs);
    return element("div", { className: "sampling" }, group, strip);
  }

  /** @param {ImageShape} imageShape of the next pictures */
  setModel(imageShape) {
    for (const canvas of [this.input, this.output, this.error]) reserve(canvas, imageShape);
    reserve(this.samples, imageShape, SAMPLES);
  }

  /**
   * @param {Mode} mode
   * @param {number} sampleAt number of the chosen sample
   * @param {boolean} point whether the model is a plain autoencoder
   */
  showMode(mode, sampleAt, point) {
    Object.assign(this, { mode, sampleAt, point });
    for (const radio of Object.values(this.modes)) radio.checked = radio === this.modes[mode];
    this.thumbs.forEach((thumb, k) => thumb.classList.toggle("chosen", mode === "sample" && k === sampleAt));
    this.nameMode();
  }

  /** @param {boolean} evaluated whether the image's fixed sample is the evaluation's */
  nameFixed(evaluated) {
    if (evaluated === this.evaluated) return;
    this.evaluated = evaluated;
    this.nameMode();
  }

  nameMode() {
    const fixed = this.evaluated ? "the evaluation's sample" : "one fixed sample";
    this.fixedName.textContent = fixed;
    const from = { mean: "from μ", sample: `of sample ${this.sampleAt + 1}`, evaluation: `of ${fixed}` }[this.mode];
    this.outputTitle.textContent = `Reconstruction ${this.point ? "of the code" : from}`;
  }

  /**
   * @param {Uint8Array} pixels
   * @param {ImageShape} imageShape
   * @param {boolean} movable whether there is a patch to move
   */
  showInput(pixels, imageShape, movable) {
    drawPicture(this.input, pixels, imageShape);
    this.input.classList.toggle("movable", movable);
  }

  /**
   * @param {Shown} shown
   * @param {Uint8Array} input
   * @param {ImageShape} imageShape
   */
  showOutput(shown, input, imageShape) {
    drawPicture(this.output, shown.pixels, imageShape);
    this.difference = drawDifference(this.error, shown.pixels, input, imageShape, BRIGHTER, DARKER);
    this.output.dataset.nats = `${shown.reconstruction},${shown.kl}`; // unrounded, for tests
  }

  /**
   * @param {Uint8Array} pixels
   * @param {ImageShape} imageShape
   */
  showSamples(pixels, imageShape) {
    drawGrid(this.samples, pixels, imageShape, SAMPLES, SAMPLES, 0);
  }

  /**
   * @param {Loss & { noise: Float32Array | null }} shown noise: null for the mean
   * @param {string} remarks
   */
  showNumbers({ reconstruction, kl, noise }, remarks) {
    this.sumName.textContent = noise ? "−ELBO" : AT_MEAN;
    this.elboHelp.hidden = !noise;
    this.score.textContent = (reconstruction + kl).toFixed(2);
    this.reconstruction.textContent = reconstruction.toFixed(2);
    this.kl.textContent = kl.toFixed(2);
    this.chosenZ.textContent = noise ? ", one sample z" : "";
    this.errorText.textContent = `mean |Δ| ${percent(this.difference)}`;
    this.remarks.textContent = remarks;
  }

  /** @param {string} text a problem, or "" */
  showNotice(text) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }
}
