/**
 * The Explore component: sliders, map and pictures around one latent vector z, decoded while the hand moves. z lives
 * here and goes to Python only when the hand lets go.
 */

import { fromBase64 } from "../lib/bytes.js";
import { drawDifference, drawPicture, fitPicture, pngOf } from "../lib/canvas.js";
import { button, element, say } from "../lib/dom.js";
import { download } from "../lib/export.js";
import { LiveClient, liveUrl, Meter, noticeOf } from "../lib/live-client.js";
import { gaussian, round4 } from "../lib/math.js";
import { LatentMap } from "./map.js";
import { Sliders } from "./sliders.js";

const HISTORY = 200;
const BRIGHTER = [230, 97, 1],
  DARKER = [64, 96, 200]; // apart for every kind of colour vision
const PNG_SCALE = 8;
const STATUS_MS = 250;
const REST_MS = 150;
const AROUND_MS = 60; // between two repaints of numbers, marker and small pictures while a hand moves
const SECOND_ROW = 0.2; // of the window's height, for map and comparison below the hero (see .map-place)

export default class Explore {
  aroundAt = -Infinity;

  constructor(parent, send) {
    this.parent = parent;
    this.sendState = (z) => send("z", z);
    const onMove = (z) => this.move(z);
    const onRelease = () => this.release();
    this.sliders = new Sliders({ onMove, onRelease, onGo: (z) => this.go(z) });
    this.map = new LatentMap({ onMove, onRelease });
    this.meter = new Meter();
    this.build();
    this.watchSize();
  }

  /** Follows model, start and points; data that brings nothing new disturbs nothing. */
  update(data) {
    const old = this.data;
    this.data = data;
    const newModel = data.model !== old?.model || String(data.kl) !== String(old.kl); // also when trained anew
    const newStart = newModel || data.start.id !== old.start.id;
    if (newModel) this.takeModel(data, old);
    const newLabel = data.label !== old?.label || newModel;
    if (newLabel) this.client.classWeights = Array.from({ length: data.classes }, (_, k) => Number(k === data.label));
    const newPoints = newModel || data.points !== old.points || data.labels !== old.labels;
    if (newPoints) this.takePoints(data);
    if (newStart) this.takeStart(data, newModel, Boolean(old));
    else if (newPoints) this.map.showStart(this.start);
    if (newLabel && !newStart) this.takeLabel();
    if ((newPoints || newLabel) && this.map.isPlane) this.refreshManifold();
    this.resizeHero(); // whatever stands above may have grown
    this.map.paint(); // the theme may have changed
  }

  takeModel({ base, model, kl, spread, latent_dim: latentDim }, old) {
    const z = new Array(latentDim).fill(0);
    const hadPrior = old === undefined || old.kl !== null;
    this.sliderHead.textContent = kl ? "z · KL in nats" : "z · spread of μ"; // an autoencoder has no KL and no prior
    if (!kl) this.setScale(Math.ceil(3 * Math.max(...spread)), "latent units");
    else if (!old || !hadPrior) this.setScale(3, "prior standard deviations");
    this.pictures = {};
    this.meanText = "";
    for (const canvas of [this.hero, this.nowPicture, this.beforePicture, this.difference]) canvas.width = 1; // cleared
    this.z = z;
    this.sliders.build(kl, spread, this.range, z);
    if (old) this.client.setModel(model);
    else {
      const onStatus = (status) => this.showStatus(status);
      this.client = new LiveClient(liveUrl(base), model, { onStatus });
    }
  }

  takePoints({ points, labels, class_names: classNames, palette, projection, latent_dim: latentDim }) {
    this.map.setData(this.z, {
      points: new Float32Array(bytesOf(points).slice().buffer),
      labels: new Uint16Array(bytesOf(labels).slice().buffer),
      classNames,
      palette,
      projection,
      latentDim,
      range: this.range,
    });
    (this.map.isPlane ? this.padPlace : this.mapPlace).append(this.map.element);
    this.mapPlace.hidden = this.map.isPlane;
  }

  takeStart({ start, z }, newModel, mounted) {
    this.start = start.z.map(round4);
    const now = !mounted && z ? z.map(round4) : this.start;
    this.history = newModel ? [] : this.history.slice(0, this.at + 1);
    this.history.push(now);
    this.at = this.history.length - 1;
    this.startTitle.textContent = start.title;
    this.map.showStart(this.start);
    this.pictures.before = null;
    this.move(now);
    this.decodeBefore();
    this.showHistory();
    if (mounted) this.sendState(now); // Python still holds a z that was let go of before this start
  }

  /** Another class of a conditional model: the same z, decoded as it. */
  takeLabel() {
    this.decodeBefore();
    this.move(this.z);
  }

  decodeBefore() {
    this.client.decode([this.start], { slot: "before" }).then((reply) => reply && this.drawBefore(reply));
  }

  /** The one way z changes: every control ends here, for every step of the hand. */
  move(z) {
    const inputAt = performance.now();
    this.z = z.map(round4);
    this.client.decode([this.z]).then((reply) => reply && this.drawNow(reply, inputAt));
    this.sliders.show(this.z);
    this.sliders.setStale(true);
    this.map.z = this.z;
    this.showAroundSoon();
    this.refreshStripsSoon();
  }

  /** The hand let go: z becomes a step of the history and known to Python. */
  release() {
    if (this.aroundTimer) this.showAround();
    if (same(this.z, this.history[this.at])) return;
    this.history = [...this.history.slice(0, this.at + 1), this.z].slice(-HISTORY);
    this.at = this.history.length - 1;
    this.sendState(this.z);
    this.showHistory();
  }

  go(z) {
    this.move(z);
    this.release();
  }

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

  drawNow({ pixels, imageShape }, inputAt) {
    this.pictures.now = { pixels, imageShape };
    drawPicture(this.hero, pixels, imageShape);
    const ms = performance.now() - inputAt;
    this.meter.add(ms);
    const detail = { frame: Number(this.hero.dataset.frame), ms };
    this.hero.dispatchEvent(new CustomEvent("live-frame", { detail, bubbles: true, composed: true }));
    this.showAroundSoon();
    if (!this.notice.hidden) this.notice.hidden = true; // whatever was wrong, a picture came
  }

  /** Whatever else repaints in a frame delays the picture: the rest comes at once, but then not in every frame. */
  showAroundSoon() {
    const wait = this.aroundAt + AROUND_MS - performance.now();
    if (wait > 0) this.aroundTimer ??= setTimeout(() => this.showAround(), wait);
    else this.showAround();
  }

  showAround() {
    clearTimeout(this.aroundTimer);
    this.aroundTimer = undefined;
    this.aroundAt = performance.now();
    const { now } = this.pictures;
    if (now) drawPicture(this.nowPicture, now.pixels, now.imageShape);
    this.drawDifference();
    this.map.show(this.z);
    this.sliders.showNumbers();
  }

  drawBefore({ pixels, imageShape }) {
    this.pictures.before = { pixels, imageShape };
    drawPicture(this.beforePicture, pixels, imageShape);
    this.drawDifference();
  }

  drawDifference() {
    const { now, before } = this.pictures;
    if (!now || !before) return;
    const { imageShape } = now;
    const mean = drawDifference(this.difference, now.pixels, before.pixels, imageShape, BRIGHTER, DARKER);
    this.meanText = `mean |Δ| ${(100 * mean).toFixed(1)} %`;
  }

  /** The client waits for rest by itself; not asking before saves work in every frame. */
  refreshStripsSoon() {
    clearTimeout(this.stripsTimer);
    this.stripsTimer = setTimeout(() => this.refreshStrips(), REST_MS);
  }

  async refreshStrips() {
    const { z, range } = this;
    const vectors = this.sliders.stripVectors();
    if (!vectors.length) return;
    const reply = await this.client.decode(vectors, { slot: "strips", background: true });
    if (reply && z === this.z && range === this.range) this.sliders.drawStrips(reply);
  }

  async refreshManifold() {
    const reply = await this.client.decode(this.map.manifoldVectors(), { slot: "manifold", background: true });
    if (reply) this.map.drawManifold(reply);
  }

  /** Where the sliders begin with a kind of model: ±range, and up to twice that. */
  setScale(range, unit) {
    this.range = range;
    Object.assign(this.rangeInput, { min: Math.min(1, range), max: 2 * range, value: range });
    this.rangeInput.ariaLabel = this.rangeInput.parentElement.title = `Range of the sliders, in ${unit}`;
    this.rangeLabel.textContent = `±${range}`;
  }

  setRange(range) {
    this.range = range;
    this.rangeLabel.textContent = `±${range}`;
    this.sliders.setRange(range);
    this.sliders.setStale(true);
    this.refreshStripsSoon();
    if (!this.map.isPlane) return;
    this.map.setRange(range);
    this.refreshManifold();
  }

  // — buttons —

  randomise() {
    const { kl, spread } = this.data;
    this.go(this.z.map((_, i) => gaussian() * (kl ? 1 : spread[i])));
  }

  async copyLink() {
    const link = linkTo(this.z);
    const copied = await copyText(link, this.root);
    this.say(copied ? "Link copied" : "Copy this link:");
    this.linkField.hidden = copied;
    this.linkField.value = link;
    if (!copied) this.linkField.select();
  }

  async download() {
    download(await pngOf(this.hero, PNG_SCALE), `${this.data.model}.png`);
  }

  onKey(event) {
    const key = event.key.toLowerCase();
    if (event.composedPath()[0].matches("input, button, .pad")) event.stopPropagation(); // r and c are Streamlit's
    if (!(event.ctrlKey || event.metaKey) || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    this.step(key === "y" || event.shiftKey ? 1 : -1);
  }

  // — what the page shows of the state —

  showHistory() {
    this.undo.disabled = this.at === 0;
    this.redo.disabled = this.at === this.history.length - 1;
    this.map.describe(`Map. Arrow keys move z; now ${this.z.map((value) => value.toFixed(1)).join(", ")}`);
  }

  showStatus(status) {
    const { state, greeting } = status;
    if (state === "connecting") return;
    this.root.dataset.connection = state;
    if (greeting) this.device = greeting.device;
    const text = noticeOf(status);
    this.notice.textContent = text;
    this.notice.hidden = !text;
    this.showMeter();
  }

  /** Text is laid out anew whenever it changes: four times a second, not in every frame. */
  showMeter() {
    if (this.meanDifference.textContent !== this.meanText) this.meanDifference.textContent = this.meanText ?? "";
    const { framesPerSecond, ms } = this.meter.read();
    const speed = ms === undefined ? "" : ` · ${framesPerSecond} frames/s · ${ms.toFixed(1)} ms input → picture`;
    const text = `${this.device ?? "connecting"} · ${this.data?.model ?? ""}${speed}`;
    say(this.meterText, text);
  }

  say(text) {
    this.said.textContent = text;
    clearTimeout(this.sayTimer);
    this.sayTimer = setTimeout(() => (this.said.textContent = ""), 4000);
  }

  /** The hero is as large as column and window allow, at a whole number of screen pixels per picture pixel. */
  resizeHero() {
    if (!this.data) return;
    const phone = this.root.clientWidth < 640;
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0;
    const below = innerHeight - this.root.getBoundingClientRect().top - scrolled - SECOND_ROW * innerHeight - 12;
    const room = Math.min(this.heroPlace.clientWidth, phone ? innerHeight * 0.36 : Math.max(224, below));
    this.root.classList.toggle("phone", phone);
    fitPicture(this.hero, this.data.image_shape, room);
    this.padPlace.style.maxWidth = this.hero.style.width; // a 2-D pad is the hero's twin
  }

  watchSize() {
    this.sizes = new ResizeObserver(() => this.resizeHero());
    this.sizes.observe(this.root);
    this.onResize = () => this.resizeHero();
    addEventListener("resize", this.onResize);
    this.statusTimer = setInterval(() => this.showMeter(), STATUS_MS);
  }

  close() {
    this.closed = true;
    this.client?.close();
    this.sizes?.disconnect();
    removeEventListener("resize", this.onResize);
    clearInterval(this.statusTimer);
    clearTimeout(this.sayTimer);
    clearTimeout(this.stripsTimer);
    clearTimeout(this.aroundTimer);
    this.root?.remove();
  }

  // — the page —

  build() {
    this.root = element("div", { className: "explore" }, this.buildPictures(), this.buildControls());
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    this.parent.append(this.root);
  }

  buildPictures() {
    this.hero = element("canvas", { className: "hero", role: "img", ariaLabel: "Picture decoded from z" });
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    this.heroPlace = element("div", { className: "hero-place" }, this.hero, this.notice);
    this.mapPlace = element("div", { className: "map-place" });
    const second = element("div", { className: "second" }, this.mapPlace, this.buildComparison());
    return element("div", { className: "pictures" }, this.heroPlace, second);
  }

  buildComparison() {
    const figure = (canvas, text) => element("figure", {}, canvas, element("figcaption", {}, text));
    this.beforePicture = element("canvas", { role: "img", ariaLabel: "Before: the start picture" });
    this.nowPicture = element("canvas", { role: "img", ariaLabel: "Now: the current picture" });
    this.difference = element("canvas", { role: "img", ariaLabel: "Difference: now minus before" });
    this.difference.className = "difference";
    this.startTitle = element("span", { className: "start-title" });
    this.meanDifference = element("span");
    const scale = element("p", { className: "scale", title: "Difference of grey value, in parts of the full range" });
    scale.append("−0.5", element("span", { className: "ramp" }), "+0.5 · ", this.meanDifference);
    return element(
      "div",
      { className: "comparison" },
      figure(this.beforePicture, "before"),
      figure(this.nowPicture, "now"),
      figure(this.difference, "difference"),
      scale,
      element("p", { className: "caption" }, "before: ", this.startTitle),
      this.map.legend,
      this.map.caption,
    );
  }

  buildControls() {
    this.undo = button("↶", "Undo (Ctrl+Z)", () => this.step(-1), "Undo");
    this.redo = button("↷", "Redo (Ctrl+Shift+Z)", () => this.step(1), "Redo");
    const toolbar = element("div", { className: "toolbar", role: "toolbar", ariaLabel: "Latent vector" });
    toolbar.append(
      button("Randomise", "Draw z from the prior, N(0, I)", () => this.randomise()),
      button("Zero all", "Set every dimension to 0, the prior's mean", () => this.go(this.z.map(() => 0))),
      this.undo,
      this.redo,
      button("Reset", "Back to the start picture", () => this.go(this.start), "Reset to start"),
      button("Copy link", "Copy a link to this z", () => this.copyLink()),
      button("PNG", "Download the picture as PNG, 8 screen pixels per pixel", () => this.download(), "Download PNG"),
    );
    this.said = element("span", { className: "said", role: "status", ariaLive: "polite" });
    this.linkField = element("input", { className: "link", readOnly: true, hidden: true, ariaLabel: "Link to this z" });
    this.padPlace = element("div", { className: "pad-place" });
    const controls = element("div", { className: "controls" }, toolbar, this.linkField, this.padPlace);
    controls.append(this.buildSliderHead(), this.sliders.element, this.buildStatus());
    return controls;
  }

  buildSliderHead() {
    this.rangeInput = element("input", { type: "range", step: 0.5 });
    this.rangeInput.addEventListener("input", () => this.setRange(Number(this.rangeInput.value)));
    this.rangeLabel = element("output", {});
    this.sliderHead = element("span", {});
    const label = element("label", { className: "range" }, "range ", this.rangeInput, this.rangeLabel);
    return element("div", { className: "slider-head" }, this.sliderHead, this.said, label);
  }

  buildStatus() {
    this.meterText = element("span", { className: "meter" });
    const status = element("details", { className: "status", open: true }, element("summary", {}, "status"));
    status.append(this.meterText);
    return status;
  }
}

/** This page's address with z in it; every other parameter stays. */
function linkTo(z) {
  const url = new URL(location.href);
  url.searchParams.delete("z");
  url.search += `${url.search ? "&" : "?"}z=${z.join(",")}`;
  return url.href;
}

/** Copies text; true if it worked. The clipboard API exists on https and localhost only, a class often has neither. */
async function copyText(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    place.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}

/** Bytes from Uint8Array or base64: Streamlit hands bytes over as such only when they are the whole data. */
function bytesOf(source) {
  return typeof source === "string" ? fromBase64(source) : source;
}

function same(a, b) {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
