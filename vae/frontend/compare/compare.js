/**
 * The Compare component: a dial over trained models that differ in β alone, what each makes of one picture, and all models
 * of the same pictures on the rate–distortion plane. Python is sent what the link needs, when a control is released.
 *
 * @import { Values } from "../lib/explained.js"
 * @import { Live } from "../lib/following.js"
 * @import { LiveStatus } from "../lib/live-client.js"
 * @import { Placed } from "./alignment.js"
 * @import { Match, Other } from "./dimensions.js"
 * @import { Family } from "./families.js"
 * @import { ModelData } from "./models.js"
 * @import { Point } from "./plane.js"
 *
 * What a host gives. image: the test image of all pages; own: whether a picture of the user's own comes before it; others: the models of the same pictures; matches: by the names of a model and of another one.
 *
 * @typedef {ModelData & {base: string, labels: string, others: ModelData[], image: number, own: boolean, beta_chosen: string | null,
 *   family_chosen: string | null, compared: string[], matches: Record<string, Record<string, Match>>,
 *   answered: string | null}} Data answered: the number of the choice that the host has taken last
 *
 * image: once the user has chosen one, null for a drawing; family: null unless one was chosen; number: of each another one.
 *
 * @typedef {{model: string, image?: number | null, beta: string | null, family: string | null, compared: string[],
 *            number: string}} Choice
 */

import { drawPicture, reserve } from "../lib/canvas.js";
import { fromBase64 } from "../lib/bytes.js";
import { apart, difference } from "../lib/comparison-words.js";
import { element, say } from "../lib/dom.js";
import { announce } from "../lib/following.js";
import { natsText } from "../lib/glossary.js";
import { Meter, noticeOf } from "../lib/live-client.js";
import { ModelClient } from "../lib/model-client.js";
import { ClassMarks } from "../lib/palette.js";
import { componentOf } from "../lib/view.js";
import { t, translate } from "../lib/words.js";
import { placedClouds, placeIn, UNTURNED } from "./alignment.js";
import { CloudMap } from "./cloud.js";
import { Dial } from "./dial.js";
import { DimensionTable } from "./dimensions.js";
import { familiesOf, familyOf, placeOf } from "./families.js";
import { Input } from "./input.js";
import { layOut } from "./layout.js";
import { betaText, nameOf } from "./models.js";
import { Plane } from "./plane.js";
import { Reconstructions } from "./reconstructions.js";
import { imageNats, pointText, testNats } from "./words.js";

const MOST_OTHERS = 3; // as vae/views/shared/comparison.py
const DESCRIBE_MS = 100; // numbers that change faster cannot be read

export class Page {
  /** Its models by name, the chosen one first. @type {Map<string, ModelData>} */
  models = new Map();
  /** Each model in the fewest words. @type {Map<string, string>} */
  words = new Map();
  /** @type {Family[]} */
  families = [];
  /** @type {Family | null} */
  family = null;
  /** By the model's name. @type {Map<string, Placed>} */
  placed = new Map();
  /** The names of the models that are compared. @type {string[]} */
  compared = [];
  /** @type {Choice | null} */
  sent = null;
  /** @type {{image?: number | null}} */
  picked = {};
  choices = 0;
  id = Math.random().toString(36).slice(2); // tells its choices from those of a component before
  /** The family that was chosen by name. @type {string | null} */
  familyChosen = null;
  inputAt = 0; // when the picture changed, ms
  frame = 0;
  shownModels = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  describeTimer;
  meter = new Meter();

  /**
   * @param {HTMLElement} parent
   * @param {(name: "choice", choice: Choice) => void} send
   * @param {Data} data
   */
  constructor(parent, send, data) {
    this.send = send;
    this.data = data;
    this.dial = new Dial({ onMove: () => this.turn(), onRelease: () => this.tell() });
    this.input = new Input({ onChange: () => this.reconstruct(), onChoice: (image) => this.pick(image) });
    this.plane = new Plane((name) => this.choosePoint(name));
    this.cloud = new CloudMap();
    this.dimensions = new DimensionTable();
    this.output = element("canvas", { className: "output", role: "img", ariaLabel: t("Reconstruction") });
    this.outputTitle = element("span");
    this.imageNumbers = element("p", { className: "numbers" });
    this.testNumbers = element("p", { className: "test-numbers" });
    this.differenceText = element("p", { className: "difference" });
    this.cloudTitle = element("span");
    this.familyField = element("select", { ariaLabel: t("Family of models") });
    this.familyField.addEventListener("change", () => this.chooseFamily(this.familyField.value));
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    this.noFamily = element("p", { className: "message" });
    this.explore = element("a", { title: t("The sliders of these models side by side") }, t("Open in Explore"));
    this.reconstructions = new Reconstructions(
      ({ model, local }, onStatus) => new ModelClient({ base: this.data.base, model, local }, { onStatus }),
      { onResult: (name) => this.takeResult(name), onStatus: (name, status) => this.takeStatus(name, status) },
    );
    this.root = layOut(this);
    parent.append(this.root);
    this.takeModels(data);
  }

  /** @param {Data} data */
  update(data) {
    const before = this.data;
    this.data = data;
    if (modelsKey(data) !== this.shownModels) return this.takeModels(data);
    const isNews = !this.sent || data.answered === this.sent.number; // else the user has gone on
    if (isNews) this.takeChoice(data, before);
    this.showModel(); // also in another theme
  }

  /**
   * Takes what a link, or another control than the page's own, has changed.
   *
   * @param {Data} data
   * @param {Data} before
   */
  takeChoice(data, before) {
    this.compared = data.compared;
    if (!data.own && (data.image !== before.image || before.own)) void this.input.show(data.image);
    if (data.family_chosen !== this.familyChosen) this.takeFamily(data.family_chosen, data.beta_chosen);
    else if (data.beta_chosen !== before.beta_chosen) {
      this.dial.show(this.members, placeOf(this.members, data.beta_chosen, data.model));
      this.reconstructions.setFirst(this.first.model);
    }
  }

  /** Shows the dial, the compared models and the picture of another page. @param {Live} live */
  follow({ beta, family, compared, image, picture }) {
    if (!isChoice(beta) || !isChoice(family) || !Array.isArray(compared)) return; // a link's, which the host has taken
    this.compared = compared.filter((name) => this.models.has(name));
    if (family !== this.familyChosen) this.takeFamily(family, beta);
    else this.dial.show(this.members, placeOf(this.members, beta, this.data.model));
    this.reconstructions.setFirst(this.first.model);
    this.showModel();
    this.input.follow(image, picture);
  }

  /** Says to other pages what this one shows. */
  announce() {
    announce(this.root, () => {
      const { data, family, familyChosen, compared, input, first } = this;
      const beta = family ? betaText(first) : null;
      return { view: "compare", model: data.model, beta, family: familyChosen, compared, ...input.announced };
    });
  }

  close() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.describeTimer);
    this.reconstructions.close();
    this.plane.close();
    this.cloud.close();
  }

  /** Another model in the bar, or other models than before. @param {Data} data */
  takeModels(data) {
    const { others, class_names: names, palette, image_shape: imageShape } = data;
    this.shownModels = modelsKey(data);
    this.models = new Map([data, ...others].map((model) => [model.model, model]));
    const words = apart([data, ...others].map(({ phrases }) => phrases)).map(translate);
    this.words = new Map([...this.models.keys()].map((name, i) => [name, words[i]]));
    this.families = familiesOf([...this.models.values()]);
    this.compared = data.compared;
    const labels = new Uint16Array(fromBase64(data.labels).buffer);
    this.cloud.setClasses(labels, new ClassMarks(palette, names.length));
    reserve(this.output, imageShape);
    this.fillFamilies();
    this.takeFamily(data.family_chosen, data.beta_chosen);
    const members = this.members;
    this.input.setModel(data, labels, members.find(({ nats }) => nats.kl !== null) ?? data);
    if (!data.own || !this.input.restore()) void this.input.show(data.image);
  }

  /** The models on the dial: a family, else the chosen model alone. */
  get members() {
    return this.family?.members ?? [this.models.get(this.data.model) ?? this.data];
  }

  /** The model on which the dial stands. */
  get first() {
    return this.dial.member ?? this.data;
  }

  fillFamilies() {
    const { families, familyField } = this;
    familyField.replaceChildren(
      ...families.map(({ key, words }) => element("option", { value: key }, translate(words))),
    );
    familyField.hidden = families.length < 2;
    this.noFamily.hidden = families.length > 0;
    const how = t("“python -m vae sweep --beta 0.5,1,4” trains such models");
    this.noFamily.textContent = t`No two models of these pictures differ in β alone, so the dial has one stop; ${how}.`;
  }

  /**
   * @param {string | null} chosen a family's key
   * @param {string | null} beta
   */
  takeFamily(chosen, beta) {
    const { data } = this;
    this.familyChosen = chosen;
    this.family = familyOf(this.families, chosen, data.model);
    if (this.family) this.familyField.value = this.family.key;
    const { members } = this;
    this.placed = placedClouds(members);
    this.dial.show(members, placeOf(members, beta, data.model));
    this.reconstructions.setMembers(members, this.first.model);
    this.showModel();
  }

  /** @param {string} key */
  chooseFamily(key) {
    this.takeFamily(key, betaText(this.first));
    this.tell();
  }

  /** The dial reached another stop: all follow from what the models have answered already. */
  turn() {
    this.reconstructions.setFirst(this.first.model);
    this.showModel();
    this.announce();
  }

  /** A model's point was chosen: it is compared from now on, or no more. @param {string} name */
  choosePoint(name) {
    if (name === this.data.model) return;
    const others = this.compared.filter((each) => each !== name);
    this.compared = others.length < this.compared.length ? others : [...others, name].slice(-MOST_OTHERS);
    this.showModel();
    this.tell();
  }

  /** The user chose a test image, or drew. @param {number | null} image */
  pick(image) {
    this.picked = { image };
    this.tell();
  }

  /** Tells the host what the link needs. */
  tell() {
    this.announce();
    const { data, compared, family, familyChosen } = this;
    const beta = family ? betaText(this.first) : null;
    const number = `${this.id}-${++this.choices}`;
    this.sent = { model: data.model, ...this.picked, beta, family: familyChosen, compared, number };
    this.send("choice", this.sent);
  }

  // — the picture —

  reconstruct() {
    const { picture } = this.input;
    if (!picture) return;
    this.inputAt = performance.now();
    void this.reconstructions.show(picture);
    this.announce();
  }

  /** @param {string} name of a model */
  takeResult(name) {
    this.notice.hidden = true;
    if (name === this.first.model) {
      this.drawOutput();
      this.meter.took(this.output, performance.now() - this.inputAt);
    }
    this.describeTimer ??= setTimeout(() => this.describe(), DESCRIBE_MS);
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.plane.showOwn(this.reconstructions.results));
  }

  /**
   * @param {string} name
   * @param {LiveStatus} status
   */
  takeStatus(name, status) {
    const problem = noticeOf(status);
    if (!problem) return;
    this.notice.textContent = `${this.words.get(name) ?? name}: ${problem}`;
    this.notice.hidden = false;
  }

  drawOutput() {
    const { model, image_shape: imageShape, projection } = this.first;
    const result = this.reconstructions.results.get(model),
      turn = this.placed.get(model)?.turn ?? UNTURNED;
    if (!result) return;
    drawPicture(this.output, result.pixels, imageShape);
    this.output.dataset.nats = `${result.reconstruction},${result.kl}`; // unrounded, for tests
    this.output.dataset.model = model;
    this.cloud.showPlace([...placeIn(result.mean, projection, turn)]);
  }

  /** This image's numbers, at most every DESCRIBE_MS. */
  describe() {
    clearTimeout(this.describeTimer);
    this.describeTimer = undefined;
    const { first } = this;
    const result = this.reconstructions.results.get(first.model);
    say(this.imageNumbers, result ? imageNats(first, result) : "\u00a0");
  }

  /** This image's nats under the model on the dial, for their formulas. */
  measuredImage() {
    const result = this.reconstructions.results.get(this.first.model);
    return result ? lossTexts(result) : null;
  }

  /** The test set's under that model. */
  measured() {
    const { nats, active } = this.first,
      { floor } = this.data;
    return { ...lossTexts(nats), active, least: floor === null ? undefined : natsText(floor, 1) };
  }

  /** The test set's under a model that draws the mean picture. */
  measuredCollapsed() {
    const { collapsed } = this.data;
    return collapsed === null ? null : { least: natsText(collapsed, 1) };
  }

  // — the model on the dial —

  showModel() {
    const { first, data } = this;
    const { model } = first,
      name = nameOf(first);
    const placed = this.placed.get(model);
    say(this.outputTitle, t`Reconstruction: ${this.family ? name : this.words.get(model)}`);
    this.output.ariaLabel = t`Reconstruction by ${name}`;
    say(this.testNumbers, testNats(first));
    say(this.differenceText, this.differenceSentence());
    const images = Math.min(first.test_images, (placed?.cloud.points.length ?? 0) / 2).toLocaleString("en");
    say(this.cloudTitle, t`Codes of ${images} test images`);
    const circles = first.nats.kl === null ? t("no prior") : t("circles: the prior at 1 and 2 deviations");
    if (placed) this.cloud.show(placed.cloud, t`Codes of ${images} test images under ${name}, PCA; ${circles}`);
    this.drawOutput();
    this.describe();
    this.plane.show({ points: this.points(), marks: { floor: data.floor, collapsed: data.collapsed } });
    this.plane.showOwn(this.reconstructions.results);
    this.dimensions.show(first, this.columns());
    const beside = [data.model, ...this.compared].filter((each) => each !== model).slice(0, MOST_OTHERS);
    const compare = beside.length ? `&compare=${beside.map(encodeURIComponent).join(",")}` : "";
    const image = this.input.wanted > 0 ? `&image=${this.input.wanted}` : "";
    this.explore.href = `${data.base}/Explore?checkpoint=${encodeURIComponent(model)}${image}${compare}`;
  }

  /** How the model on the dial differs from the chosen one, else from β = 1. */
  differenceSentence() {
    const { first, data, members } = this;
    const reference = data.model === first.model ? members.find(({ beta }) => beta === 1) : data;
    if (!reference || reference.model === first.model) return "\u00a0";
    const named = (/** @type {ModelData} */ { model, nats }) => ({ words: this.words.get(model) ?? model, nats });
    const than = first.nats.kl === null || reference.nats.kl === null ? "" : t` than ${named(reference).words}`;
    return t`On the test set, ${difference(named(reference), named(first))}${than}.`;
  }

  /** The family's models come first: their points are named even where there is little room. @returns {Point[]} */
  points() {
    const { data, compared, first, members } = this;
    const models = new Set([...members, ...this.models.values()]);
    return [...models].map(({ model, nats }) => {
      const words = this.words.get(model) ?? model,
        isCompared = compared.includes(model) || model === data.model;
      const choice = isCompared ? t("Compared; choose it to leave it out") : t("Choose it to compare it");
      const does = model === data.model ? t("The model of the bar, always compared") : choice;
      return {
        name: model,
        words,
        about: `${pointText(words, nats)}. ${does}`,
        nats,
        member: members.some((member) => member.model === model),
        first: model === first.model,
        compared: isCompared,
      };
    });
  }

  /** The compared models beside the one on the dial. @returns {Other[]} */
  columns() {
    const { data, first } = this;
    const names = [...new Set([data.model, ...this.compared])].filter((name) => name !== first.model);
    return names
      .filter((name) => this.models.has(name))
      .map((name) => ({
        words: this.words.get(name) ?? name,
        match: data.matches[first.model]?.[name] ?? null,
      }));
  }
}

/** Whether a value from the network is one of the dial's choices. @param {unknown} value @returns {value is string | null} */
function isChoice(value) {
  return value === null || typeof value === "string";
}

/** Changes when there are other models. @param {Data} data */
function modelsKey({ model, version, others }) {
  return JSON.stringify([model, version, others.map((other) => [other.model, other.version])]);
}

export default componentOf(Page);

/** @param {{reconstruction: number, kl: number | null}} nats @returns {Values} */
function lossTexts({ reconstruction, kl }) {
  const picture = natsText(reconstruction, 1);
  return kl === null
    ? { reconstruction: picture }
    : { reconstruction: picture, kl: natsText(kl, 1), sum: natsText(reconstruction + kl, 1) };
}
