/**
 * The models beside Reconstruction's own: what each makes of the same image, live, and what it costs them in nats. The page
 * loads this module when there is something to compare.
 *
 * @import { ComparedData } from "../lib/compared.js"
 * @import { Nats } from "../lib/comparison-words.js"
 * @import { ImageShape } from "../lib/contract.js"
 * @import { LiveStatus } from "../lib/live-client.js"
 * @import { Best } from "../lib/labelled.js"
 * @import { EncoderData } from "./encoding.js"
 * @import { TestSet } from "./input.js"
 * @import { Mode, Pictures } from "./pictures.js"
 * @import { Loss, Source } from "./remarks.js"
 *
 * Another model, as vae/views/reconstruction.py gives it.
 *
 * @typedef {ComparedData & Omit<EncoderData, "label"> & {latent_dim: number, class_names: string[]}} OtherModel
 *
 * What the page has from its host, as far as it concerns this module.
 *
 * @typedef {object} BesideData
 * @property {string} base
 * @property {string} model
 * @property {ImageShape} image_shape
 * @property {number[] | null} kl
 * @property {number | null} label the class that the user chose
 * @property {string} [words]
 * @property {Nats} [nats]
 * @property {OtherModel[]} [compare]
 *
 * What all models get. noise: the first model's in this mode, null for the mean; sampleAt: number of the chosen sample.
 *
 * @typedef {object} Given
 * @property {Uint8Array<ArrayBuffer>} input
 * @property {Source} source
 * @property {TestSet | null} testSet
 * @property {Mode} mode
 * @property {number} sampleAt
 * @property {Float32Array | null} noise
 *
 * @typedef {{words: string, point: boolean, sampled: boolean, className: string, label?: number}} About label: nats of the class
 * @typedef {{figure: HTMLElement, canvas: HTMLCanvasElement, title: HTMLElement, numbers: HTMLElement, words: HTMLElement,
 *   problem: HTMLElement, shown: (Loss & About) | null}} Picture
 */

import { drawPicture, reserve } from "../lib/canvas.js";
import { Compared } from "../lib/compared.js";
import { difference } from "../lib/comparison-words.js";
import { element, say } from "../lib/dom.js";
import { noticeOf } from "../lib/live-client.js";
import { gaussians } from "../lib/math.js";
import { t } from "../lib/words.js";
import { Encoder } from "./encoding.js";
import { SAMPLES } from "./pictures.js";

export class Beside {
  /** @type {Compared<OtherModel>} */
  compared = new Compared({ onStatus: (status, model) => this.showStatus(status, model) });
  /** By model. @type {Map<string, Picture>} */
  others = new Map();
  /** The samples' noise of models with another number of dimensions, by that number. @type {Map<number, Float32Array>} */
  epsilons = new Map();
  firstNumbers = element("p", { className: "nats" });
  /** @type {BesideData | null} */
  data = null;
  /** @type {Given | null} */
  given = null;

  /**
   * @param {Pictures} pictures of the first model
   * @param {() => void} onShown another model's picture came, so that the numbers are to be described
   */
  constructor(pictures, onShown) {
    this.pictures = pictures;
    this.onShown = onShown;
    pictures.outputFigure.append(this.firstNumbers);
  }

  /** @param {BesideData} data */
  update(data) {
    const { base, words = "", compare = [], image_shape: imageShape } = data;
    this.data = data;
    this.compared.update(base, compare);
    const before = this.others;
    this.others = new Map(compare.map(({ model }) => [model, before.get(model) ?? newPicture()]));
    for (const { model, words: own } of compare) {
      const { title, canvas } = this.picture(model);
      title.textContent = own;
      canvas.ariaLabel = t`The reconstruction by ${own}`;
      reserve(canvas, imageShape);
    }
    for (const [model, { figure }] of before) if (!this.others.has(model)) figure.remove();
    for (const { figure } of this.others.values()) this.pictures.errorFigure.before(figure);
    this.pictures.nameModel(words);
    this.pictures.row.dataset.models = `${1 + compare.length}`;
    if (this.given) this.reconstruct(this.given);
  }

  /** Has all other models reconstruct the same image: called at every step of the pointer. @param {Given} given */
  reconstruct(given) {
    this.given = given;
    for (const { data: other, client } of this.compared.models) {
      const encoder = new Encoder(client, { ...other, label: other.classes ? (this.data?.label ?? null) : null });
      const noise = noiseFor(other, given, () => this.samplesOf(other.latent_dim));
      const labels = encoder.candidateLabels(given.source, given.testSet);
      void encoder
        .reconstruct(given.input, labels, noise, "beside")
        .then((best) => best && this.show(other, best, noise));
    }
  }

  /**
   * @param {OtherModel} other
   * @param {Best} best
   * @param {Float32Array | null} noise
   */
  show(other, { label, reconstruction, kl, pixels }, noise) {
    const picture = this.others.get(other.model);
    if (!picture || !this.data) return;
    drawPicture(picture.canvas, pixels, this.data.image_shape);
    picture.canvas.dataset.nats = `${reconstruction},${kl}`; // unrounded, for tests
    const className = label === null ? "" : other.class_names[label];
    const about = { words: other.words, point: other.kl === null, sampled: noise !== null, className };
    picture.shown = { ...about, label: other.nats.label, reconstruction, kl };
    if (picture.problem.textContent) picture.problem.textContent = "";
    this.onShown();
  }

  /**
   * The numbers under all pictures, apart from these: each change of text costs a new layout of the page.
   *
   * @param {Loss} first
   * @param {{sampled: boolean, className: string}} how
   */
  describe({ reconstruction, kl }, { sampled, className }) {
    const { data } = this;
    if (!data) return;
    const words = data.words ?? "",
      label = data.nats?.label;
    const own = { words, point: data.kl === null, sampled, className, label, reconstruction, kl };
    say(this.firstNumbers, spent(own));
    for (const { numbers, words: place, shown } of this.others.values()) {
      if (!shown) continue;
      say(numbers, spent(shown));
      say(place, `${difference(named(own), named(shown))}.`);
    }
  }

  /** Other samples, where the user wants them. */
  drawAgain() {
    this.epsilons.clear();
  }

  /** @param {number} latentDim */
  samplesOf(latentDim) {
    const known = this.epsilons.get(latentDim) ?? gaussians(SAMPLES * latentDim);
    this.epsilons.set(latentDim, known);
    return known;
  }

  /** @param {string} model */
  picture(model) {
    return /** @type {Picture} */ (this.others.get(model));
  }

  /** @param {LiveStatus} status @param {string} model */
  showStatus(status, model) {
    const picture = this.others.get(model);
    if (picture && status.state !== "connecting") say(picture.problem, noticeOf(status));
  }

  close() {
    this.compared.close();
    for (const { figure } of this.others.values()) figure.remove();
    this.firstNumbers.remove();
    this.pictures.nameModel("");
    delete this.pictures.row.dataset.models;
  }
}

/** @returns {Picture} */
function newPicture() {
  const canvas = element("canvas", { role: "img", className: "output other" });
  const [title, numbers, words, problem] = ["", "nats", "caption", "caption"].map((className) =>
    element(className === "" ? "span" : "p", { className }),
  );
  const figure = element("figure", {}, element("figcaption", {}, title), canvas, numbers, words, problem);
  return { figure, canvas, title, numbers, words, problem, shown: null };
}

/**
 * The same ε for all, where they have as many dimensions; else one of the model's own, the same whenever it is shown.
 *
 * @param {{latent_dim: number, kl: number[] | null, noise: number[]}} other
 * @param {Pick<Given, "mode" | "sampleAt" | "noise">} given
 * @param {() => Float32Array} samples the noise of its own samples
 */
export function noiseFor({ latent_dim: d, kl, noise }, { mode, sampleAt, noise: first }, samples) {
  if (kl === null || mode === "mean") return null;
  if (first && first.length === d) return first;
  return mode === "sample" ? samples().slice(sampleAt * d, (sampleAt + 1) * d) : Float32Array.from(noise);
}

/**
 * What an image costs a model: "−ELBO 95.8 = 78.0 + KL 17.8 nats".
 *
 * @param {Loss & About} shown
 */
export function spent({ reconstruction, kl, point, sampled, className }) {
  const given = className ? t` · as class ${className}` : "";
  if (point) return t`reconstruction ${reconstruction.toFixed(1)} nats${given}`;
  const sum = (reconstruction + kl).toFixed(1);
  return `${sampled ? "−ELBO" : t("at z = μ")} ${sum} = ${reconstruction.toFixed(1)} + KL ${kl.toFixed(1)} nats${given}`;
}

/** @param {Loss & About} shown */
function named({ words, reconstruction, kl, point, label }) {
  return { words, nats: { reconstruction, kl: point ? null : kl, label } };
}
