/** What the model sees, its reconstruction and the error, the loss in numbers, and samples of q(z|x). */

import { BRIGHTER, DARKER, drawDifference, drawGrid, drawPicture, reserve } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { help, natsText } from "../lib/glossary.js";
import { t } from "../lib/words.js";
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
const PER_ROW = 4; // samples

export class Pictures {
  input = element("canvas", { role: "img", ariaLabel: t("The image as the model sees it") });
  output = element("canvas", { role: "img", className: "output", ariaLabel: t("The reconstruction") });
  error = element("canvas", {
    role: "img",
    className: "difference",
    ariaLabel: t("Error map: reconstruction minus input"),
  });
  outputTitle = element("span");
  optimised = false; // whether the picture is of another mean than the encoder's
  words = ""; // the model in words, where others stand beside it
  errorName = element("span", {}, t("Error: "));
  errorText = element("span", {}, t("mean |Δ| …")); // as many lines as with the number
  sumName = element("span");
  likelihood = "";
  loss = { reconstruction: 0, kl: 0 }; // as the numbers say
  elboHelp = help("−ELBO", () => this.measured());
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
  samples = element("canvas", { role: "img", ariaLabel: t`${SAMPLES} decoded samples of q(z|x)` });
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
      const name = t`Show sample ${k + 1}`,
        onclick = () => onSample(k);
      const thumb = element("button", { type: "button", className: "thumb", ariaLabel: name, title: name, onclick });
      thumb.style.gridArea = `${1 + Math.floor(k / PER_ROW)} / ${1 + (k % PER_ROW)}`;
      return thumb;
    });
    this.outputFigure = captioned(this.output, this.outputTitle);
    this.errorFigure = captioned(this.error, ...this.buildErrorCaption());
    const input = captioned(this.input, t("x: what the model sees"));
    this.row = element("div", { className: "pictures" }, input, this.outputFigure, this.errorFigure);
    this.numbers = this.buildNumbers();
    this.sampling = this.buildSamples(onDrawAgain);
  }

  buildErrorCaption() {
    const error = element(
      "span",
      {
        title: t("Reconstruction minus x: the colour says whether it is brighter or darker, its strength is mean |Δ|"),
      },
      this.errorName,
      this.errorText,
      help("mean |Δ|", () => ({ delta: percent(this.difference) })),
    );
    const ramp = element("span", {
      className: "scale",
      title: t("Difference of grey value, in parts of the full range"),
    });
    ramp.append("−0.5", element("span", { className: "ramp" }), "+0.5");
    return [error, ramp];
  }

  buildNumbers() {
    const title = t("Lower is better. An upper bound on −log p(x), on average over samples; at z = μ it is none");
    const numbers = element("p", { className: "numbers" });
    const how = element(
      "span",
      { className: "how" },
      " nats",
      element("span", { className: "small-print" }, t(", computed now"), this.chosenZ),
    );
    numbers.append(
      element("span", { className: "term sum", title }, this.sumName, " ", this.score, this.elboHelp),
      element("span", { className: "sign" }, " = "),
      element(
        "span",
        { className: "term reconstruction" },
        t("reconstruction "),
        this.reconstruction,
        help("reconstruction error", () => this.measured()),
      ),
      element("span", { className: "sign" }, " + "),
      element(
        "span",
        { className: "term kl" },
        "KL ",
        this.kl,
        help("KL", () => this.measured()),
      ),
      how,
    );
    return element("div", { className: "loss-terms" }, numbers, this.remarks);
  }

  /** @param {() => void} onDrawAgain */
  buildSamples(onDrawAgain) {
    const group = element("div", { className: "segmented", role: "radiogroup", ariaLabel: t("What is decoded") });
    group.append(
      element("label", {}, this.modes.evaluation, this.fixedName),
      element("label", {}, this.modes.sample, element("span", {}, t("A sample μ + σε"))),
      element("label", {}, this.modes.mean, element("span", {}, t("The mean μ"))),
    );
    const title = t("Other noise for the samples");
    const again = element("button", { type: "button", title, onclick: onDrawAgain }, t("Draw again"));
    const strip = element("div", { className: "strip", role: "group", ariaLabel: t("Samples of q(z|x)") });
    strip.append(this.samples, ...this.thumbs);
    return element("section", { className: "sampling" }, element("h2", {}, t("Decode")), group, strip, again);
  }

  /**
   * @param {ImageShape} imageShape of the next pictures
   * @param {string} likelihood
   */
  setModel(imageShape, likelihood) {
    this.likelihood = likelihood;
    for (const canvas of [this.input, this.output, this.error]) reserve(canvas, imageShape);
    reserve(this.samples, imageShape, SAMPLES, SAMPLES / PER_ROW);
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

  /** @param {string} words the model in words, where others stand beside it; else "" */
  nameModel(words) {
    this.words = words;
    this.errorName.textContent = words ? t`Error of ${words}: ` : t("Error: ");
    this.nameMode();
  }

  /** @param {boolean} evaluated whether the image's fixed sample is the evaluation's */
  nameFixed(evaluated) {
    if (evaluated === this.evaluated) return;
    this.evaluated = evaluated;
    this.nameMode();
  }

  nameMode() {
    this.optimised = false;
    this.fixedName.textContent = this.evaluated ? t("The evaluation's sample") : t("One fixed sample");
    const fixed = this.evaluated ? t("evaluation's sample") : t("fixed sample");
    const from = { mean: t("mean μ"), sample: t`sample ${this.sampleAt + 1}`, evaluation: fixed }[this.mode];
    this.outputTitle.textContent = this.words || (this.point ? t("Reconstruction") : t`Reconstruction: ${from}`);
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
    if (this.optimised) this.nameMode();
    this.output.dataset.nats = `${shown.reconstruction},${shown.kl}`; // unrounded, for tests
  }

  /**
   * The picture of another mean than the encoder's.
   *
   * @param {Uint8Array} pixels
   * @param {Uint8Array} input
   * @param {ImageShape} imageShape
   */
  showOptimised(pixels, input, imageShape) {
    drawPicture(this.output, pixels, imageShape);
    this.difference = drawDifference(this.error, pixels, input, imageShape, BRIGHTER, DARKER);
    this.errorText.textContent = t`mean |Δ| ${percent(this.difference)}`;
    this.optimised = true;
    this.outputTitle.textContent = t("Mean of the optimised q");
  }

  /**
   * @param {Uint8Array} pixels
   * @param {ImageShape} imageShape
   */
  showSamples(pixels, imageShape) {
    drawGrid(this.samples, pixels, imageShape, SAMPLES, PER_ROW, 0);
  }

  /**
   * @param {Loss & { noise: Float32Array | null }} shown noise: null for the mean
   * @param {string} remarks
   */
  showNumbers({ reconstruction, kl, noise }, remarks) {
    this.loss = { reconstruction, kl };
    this.sumName.textContent = noise ? "−ELBO" : AT_MEAN;
    this.elboHelp.hidden = !noise;
    this.score.textContent = (reconstruction + kl).toFixed(2);
    this.reconstruction.textContent = reconstruction.toFixed(2);
    this.kl.textContent = kl.toFixed(2);
    this.chosenZ.textContent = noise ? t(", one sample z") : "";
    this.errorText.textContent = t`mean |Δ| ${percent(this.difference)}`;
    this.remarks.textContent = remarks;
  }

  /** What stands in the formulas of the loss. */
  measured() {
    const { reconstruction, kl } = this.loss;
    const texts = { sum: natsText(reconstruction + kl), reconstruction: natsText(reconstruction), kl: natsText(kl) };
    return { ...texts, likelihood: this.likelihood };
  }

  /** @param {string} text a problem, or "" */
  showNotice(text) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {(Node | string)[]} caption
 */
function captioned(canvas, ...caption) {
  return element("figure", {}, element("figcaption", {}, ...caption), canvas);
}
