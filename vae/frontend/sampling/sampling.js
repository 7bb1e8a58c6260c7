/**
 * The Sampling component: grids of pictures decoded from one fixed ε per cell, so that temperature, truncation and a
 * latent's value morph the pictures. Everything that moves is here; Python gets the state when a control is released.
 */

import { element, messageOf, say } from "../lib/dom.js";
import { meanOf } from "../lib/encoded-set.js";
import { announce, isParams } from "../lib/following.js";
import { help, timeHelp } from "../lib/glossary.js";
import { Meter, noticeOf } from "../lib/live-client.js";
import { ModelClient } from "../lib/model-client.js";
import { round4, strongestFirst } from "../lib/math.js";
import { componentOf, watchSize } from "../lib/view.js";
import { t, translate } from "../lib/words.js";
import { Controls } from "./controls.js";
import { saveArrays, saveGrid, savePicture } from "./downloads.js";
import { Latents } from "./latents.js";
import { classesInWords, Panel, pictureOf, topShare } from "./panel.js";
import { Selection } from "./selection.js";
import { asMeasured, scoreInWords, scoresTable } from "./scores.js";
import { readParams, writeParams } from "./state.js";
import { TestSet } from "./test-set.js";

/** @import { Values } from "../lib/explained.js" */
/** @import { Live } from "../lib/following.js" */
/** @import { LiveStatus } from "../lib/live-client.js" */
/** @import { Beside, Unit } from "./beside.js" */
/** @import { Samples } from "./downloads.js" */
/** @import { SamplingData, SamplingState } from "./state.js" */
/** @import { Send } from "../lib/view.js" */

const REST_MS = 200;
const STATUS_MS = 250;
const COUNT_MS = 100; // from new pictures to the counts of their classes
const SPAN = 3; // standard deviations: half the height of the chart of a source's width
const MARGIN = 14; // CSS pixels below what stands beneath the pictures
const LEAST_SIDE = 240;
const NARROW = 900; // CSS pixels: below, controls stand under the pictures (see sampling.css)
const NARROW_HEIGHT = 0.8; // share of the window that a grid may have there
const RELEASES = ["pointerup", "pointercancel"]; // wherever the pointer is by then

/** All that the page shows. */
class SamplingView {
  /**
   * @param {HTMLElement} parent
   * @param {Send} send
   * @param {SamplingData} data
   */
  constructor(parent, send, data) {
    this.data = data;
    this.state = readParams(data.params, data);
    this.sent = data.params;
    /** @type {{model: string, z: number[], label: number | null} | null} */
    this.sentPicked = null;
    this.send = send;
    this.latents = new Latents(data);
    this.testSet = new TestSet(data.base, data.model);
    /** @type {number[]} */
    this.strongest = []; // dimensions, the strongest first
    this.waiting = false; // for ε or a source from Python
    this.holding = false; // a slider is being dragged
    this.device = "…";
    this.meter = new Meter();
    /** @type {Beside | null} */
    this.beside = null; // the models to compare with
    this.closed = false;
    this.panels = ["A", "B"].map((title, place) => this.buildPanel(title, place));
    this.selection = new Selection(this);
    this.controls = new Controls(data, this.state, (part) => this.change(part), {
      grid: () => this.save(saveGrid),
      picture: () => this.save(savePicture),
      arrays: () => this.save(saveArrays),
    });
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    this.planeNote = element("p", { className: "plane-note" });
    this.mismatch = element("summary", { className: "mismatch" });
    this.how = element("p");
    this.scores = element("div");
    this.classHow = element("p");
    this.klHelp = help("gap of a source", () => ({ gap: this.data.mismatch.number }));
    this.meterText = element("span");
    this.meterPlace = element("p", { className: "meter small-print" }, this.meterText, timeHelp(this.meter));
    this.grids = element("div", { className: "panels" });
    this.controlsPlace = element("div", { className: "controls" });
    this.root = this.build();
    parent.append(this.root);
    this.client = new ModelClient(data, { onStatus: (status) => this.showStatus(status) });
    this.unwatch = watchSize(this.root, () => this.resize());
    this.onRelease = () => this.release();
    for (const type of RELEASES) addEventListener(type, this.onRelease);
    this.statusTimer = setInterval(() => this.showMeter(), STATUS_MS);
    this.restTimer = 0;
    this.takeModel(data);
    this.show(data, true);
    if (data.compare) void this.openBeside();
  }

  /**
   * Follows the model, and takes what Python has made: ε of a seed and of the next, the chosen sources' Gaussians.
   *
   * @param {SamplingData} data
   */
  update(data) {
    const old = this.data;
    this.data = data;
    const newModel = data.model !== old.model || String(data.kl) !== String(old.kl); // also when trained anew
    if (newModel) {
      this.client.setModel(data);
      this.takeModel(data);
    }
    const newBeside = this.followBeside();
    this.show(data, newModel || newBeside);
  }

  // — the models to compare with —

  /** They have a module of their own, which a page without a comparison does not load. */
  async openBeside() {
    const { Beside: Models } = await import("./beside.js");
    if (this.closed || this.beside || !this.data.compare) return;
    const { grids, controlsPlace: place, controls, panels, notice } = this;
    this.beside = new Models(
      { grids, place, controls, panels, notice },
      {
        buildPanel: (title) => this.buildPanel(title, 0),
        onStatus: (status) => this.complain(noticeOf(status)),
      },
    );
    this.followBeside();
    this.show(this.data, true);
  }

  /** Returns whether other models are shown than before. */
  followBeside() {
    const { data, beside } = this;
    if (data.compare && !beside) {
      void this.openBeside();
      return false;
    }
    if (!beside) return false;
    let isNew = true;
    if (data.compare) isNew = beside.update(data, this.state);
    else {
      beside.close();
      this.beside = null;
    }
    this.root.classList.toggle("comparing", this.beside !== null);
    if (isNew) this.selection.pick(null);
    return isNew;
  }

  otherPanels() {
    return this.beside?.units.map(({ panel }) => panel) ?? [];
  }

  allPanels() {
    return [...this.panels, ...this.otherPanels()];
  }

  /**
   * What a grid shows: a source of the first model, or another model.
   *
   * @param {Panel} panel
   * @returns {Unit}
   */
  unitOf(panel) {
    const other = this.beside?.units.find((unit) => unit.panel === panel);
    if (other) return other;
    const { data, latents, testSet, client, strongest, state } = this;
    return { panel, data, latents, testSet, client, strongest, state, place: this.panels.indexOf(panel) };
  }

  /** @param {SamplingData} data */
  takeModel(data) {
    const { class_names: classNames, offered, classes, kl, test_images: images, mismatch } = data;
    this.state = readParams(data.params, data);
    this.sent = writeParams(this.state, data);
    this.latents = new Latents(data);
    this.testSet = new TestSet(data.base, data.model);
    this.selection.pick(null);
    const classWords = classesInWords(data.classifier);
    for (const panel of this.panels) {
      panel.offer(offered, classNames, { prior: kl !== null, conditional: classes > 0, images });
      panel.describeClasses(classWords);
    }
    this.controls.offer(data);
    this.strongest = strongestFirst(kl ?? data.spread);
    this.klHelp.hidden = kl === null;
    this.mismatch.replaceChildren(element("b", {}, translate(mismatch.number)), ` ${translate(mismatch.meaning)}`);
    this.how.textContent = translate(mismatch.how);
    this.scores.replaceChildren(...scoresTable(data.scores, kl !== null));
    this.classHow.textContent = classes ? "" : classWords.sentence;
  }

  /**
   * @param {SamplingData} data
   * @param {boolean} newModel
   */
  show(data, newModel) {
    this.latents.take(data);
    for (const panel of this.panels) panel.current = data.image;
    this.showState();
    if (newModel || this.waiting) this.decodeAll();
    this.resize();
    this.afterRest(); // the theme may have changed
  }

  // — from a control to the pictures —

  /**
   * Every control calls this, for every step of a movement.
   *
   * @param {Partial<SamplingState>} part
   */
  change(part) {
    this.take(part);
    announce(this.root, () => {
      const { data, state } = this;
      return { view: "sampling", model: data.model, params: { ...writeParams(state, data) } };
    });
  }

  /** Shows the settings of another page. The host brings what they need and is not here yet. @param {Live} live */
  follow({ params }) {
    if (!isParams(params)) return;
    const { data } = this;
    const state = readParams(params, data);
    const settings = JSON.stringify(writeParams(state, data));
    if (settings === JSON.stringify(writeParams(this.state, data))) return;
    this.sent = JSON.parse(settings); // the host has them from the other page
    this.take(state);
  }

  /** @param {Partial<SamplingState>} part */
  take(part) {
    Object.assign(this.state, part);
    this.showState();
    this.decodeAll();
    if ("view" in part || "side" in part) this.resize();
    this.afterRest();
  }

  decodeAll() {
    const inputAt = performance.now();
    this.waiting = false;
    for (const panel of this.visible()) {
      const { data, latents, state, place } = this.unitOf(panel);
      const vectors = latents.vectors(state, place);
      if (vectors) void this.decode(panel, vectors, inputAt);
      else if (hasSource(data, state.choices[place])) this.ask(panel);
      else panel.setStale();
    }
  }

  /**
   * Sends the state to Python, which has what is missing: the rerun calls update with it.
   *
   * @param {Panel} panel
   */
  ask(panel) {
    this.waiting = true;
    panel.setStale();
    this.sendParams();
  }

  /**
   * @param {Panel} panel
   * @param {Float32Array[]} vectors
   * @param {number} inputAt
   */
  async decode(panel, vectors, inputAt) {
    const { testSet, data, state, latents, client, place } = this.unitOf(panel),
      { seed, side } = state; // of these pictures
    const labels = latents.labels(state, place);
    const codes = data.classes ? vectors.map((z, i) => codeOf(z, labels[i], data.classes)) : vectors;
    const reply = await client.decode(codes, { slot: panel.title });
    if (!reply || testSet !== this.unitOf(panel).testSet) return;
    const { n, pixels, imageShape } = reply;
    panel.show({ n, side, pixels, imageShape, vectors, labels, seed });
    this.notice.hidden = true; // the live service works again
    this.drawIntervals(panel);
    this.selection.refresh();
    this.countSoon(panel);
    if (panel === this.panels[0]) this.meter.took(panel.canvas, performance.now() - inputAt);
  }

  /**
   * The picture that the model decodes from the mean of a test image's code; null if a newer one for this slot is asked
   * for.
   *
   * @param {number} index of the test image
   * @param {string} slot
   */
  async reconstruct(index, slot) {
    const { encoded } = await this.testSet.load();
    const reply = await this.client.decode([codeOf(meanOf(encoded, index), encoded.labels[index], this.data.classes)], {
      slot,
    });
    return reply?.pixels ?? null;
  }

  visible() {
    return [...this.panels.slice(0, this.state.view === "two" && !this.data.compare ? 2 : 1), ...this.otherPanels()];
  }

  /**
   * Saves what is on the page. Throws an error before there are pictures.
   *
   * @param {(samples: Samples) => void | Promise<void>} saveAs
   */
  async save(saveAs) {
    const { picked } = this.selection;
    const panels = this.visible().flatMap((panel) => {
      const { title, canvas, shown } = panel,
        { data, place } = this.unitOf(panel);
      const suffix = this.otherPanels().includes(panel) ? `_${data.model}` : place ? "_against" : "";
      return shown ? [{ title, canvas, shown, data, suffix }] : [];
    });
    if (panels.length < this.visible().length) throw new Error(t("The pictures are not here yet; try again."));
    await saveAs({
      data: this.data,
      panels,
      plane: this.state.view === "plane",
      picked: picked ? { place: this.visible().indexOf(picked.panel), cell: picked.cell } : { place: 0, cell: 0 },
    });
  }

  // — when the controls rest —

  afterRest() {
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.rest(), REST_MS);
  }

  /** A slider is released. */
  release() {
    if (!this.holding) return;
    this.holding = false;
    this.afterRest();
  }

  rest() {
    if (!this.holding) {
      this.sendParams();
      this.sendPicked();
    }
    for (const panel of this.visible()) {
      this.drawIntervals(panel);
      this.countSoon(panel); // or why they are not counted
      void this.showThumb(panel);
    }
    this.selection.search();
  }

  sendParams() {
    const params = writeParams(this.state, this.data);
    if (JSON.stringify(params) === JSON.stringify(this.sent)) return;
    this.sent = params;
    this.send("params", params);
  }

  /** Sends the z of the picture that the user has picked, or its new z: Explore starts from it. */
  sendPicked() {
    const { picked } = this.selection;
    const shown = picked?.pinned ? picked.panel.shown : null;
    if (!picked || !shown || picked.cell >= shown.vectors.length || !this.panels.includes(picked.panel)) return;
    const label = this.data.classes ? shown.labels[picked.cell] : null;
    const value = { model: this.data.model, z: Array.from(shown.vectors[picked.cell], round4), label };
    if (JSON.stringify(value) === JSON.stringify(this.sentPicked)) return;
    this.sentPicked = value;
    this.send("picked", value);
  }

  /**
   * Counts the classes of the newest pictures, a few times a second while they change.
   *
   * @param {Panel} panel
   */
  countSoon(panel) {
    panel.countTimer ??= setTimeout(async () => {
      await this.countClasses(panel);
      panel.countTimer = undefined;
      if (panel.shown !== panel.counted && panel.shown !== panel.tried) this.countSoon(panel);
    }, COUNT_MS);
  }

  /** @param {Panel} panel */
  async countClasses(panel) {
    const { shown } = panel,
      { testSet, data } = this.unitOf(panel);
    if (!shown || panel.counted === shown) return;
    panel.tried = shown;
    if (data.classes) {
      panel.showNoClasses(t("Not counted: the decoder is given the class."));
      return;
    }
    try {
      const outdated = () => this.unitOf(panel).testSet !== testSet;
      const pictures = shown.vectors.map((_, cell) => pictureOf(shown, cell));
      const known = data.classifier ? this.testSet : testSet; // of the same images, and loaded for the first grid
      const counts = await (data.classifier
        ? known.countByPicture(pictures, outdated)
        : known.countByCode(shown.vectors, outdated));
      if (!counts) return;
      const { classShares } = await known.load();
      panel.counted = shown;
      panel.showClasses(counts, classShares, data.class_names, data.palette);
      if (this.beside) this.scaleCounts(classShares);
    } catch (error) {
      panel.showNoClasses(t`The classes cannot be counted: what that takes did not load (${messageOf(error)}).`);
    }
  }

  /** Shows all models' counts at one scale. @param {number[]} shares of the classes in the test set */
  scaleCounts(shares) {
    const counted = this.visible().flatMap((panel) => (panel.counts ? [{ panel, counts: panel.counts }] : []));
    const highest = Math.max(...counted.map(({ counts }) => topShare(counts, shares)));
    const { class_names: classNames, palette } = this.data;
    for (const { panel, counts } of counted) panel.showClasses(counts, shares, classNames, palette, highest);
  }

  /** @param {Panel} panel */
  drawIntervals(panel) {
    const { data, latents, state, place, strongest } = this.unitOf(panel),
      { kl, spread, centre } = data;
    const source = latents.source(state, place);
    if (!source || this.state.view === "plane") return;
    const ofPrior = { centre: centre.map(() => 0), span: SPAN, prior: true };
    const ofCodes = { centre, span: SPAN * Math.max(...spread), prior: false };
    panel.drawIntervals(source, strongest, this.state.temperature, kl ? ofPrior : ofCodes);
  }

  /**
   * The test image whose posterior the panel shows, or its reconstruction where the server does not have the image.
   *
   * @param {Panel} panel
   */
  async showThumb(panel) {
    const { testSet } = this,
      place = this.panels.indexOf(panel),
      choice = this.state.choices[place] ?? ""; // none of another model, whose source is the first one's
    const [kind, number] = choice.split(":");
    if (kind !== "image") return;
    const loaded = await testSet.load().catch(() => null); // countClasses shows the reason
    if (!loaded) return;
    const original = await loaded.pictures.load(Number(number));
    const pixels = original ?? (await this.reconstruct(Number(number), `thumb ${panel.title}`));
    if (testSet !== this.testSet || choice !== this.state.choices[place]) return;
    panel.showThumb(pixels, this.data.image_shape, !original);
  }

  // — what the page shows of the state —

  showState() {
    const { view, choices, labels } = this.state;
    this.beside?.follow(this.state);
    this.root.classList.toggle("single", view !== "two" && !this.data.compare);
    this.root.classList.toggle("plane", view === "plane");
    this.panels[1].element.hidden = view !== "two" || Boolean(this.data.compare);
    this.controls.show(this.state);
    this.panels.forEach((panel, place) => panel.showChoice(choices[place], labels[place]));
    this.planeNote.textContent = this.latents.describeManifold(this.state);
    for (const panel of this.allPanels()) {
      const { data, state, place } = this.unitOf(panel);
      panel.describe(this.describe(panel));
      if (hasSource(data, choices[place]))
        panel.showScore(scoreInWords(data.scores, choices[place]), asMeasured(state));
      else panel.showScore(t("This model has no such source."), view !== "plane");
    }
  }

  /** @param {Panel} panel */
  describe(panel) {
    const { view, side, temperature } = this.state;
    const from =
      view === "plane"
        ? t("pictures at normal quantiles")
        : t`samples, source ${(this.beside ? this.panels[0] : panel).sourceName()}`;
    return t`${side} by ${side} ${from}, temperature ${temperature}`;
  }

  /** @param {LiveStatus} status */
  showStatus(status) {
    const { state, greeting } = status;
    if (state === "connecting") return;
    this.root.dataset.connection = state;
    if (greeting) this.device = translate(greeting.device);
    this.complain(noticeOf(status));
  }

  /** @param {string} text "" where nothing is wrong */
  complain(text) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  showMeter() {
    const { framesPerSecond, ms } = this.meter.read();
    const speed = ms === undefined ? "" : t` · ${framesPerSecond} frames/s · ${ms.toFixed(0)} ms input → pictures`;
    say(this.meterText, t`Decoded now on ${this.device}${speed}`);
  }

  resize() {
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0;
    const below = innerHeight - this.root.getBoundingClientRect().top - scrolled - MARGIN;
    const arounds = this.visible().map((panel) => panel.around());
    const high = Math.max(LEAST_SIDE, below - Math.max(...arounds.map(({ height }) => height)));
    const most = innerWidth < NARROW ? NARROW_HEIGHT * innerHeight : high;
    this.visible().forEach((panel, place) => {
      const room = Math.min(panel.element.clientWidth - arounds[place].width, most);
      panel.resize(room, this.data.image_shape, this.state.side);
    });
  }

  close() {
    this.closed = true;
    this.beside?.close();
    this.client.close();
    this.unwatch();
    for (const type of RELEASES) removeEventListener(type, this.onRelease);
    clearInterval(this.statusTimer);
    clearTimeout(this.restTimer);
    for (const panel of this.panels) clearTimeout(panel.countTimer);
    this.root.remove();
  }

  // — the page —

  /**
   * @param {string} title
   * @param {number} place of its source
   */
  buildPanel(title, place) {
    /** @type {Panel} */
    const panel = new Panel(title, {
      onSource: (source) => this.change({ choices: this.state.choices.with(place, source) }),
      onLabel: (label) => this.change({ labels: this.state.labels.with(place, label) }),
      onPoint: (cell) => this.selection.point(panel, cell),
      onPick: (cell) => {
        this.selection.pin(panel, cell);
        this.afterRest();
      },
      onLeave: () => this.selection.card.hide(),
    });
    return panel;
  }

  build() {
    const { panels, controls, selection } = this;
    this.grids.append(...panels.map((panel) => panel.element), this.notice);
    panels[0].element.prepend(controls.axes);
    const about = element(
      "details",
      { className: "about" },
      this.mismatch,
      this.scores,
      this.how,
      this.classHow,
      wordsOfSamples(() => selection.card.measured),
    );
    const divergence = element("div", { className: "divergence" }, about, this.klHelp);
    const foot = element("div", { className: "foot" }, this.planeNote, divergence, this.meterPlace);
    this.controlsPlace.append(controls.toolbar, controls.sliders, foot);
    const root = element("div", { className: "sampling" }, this.grids, this.controlsPlace, selection.card.element);
    root.addEventListener("keydown", (event) => {
      if (isOver(event, "input, select, button, .stage")) event.stopPropagation(); // r and c are Streamlit's
    });
    root.addEventListener("pointerdown", (event) => {
      this.holding = isOver(event, "input[type=range]");
    });
    return root;
  }
}

/**
 * Whether a model has this source.
 *
 * @param {Pick<SamplingData, "offered" | "kl">} data
 * @param {string} source
 */
function hasSource({ offered, kl }, source) {
  if (source.startsWith("image:")) return kl !== null;
  return offered.some(({ id, problem }) => id === source && !problem);
}

/**
 * The decoder's input: z and, for a conditional model, the class as weights.
 *
 * @param {ArrayLike<number>} z
 * @param {number} label
 * @param {number} classes
 */
function codeOf(z, label, classes) {
  return [...Array.from(z), ...Array.from({ length: classes }, (_, k) => Number(k === label))];
}

/**
 * Whether the event's own target, also one in a shadow root, fits the selector.
 *
 * @param {Event} event
 * @param {string} selector
 */
function isOver(event, selector) {
  const [target] = event.composedPath();
  return target instanceof Element && target.matches(selector);
}

export default componentOf(SamplingView);

/**
 * What is said of a chosen sample, in a card where no button could stand.
 *
 * @param {() => Values} measured of the last one
 */
function wordsOfSamples(measured) {
  const apart = [
    help("distance of codes", measured),
    t(", how far from the nearest picture"),
    help("change of the picture", measured),
  ];
  return element("p", {}, t("Of a sample: how far from the nearest code"), ...apart);
}
