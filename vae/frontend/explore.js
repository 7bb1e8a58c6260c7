/**
 * The Explore component: sliders, map and pictures around one latent vector z, decoded while the hand moves.
 *
 * Streamlit calls the default export when it mounts the component and again whenever data or theme change; z lives here
 * and goes to Python only when the hand lets go. Parts: live.js (socket, drawing), explore-sliders.js, explore-map.js.
 */

const HISTORY = 200;
const BRIGHTER = [230, 97, 1], DARKER = [64, 96, 200]; // apart for every kind of colour vision
const PNG_SCALE = 8;
const STATUS_MS = 250;
const REST_MS = 150;
const SECOND_ROW = 0.2; // of the window's height, for map and comparison below the hero (see .map-place)

const instances = new WeakMap(); // parentElement -> Explore

export default function mount({ data, parentElement, setStateValue }) {
  const explore = instances.get(parentElement) ?? new Explore(parentElement);
  instances.set(parentElement, explore);
  explore.sendState = (z) => setStateValue("z", z);
  explore.update(data);
  const call = ++explore.calls;
  return () => {
    if (call !== explore.calls) return; // Streamlit also cleans up calls that a later one has overtaken
    instances.delete(parentElement);
    explore.close();
  };
}

class Explore {
  calls = 0;

  constructor(parent) {
    this.parent = parent;
  }

  /** Takes new data; the parts load on the first call, and only the newest data counts once they are there. */
  async update(data) {
    this.newData = data;
    try {
      this.loading ??= this.load(data);
      await this.loading;
    } catch (error) {
      this.loading = undefined;
      this.problem ??= this.parent.appendChild(document.createElement("p"));
      this.problem.textContent = `The live sliders did not load (${error.message}). Reload the page.`;
      return;
    }
    if (this.newData === data && !this.closed) this.apply(data);
  }

  async load({ base, module }) {
    const address = new URL(base + module, location.origin);
    const beside = (name) => Object.assign(new URL(name, address), { search: address.search }).href;
    const urls = [address.href, beside("explore-sliders.js"), beside("explore-map.js")];
    const [live, sliders, map] = await Promise.all(urls.map((url) => import(url)));
    if (this.closed) return;
    this.live = live;
    const onMove = (z) => this.move(z);
    const onRelease = () => this.release();
    this.sliders = new sliders.Sliders(live, { onMove, onRelease, onGo: (z) => this.go(z) });
    this.map = new map.LatentMap(live, { onMove, onRelease });
    this.meter = new live.Meter();
    this.build();
    this.watchSize();
  }

  /** Follows model, start and points; data that brings nothing new disturbs nothing. */
  apply(data) {
    const old = this.data;
    this.data = data;
    const newModel = data.model !== old?.model || String(data.kl) !== String(old.kl); // also when trained anew
    const newStart = newModel || data.start.id !== old.start.id;
    if (newModel) this.takeModel(data, old);
    const newPoints = newModel || data.points !== old.points || data.labels !== old.labels;
    if (newPoints) this.takePoints(data);
    if (newStart) this.takeStart(data, newModel, Boolean(old));
    else if (newPoints) this.map.showStart(this.start);
    if (newPoints && this.map.isPlane) this.refreshManifold();
    this.resizeHero(); // whatever stands above may have grown
    this.map.paint(); // the theme may have changed
  }

  takeModel({ base, model, kl, latent_dim: latentDim }, old) {
    const z = new Array(latentDim).fill(0);
    this.pictures = {};
    this.meanText = "";
    for (const canvas of [this.hero, this.nowPicture, this.beforePicture, this.difference]) canvas.width = 1; // cleared
    this.z = z;
    this.sliders.build(kl, this.range, z);
    if (old) this.client.setModel(model);
    else {
      const onStatus = (status) => this.showStatus(status);
      this.client = new this.live.LiveClient(this.live.liveUrl(base), model, { onStatus });
    }
  }

  takePoints({ points, labels, class_names: classNames, palette, projection, latent_dim: latentDim }) {
    this.map.setData(this.z, {
      points: new Float32Array(bytesOf(points).slice().buffer),
      labels: new Uint16Array(bytesOf(labels).slice().buffer),
      classNames, palette, projection, latentDim,
      range: this.range,
    });
    (this.map.isPlane ? this.padPlace : this.mapPlace).append(this.map.element);
    this.mapPlace.hidden = this.map.isPlane;
  }

  takeStart({ start, z }, newModel, mounted) {
    const { round4 } = this.live;
    this.start = start.z.map(round4);
    const now = !mounted && z ? z.map(round4) : this.start;
    this.history = newModel ? [] : this.history.slice(0, this.at + 1);
    this.history.push(now);
    this.at = this.history.length - 1;
    this.startTitle.textContent = start.title;
    this.map.showStart(this.start);
    this.pictures.before = null;
    this.move(now);
    this.client.decode([this.start], { slot: "before" }).then((reply) => reply && this.drawBefore(reply));
    this.showHistory();
    if (mounted) this.sendState(now); // Python still holds a z that was let go of before this start
  }

  /** The one way z changes: every control ends here, for every step of the hand. */
  move(z) {
    const inputAt = performance.now();
    this.z = z.map(this.live.round4);
    this.client.decode([this.z]).then((reply) => reply && this.drawNow(reply, inputAt));
    this.sliders.show(this.z);
    this.sliders.setStale(true);
    this.map.show(this.z);
    this.refreshStripsSoon();
  }

  /** The hand let go: z becomes a step of the history and known to Python. */
  release() {
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
    this.sendState(z);
    this.showHistory();
  }

  drawNow({ pixels, imageShape }, inputAt) {
    this.pictures.now = { pixels, imageShape };
    this.live.drawPicture(this.hero, pixels, imageShape);
    const ms = performance.now() - inputAt;
    this.meter.add(ms);
    const detail = { frame: Number(this.hero.dataset.frame), ms };
    this.hero.dispatchEvent(new CustomEvent("live-frame", { detail, bubbles: true, composed: true }));
    this.live.drawPicture(this.nowPicture, pixels, imageShape);
    this.drawDifference();
    if (!this.notice.hidden) this.notice.hidden = true; // whatever was wrong, a picture came
  }

  drawBefore({ pixels, imageShape }) {
    this.pictures.before = { pixels, imageShape };
    this.live.drawPicture(this.beforePicture, pixels, imageShape);
    this.drawDifference();
  }

  drawDifference() {
    const { now, before } = this.pictures;
    if (!now || !before) return;
    const { imageShape } = now;
    const mean = this.live.drawDifference(this.difference, now.pixels, before.pixels, imageShape, BRIGHTER, DARKER);
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
    this.go(this.z.map(gaussian));
  }

  async copyLink() {
    const link = linkTo(this.z);
    const copied = await copyText(link, this.root);
    this.say(copied ? "Link copied" : "Copy this link:");
    this.linkField.hidden = copied;
    this.linkField.value = link;
    if (!copied) this.linkField.select();
  }

  download() {
    const { width, height } = this.hero;
    const scaled = this.live.element("canvas", { width: width * PNG_SCALE, height: height * PNG_SCALE });
    const context = scaled.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(this.hero, 0, 0, scaled.width, scaled.height);
    scaled.toBlob((blob) => {
      const href = URL.createObjectURL(blob);
      this.live.element("a", { href, download: `${this.data.model}.png` }).click();
      setTimeout(() => URL.revokeObjectURL(href), 1000);
    });
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

  showStatus({ state, greeting, message, retryIn }) {
    if (state === "connecting") return;
    this.root.dataset.connection = state;
    if (greeting) this.device = greeting.device;
    const seconds = Math.ceil(retryIn);
    const lost = `${message || "Connection lost"} – trying again in ${seconds} s`;
    const text = { open: "", error: message, lost }[state];
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
    if (this.meterText.textContent !== text) this.meterText.textContent = text;
  }

  say(text) {
    this.said.textContent = text;
    clearTimeout(this.sayTimer);
    this.sayTimer = setTimeout(() => (this.said.textContent = ""), 4000);
  }

  /** The hero is as large as column and window allow, at a whole number of screen pixels per picture pixel. */
  resizeHero() {
    if (!this.data) return;
    const [, height, width] = this.data.image_shape;
    const phone = this.root.clientWidth < 640;
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0;
    const below = innerHeight - this.root.getBoundingClientRect().top - scrolled - SECOND_ROW * innerHeight - 12;
    const room = Math.min(this.heroPlace.clientWidth, phone ? innerHeight * 0.36 : Math.max(224, below));
    const scale = Math.max(1, Math.floor((room * devicePixelRatio) / Math.max(width, height))) / devicePixelRatio;
    this.root.classList.toggle("phone", phone);
    this.hero.style.width = `${scale * width}px`;
    this.hero.style.height = `${scale * height}px`;
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
    this.root?.remove();
  }

  // — the page —

  build() {
    const { element } = this.live;
    this.range = 3;
    this.root = element("div", { className: "explore" }, this.buildPictures(), this.buildControls());
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    this.parent.append(this.root);
  }

  buildPictures() {
    const { element } = this.live;
    this.hero = element("canvas", { className: "hero", role: "img", ariaLabel: "Picture decoded from z" });
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    this.heroPlace = element("div", { className: "hero-place" }, this.hero, this.notice);
    this.mapPlace = element("div", { className: "map-place" });
    const second = element("div", { className: "second" }, this.mapPlace, this.buildComparison());
    return element("div", { className: "pictures" }, this.heroPlace, second);
  }

  buildComparison() {
    const { element } = this.live;
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
    const { element } = this.live;
    const button = (text, title, onclick, ariaLabel = text) =>
      element("button", { type: "button", title, onclick, ariaLabel }, text);
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
    const { element } = this.live;
    const ariaLabel = "Range of the sliders, in prior standard deviations";
    const range = element("input", { type: "range", min: 1, max: 6, step: 0.5, value: this.range, ariaLabel });
    range.addEventListener("input", () => this.setRange(Number(range.value)));
    this.rangeLabel = element("output", {}, `±${this.range}`);
    const label = element("label", { className: "range", title: ariaLabel }, "range ", range, this.rangeLabel);
    return element("div", { className: "slider-head" }, element("span", {}, "z · KL in nats"), this.said, label);
  }

  buildStatus() {
    const { element } = this.live;
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
  return typeof source === "string" ? Uint8Array.from(atob(source), (letter) => letter.charCodeAt(0)) : source;
}

function same(a, b) {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** A draw from N(0, 1), by Box and Muller. */
function gaussian() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
