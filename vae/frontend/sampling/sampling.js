/**
 * The Sampling component: grids of decodes of one fixed ε per cell, so that temperature, truncation and a latent's
 * value morph the pictures. Everything that moves lives here; Python hears of it when the hand has let go.
 */

import { drawPicture } from "../lib/canvas.js";
import { element, say } from "../lib/dom.js";
import { LiveClient, liveUrl, Meter, noticeOf } from "../lib/live-client.js";
import { strongestFirst } from "../lib/math.js";
import { Controls } from "./controls.js";
import { saveArrays, saveGrid, savePicture } from "./downloads.js";
import { Card, TestSet } from "./nearest.js";
import { Panel } from "./panel.js";
import { cellsOf, manifoldVectors, Noise, Source } from "./sources.js";
import { readParams, writeParams } from "./state.js";

const REST_MS = 200;
const STATUS_MS = 250;
const SPAN = 3; // standard deviations: half the height of what shows a source's size
const AROUND_TWO = 226,
  AROUND_ONE = 108; // CSS pixels above and below the pictures, in two columns and in one
const LEAST_SIDE = 240;
const PHONE = 640;
const RELEASES = ["pointerup", "pointercancel"]; // wherever the pointer is by then

export default class Sampling {
  constructor(parent, send) {
    this.send = (params) => send("params", params);
    this.meter = new Meter();
    this.card = new Card();
    this.panels = [0, 1].map((place) => this.buildPanel(place));
    this.controls = new Controls((part) => this.change(part), {
      grid: () => saveGrid(this.shown()),
      picture: () => savePicture(this.shown()),
      arrays: () => saveArrays(this.shown()),
    });
    this.build(parent);
    this.onResize = () => this.resize();
    this.sizes = new ResizeObserver(this.onResize);
    this.sizes.observe(this.root);
    addEventListener("resize", this.onResize);
    this.onRelease = () => this.release();
    for (const type of RELEASES) addEventListener(type, this.onRelease);
    this.statusTimer = setInterval(() => this.showMeter(), STATUS_MS);
  }

  /** Follows the model, and takes what Python has made: ε of a seed and of the next, the chosen sources' Gaussians. */
  update(data) {
    const old = this.data;
    this.data = data;
    const newModel = data.model !== old?.model || String(data.kl) !== String(old.kl); // also when trained anew
    if (newModel) this.takeModel(data, old);
    this.takeArrays(data);
    this.showState();
    if (newModel || this.waiting) this.draw();
    this.resize();
    this.afterRest(); // the theme may have changed
  }

  takeModel(data, old) {
    const { class_names: classNames, offered, classes, test_images: images, mismatch } = data;
    this.state = readParams(data.params, data);
    this.sent = writeParams(this.state, data);
    this.noises = new Map(); // by seed, in words
    this.sources = new Map(); // by the link's name
    this.pick(null);
    for (const panel of this.panels) panel.offer({ offered, classNames, told: classes > 0, images });
    this.controls.offer(data);
    this.strongest = strongestFirst(data.kl ?? data.spread);
    this.mismatch.replaceChildren(element("b", {}, mismatch.number), ` ${mismatch.meaning}`);
    this.how.textContent = mismatch.how;
    this.testSet = new TestSet(data.base, data.model);
    const onStatus = (status) => this.showStatus(status);
    if (old) this.client.setModel(data.model);
    else this.client = new LiveClient(liveUrl(data.base), data.model, { onStatus });
  }

  /** Keeps what has come before: whoever goes back waits for nothing. */
  takeArrays({ noises, sources, latent_dim: latentDim }) {
    for (const [seed, noise] of Object.entries(noises)) {
      if (!this.noises.has(seed)) this.noises.set(seed, new Noise(noise));
    }
    for (const [name, source] of Object.entries(sources)) {
      if (!this.sources.has(name)) this.sources.set(name, new Source(source, latentDim));
    }
  }

  // — from the hand to the pictures —

  /** The one way anything changes: every control ends here, for every step of the hand. */
  change(part) {
    Object.assign(this.state, part);
    this.showState();
    this.draw();
    if ("view" in part || "side" in part) this.resize();
    this.afterRest();
  }

  draw() {
    const inputAt = performance.now();
    this.waiting = false;
    for (const panel of this.visible()) {
      const vectors = this.vectorsOf(panel);
      if (vectors) this.decode(panel, vectors, this.labelsOf(panel), inputAt);
      else this.ask(panel);
    }
  }

  /** Python has what is missing: the rerun that brings it ends in update. */
  ask(panel) {
    this.waiting = true;
    panel.setStale();
    this.sendParams();
  }

  async decode(panel, vectors, labels, inputAt) {
    const {
      testSet,
      data,
      state: { seed },
    } = this; // of these pictures
    const weights = (label) => Array.from({ length: data.classes }, (_, k) => Number(k === label));
    const codes = data.classes ? vectors.map((z, i) => [...z, ...weights(labels[i])]) : vectors;
    const reply = await this.client.decode(codes, { slot: panel.title });
    if (!reply || testSet !== this.testSet) return;
    panel.show(reply, vectors, labels, seed);
    this.notice.hidden = true; // whatever was wrong, pictures came
    this.drawIntervals(panel);
    if (this.picked) this.showPicked();
    this.afterRest(); // their classes are to be counted
    if (panel === this.panels[0]) this.measure(panel.canvas, performance.now() - inputAt);
  }

  measure(canvas, ms) {
    this.meter.add(ms);
    const detail = { frame: Number(canvas.dataset.frame), ms };
    canvas.dispatchEvent(new CustomEvent("live-frame", { detail, bubbles: true, composed: true }));
  }

  /** z of the panel's cells, in order; null while its ε or its source are not here yet. */
  vectorsOf(panel) {
    const drawn = this.state.view === "plane" ? this.manifold() : this.draws(this.sourceOf(panel));
    const { dimension, value } = this.state.hold;
    if (drawn && value !== null) for (const z of drawn) z[dimension] = value;
    return drawn;
  }

  draws(source) {
    const { side, temperature, truncation, seed } = this.state,
      noise = this.noises.get(String(seed));
    if (!source || !noise) return null;
    noise.truncate(truncation);
    return source.vectors(cellsOf(side), noise, temperature);
  }

  manifold() {
    const { side, temperature, plane } = this.state;
    const { components, kl, spread } = this.data,
      { origin } = this.middleOfPlane();
    const direction = (axis) => {
      if (axis.startsWith("pc")) return components.directions[Number(axis.slice(2)) - 1];
      const i = Number(axis.slice(1));
      return origin.map((_, d) => (d === i ? (kl ? 1 : spread[i]) : 0));
    };
    return manifoldVectors(side, plane.map(direction), origin, temperature);
  }

  /** Where the directions outside the manifold stay, in numbers and in words. */
  middleOfPlane() {
    const { kl, centre } = this.data,
      ofPrior = kl && !this.state.plane.some((axis) => axis.startsWith("pc"));
    return ofPrior ? { origin: centre.map(() => 0), name: "0" } : { origin: centre, name: "the codes' mean" };
  }

  /** The classes that a conditional model is told, one per cell. */
  labelsOf(panel) {
    const { side, told } = this.state,
      chosen = told[this.panels.indexOf(panel)];
    return Array.from({ length: side * side }, (_, i) => chosen ?? (i % side) % this.data.classes);
  }

  sourceOf(panel) {
    return this.sources.get(this.state.choices[this.panels.indexOf(panel)]);
  }

  /** What a download holds. */
  shown() {
    return { data: this.data, panels: this.visible(), plane: this.state.view === "plane", picked: this.picked };
  }

  visible() {
    return this.panels.slice(0, this.state.view === "two" ? 2 : 1);
  }

  // — when the hand rests —

  afterRest() {
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.rest(), REST_MS);
  }

  /** The hand lets go of a slider. */
  release() {
    if (!this.holding) return;
    this.holding = false;
    this.afterRest();
  }

  rest() {
    if (!this.holding) this.sendParams();
    for (const panel of this.visible()) {
      this.drawIntervals(panel);
      this.countClasses(panel);
      this.showThumb(panel);
    }
    if (this.picked) this.findNearest();
  }

  sendParams() {
    const params = writeParams(this.state, this.data);
    if (JSON.stringify(params) === JSON.stringify(this.sent)) return;
    this.sent = params;
    this.send(params);
  }

  async countClasses(panel) {
    const { shown } = panel,
      { testSet, data } = this;
    if (!shown || panel.counted === shown) return;
    if (data.classes) {
      panel.sayInsteadOfClasses("The class is what the decoder is told.");
      return;
    }
    try {
      const counts = await testSet.classCounts(shown.vectors, () => panel.shown !== shown || this.testSet !== testSet);
      if (!counts) return;
      panel.counted = shown;
      panel.showClasses(counts, testSet.classShares, data.class_names, data.palette);
    } catch (error) {
      panel.sayInsteadOfClasses(`The encoded test set did not load (${error.message}).`);
    }
  }

  drawIntervals(panel) {
    const source = this.sourceOf(panel),
      { kl, spread, centre } = this.data;
    if (!source || this.state.view === "plane") return;
    const ofPrior = { centre: centre.map(() => 0), span: SPAN, prior: true };
    const ofCodes = { centre, span: SPAN * Math.max(...spread), prior: false };
    panel.drawIntervals(source, this.strongest, this.state.temperature, kl ? ofPrior : ofCodes);
  }

  /** The test image whose posterior the panel shows. */
  async showThumb(panel) {
    const { testSet } = this,
      place = this.panels.indexOf(panel),
      choice = this.state.choices[place];
    const [kind, number] = choice.split(":");
    if (kind !== "image") return;
    await testSet.load().catch(() => null); // countClasses says so
    const pixels = await testSet.pictures?.load(Number(number));
    if (testSet !== this.testSet || choice !== this.state.choices[place]) return;
    panel.thumb.hidden = !pixels;
    if (pixels) drawPicture(panel.thumb, pixels, this.data.image_shape);
  }

  // — one sample and its nearest test images —

  /** The pointer is over a cell, or has left; what was chosen by click or key stays. */
  point(panel, cell) {
    if (!this.picked?.pinned) this.pick(cell === null ? null : { panel, cell, pinned: false });
  }

  /** A cell is chosen; chosen again, or null, it is let go. */
  pin(panel, cell) {
    const again = this.picked?.pinned && this.picked.panel === panel && this.picked.cell === cell;
    this.pick(cell === null || again ? null : { panel, cell, pinned: true });
  }

  pick(picked) {
    const { panel, cell } = picked ?? {};
    const same = this.picked?.panel === panel && this.picked?.cell === cell && !this.card.element.hidden;
    this.picked = picked;
    for (const each of this.panels) {
      each.picked = each === panel ? cell : null;
      each.mark(cell ?? null); // the same ε in both
    }
    if (!picked) this.card.hide();
    else if (!same) {
      this.showPicked();
      this.findNearest();
    }
  }

  showPicked() {
    const { panel, cell } = this.picked,
      { side } = this.state;
    if (!this.visible().includes(panel) || cell >= panel.side ** 2) {
      this.pick(null); // the grid has become smaller
      return;
    }
    for (const each of this.visible()) each.mark(cell);
    const place = `row ${Math.floor(cell / side) + 1}, column ${(cell % side) + 1}`;
    const room = this.root.getBoundingClientRect();
    this.card.show(panel.cellBox(), room, panel.pictureAt(cell), this.data.image_shape, place);
  }

  async findNearest() {
    const { testSet, card, data } = this,
      { panel, cell } = this.picked,
      { shown } = panel;
    const outdated = () => this.picked?.cell !== cell || this.picked.panel !== panel || panel.shown !== shown;
    try {
      const code = await testSet.nearestCode(shown.vectors[cell]);
      if (!outdated()) card.showNearestCode(code, testSet, data.kl ? "σ of the prior" : "latent units");
      const pixels = await testSet.nearestPixels(panel.pictureAt(cell));
      if (!outdated()) card.showNearestPixels(pixels, testSet);
    } catch (error) {
      if (!outdated()) card.sayInstead(`The test set did not load (${error.message}).`);
    }
  }

  // — what the page shows of the state —

  showState() {
    const { view, choices, told } = this.state;
    this.root.classList.toggle("single", view !== "two");
    this.root.classList.toggle("plane", view === "plane");
    this.panels[1].element.hidden = view !== "two";
    this.controls.show(this.state);
    this.panels.forEach((panel, place) => panel.showChoice(choices[place], told[place]));
    this.planeNote.textContent = this.describePlane();
    for (const panel of this.panels) panel.describe(this.describe(panel));
  }

  describe(panel) {
    const { view, side, temperature } = this.state;
    const from = view === "plane" ? "pictures at normal quantiles" : `samples, source ${panel.sourceName()}`;
    return `${side} by ${side} ${from}, temperature ${temperature}`;
  }

  describePlane() {
    const { side, plane, temperature } = this.state,
      { kl, latent_dim: latentDim } = this.data;
    const { name } = this.middleOfPlane(),
      ofPrior = kl && name === "0";
    const count = plane.length === 1 ? side * side : side;
    const along = plane.length === 1 ? `${plane[0]}, in reading order` : "each axis";
    const scale = ofPrior ? "of the prior" : "with the test codes' mean and spread";
    const rest = latentDim > plane.length ? ` The other directions stay at ${name}.` : "";
    return (
      `Along ${along}: normal quantiles ½/${count}, 1½/${count}, … ${scale}, × ${temperature.toFixed(2)}, ` +
      `so that each picture stands for the same share.${rest}`
    );
  }

  showStatus(status) {
    const { state, greeting } = status;
    if (state === "connecting") return;
    this.root.dataset.connection = state;
    if (greeting) this.device = greeting.device;
    this.notice.textContent = noticeOf(status);
    this.notice.hidden = !this.notice.textContent;
  }

  showMeter() {
    const { framesPerSecond, ms } = this.meter.read();
    const speed = ms === undefined ? "" : ` · ${framesPerSecond} frames/s · ${ms.toFixed(0)} ms input → pictures`;
    const text = `decoded now on ${this.device ?? "…"}${speed}`;
    say(this.meterText, text);
  }

  resize() {
    if (!this.data) return;
    const phone = this.root.clientWidth < PHONE,
      two = this.state.view === "two";
    this.root.classList.toggle("phone", phone);
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0;
    const top = this.root.getBoundingClientRect().top + scrolled;
    const high = phone ? Infinity : Math.max(LEAST_SIDE, innerHeight - top - (two ? AROUND_TWO : AROUND_ONE));
    for (const panel of this.visible()) {
      panel.resize(Math.min(panel.element.clientWidth, high), this.data.image_shape, this.state.side);
    }
  }

  close() {
    this.client?.close();
    this.sizes.disconnect();
    removeEventListener("resize", this.onResize);
    for (const type of RELEASES) removeEventListener(type, this.onRelease);
    clearInterval(this.statusTimer);
    clearTimeout(this.restTimer);
    this.root.remove();
  }

  // — the page —

  buildPanel(place) {
    return new Panel("AB"[place], {
      onSource: (source) => this.change({ choices: this.state.choices.with(place, source) }),
      onTold: (label) => this.change({ told: this.state.told.with(place, label) }),
      onPoint: (cell) => this.point(this.panels[place], cell),
      onPick: (cell) => this.pin(this.panels[place], cell),
      onLeave: () => this.card.hide(),
    });
  }

  build(parent) {
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    const panels = element("div", { className: "panels" }, ...this.panels.map((panel) => panel.element), this.notice);
    this.panels[0].element.prepend(this.controls.axes);
    this.planeNote = element("p", { className: "plane-note" });
    this.mismatch = element("summary", { className: "mismatch" });
    this.how = element("p");
    const about = element("details", { className: "about" }, this.mismatch, this.how);
    this.meterText = element("p", { className: "meter" });
    const foot = element("div", { className: "foot" }, this.planeNote, about, this.meterText);
    const parts = [panels, this.controls.toolbar, this.controls.sliders, foot, this.card.element];
    this.root = element("div", { className: "sampling" }, ...parts);
    this.root.addEventListener("keydown", (event) => {
      const ours = event.composedPath()[0].matches("input, select, button, .stage");
      if (ours) event.stopPropagation(); // r and c are Streamlit's
    });
    this.root.addEventListener("pointerdown", (event) => {
      this.holding = event.composedPath()[0].matches("input[type=range]");
    });
    parent.append(this.root);
  }
}
