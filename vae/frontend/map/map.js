/**
 * The latent map component: the encoded test set as points, and a decoder for every place between them. What defines
 * the projection comes from Python; all else lives here, and only what is pinned or grouped goes back.
 *
 * Parts: projection-socket.js (layouts from the server), plot.js with views.js and paint.js (the plot), inverse.js (from
 * the map to z), pictures.js (card, manifold), panel.js (beside the plot), controls.js (around it).
 */

import { rgb } from "../lib/canvas.js";
import { element, subscript } from "../lib/dom.js";
import { loadEncoded, meanOf, TestRows } from "../lib/encoded-set.js";
import { LiveClient, liveUrl, Meter, noticeOf } from "../lib/live-client.js";
import { columnMeans, nearest, round4 } from "../lib/math.js";
import { Bar, Foot, Overlay } from "./controls.js";
import { LinearInverse, LocalInverse, neighboursOf, priorMismatch, spreadByClass } from "./inverse.js";
import { RAMP, RAMP_CSS } from "./paint.js";
import { Legend, PinPanel, SelectionPanel } from "./panel.js";
import { Card, Manifold } from "./pictures.js";
import { Plot } from "./plot.js";
import { ProjectionSocket } from "./projection-socket.js";

const MORPH_MS = 800,
  FOLLOW_MS = 120;
const STATUS_MS = 250;
const LEAST_HEIGHT = 300,
  BELOW = 54; // CSS pixels: of the plot, and of the lines beneath it
const OWN_PICTURES = 15; // per side, under a latent space of two dimensions
const METHODS = { raw: "raw latents", pca: "PCA", tsne: "t-SNE", umap: "UMAP" };
export default class LatentMap {
  hidden = new Set(); // classes
  selected = [];
  pin = null; // {z, row, coordinates: null where the layout decides}
  earlier = null; // the pin before it
  meter = new Meter();

  constructor(parent, send) {
    Object.assign(this, { parent, sendState: send });
    this.build();
    this.watchSize();
  }

  /** Follows model, projection and told class; data that brings nothing new disturbs nothing. */
  async update(data) {
    this.newest = data;
    this.plotlyLoading ??= this.loadPlotly(data.plotly);
    this.socket ??= this.openSocket(data); // while the encoded test set is on its way
    const newModel = data.model !== this.data?.model || data.version !== this.data?.version;
    try {
      const encoded = newModel ? await loadEncoded(this.address("encoded", data)) : this.encoded;
      if (this.newest === data && !this.closed) this.apply(data, encoded, newModel);
    } catch (error) {
      this.overlay.complain(`The encoded test set did not load (${error.message}). Reload the page.`);
    }
  }

  /** Fetches it at once; runs it, which may take a second in which nothing moves, when no hand is waiting. */
  async loadPlotly(address) {
    if (!window.Plotly) {
      document.head.append(element("link", { rel: "preload", as: "script", href: address }));
      await this.plot.resting();
    }
    try {
      const plotly = await loadScript(address, () => window.Plotly);
      if (!this.closed) this.plot.setPlotly(plotly);
    } catch {
      this.overlay.complain("Plotly, which draws the axes, did not load. Reload the page.");
    }
  }

  address(what, { base, model, version }) {
    return `${base}/live/${what}?model=${encodeURIComponent(model)}&v=${encodeURIComponent(version)}`;
  }

  apply(data, encoded, newModel) {
    const old = this.data;
    this.data = data;
    if (newModel) this.takeModel(data, encoded, old);
    const newConfig = newModel || JSON.stringify(data.config) !== JSON.stringify(old.config);
    if (newConfig) this.project();
    else if (data.label !== old.label) this.takeLabel();
    this.resize(); // whatever stands above may have grown
    this.plot.drawAxes(); // the theme may have changed
    this.plot.repaint();
  }

  takeModel(data, encoded, old) {
    this.encoded = encoded;
    this.images = new TestRows(this.address("images", data), encoded.images, encoded.imageShape);
    this.colours = encoded.classNames.map((_, k) => data.palette[k % data.palette.length]);
    this.hidden.clear();
    this.layout = null;
    this.plot.expect(encoded.n);
    this.card.hide();
    this.earlier = null;
    this.pin = data.pinned ? { ...data.pinned, coordinates: null } : null;
    const counts = new Array(encoded.classNames.length).fill(0);
    for (const label of encoded.labels) counts[label]++;
    this.legend.setClasses(encoded.classNames, this.colours, counts);
    this.bar.offerColours(encoded.latentDim, data.prior, subscript);
    this.bar.setSide(encoded.latentDim === 2 ? OWN_PICTURES : 0);
    this.page = { encoded, images: this.images, model: data.model, prior: data.prior };
    this.select([]);
    const onStatus = (status) => this.showStatus(status);
    if (old) this.client.setModel(data.model);
    else this.client = new LiveClient(liveUrl(data.base), data.model, { onStatus });
  }

  openSocket({ base }) {
    return new ProjectionSocket(`${liveUrl(base)}/projections`, {
      onLayout: (layout, dims) => this.linear || this.takeLayout(layout, dims),
      onState: (state) => this.showState(state),
    });
  }

  takeLabel() {
    this.showPin();
    this.refreshManifold();
  }

  // — projections —

  /** Whether the map is a plane of the latent space: where a code lies in it is known at once. */
  get linear() {
    return this.data.config.method === "raw" || this.data.config.method === "pca";
  }

  /** Asks for the layout that the page's controls describe, and how far it can be trusted. */
  project() {
    const { data, encoded } = this;
    this.fresh = true; // the next layout is the first of a new projection
    this.foot.clear();
    if (encoded.latentDim === 1) {
      this.socket.forget();
      this.takeLayout(spreadByClass(encoded), 2);
      this.showState({ state: "done" });
      return;
    }
    this.showState({ state: "asked" });
    this.socket.ask({ model: data.model, ...data.config });
    if (!this.linear) return;
    const { dims } = data.config;
    this.takeLayout(LinearInverse.of(data.config, encoded, dims).layoutOf(encoded), dims);
  }

  takeLayout(layout, dims) {
    const { config } = this.data;
    const first = this.fresh;
    this.fresh = false;
    Object.assign(this, { layout, dims });
    Object.assign(this.page, { layout, dims, method: config.method });
    const { encoded, linear } = this;
    this.inverse = linear ? LinearInverse.of(config, encoded, dims) : new LocalInverse(layout, dims, encoded);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.plot.setLayout(layout, dims, this.titles(), still ? 0 : first ? MORPH_MS : FOLLOW_MS);
    if (first) this.afterMethod();
    this.restyle();
    this.showPin();
  }

  /** What a change of method changes besides the points. */
  afterMethod() {
    const { encoded, dims, inverse } = this;
    this.card.hide();
    Object.assign(this.plot.element.dataset, { method: this.data.config.method, dims, points: encoded.n }); // for tests
    const leavesOut = !inverse.exact || encoded.latentDim > dims;
    this.bar.offer(inverse.exact && dims === 2 && encoded.latentDim > 1, inverse.exact && leavesOut);
    this.foot.showNote(this.data.config.method, leavesOut);
    this.showPrior();
    this.refreshManifold();
    this.describe();
  }

  titles() {
    const { config } = this.data;
    if (this.encoded.latentDim === 1) return [subscript(0), null];
    if (config.method === "raw") return config.axes.map(subscript);
    const { explained } = this.encoded.pca;
    const whole = this.dims === 2 ? " of the variance" : "";
    const share = (k) => `component ${k + 1} (${Math.round(100 * explained[k])} %${whole})`;
    return Array.from({ length: this.dims }, (_, k) => (config.method === "pca" ? share(k) : null));
  }

  /** The prior's circles, and how far all codes together are from it. */
  showPrior() {
    const { encoded, inverse, dims, data } = this;
    const drawn = data.prior && inverse.exact && dims === 2 && encoded.latentDim > 1;
    const prior = drawn ? { centre: inverse.project(new Array(encoded.latentDim).fill(0)), radii: [1, 2, 3] } : null;
    this.plot.setMarks({ prior, lines: [], rings: [], cross: null });
    this.foot.showMismatch(drawn ? priorMismatch(encoded, inverse.components) : null);
  }

  async refreshManifold() {
    const { bar, inverse, encoded, plot, data } = this;
    const manifold = bar.side ? this.newManifold(bar.side) : null;
    bar.showSide();
    this.manifold = manifold;
    plot.pictures = manifold;
    plot.drawAxes();
    plot.repaint();
    if (!manifold) return;
    const vectors = manifold.places().map((place) => inverse.at(place, this.base));
    this.tell(data.label ?? 0);
    const reply = await this.client.decode(vectors, { slot: "manifold", background: true });
    if (!reply || this.manifold !== manifold || this.encoded !== encoded) return;
    manifold.take(reply);
    plot.element.dataset.manifold = manifold.side; // for tests
    plot.repaint();
  }

  /** At the prior's quantiles where the plane's axes are latent dimensions, else at those of the data. */
  newManifold(side) {
    const { layout, data, encoded } = this;
    if (data.config.method === "raw" && data.prior) return new Manifold(side, [0, 0], [1, 1]);
    const centre = columnMeans(layout, encoded.n, 2);
    const squares = columnMeans(
      layout.map((value) => value * value),
      encoded.n,
      2,
    );
    return new Manifold(
      side,
      centre,
      squares.map((square, k) => Math.sqrt(square - centre[k] ** 2)),
    );
  }

  /** What the coordinates outside a linear plane are taken from: undefined for the data's mean. */
  get base() {
    return this.bar.rest === "current" ? (this.pin?.z ?? this.data.z ?? undefined) : undefined;
  }

  // — colours, classes, selection —

  restyle() {
    const { encoded, hidden, selected } = this;
    const visible = Uint8Array.from(encoded.labels, (label) => Number(!hidden.has(label)));
    const bright = selected.length ? new Uint8Array(encoded.n) : null;
    for (const i of selected) bright[i] = 1;
    const by = this.bar.colour;
    const scale = by === "class" ? null : this.scaleOf(by);
    const colours = scale ? scale.colours : encoded.labels;
    const palette = scale ? RAMP : this.colours.map(rgb);
    this.legend.showRamp(scale, RAMP_CSS);
    this.legend.showHidden(hidden);
    this.plot.setStyle({ colours, palette, visible, bright });
  }

  /** The ramp's place of each point for a number: {low, high, unit, colours}. */
  scaleOf(by) {
    const { encoded } = this;
    const { n, latentDim } = encoded;
    const axis = Number(by.slice(1));
    const values = encoded[by] ?? Float32Array.from({ length: n }, (_, i) => encoded.mean[i * latentDim + axis]);
    const sorted = values.slice().sort();
    const low = sorted[Math.floor(0.02 * (n - 1))],
      high = sorted[Math.ceil(0.98 * (n - 1))];
    const last = RAMP.length - 1;
    const place = (value) => Math.round(last * Math.max(0, Math.min(1, (value - low) / (high - low || 1))));
    return { low, high, unit: encoded[by] ? "nats" : "", colours: Uint8Array.from(values, place) };
  }

  toggle(k) {
    if (!this.hidden.delete(k)) this.hidden.add(k);
    this.restyle();
  }

  /** This class alone; all classes, where it is alone already. */
  only(k) {
    const others = this.encoded.classNames.map((_, other) => other).filter((other) => other !== k);
    const alone = others.every((other) => this.hidden.has(other));
    this.hidden = new Set(alone ? [] : others);
    this.restyle();
  }

  findClass(k) {
    this.hidden.delete(k);
    this.select(Array.from(this.encoded.labels.keys()).filter((i) => this.encoded.labels[i] === k));
  }

  select(rows, add = false) {
    this.selected = add ? [...new Set([...this.selected, ...rows])].sort((a, b) => a - b) : rows;
    this.selection.show(this.selected, this.colours, this.page);
    this.restyle();
  }

  /** Groups go to Python, where the latent arithmetic of Interpolation finds them. */
  group(name, rows) {
    this.groups = { ...this.groups, model: this.data.model, [name]: rows };
    this.sendState("groups", this.groups);
  }

  // — looking and pinning —

  look(place) {
    if (!this.layout) return; // another model's is on its way
    const inputAt = performance.now();
    const { point, coordinates, x, y } = place;
    const isPoint = point >= 0;
    const z = isPoint ? meanOf(this.encoded, point) : this.inverse.at(coordinates, this.base);
    this.looking = place;
    this.plot.setMarks({ hovered: point });
    const text = isPoint ? this.pointText(point) : this.placeText(coordinates, z);
    const { width, height } = this.plot;
    this.card.show(x + 46, y + 8, width, height, text, isPoint && point < this.images.count);
    this.tell(this.labelAt(place));
    this.client.decode([z]).then((reply) => {
      if (reply) this.meter.add(this.card.drawDecoded(reply, inputAt));
    });
    if (isPoint) this.showOriginal(place);
  }

  async showOriginal(place) {
    const pixels = await this.images.load(place.point);
    if (this.looking === place) this.card.drawOriginal(pixels, this.encoded.imageShape);
  }

  pointText(i) {
    const { classNames, labels, reconstruction, kl } = this.encoded;
    const cost = this.data.prior ? `, KL ${kl[i].toFixed(1)}` : "";
    return `test image ${i} · ${classNames[labels[i]]} · error ${reconstruction[i].toFixed(1)}${cost} nats`;
  }

  placeText(coordinates, z) {
    if (this.inverse.exact) return `exact: ${this.coordinatesText(coordinates, z)}`;
    return `approximate: off by ${this.inverse.errorAt(coordinates).toFixed(2)} of the typical distance`;
  }

  coordinatesText(coordinates, z) {
    if (z.length === 1) return `${subscript(0)} = ${z[0].toFixed(2)}`;
    const { config } = this.data;
    const shown = coordinates.map((value, k) => {
      const name = config.method === "pca" ? `component ${k + 1}` : subscript(config.axes[k]);
      return `${name} = ${value.toFixed(2)}`;
    });
    return shown.join(", ");
  }

  /** A conditional model decodes as the chosen class, else as the point's own, else as that of the nearest point. */
  labelAt({ point, coordinates }) {
    if (this.data.label !== null || !this.data.classes) return this.data.label;
    const row = point >= 0 ? point : nearest(this.layout, this.dims, coordinates, 1)[0].index;
    return this.encoded.labels[row];
  }

  tell(label) {
    this.client.classWeights = Array.from({ length: this.data.classes }, (_, k) => Number(k === label));
  }

  leave() {
    this.looking = null;
    this.card.hide();
    this.plot.setMarks({ hovered: -1 });
  }

  pinAt(place) {
    if (!this.layout) return;
    const { point, coordinates } = place;
    const isPoint = point >= 0;
    const z = isPoint ? meanOf(this.encoded, point) : this.inverse.at(coordinates, this.base);
    const exact = isPoint || this.inverse.exact;
    if (this.pin) this.earlier = this.pin;
    const label = this.labelAt(place);
    const pinned = { z: z.map(round4), row: isPoint ? point : null, exact };
    this.pin = { ...pinned, label, coordinates: isPoint ? null : coordinates, method: this.data.config };
    this.sendState("pinned", { ...pinned, model: this.data.model });
    this.showPin();
    if (this.bar.rest === "current") this.refreshManifold();
  }

  unpin() {
    if (!this.pin) return;
    this.pin = this.earlier = null;
    this.sendState("pinned", { model: this.data.model, z: null });
    this.showPin();
  }

  escape() {
    this.leave();
    if (this.selected.length) this.select([]);
    else this.unpin();
  }

  showPin() {
    const { pin, earlier, plot } = this;
    if (!this.layout) return;
    const names = earlier ? ["A", "B"] : [""];
    const shown = [earlier, pin].filter(Boolean);
    const pins = shown.map((one, k) => ({ row: one.row, coordinates: this.whereIs(one), name: names[k] }));
    const neighbours = pin?.row != null ? neighboursOf(pin.row, this.encoded, this.layout, this.dims) : null;
    plot.setMarks({ pins, lines: neighbours?.lines ?? [], rings: neighbours?.drawn ?? [] });
    if (!pin) return this.pinned.hide();
    this.pinned.show(pin, earlier, neighbours, this.encoded, this.data);
    this.tell(this.data.label ?? pin.label ?? 0);
    this.client.decode([pin.z], { slot: "pin" }).then((reply) => reply && this.pinned.draw(reply));
  }

  /** Where a pin lies in the layout of now. */
  whereIs({ z, row, coordinates, method }) {
    const { layout, dims, inverse, encoded } = this;
    if (row !== null) return null; // with its point
    if (coordinates && method === this.data.config) return coordinates;
    if (inverse.exact && encoded.latentDim > 1) return inverse.project(z);
    const near = nearest(encoded.mean, encoded.latentDim, z, 3).map(({ index }) => index);
    return Array.from({ length: dims }, (_, k) => near.reduce((sum, i) => sum + layout[i * dims + k], 0) / near.length);
  }

  // — what is said —

  showState(message) {
    const { state, progress = 0, queue_position: queuePosition, error, reason, quality, seconds, source } = message;
    const name = METHODS[this.data.config.method];
    this.plot.element.dataset.state = state;
    const others = queuePosition > 2 ? `${queuePosition - 1} other projections first…` : "another projection first…";
    if (state === "queued") this.overlay.showProgress(`${name}: ${others}`, 0);
    else this.overlay.showProgress(`${name}: ${Math.round(100 * progress)} %`, state === "running" ? progress : 1);
    if (state === "running" && progress === 1) this.foot.quality.textContent = "measuring how far to trust this map…";
    const problem = {
      lost: `${reason || "Connection lost"} – trying again.`,
      failed: error,
      cancelled: `${name} was cancelled; the points stay where they were.`,
    }[state];
    this.overlay.complain(problem, state === "failed" || state === "cancelled");
    if (state !== "done") return;
    this.foot.showSource(this.encoded.n, source, seconds);
    if (quality) this.foot.showQuality(quality);
    else this.foot.quality.textContent = "One latent dimension: z₀ across, the classes up; nothing is projected.";
  }

  showStatus(status) {
    const { state, greeting } = status;
    if (greeting) this.device = greeting.device;
    if (state === "connecting") return;
    this.overlay.complain(noticeOf(status));
  }

  describe() {
    const what = `${METHODS[this.data.config.method]} of ${this.encoded.n} test images in ${this.dims} dimensions`;
    const turn = this.dims === 3 ? " Shift and arrows turn." : "";
    const keys = "Arrow keys move a crosshair that decodes, Enter pins, plus and minus zoom, 0 shows all.";
    this.plot.describe(`Map: ${what}. ${keys}${turn}`);
  }

  // — the page —

  build() {
    const { plot, card, legend, pinned, selection, overlay } = this.buildParts();
    this.stage = element("div", { className: "stage" }, plot.element, card.element, overlay.progress, overlay.notice);
    this.side = element("div", { className: "side" }, legend.element, pinned.element, selection.element);
    this.root = element("div", { className: "latent-map" }, this.bar.element, this.stage, this.side, this.foot.element);
    this.root.addEventListener("keydown", (event) => event.stopPropagation()); // r and c are Streamlit's
    this.parent.append(this.root);
    this.bar.choose(matchMedia("(pointer: coarse)").matches ? "probe" : "move");
  }

  buildParts() {
    this.plot = new Plot({
      onHover: (place) => this.look(place),
      onLeave: () => this.leave(),
      onClick: (place) => this.pinAt(place),
      onLasso: (rows, add) => this.select(rows, add),
      onEscape: () => this.escape(),
    });
    this.bar = new Bar({
      onTool: (tool) => this.plot.setTool(tool),
      onZoom: (factor) => this.plot.zoom(factor),
      onFit: () => this.plot.fit(),
      onPictures: () => this.refreshManifold(),
      onColour: () => this.restyle(),
    });
    this.overlay = new Overlay({ onCancel: () => this.socket.cancel(), onAgain: () => this.project() });
    this.foot = new Foot();
    this.card = new Card();
    const onFind = (k) => this.findClass(k);
    this.legend = new Legend({ onToggle: (k) => this.toggle(k), onOnly: (k) => this.only(k), onFind });
    this.pinned = new PinPanel(() => this.unpin());
    const onGroup = (name, rows) => this.group(name, rows);
    this.selection = new SelectionPanel({ onGroup, onClear: () => this.select([]) });
    return this;
  }

  /** The plot is as high as the window allows: hero and its numbers stay above the fold. */
  resize() {
    const phone = this.root.clientWidth < 640;
    this.root.classList.toggle("phone", phone);
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0;
    const below = innerHeight - this.stage.getBoundingClientRect().top - scrolled - BELOW;
    const height = Math.round(phone ? innerHeight * 0.5 : Math.max(LEAST_HEIGHT, below));
    this.plot.resize(this.stage.clientWidth, height);
    this.side.style.maxHeight = phone ? "" : `${height}px`;
  }

  watchSize() {
    this.sizes = new ResizeObserver(() => this.data && this.resize());
    this.sizes.observe(this.root);
    this.onResize = () => this.data && this.resize();
    addEventListener("resize", this.onResize);
    this.statusTimer = setInterval(() => this.foot.showSpeed(this.device, this.meter.read()), STATUS_MS);
  }

  close() {
    this.closed = true;
    this.client?.close();
    this.socket?.close();
    this.plot.close();
    this.sizes.disconnect();
    removeEventListener("resize", this.onResize);
    clearInterval(this.statusTimer);
    this.root.remove();
  }
}

/** Runs a classic script once per page; result() gives what it defines. */
function loadScript(address, result) {
  if (result()) return Promise.resolve(result());
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: address, onerror: reject });
    script.onload = () => resolve(result());
    document.head.append(script);
  });
}
