/**
 * The Explore component: sliders, map and pictures around one latent vector z, decoded while the user changes it. z is
 * kept here and goes to Python only on release.
 *
 * @import { ImageShape } from "../lib/contract.js"
 * @import { Live } from "../lib/following.js"
 * @import { DecodeReply, LiveStatus } from "../lib/live-client.js"
 * @import { LocalModel } from "../lib/model-client.js"
 * @import { Nats } from "../lib/comparison-words.js"
 * @import { Beside, OtherModel } from "./beside.js"
 * @import { ClassGrid } from "./classes.js"
 * @import { Codes, SameInput } from "./same-input.js"
 *
 * What a host gives: vae/views/explore.py, and the start of vae/ui/pages/explore.py. kl: nats per dimension, null for a plain
 * autoencoder; spread: standard deviation of the means per dimension; points: float32, k × 2, and labels: uint16, both
 * as base64; projection: origin and axes of the map; start: the picture to start from, and the number of this start; z:
 * where to begin now, null at the start; label: the class to decode as. Where models are compared: words, nats and codes of
 * this one, the others, and what is the same input for all.
 *
 * @typedef {object} ExploreData
 * @property {string} base the app's address
 * @property {string} model
 * @property {LocalModel | null} local its weights for this browser
 * @property {number} latent_dim
 * @property {ImageShape} image_shape
 * @property {number} classes
 * @property {number[] | null} kl
 * @property {number[]} spread
 * @property {string} points
 * @property {string} labels
 * @property {string[]} class_names
 * @property {string[]} palette
 * @property {{mean: number[], components: number[][]}} projection
 * @property {{id: string, title: string, z: number[]}} start
 * @property {number[] | null} z
 * @property {number | null} label
 * @property {string} [words]
 * @property {Nats} [nats]
 * @property {Codes} [codes]
 * @property {OtherModel[]} [compare]
 * @property {SameInput} [input]
 */

import { fromBase64 } from "../lib/bytes.js";
import { drawPicture, fitPicture, pngOf } from "../lib/canvas.js";
import { button, element, say, subscript } from "../lib/dom.js";
import { downloadMenu } from "../lib/download-menu.js";
import { download } from "../lib/export.js";
import { rangeField } from "../lib/fields.js";
import { announce, isVector } from "../lib/following.js";
import { help, natsText, timeHelp } from "../lib/glossary.js";
import { Meter, noticeOf } from "../lib/live-client.js";
import { ModelClient } from "../lib/model-client.js";
import { gaussian, round4, strongestFirst } from "../lib/math.js";
import { watchSize } from "../lib/view.js";
import { t, translate } from "../lib/words.js";
import { Comparison } from "./comparison.js";
import { SmallMap } from "./map.js";
import { Sliders } from "./sliders.js";

const HISTORY = 200;
const PNG_SCALE = 8;
const STATUS_MS = 250;
const REST_MS = 150;
const AROUND_MS = 60; // between two repaints of numbers, marker and small pictures while z changes
const NARROW = 900; // CSS pixels: below, controls stand under the picture (see explore.css)
const MARGIN = 12; // CSS pixels below the picture

export default class Explore {
  /** @type {ExploreData | undefined} */
  data;
  /** @type {ModelClient | undefined} */
  client;
  /** @type {number[]} */
  z = [];
  /** @type {number[]} */
  start = [];
  /** Where this start began: at the start itself, or at a link's z. @type {number[]} */
  begun = [];
  /** The z of each release, and which of them is shown. @type {number[][]} */
  history = [];
  at = -1;
  range = 3;
  aroundAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  aroundTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  stripsTimer;
  meter = new Meter();
  /** @type {string | undefined} */
  device;
  /** The models beside this one, where there are any. @type {Beside | null} */
  beside = null;
  /** What z is as each class, of a conditional model. @type {ClassGrid | null} */
  classes = null;
  closed = false;

  /**
   * @param {HTMLElement} parent
   * @param {(name: "z" | "input" | "label", value: any) => void} send to Python
   */
  constructor(parent, send) {
    this.sendLabel = (/** @type {number} */ label) => send("label", { label, at: performance.now() }); // the same once more, too
    this.sendInput = (/** @type {SameInput} */ input) => send("input", input);
    this.sendState = (/** @type {number[]} */ z) => this.data && send("z", { start: this.data.start.id, z });
    const onMove = (/** @type {number[]} */ z) => this.move(z);
    const onRelease = () => this.release();
    this.sliders = new Sliders({ onMove, onRelease, onJump: (z) => this.jump(z) });
    this.map = new SmallMap({ onMove, onRelease });
    this.comparison = new Comparison(this.map.legend, this.map.caption);

    this.hero = element("canvas", { className: "hero", role: "img", ariaLabel: t("Picture decoded from z") });
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    this.heroPlace = element("div", { className: "hero-place" }, this.hero, this.notice);
    this.mapPlace = element("div", { className: "map-place" });
    const second = element("div", { className: "second" }, this.mapPlace, this.comparison.element);

    this.undo = button("↶", t("Undo (Ctrl+Z)"), () => this.step(-1), t("Undo"));
    this.redo = button("↷", t("Redo (Ctrl+Shift+Z)"), () => this.step(1), t("Redo"));
    const toolbar = element("div", { className: "toolbar", role: "toolbar", ariaLabel: t("Latent vector") });
    toolbar.append(
      button(t("Randomise"), t("Draw z from the prior, N(0, I)"), () => this.randomise()),
      button(t("Zero all"), t("Set every dimension to 0, the prior's mean"), () => this.jump(this.z.map(() => 0))),
      this.undo,
      this.redo,
      button(t("Reset"), t("Back to the start picture"), () => this.jump(this.start), t("Reset to start")),
      downloadMenu([
        { format: "PNG", what: t`this picture, ${PNG_SCALE} times as large`, save: () => this.download() },
      ]),
    );
    this.padPlace = element("div", { className: "pad-place" });

    this.rangeInput = rangeField({ step: 0.5 });
    this.rangeInput.addEventListener("input", () => this.setRange(this.rangeInput.valueAsNumber));
    this.rangeOutput = element("output", {});
    this.sliderHead = element("span", {});
    this.helps = {
      z: help("z"),
      kl: help("KL of a dimension", () => this.strongest()),
      mean: help("spread of μ", () => this.strongest()),
    };
    this.rangeLabel = element("label", { className: "range" }, t("Range "), this.rangeInput, this.rangeOutput);
    const sliderHead = element("div", { className: "slider-head" }, this.sliderHead, this.rangeLabel);
    this.meterText = element("span", { className: "meter" }, t("connecting"));
    const status = element(
      "details",
      { className: "status small-print", open: true },
      element("summary", {}, t("status")),
    );
    status.append(this.meterText, timeHelp(this.meter));
    this.controls = element("div", { className: "controls" }, toolbar, this.padPlace);
    this.controls.append(sliderHead, this.sliders.element, status);

    this.root = element("div", { className: "explore" }, this.heroPlace, this.controls, second);
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    parent.append(this.root);
    this.unwatch = watchSize(this.root, () => this.resizeHero());
    this.statusTimer = setInterval(() => this.showMeter(), STATUS_MS);
  }

  /**
   * Follows model, start and points; data that brings nothing new changes nothing.
   *
   * @param {ExploreData} data
   */
  update(data) {
    const old = this.data;
    this.data = data;
    const newModel = data.model !== old?.model || String(data.kl) !== String(old?.kl); // also when trained again
    const newStart = newModel || data.start.id !== old?.start.id;
    const client = newModel || !this.client ? this.takeModel(data, old) : this.client;
    const newLabel = data.label !== old?.label || newModel;
    if (newLabel) client.classWeights = Array.from({ length: data.classes }, (_, k) => Number(k === data.label));
    const newPoints = newModel || data.points !== old?.points || data.labels !== old?.labels;
    if (newPoints) this.takePoints(data);
    if (newStart) this.takeStart(data, newModel);
    else if (newPoints) this.map.showStart(this.start);
    if (newLabel && !newStart) this.takeLabel();
    if ((newPoints || newLabel) && this.map.isPlane) this.refreshManifold();
    this.resizeHero(); // the page above may have grown
    this.map.paint(); // the theme may have changed
    if (data.compare || this.beside) void this.takeCompared();
    if (newLabel && (data.classes || this.classes)) void this.takeClasses(newModel);
  }

  /** As the models beside this one, the grid of classes has a module of its own. */
  async takeClasses(newModel = false) {
    const module = await import("./classes.js").catch(() => null);
    const { data } = this;
    if (!module || !data || this.closed) return;
    const isNew = !this.classes;
    this.classes ??= new module.ClassGrid((label) => this.chooseLabel(label));
    if (isNew) this.sliders.element.after(this.classes.element);
    if (isNew || newModel) this.classes.take(data.classes ? data.class_names : []);
    this.classes.show(data.label ?? 0);
    this.refreshStripsSoon();
  }

  /** The user has chosen a class here: it is decoded at once, and the host follows. @param {number} label */
  chooseLabel(label) {
    const { client, data } = this;
    if (!client || !data) return;
    client.classWeights = Array.from({ length: data.classes }, (_, k) => Number(k === label));
    this.takeLabel();
    this.sendLabel(label);
  }

  /** The models beside this one have a module of their own, which a page without a comparison does not load. */
  async takeCompared() {
    const module = await import("./beside.js").catch(() => null);
    const { data, hero, heroPlace: place, controls, sliders } = this;
    if (!data || this.closed) return;
    if (!module) {
      Object.assign(this.notice, { textContent: t("The other models did not load. Reload the page."), hidden: false });
      return;
    }
    if (data.compare) {
      this.beside ??= new module.Beside({ hero, place, controls, sliders }, this.sendInput);
      this.beside.update(data, this.z, this.begun);
    } else if (this.beside) {
      this.beside.close();
      this.beside = null;
    }
    this.root.classList.toggle("comparing", this.beside !== null);
    this.resizeHero();
  }

  /**
   * @param {ExploreData} data
   * @param {ExploreData} [old]
   */
  takeModel(data, old) {
    const { kl, spread, latent_dim: latentDim, image_shape: imageShape } = data;
    /** @type {number[]} */
    const z = new Array(latentDim).fill(0);
    const hadPrior = old === undefined || old.kl !== null;
    const strength = kl ? ["KL", this.helps.kl, t(" in nats")] : [t("spread of μ"), this.helps.mean]; // without a prior no KL
    this.sliderHead.replaceChildren("z", this.helps.z, " · ", ...strength);
    if (!kl) this.setScale(Math.ceil(3 * Math.max(...spread)), t("latent units"));
    else if (!old || !hadPrior) this.setScale(3, t("prior standard deviations"));
    this.comparison.clear(imageShape);
    this.hero.width = 1; // cleared
    this.z = z;
    this.sliders.build(kl, spread, this.range, z, imageShape);
    if (this.client) this.client.setModel(data);
    else this.client = new ModelClient(data, { onStatus: (status) => this.showStatus(status) });
    return this.client;
  }

  /** The strongest dimension's number, for its formula. */
  strongest() {
    if (!this.data) return null;
    const { kl, spread } = this.data,
      i = strongestFirst(kl ?? spread)[0];
    return kl ? { kl: `${subscript(i)}: ${natsText(kl[i])}` } : { spread: `${subscript(i)}: ${spread[i].toFixed(2)}` };
  }

  /** @param {ExploreData} data */
  takePoints({ points, labels, class_names: classNames, palette, projection, latent_dim: latentDim }) {
    this.map.setData(this.z, {
      points: new Float32Array(fromBase64(points).buffer),
      labels: new Uint16Array(fromBase64(labels).buffer),
      classNames,
      palette,
      projection,
      latentDim,
      range: this.range,
    });
    this.root.classList.toggle("plane", this.map.isPlane);
    (this.map.isPlane ? this.padPlace : this.mapPlace).append(this.map.element);
    this.mapPlace.hidden = this.map.isPlane;
  }

  /**
   * @param {ExploreData} data
   * @param {boolean} newModel
   */
  takeStart({ start, z }, newModel) {
    this.start = start.z.map(round4);
    const now = z?.map(round4) ?? this.start;
    this.begun = now;
    this.history = newModel ? [] : this.history.slice(0, this.at + 1);
    this.history.push(now);
    this.at = this.history.length - 1;
    this.comparison.startTitle.textContent = start.title;
    this.map.showStart(this.start);
    this.comparison.before = null;
    this.move(now);
    this.decodeBefore();
    this.showHistory();
  }

  /** Another class of a conditional model: the same z, decoded as it. */
  takeLabel() {
    this.decodeBefore();
    this.move(this.z);
  }

  decodeBefore() {
    void this.client?.decode([this.start], { slot: "before" }).then((reply) => {
      if (reply) this.comparison.showBefore(reply);
    });
  }

  /**
   * The one way in which this page changes z: every control calls this at every input event.
   *
   * @param {number[]} z
   */
  move(z) {
    this.show(z);
    announce(this.root, () => ({ view: "explore", model: this.data?.model ?? "", z: this.z }));
  }

  /** Shows the z of another page. @param {Live} live */
  follow({ z }) {
    if (isVector(z, this.z.length)) this.show(z);
  }

  /** @param {number[]} z */
  show(z) {
    const inputAt = performance.now();
    this.z = z.map(round4);
    void this.client?.decode([this.z]).then((reply) => reply && this.drawNow(reply, inputAt));
    this.beside?.move(this.z);
    this.sliders.show(this.z);
    this.sliders.setStale(true);
    this.map.z = this.z;
    this.showAroundSoon();
    this.refreshStripsSoon();
  }

  /** The user has released a control: z becomes a step of the history and goes to Python. */
  release() {
    if (this.aroundTimer !== undefined) this.showAround();
    if (same(this.z, this.history[this.at])) return;
    this.history = [...this.history.slice(0, this.at + 1), this.z].slice(-HISTORY);
    this.at = this.history.length - 1;
    this.sendState(this.z);
    this.showHistory();
  }

  /** @param {number[]} z */
  jump(z) {
    this.move(z);
    this.release();
  }

  /** @param {1 | -1} by */
  step(by) {
    this.release(); // a drag may be under way
    const z = this.history[this.at + by];
    if (!z) return;
    this.at += by;
    this.move(z);
    this.showAround();
    this.sendState(z);
    this.showHistory();
  }

  /**
   * @param {DecodeReply} reply
   * @param {number} inputAt performance.now() at the input event
   */
  drawNow(reply, inputAt) {
    this.comparison.now = reply;
    drawPicture(this.hero, reply.pixels, reply.imageShape);
    this.meter.took(this.hero, performance.now() - inputAt);
    this.showAroundSoon();
    if (!this.notice.hidden) this.notice.hidden = true; // a picture came, so the problem is over
  }

  /** Other repaints in a frame delay the picture: the rest follows at once the first time, then not in every frame. */
  showAroundSoon() {
    const wait = this.aroundAt + AROUND_MS - performance.now();
    if (wait > 0) this.aroundTimer ??= setTimeout(() => this.showAround(), wait);
    else this.showAround();
  }

  showAround() {
    clearTimeout(this.aroundTimer);
    this.aroundTimer = undefined;
    this.aroundAt = performance.now();
    this.comparison.show();
    this.map.show(this.z);
    this.sliders.showNumbers();
  }

  /** The client delays background requests itself; not making them while z changes saves work in every frame. */
  refreshStripsSoon() {
    clearTimeout(this.stripsTimer);
    this.stripsTimer = setTimeout(() => this.refreshStrips(), REST_MS);
  }

  refreshStrips() {
    const { z, range } = this;
    void this.classes?.refresh(this.client, z);
    const vectors = this.sliders.stripVectors();
    if (!vectors.length) return;
    void this.client?.decode(vectors, { slot: "strips", background: true }).then((reply) => {
      if (reply && z === this.z && range === this.range) this.sliders.drawStrips(reply);
    });
  }

  refreshManifold() {
    const vectors = this.map.manifoldVectors();
    void this.client?.decode(vectors, { slot: "manifold", background: true }).then((reply) => {
      if (reply) this.map.drawManifold(reply);
    });
  }

  /**
   * The sliders' first range with a kind of model: ±range, and up to twice that.
   *
   * @param {number} range
   * @param {string} unit
   */
  setScale(range, unit) {
    this.range = range;
    Object.assign(this.rangeInput, { min: Math.min(1, range), max: 2 * range, value: range });
    this.rangeInput.ariaLabel = this.rangeLabel.title = t`Range of the sliders, in ${unit}`;
    this.rangeOutput.textContent = `±${range}`;
  }

  /** @param {number} range */
  setRange(range) {
    this.range = range;
    this.rangeOutput.textContent = `±${range}`;
    this.sliders.setRange(range);
    this.sliders.setStale(true);
    this.refreshStripsSoon();
    if (!this.map.isPlane) return;
    this.map.setRange(range);
    this.refreshManifold();
  }

  // — buttons —

  randomise() {
    const { kl = null, spread = [] } = this.data ?? {};
    this.jump(this.z.map((_, i) => gaussian() * (kl ? 1 : spread[i])));
  }

  async download() {
    const name = `${this.data?.model}.png`;
    download(await pngOf(this.hero, PNG_SCALE), name);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const key = event.key.toLowerCase();
    const [target] = event.composedPath();
    const isControl = target instanceof Element && target.matches("input, button, .pad");
    if (isControl) event.stopPropagation(); // Streamlit uses r and c
    if (!(event.ctrlKey || event.metaKey) || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    this.step(key === "y" || event.shiftKey ? 1 : -1);
  }

  // — what the page shows of the state —

  showHistory() {
    this.undo.disabled = this.at === 0;
    this.redo.disabled = this.at === this.history.length - 1;
    this.map.describe(t`Map. Arrow keys move z; now ${this.z.map((value) => value.toFixed(1)).join(", ")}`);
  }

  /** @param {LiveStatus} status */
  showStatus(status) {
    if (status.state === "connecting") return;
    this.root.dataset.connection = status.state;
    if (status.state === "open") this.device = translate(status.greeting.device);
    const text = noticeOf(status);
    this.notice.textContent = text;
    this.notice.hidden = !text;
    this.showMeter();
  }

  /** Each change of text costs a new layout of the page: four times a second, not in every frame. */
  showMeter() {
    this.comparison.showMean();
    const { framesPerSecond, ms } = this.meter.read();
    const speed = ms === undefined ? "" : t` · ${framesPerSecond} frames/s · ${ms.toFixed(1)} ms input → picture`;
    const text = `${this.device ?? t("connecting")} · ${this.data?.model ?? ""}${speed}`;
    say(this.meterText, text);
  }

  /** The hero is as large as column and window allow, at a whole number of screen pixels per picture pixel. */
  resizeHero() {
    if (!this.data) return;
    const narrow = innerWidth < NARROW;
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0;
    const below = innerHeight - this.root.getBoundingClientRect().top - scrolled - MARGIN;
    if (this.beside) {
      this.beside.resize(narrow ? innerHeight * 0.44 : Math.max(224, below));
      return;
    }
    const room = Math.min(this.heroPlace.clientWidth, narrow ? innerHeight * 0.36 : Math.max(224, below));
    fitPicture(this.hero, this.data.image_shape, room);
  }

  close() {
    this.closed = true;
    this.client?.close();
    this.beside?.close();
    this.classes?.close();
    this.unwatch();
    clearInterval(this.statusTimer);
    clearTimeout(this.stripsTimer);
    clearTimeout(this.aroundTimer);
    this.root.remove();
  }
}

/** @param {number[]} a @param {number[]} b */
function same(a, b) {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
