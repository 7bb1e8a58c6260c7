/**
 * The models beside Explore's own: a picture of each, decoded from the same input while the user changes z, and what is said
 * of them. Explore loads this module when there is something to compare.
 *
 * @import { ComparedData, ComparedModel } from "../lib/compared.js"
 * @import { Named, Nats } from "../lib/comparison-words.js"
 * @import { ImageShape } from "../lib/contract.js"
 * @import { LiveStatus } from "../lib/live-client.js"
 * @import { Codes, SameInput } from "./same-input.js"
 * @import { Sliders } from "./sliders.js"
 *
 * Another model, as vae/ui/pages/explore.py gives it. start: its own mean of the start image, null where that is none.
 *
 * @typedef {ComparedData & {latent_dim: number, classes: number, codes: Codes, start: {z: number[]} | null}} OtherModel
 *
 * What Explore has from its host, as far as it concerns this module.
 *
 * @typedef {object} BesideData
 * @property {string} base
 * @property {string} model
 * @property {number} latent_dim
 * @property {ImageShape} image_shape
 * @property {{id: string, z: number[]}} start
 * @property {number | null} label the class to decode as
 * @property {string} [words]
 * @property {Nats} [nats]
 * @property {Codes} [codes]
 * @property {OtherModel[]} [compare]
 * @property {SameInput} [input] what is the same for all
 *
 * What of Explore's page changes.
 *
 * @typedef {{hero: HTMLCanvasElement, place: HTMLElement, controls: HTMLElement, sliders: Sliders}} Parts
 *
 * @typedef {{z: number[], pixels: Uint8Array<ArrayBuffer>}} Brought
 *
 * @typedef {{element: HTMLElement, canvas: HTMLCanvasElement, caption: HTMLElement, problem: HTMLElement}} Picture
 */

import { brought } from "../lib/brought.js";
import { drawPicture, fitPicture } from "../lib/canvas.js";
import { Compared } from "../lib/compared.js";
import { spentSigns } from "../lib/comparison-signs.js";
import { difference, spends } from "../lib/comparison-words.js";
import { element, select } from "../lib/dom.js";
import { bestOf, payload } from "../lib/labelled.js";
import { noticeOf } from "../lib/live-client.js";
import { t } from "../lib/words.js";
import { matchInWords } from "./match-words.js";
import { sameInput } from "./same-input.js";

/** What can be the same, and what that means. @type {Record<SameInput, [name: string, meaning: string]>} */
const INPUTS = {
  image: [
    t("the image, moved alike"),
    t(
      "Each model starts at its own μ of the start image. A slider moves the dimension that follows it by as many standard deviations.",
    ),
  ],
  percentile: [
    t("the percentile of each latent"),
    t(
      "Dimensions that follow each other stand at the same percentile of each model's codes, the others at their median.",
    ),
  ],
  z: [t("the numbers z"), t("Each model decodes the same numbers, whatever they mean there.")],
};

/** @type {Nats} */
const NO_NATS = { reconstruction: 0, kl: null };

export class Beside {
  /** @type {Compared<OtherModel>} */
  compared = new Compared({ onStatus: (status, model) => this.showStatus(status, model) });
  /** By model. @type {Map<string, Picture>} */
  pictures = new Map();
  /** @type {BesideData | undefined} */
  data;
  /** @type {number[]} */
  z = [];
  /** @type {SameInput} */
  input = "image";
  shown = "";
  /** The picture that the user brought along to this start, and the first model's mean of it. @type {Brought | null} */
  brought = null;
  /** Each other model's own mean of that picture, once it is known. @type {Map<string, number[]>} */
  means = new Map();
  /** The first model and its start. */
  origin = "";

  /**
   * @param {Parts} parts
   * @param {(input: SameInput) => void} onInput when the user chooses what is the same
   */
  constructor(parts, onInput) {
    this.parts = parts;
    this.first = element("figcaption", {});
    this.grid = element("div", { className: "heroes" });
    this.choice = select(t("Same input"), [], (value) => {
      this.takeInput(/** @type {SameInput} */ (value));
      onInput(this.input);
    });
    this.meaning = element("span", { className: "meaning" });
    this.differences = element("ul", { className: "differences" });
    const label = element("label", {}, t("Same input "), this.choice);
    this.head = element("div", { className: "same-input" }, label, this.meaning, spentSigns(this.ofFirst));
    parts.place.prepend(this.grid);
    this.grid.append(element("figure", {}, parts.hero, this.first));
    parts.controls.prepend(this.head);
    parts.controls.append(this.differences);
  }

  /**
   * Follows the host's data, where it brings something new.
   *
   * @param {BesideData} data
   * @param {number[]} z of now
   * @param {number[]} begun where Explore began with this start
   */
  update(data, z, begun) {
    const { compare = [], label } = data;
    const told = compare.map(({ model, words, nats, local, start }) => [model, words, nats, local?.version, start?.z]);
    const shown = JSON.stringify([data.model, data.start.id, data.words, data.nats, data.input, label, told]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.data = data;
    this.compared.update(data.base, compare);
    for (const { data: other, client } of this.compared.models) client.classWeights = oneHot(other.classes, label);
    this.takeBrought(data, begun);
    this.showModels(data);
    this.offerInputs(data);
    this.move(z);
  }

  /**
   * A picture brought along to a new start is encoded by each model.
   *
   * @param {BesideData} data
   * @param {number[]} z where Explore began
   */
  takeBrought({ model, start }, z) {
    const origin = `${model} ${start.id}`;
    if (origin !== this.origin) {
      const pixels = brought(model, z);
      this.brought = pixels && { z, pixels };
    }
    this.origin = origin;
    this.means = new Map();
    for (const other of this.compared.models) void this.encode(other);
  }

  /** A conditional model takes the class under which the picture is likeliest. @param {ComparedModel<OtherModel>} other */
  async encode({ data: { model, classes }, client }) {
    const { brought: picture, means } = this;
    if (!picture) return;
    const labels = Array.from({ length: classes }, (_, k) => k);
    const n = labels.length || 1;
    const reply = await client.reconstruct(n, payload(picture.pixels, labels), { slot: "brought" });
    if (!reply || means !== this.means) return;
    const best = bestOf(reply, labels);
    if (classes) client.classWeights = oneHot(classes, best.label);
    means.set(model, Array.from(best.mean));
    this.move(this.z);
  }

  /** @param {BesideData} data */
  showModels({ words = "", nats, compare = [] }) {
    const before = this.pictures;
    this.pictures = new Map(compare.map(({ model }) => [model, before.get(model) ?? newPicture()]));
    const first = { words, nats: nats ?? NO_NATS };
    this.first.replaceChildren(...sentence(first, spends(first)));
    for (const other of compare) {
      const { canvas, caption } = this.picture(other.model);
      canvas.ariaLabel = t`${other.words}: picture decoded from the same input`;
      caption.replaceChildren(...sentence(other, difference(first, other)));
    }
    this.grid.replaceChildren(this.grid.children[0], ...[...this.pictures.values()].map((each) => each.element));
    this.grid.title = t("Nats: means over the test set");
    this.grid.dataset.models = `${1 + compare.length}`;
    this.differences.replaceChildren(
      ...[spends(first), ...compare.map((other) => difference(first, other))].map((text) => element("li", {}, text)),
    );
    const matches = compare[0]?.match ?? [];
    this.parts.sliders.setNotes(matches.map((_, i) => matchInWords(i, compare)));
  }

  /** The first model, as it is said. */
  ofFirst = () => ({ words: this.data?.words ?? "", nats: this.data?.nats ?? NO_NATS });

  /** The same numbers mean something only where there are as many. @param {BesideData} data */
  offerInputs({ compare = [], latent_dim: latentDim, input }) {
    const equal = compare.every((other) => other.latent_dim === latentDim);
    const offered = /** @type {SameInput[]} */ (Object.keys(INPUTS)).filter((each) => each !== "z" || equal);
    this.choice.fill(offered.map((each) => [each, INPUTS[each][0]]));
    this.takeInput(input && offered.includes(input) ? input : "image");
  }

  /** @param {SameInput} input */
  takeInput(input) {
    this.input = this.choice.value = input;
    const [, meaning] = INPUTS[input];
    this.meaning.textContent = this.brought
      ? meaning.replace("the start image", "the picture from Reconstruction")
      : meaning;
    this.move(this.z);
  }

  /**
   * Decodes the same input by all other models: called at every input event.
   *
   * @param {number[]} z of the first model
   */
  move(z) {
    this.z = z;
    const { data } = this;
    if (!data?.codes || z.length !== data.latent_dim) return;
    const first = { codes: data.codes, start: this.brought?.z ?? data.start.z };
    for (const { data: other, client } of this.compared.models) {
      const own = this.brought ? this.means.get(other.model) : (other.start?.z ?? null);
      if (own === undefined) continue; // not encoded yet
      const place = { codes: other.codes, start: own, match: other.match };
      void client.decode([sameInput(this.input, z, first, place)]).then((reply) => {
        const picture = this.pictures.get(other.model);
        if (!reply || !picture) return;
        drawPicture(picture.canvas, reply.pixels, reply.imageShape);
        if (picture.problem.textContent) picture.problem.textContent = "";
      });
    }
  }

  /**
   * All pictures as large as column and window allow, two by two.
   *
   * @param {number} height for all of them, in CSS pixels
   */
  resize(height) {
    const { data } = this;
    if (!data) return;
    const figures = [...this.grid.children],
      rows = Math.ceil(figures.length / 2);
    const captions = figures.map((each) =>
      each.lastElementChild instanceof HTMLElement ? each.lastElementChild : null,
    );
    const caption = Math.max(0, ...captions.map((each) => each?.offsetHeight ?? 0));
    const gap = Number.parseFloat(getComputedStyle(this.grid).rowGap) || 0;
    const width = (this.grid.clientWidth - gap) / 2;
    const room = Math.min(width, (height - (rows - 1) * gap) / rows - caption);
    for (const canvas of [this.parts.hero, ...[...this.pictures.values()].map((each) => each.canvas)])
      fitPicture(canvas, data.image_shape, Math.max(48, room));
  }

  /** @param {LiveStatus} status @param {string} model */
  showStatus(status, model) {
    const picture = this.pictures.get(model);
    if (picture) picture.problem.textContent = noticeOf(status);
  }

  /** @param {string} model */
  picture(model) {
    return /** @type {Picture} */ (this.pictures.get(model));
  }

  close() {
    this.compared.close();
    this.parts.sliders.setNotes([]);
    this.parts.place.prepend(this.parts.hero);
    this.grid.remove();
    this.head.remove();
    this.differences.remove();
  }
}

/** Of a conditional model: 1 for the class to decode as, 0 for the others. */
function oneHot(/** @type {number} */ classes, /** @type {number | null} */ label) {
  return Array.from({ length: classes }, (_, k) => Number(k === label));
}

/** @returns {Picture} */
function newPicture() {
  const canvas = element("canvas", { className: "hero other", role: "img", width: 1, height: 1 });
  const caption = element("span"),
    problem = element("span", { className: "problem", role: "status" });
  return {
    element: element("figure", {}, canvas, element("figcaption", {}, caption, problem)),
    canvas,
    caption,
    problem,
  };
}

/**
 * A sentence about a model, which begins with its words.
 *
 * @param {Named} model
 * @param {string} text
 */
function sentence({ words }, text) {
  return [element("b", {}, words), element("span", { className: "spent" }, text.slice(words.length))];
}
