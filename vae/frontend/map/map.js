/**
 * The latent map component: the encoded test set as points, and a decoder for every place between them. The parameters
 * of the projection come from Python; everything else happens here, and only pins and groups go back.
 *
 * Parts: projection-socket.js and projection-files.js (layouts from the server), projection.js and inverse.js (from the map to z), plot.js with
 * axes.js, views.js, layers.js, dots.js, marks.js, names.js and paint.js (the plot), gestures.js (pointers and keys),
 * classes.js (which points, in which colours), decoding.js with pictures.js (card, manifold), pins.js with pin-panel.js,
 * panel.js and dot-controls.js (beside the plot), controls.js (around it), shading.js (how much the picture changes per step).
 *
 * @import { EncodedSet } from "../lib/encoded-set.js"
 * @import { Live } from "../lib/following.js"
 * @import { LiveStatus } from "../lib/live-client.js"
 * @import { MapData, Shown } from "./decoding.js"
 * @import { Spot } from "./gestures.js"
 * @import { ShownModel } from "./panel.js"
 * @import { Calls, SocketState } from "./projection-files.js"
 */

import { element } from "../lib/dom.js";
import { excessOf, loadEncoded, TestRows } from "../lib/encoded-set.js";
import { hasServer } from "../lib/files.js";
import { announce } from "../lib/following.js";
import { liveUrl, Meter, noticeOf } from "../lib/live-client.js";
import { ModelClient } from "../lib/model-client.js";
import { ClassMarks } from "../lib/palette.js";
import { t, translate } from "../lib/words.js";
import { loadPlotly } from "./axes.js";
import { Classes } from "./classes.js";
import { Bar, Foot, Overlay } from "./controls.js";
import { Decoding } from "./decoding.js";
import { DotControls } from "./dot-controls.js";
import { announced, readPin, readSpot } from "./following.js";
import { Gestures } from "./gestures.js";
import { ClassNames } from "./names.js";
import { Legend, SelectionPanel } from "./panel.js";
import { Card } from "./pictures.js";
import { PinPanel } from "./pin-panel.js";
import { linkedPin, Pins } from "./pins.js";
import { Plot } from "./plot.js";
import { METHOD_NAMES, Projection } from "./projection.js";
import { ProjectionFiles } from "./projection-files.js";
import { ProjectionSocket } from "./projection-socket.js";

const MORPH_MS = 800,
  FOLLOW_MS = 120;
const STATUS_MS = 250;
const LEAST_HEIGHT = 300; // CSS pixels, of the plot
const NARROW = "(max-width: 899.98px)"; // the rest is beneath the plot
const BELOW = 2.5, // rem, of the first line beneath the plot and the page's edge
  SMALL_PRINT = 1.2; // rem, of the second line, which a presentation leaves out

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
  /** @type {ModelClient | null} */
  client = null;
  /** What another page shows, until the first layout is there. @type {Live | null} */
  awaited = null;
  /** @type {ProjectionSocket | ProjectionFiles | null} */
  socket = null;
  /** @type {Record<string, unknown>} */
  groups = {};
  /** @type {Promise<void> | undefined} */
  plotlyLoading;
  /** @type {string | undefined} */
  device;
  /** What the live service's state makes us say, "" for nothing. */
  liveNotice = "";
  closed = false;

  meter = new Meter();
  plot = new Plot();
  card = new Card();
  foot = new Foot(this.meter, () => this.decoding.measured());
  bar = new Bar({
    onTool: (tool) => this.plot.setTool(tool),
    onZoom: (factor) => this.plot.zoom(factor),
    onFit: () => this.plot.fit(),
    onPictures: () => this.refreshPictures(),
    onColour: () => this.classes.restyle(),
    onShading: (shown) => this.shade(shown),
  });
  overlay = new Overlay({ onCancel: () => this.socket?.cancel(), onAgain: () => this.project() });
  legend = new Legend({
    onToggle: (k) => this.classes.toggle(k),
    onOnly: (k) => this.classes.only(k),
    onFind: (k) => this.classes.find(k),
  });
  dots = new DotControls(this.plot);
  panel = new PinPanel(() => this.unpin());
  selection = new SelectionPanel({
    onGroup: (name, rows) => this.group(name, rows),
    onClear: () => this.classes.select([]),
  });
  classes = new Classes(this);
  decoding = new Decoding(
    this,
    () => this.shown,
    () => this.pins.pin?.z,
  );
  pins = new Pins(
    this,
    () => this.shown,
    (pinned) => this.sendState("pinned", pinned),
  );
  gestures = new Gestures(this.plot, {
    onHover: (spot) => this.look(spot),
    onLeave: () => this.look(null),
    onClick: (spot) => this.pinAt(spot),
    onLasso: (rows, add) => this.classes.select(rows, add),
    onEscape: () => this.escape(),
  });

  /**
   * @param {HTMLElement} parent
   * @param {(name: "pinned" | "groups" | "shading", value: object) => void} send to Python
   */
  constructor(parent, send) {
    this.sendState = send;
    const { plot, card, overlay, legend, dots, panel, selection } = this;
    this.stage = element("div", { className: "stage" }, plot.element, card.element, overlay.progress, overlay.notice);
    this.stage.append(panel.anchor);
    this.side = element(
      "div",
      { className: "side" },
      plot.shading.element,
      legend.element,
      dots.element,
      panel.element,
      selection.element,
    );
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
    this.plotlyLoading ??= this.loadPlotly(data);
    this.socket ??= this.openSocket(data); // while the encoded test set is loading
    const known = data.model === this.data?.model && data.version === this.data?.version;
    try {
      const encoded = known ? this.model?.encoded : undefined;
      const loaded = encoded ?? (await loadEncoded(addressOf("encoded", data)));
      if (this.newest === data && !this.closed) this.apply(data, loaded, !encoded);
    } catch (error) {
      this.overlay.complain(
        t`The encoded test set did not load (${/** @type {Error} */ (error).message}). Reload the page.`,
      );
    }
  }

  /** @param {MapData} data */
  async loadPlotly({ base, plotly: address }) {
    if (address === null) return this.plot.useGrid();
    try {
      const plotly = await loadPlotly(`${base}/${address}`, () => this.gestures.resting());
      if (!this.closed) this.plot.setPlotly(plotly);
    } catch {
      this.overlay.complain(t("Plotly, which draws the axes, did not load. Reload the page."));
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
    if (data.shading !== old?.shading) this.takeShading(data.shading);
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
    this.projection = this.selection.projection = null;
    this.plot.expect(encoded.n);
    this.plot.setNames(ClassNames.of(encoded.classNames, encoded.labels));
    this.card.hide();
    this.pins.take(data.pinned, encoded);
    const counts = new Array(encoded.classNames.length).fill(0);
    for (const label of encoded.labels) counts[label]++;
    this.legend.setClasses(encoded.classNames, marks, counts);
    this.bar.offerColours(encoded.latentDim, { prior: data.prior, excess: excessOf(encoded) !== null });
    this.resize(); // how many pictures there are depends on the plot's size
    this.bar.side = encoded.latentDim === 2 ? this.decoding.ownPictures : 0;
    this.classes.take(this.model);
    const onStatus = (/** @type {LiveStatus} */ status) => this.showStatus(status);
    if (this.client) this.client.setModel(data);
    else this.client = new ModelClient(data, { onStatus });
  }

  /** @param {MapData} data */
  openSocket({ base }) {
    /** @type {Calls} */
    const calls = {
      onLayout: (layout, dims) => this.takeServerLayout(layout, dims),
      onState: (state) => this.showState(state),
    };
    if (!hasServer()) return new ProjectionFiles(`${base}/live/projections`, calls);
    return new ProjectionSocket(`${liveUrl(base)}/projections`, calls);
  }

  takeLabel() {
    this.pins.show();
    this.refreshPictures();
  }

  refreshPictures() {
    this.decoding.refreshGround();
    this.dots.show(); // points on pictures are fainter
  }

  /** @param {boolean} shown whether the ground is how much the picture changes per step of z */
  shade(shown) {
    this.sendState("shading", { shown });
    this.offer();
    this.refreshPictures();
  }

  /** @param {boolean} shown as the link says */
  takeShading(shown) {
    if (this.bar.shading.checked === shown) return;
    this.bar.shading.checked = shown;
    this.offer();
    this.refreshPictures();
  }

  /** Shows the controls that apply to this projection. */
  offer() {
    const { projection } = this;
    if (projection) this.bar.offer(projection.isPlane, projection.inverse.exact && projection.leavesOut);
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
    void socket?.ask({ model: data.model, ...config }); // it reports what goes wrong
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
    const frame = projection.frame(this.model?.prior ?? false);
    this.plot.setLayout(projection.layout, projection.dims, frame, projection.titles(), ms);
    if (first) this.showMethod(projection);
    this.classes.restyle();
    this.pins.show();
    if (this.awaited) this.follow(this.awaited);
  }

  /**
   * What changes with the method besides the points.
   *
   * @param {Projection} projection
   */
  showMethod(projection) {
    const { config, dims, encoded, leavesOut } = projection;
    this.card.hide();
    Object.assign(this.plot.element.dataset, { method: config.method, dims, points: encoded.n }); // for tests
    this.offer();
    this.foot.showNote(config.method, leavesOut);
    this.showPrior(projection);
    this.refreshPictures();
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

  /** @returns {Shown | null} null before */
  get shown() {
    const { data, model, projection, client } = this;
    return data && model && projection && client ? { data, model, projection, client } : null;
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

  // — the user's place and pin, and those of another page —

  /** @param {Spot | null} spot */
  look(spot) {
    if (spot) this.decoding.look(spot);
    else this.decoding.leave();
    this.announce();
  }

  /** @param {Spot} spot */
  pinAt(spot) {
    this.pins.pinAt(spot);
    this.announce();
  }

  unpin() {
    this.pins.unpin();
    this.announce();
  }

  escape() {
    this.look(null);
    if (this.classes.selected.length) this.classes.select([]);
    else this.unpin();
  }

  /** Says to other pages where the user points, and what is pinned. */
  announce() {
    announce(this.root, () => {
      return { view: "latent_map", model: this.model?.name ?? "", ...announced(this.decoding, this.pins) };
    });
  }

  /** Shows place and pin of another page, or what a link has pinned. @param {Live} live */
  follow(live) {
    const { shown, plot, pins, decoding } = this;
    this.awaited = shown ? null : live;
    if (!shown) return;
    const { data, projection } = shown;
    if (!("spot" in live)) return pins.follow(linkedPin(data.pinned, projection.encoded)); // the host has taken a link
    pins.follow(readPin(live.pin, projection));
    const spot = readSpot(live.spot, plot, projection);
    if (spot) decoding.look(spot);
    else decoding.leave();
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
      const first = others > 1 ? t`${others} other projections first…` : t("another projection first…");
      overlay.showProgress(`${name}: ${first}`, 0);
    } else if (message.state === "running") {
      overlay.showProgress(`${name}: ${Math.round(100 * message.progress)} %`, message.progress);
      if (message.progress === 1) foot.quality.textContent = t("Measuring how far to trust this map…");
    } else if (message.state === "done") {
      foot.showSource(model.encoded.n, message);
      foot.showQuality(message.quality);
    } else if (message.state === "failed") overlay.complain(translate(message.error), true);
    else if (message.state === "lost") overlay.complain(t`${message.reason || t("Connection lost")} – trying again.`);
    else overlay.complain(t`${name} was cancelled; the points stay where they were.`, true);
  }

  /** @param {LiveStatus} status */
  showStatus(status) {
    if (status.state === "open") this.device = translate(status.greeting.device);
    const notice = noticeOf(status);
    if (status.state === "connecting" || notice === this.liveNotice) return; // a projection's complaint stays
    this.liveNotice = notice;
    this.overlay.complain(notice);
  }

  // — the page —

  /** The plot is as high as the window allows: hero and its numbers stay above the fold. */
  resize() {
    const phone = matchMedia(NARROW).matches;
    this.root.classList.toggle("phone", phone);
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const lines = BELOW + (this.foot.isShort ? 0 : SMALL_PRINT);
    const below = innerHeight - this.stage.getBoundingClientRect().top - scrolled - lines * rem;
    const height = Math.round(Math.max(LEAST_HEIGHT, phone ? innerHeight * 0.5 : below));
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
