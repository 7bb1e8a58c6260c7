/**
 * The latent map component: the encoded test set as points, and a decoder for every place between them. The parameters
 * of the projection come from Python; everything else happens here, and only pins and groups go back.
 *
 * Parts: projection-socket.js (layouts from the server), projection.js and inverse.js (from the map to z), plot.js with
 * axes.js, views.js and paint.js (the plot), gestures.js (pointers and keys), pictures.js (card, manifold), panel.js
 * (beside the plot), controls.js (around it).
 *
 * @import { EncodedSet } from "../lib/encoded-set.js"
 * @import { LiveStatus } from "../lib/live-client.js"
 * @import { Spot } from "./gestures.js"
 * @import { ShownModel } from "./panel.js"
 * @import { Manifold } from "./pictures.js"
 * @import { Pin } from "./projection.js"
 * @import { Config, SocketState } from "./projection-socket.js"
 *
 * What Python sends, from vae/ui/latent_map.py. label: the class to decode as, null for each image's own; z: Explore's,
 * where it has one of this model; examples: the first so many test images are those that other pages know.
 *
 * @typedef {{base: string, plotly: string, model: string, version: string, classes: number, label: number | null,
 *            prior: boolean, palette: string[], config: Config, z: number[] | null,
 *            pinned: {z: number[], row: number | null, exact: boolean} | null, examples: number}} MapData
 */

import { element } from "../lib/dom.js";
import { excessOf, loadEncoded, meanOf, TestRows } from "../lib/encoded-set.js";
import { LiveClient, liveUrl, Meter, noticeOf } from "../lib/live-client.js";
import { round4 } from "../lib/math.js";
import { ClassMarks } from "../lib/palette.js";
import { loadPlotly } from "./axes.js";
import { Bar, Foot, Overlay } from "./controls.js";
import { Gestures } from "./gestures.js";
import { neighboursOf } from "./inverse.js";
import { RAMP, RAMP_CSS, scaleOf } from "./paint.js";
import { Legend, PinPanel, SelectionPanel } from "./panel.js";
import { Card } from "./pictures.js";
import { Plot } from "./plot.js";
import { METHOD_NAMES, Projection } from "./projection.js";
import { ProjectionSocket } from "./projection-socket.js";

const MORPH_MS = 800,
  FOLLOW_MS = 120;
const STATUS_MS = 250;
const LEAST_HEIGHT = 300,
  BELOW = 54; // CSS pixels: of the plot, and of the lines beneath it
const OWN_PICTURES = 15, // per side, at most, under a latent space of two dimensions
  FEWEST_PICTURES = 7,
  PICTURE_ROOM = 36; // CSS pixels of the plot for each of them

export default class LatentMap {
  /** The newest data, whose encoded test set may still be loading. @type {MapData | null} */
  newest = null;
  /** What the page shows. @type {MapData | null} */
  data = null;
  /** @type {ShownModel | null} */
  model = null;
  /** null until the first layout of a model is there. @type {Projection | null} */
  projection = null;
  /** Whether the next layout is the first of a new projection. */
  fresh = true;
  /** @type {LiveClient | null} */
  client = null;
  /** @type {ProjectionSocket | null} */
  socket = null;
  /** Of classes. @type {Set<number>} */
  hidden = new Set();
  /** Rows of the encoded test set. @type {number[]} */
  selected = [];
  /** @type {Record<string, unknown>} */
  groups = {};
  /** @type {Pin | null} */
  pin = null;
  /** The pin before it. @type {Pin | null} */
  earlier = null;
  /** Where the user points. @type {Spot | null} */
  spot = null;
  /** @type {Manifold | null} */
  manifold = null;
  /** @type {Promise<void> | undefined} */
  plotlyLoading;
  meter = new Meter();
  /** @type {string | undefined} */
  device;
  /** What the live service's state makes us say, "" for nothing. */
  liveNotice = "";
  closed = false;

  /**
   * @param {HTMLElement} parent
   * @param {(name: "pinned" | "groups", value: object) => void} send to Python
   */
  constructor(parent, send) {
    this.sendState = send;
    this.plot = new Plot();
    this.gestures = new Gestures(this.plot, {
      onHover: (spot) => this.look(spot),
      onLeave: () => this.leave(),
      onClick: (spot) => this.pinAt(spot),
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
    this.overlay = new Overlay({ onCancel: () => this.socket?.cancel(), onAgain: () => this.project() });
    this.foot = new Foot();
    this.card = new Card();
    this.legend = new Legend({
      onToggle: (k) => this.toggle(k),
      onOnly: (k) => this.only(k),
      onFind: (k) => this.findClass(k),
    });
    this.pinned = new PinPanel(() => this.unpin());
    const onGroup = (/** @type {"A" | "B"} */ name, /** @type {number[]} */ rows) => this.group(name, rows);
    this.selection = new SelectionPanel({ onGroup, onClear: () => this.select([]) });

    const { plot, card, overlay, legend, pinned, selection } = this;
    this.stage = element("div", { className: "stage" }, plot.element, card.element, overlay.progress, overlay.notice);
    this.side = element("div", { className: "side" }, legend.element, pinned.element, selection.element);
    this.root = element("div", { className: "latent-map" }, this.bar.element, this.stage, this.side, this.foot.element);
    this.root.addEventListener("keydown", (event) => event.stopPropagation()); // Streamlit uses r and c
    parent.append(this.root);
    this.bar.choose(matchMedia("(pointer: coarse)").matches ? "probe" : "move");

    this.onResize = () => this.resize();
    this.sizes = new ResizeObserver(this.onResize);
    this.sizes.observe(this.root);
    addEventListener("resize", this.onResize);
    this.statusTimer = setInterval(() => this.showStatusLine(), STATUS_MS);
  }

  showStatusLine() {
    this.foot.showSpeed(this.device, this.meter.read());
    this.foot.showOutside(this.plot.outside);
  }

  /**
   * Follows model, projection and label; data that brings nothing new changes nothing.
   *
   * @param {MapData} data
   */
  async update(data) {
    this.newest = data;
    this.plotlyLoading ??= this.loadPlotly(`${data.base}/${data.plotly}`);
    this.socket ??= this.openSocket(data); // while the encoded test set is loading
    const known = data.model === this.data?.model && data.version === this.data?.version;
    try {
      const encoded = known ? this.model?.encoded : undefined;
      const loaded = encoded ?? (await loadEncoded(addressOf("encoded", data)));
      if (this.newest === data && !this.closed) this.apply(data, loaded, !encoded);
    } catch (error) {
      this.overlay.complain(
        `The encoded test set did not load (${/** @type {Error} */ (error).message}). Reload the page.`,
      );
    }
  }

  /** @param {string} address */
  async loadPlotly(address) {
    try {
      const plotly = await loadPlotly(address, () => this.gestures.resting());
      if (!this.closed) this.plot.setPlotly(plotly);
    } catch {
      this.overlay.complain("Plotly, which draws the axes, did not load. Reload the page.");
    }
  }

  /**
   * @param {MapData} data
   * @param {EncodedSet} encoded
   * @param {boolean} newModel
   */
  apply(data, encoded, newModel) {
    const old = this.data;
    this.data = data;
    if (newModel) this.takeModel(data, encoded);
    if (newModel || JSON.stringify(data.config) !== JSON.stringify(old?.config)) this.project();
    else if (data.label !== old?.label) this.takeLabel();
    this.resize(); // the page above may have grown
    this.plot.drawAxes(); // the theme may have changed
    this.plot.repaint();
  }

  /**
   * @param {MapData} data
   * @param {EncodedSet} encoded
   */
  takeModel(data, encoded) {
    const images = new TestRows(addressOf("images", data), encoded.images, encoded.imageShape);
    const marks = new ClassMarks(data.palette, encoded.classNames.length);
    this.model = { name: data.model, encoded, images, marks, prior: data.prior };
    this.hidden.clear();
    this.projection = this.selection.projection = null;
    this.plot.expect(encoded.n);
    this.card.hide();
    this.earlier = null;
    const row = data.pinned?.row ?? null,
      own = row === null ? null : encoded.labels[row];
    this.pin = data.pinned && { ...data.pinned, label: own, coordinates: null, config: null };
    const counts = new Array(encoded.classNames.length).fill(0);
    for (const label of encoded.labels) counts[label]++;
    this.legend.setClasses(encoded.classNames, marks, counts);
    this.bar.offerColours(encoded.latentDim, { prior: data.prior, excess: excessOf(encoded) !== null });
    this.bar.side = encoded.latentDim === 2 ? this.ownPictures() : 0;
    this.select([]);
    const onStatus = (/** @type {LiveStatus} */ status) => this.showStatus(status);
    if (this.client) this.client.setModel(data.model);
    else this.client = new LiveClient(liveUrl(data.base), data.model, { onStatus });
  }

  /** As many pictures per side as can be recognised in this plot. */
  ownPictures() {
    this.resize();
    const { width, height } = this.plot.plane;
    return Math.max(FEWEST_PICTURES, Math.min(OWN_PICTURES, Math.round(Math.min(width, height) / PICTURE_ROOM)));
  }

  /** @param {MapData} data */
  openSocket({ base }) {
    return new ProjectionSocket(`${liveUrl(base)}/projections`, {
      onLayout: (layout, dims) => this.takeServerLayout(layout, dims),
      onState: (state) => this.showState(state),
    });
  }

  takeLabel() {
    this.showPin();
    this.refreshManifold();
  }

  // — projections —

  /** Asks for the layout that the page's controls describe, and how far it can be trusted. */
  project() {
    const { data, model, socket } = this;
    if (!data || !model) return;
    const { config } = data,
      { encoded } = model;
    this.fresh = true;
    this.foot.clear();
    if (encoded.latentDim === 1) {
      socket?.forget();
      this.takeProjection(Projection.linear(config, encoded));
      this.overlay.clear();
      this.foot.showUnprojected(encoded.n);
      this.plot.element.dataset.state = "done"; // for tests
      return;
    }
    this.overlay.clear();
    this.plot.element.dataset.state = "asked"; // for tests
    socket?.ask({ model: data.model, ...config });
    // The server sends only the quality of a linear projection.
    if (Projection.isLinear(config, encoded)) this.takeProjection(Projection.linear(config, encoded));
  }

  /**
   * @param {Float32Array} layout
   * @param {number} dims
   */
  takeServerLayout(layout, dims) {
    const { data, model } = this;
    if (!data || !model || Projection.isLinear(data.config, model.encoded)) return;
    this.takeProjection(Projection.local(data.config, model.encoded, layout, dims));
  }

  /** @param {Projection} projection */
  takeProjection(projection) {
    const first = this.fresh;
    this.fresh = false;
    this.projection = this.selection.projection = projection;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const ms = still ? 0 : first ? MORPH_MS : FOLLOW_MS;
    this.plot.setLayout(projection.layout, projection.dims, projection.titles(), ms);
    if (first) this.showMethod(projection);
    this.restyle();
    this.showPin();
  }

  /**
   * What changes with the method besides the points.
   *
   * @param {Projection} projection
   */
  showMethod(projection) {
    const { config, dims, encoded, inverse, isPlane, leavesOut } = projection;
    this.card.hide();
    Object.assign(this.plot.element.dataset, { method: config.method, dims, points: encoded.n }); // for tests
    this.bar.offer(isPlane, inverse.exact && leavesOut);
    this.foot.showNote(config.method, leavesOut);
    this.showPrior(projection);
    this.refreshManifold();
    this.plot.describe(projection.describe());
  }

  /**
   * The prior's circles, and how far all codes together are from it.
   *
   * @param {Projection} projection
   */
  showPrior(projection) {
    const prior = this.model?.prior ?? false;
    this.plot.setMarks({ prior: prior ? projection.priorCentre : null, lines: [], rings: [], cross: null });
    this.foot.showMismatch(prior ? projection.mismatch : null);
  }

  /** All that is there once a model's first layout is; null before. */
  get shown() {
    const { data, model, projection, client } = this;
    return data && model && projection && client ? { data, model, projection, client } : null;
  }

  refreshManifold() {
    const { bar, plot, shown } = this;
    const manifold = shown && bar.side ? shown.projection.manifold(bar.side, shown.model.prior) : null;
    bar.showSide();
    this.manifold = manifold;
    plot.setPictures(manifold);
    if (!shown || !manifold) return;
    const { projection, data, client, model } = shown;
    const vectors = manifold.places().map((place) => projection.inverse.at(place, this.base));
    this.setLabel(data.label ?? 0);
    void client.decode(vectors, { slot: "manifold", background: true }).then((reply) => {
      if (!reply || this.manifold !== manifold || this.model !== model) return;
      manifold.take(reply);
      plot.element.dataset.manifold = String(manifold.side); // for tests
      plot.repaint();
    });
  }

  /** Supplies the coordinates outside a linear plane; undefined for the data's mean. */
  get base() {
    return this.bar.rest === "current" ? (this.pin?.z ?? this.data?.z ?? undefined) : undefined;
  }

  // — colours, classes, selection —

  restyle() {
    const { hidden, selected, model } = this;
    if (!model) return;
    const { encoded } = model;
    const visible = Uint8Array.from(encoded.labels, (label) => Number(!hidden.has(label)));
    const bright = selected.length ? new Uint8Array(encoded.n) : null;
    if (bright) for (const i of selected) bright[i] = 1;
    const scale = scaleOf(this.bar.colour, encoded);
    const colours = scale ? scale.colours : encoded.labels;
    const palette = scale ? RAMP : model.marks.rgb;
    this.legend.showRamp(scale, RAMP_CSS);
    this.legend.showHidden(hidden);
    this.plot.setStyle({ colours, palette, visible, bright, marks: scale ? null : model.marks });
  }

  /** @param {number} k a class */
  toggle(k) {
    if (!this.hidden.delete(k)) this.hidden.add(k);
    this.restyle();
  }

  /**
   * This class alone; all classes, where it is alone already.
   *
   * @param {number} k
   */
  only(k) {
    const classes = this.model?.encoded.classNames ?? [];
    const others = classes.map((_, other) => other).filter((other) => other !== k);
    const alone = others.every((other) => this.hidden.has(other));
    this.hidden = new Set(alone ? [] : others);
    this.restyle();
  }

  /** @param {number} k a class */
  findClass(k) {
    const labels = this.model?.encoded.labels ?? new Uint16Array(0);
    this.hidden.delete(k);
    this.select(Array.from(labels.keys()).filter((i) => labels[i] === k));
  }

  /** @param {number[]} rows */
  select(rows, add = false) {
    this.selected = add ? [...new Set([...this.selected, ...rows])].sort((a, b) => a - b) : rows;
    if (this.model) this.selection.show(this.selected, this.model);
    this.restyle();
  }

  /**
   * Groups go to Python, where the latent arithmetic of Interpolation finds them.
   *
   * @param {"A" | "B"} name
   * @param {number[]} rows
   */
  group(name, rows) {
    this.groups = { ...this.groups, model: this.model?.name, [name]: rows };
    this.sendState("groups", this.groups);
  }

  // — looking and pinning —

  /** @param {Spot} spot */
  look(spot) {
    const { shown } = this;
    if (!shown) return; // another model's layout is loading
    const inputAt = performance.now();
    const { model, projection, client } = shown;
    const { point, coordinates, x, y } = spot;
    const isPoint = point >= 0;
    const z = this.zAt(spot, projection);
    this.spot = spot;
    this.plot.setMarks({ hovered: point });
    const text = isPoint ? projection.pointText(point, model.prior) : projection.placeText(coordinates, z);
    const { width, height } = this.plot;
    this.card.show(x + 46, y + 8, width, height, text, isPoint && point < model.images.count);
    this.setLabel(this.labelAt(spot, projection));
    void client.decode([z]).then((reply) => {
      if (!reply) return;
      this.card.drawDecoded(reply);
      this.meter.took(this.card.decoded, performance.now() - inputAt);
    });
    if (isPoint) void this.showOriginal(spot, model); // what cannot be fetched comes as null
  }

  /**
   * @param {Spot} spot
   * @param {ShownModel} model
   */
  async showOriginal(spot, { images, encoded }) {
    const pixels = await images.load(spot.point);
    if (this.spot === spot) this.card.drawOriginal(pixels, encoded.imageShape);
  }

  /**
   * @param {Spot} spot
   * @param {Projection} projection
   */
  zAt({ point, coordinates }, { encoded, inverse }) {
    return point >= 0 ? meanOf(encoded, point) : inverse.at(coordinates, this.base);
  }

  /**
   * A conditional model decodes as the chosen class, else as the point's own, else as that of the nearest point.
   *
   * @param {Spot} spot
   * @param {Projection} projection
   */
  labelAt({ point, coordinates }, projection) {
    const { label = null, classes = 0 } = this.data ?? {};
    if (label !== null || !classes) return label;
    return point >= 0 ? projection.encoded.labels[point] : projection.labelNear(coordinates);
  }

  /** @param {number | null} label the class that a conditional model decodes as */
  setLabel(label) {
    const { client, data } = this;
    if (client) client.classWeights = Array.from({ length: data?.classes ?? 0 }, (_, k) => Number(k === label));
  }

  leave() {
    this.spot = null;
    this.card.hide();
    this.plot.setMarks({ hovered: -1 });
  }

  /** @param {Spot} spot */
  pinAt(spot) {
    const { shown } = this;
    if (!shown) return;
    const { model, projection } = shown;
    const { point, coordinates } = spot;
    const isPoint = point >= 0;
    const z = this.zAt(spot, projection).map(round4);
    const pinned = { z, row: isPoint ? point : null, exact: isPoint || projection.inverse.exact };
    const label = this.labelAt(spot, projection);
    if (this.pin) this.earlier = this.pin;
    this.pin = { ...pinned, label, coordinates: isPoint ? null : coordinates, config: projection.config };
    this.sendState("pinned", { ...pinned, model: model.name });
    this.showPin();
    if (this.bar.rest === "current") this.refreshManifold();
  }

  unpin() {
    if (!this.pin) return;
    this.pin = this.earlier = null;
    this.sendState("pinned", { model: this.model?.name, z: null });
    this.showPin();
  }

  escape() {
    this.leave();
    if (this.selected.length) this.select([]);
    else this.unpin();
  }

  showPin() {
    const { pin, earlier, plot, shown } = this;
    if (!shown) return;
    const { data, client, projection } = shown;
    const { encoded, layout, dims } = projection;
    const pins = (earlier && pin ? [earlier, pin] : pin ? [pin] : []).map((each, k) => ({
      row: each.row,
      coordinates: projection.placeOf(each),
      name: earlier ? "AB"[k] : "",
    }));
    const row = pin?.row ?? null;
    const neighbours = row === null ? null : neighboursOf(row, encoded, layout, dims);
    plot.setMarks({ pins, lines: neighbours?.lines ?? [], rings: neighbours?.drawn ?? [] });
    if (!pin) return this.pinned.hide();
    this.pinned.show(pin, earlier, neighbours, encoded, data);
    this.setLabel(data.label ?? pin.label ?? 0);
    void client.decode([pin.z], { slot: "pin" }).then((reply) => reply && this.pinned.draw(reply));
  }

  // — messages —

  /** @param {SocketState} message */
  showState(message) {
    const { data, model, overlay, foot } = this;
    if (!data || !model) return;
    const name = METHOD_NAMES[data.config.method];
    this.plot.element.dataset.state = message.state; // for tests
    overlay.clear();
    if (message.state === "queued") {
      const others = message.queue_position - 1;
      const first = others > 1 ? `${others} other projections first…` : "another projection first…";
      overlay.showProgress(`${name}: ${first}`, 0);
    } else if (message.state === "running") {
      overlay.showProgress(`${name}: ${Math.round(100 * message.progress)} %`, message.progress);
      if (message.progress === 1) foot.quality.textContent = "measuring how far to trust this map…";
    } else if (message.state === "done") {
      foot.showSource(model.encoded.n, message);
      foot.showQuality(message.quality);
    } else if (message.state === "failed") overlay.complain(message.error, true);
    else if (message.state === "lost") overlay.complain(`${message.reason || "Connection lost"} – trying again.`);
    else overlay.complain(`${name} was cancelled; the points stay where they were.`, true);
  }

  /** @param {LiveStatus} status */
  showStatus(status) {
    if (status.state === "open") this.device = status.greeting.device;
    const notice = noticeOf(status);
    if (status.state === "connecting" || notice === this.liveNotice) return; // a projection's complaint stays
    this.liveNotice = notice;
    this.overlay.complain(notice);
  }

  // — the page —

  /** The plot is as high as the window allows: hero and its numbers stay above the fold. */
  resize() {
    if (!this.data) return;
    const phone = this.root.clientWidth < 640;
    this.root.classList.toggle("phone", phone);
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0;
    const below = innerHeight - this.stage.getBoundingClientRect().top - scrolled - BELOW;
    const height = Math.round(phone ? innerHeight * 0.5 : Math.max(LEAST_HEIGHT, below));
    this.plot.resize(this.stage.clientWidth, height);
    this.side.style.maxHeight = phone ? "" : `${height}px`;
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

/**
 * Where the server has something of a model.
 *
 * @param {"encoded" | "images"} what
 * @param {MapData} data
 */
function addressOf(what, { base, model, version }) {
  return `${base}/live/${what}?model=${encodeURIComponent(model)}&v=${encodeURIComponent(version)}`;
}
