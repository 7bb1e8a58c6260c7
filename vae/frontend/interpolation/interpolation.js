/**
 * The Interpolation component: paths between pictures through latent space, decoded during a movement. Three views share
 * the ends, the model and the decoder. `state` has what belongs in a link, as text by key; Python gets it on release.
 */

import { keepCompared } from "../lib/compared-link.js";
import { element, messageOf, say, segmented } from "../lib/dom.js";
import { loadEncoded, TestRows } from "../lib/encoded-set.js";
import { announce, isParams } from "../lib/following.js";
import { timeHelp } from "../lib/glossary.js";
import { Meter, noticeOf } from "../lib/live-client.js";
import { ModelClient } from "../lib/model-client.js";
import { round4 } from "../lib/math.js";
import { componentOf, watchSize } from "../lib/view.js";
import { t, translate } from "../lib/words.js";
import { ArithmeticView } from "./arithmetic.js";
import { CornersView } from "./corners.js";
import { EndCard, imageEnd, readEnd, readVector, testEnd, writeEnd } from "./ends.js";
import { PathView } from "./path.js";
import { changesOf } from "./following.js";
import { Picker } from "./picker.js";
import { Space } from "./space.js";

/** @import { Live } from "../lib/following.js" */
/** @import { LiveStatus } from "../lib/live-client.js" */
/** @import { Option } from "../lib/dom.js" */
/** @import { End, EndKey, Ends, InterpolationData, State } from "./ends.js" */
/** @import { Send } from "../lib/view.js" */
/** @typedef {PathView | CornersView | ArithmeticView} View */

const STATUS_MS = 250;
const SEND_MS = 300; // after the last change: a drawing pad is released often
/** @type {Option<string>[]} */
const VIEWS = [
  ["ends", t("Two ends")],
  ["corners", t("Four corners")],
  ["arithmetic", t("Arithmetic")],
];
/** @type {[key: EndKey, name: string][]} */
const ENDS = [
  ["from", "A"],
  ["to", "B"],
  ["third", "C"],
  ["fourth", "D"],
  ["base", t("the C of the arithmetic")],
];

/** All that the page shows. The first data bring the state, later ones at most another model. */
class InterpolationView {
  /**
   * @param {HTMLElement} parent
   * @param {Send} send
   * @param {InterpolationData} data
   */
  constructor(parent, send, data) {
    this.send = send;
    this.data = data;
    /** @type {State} */
    this.state = { ...data.state };
    this.palette = data.palette;
    this.meter = new Meter();
    this.device = t("connecting");
    /** @type {{space: Space, ends: Ends} | null} */
    this.loaded = null; // the model before stays until another one is loaded
    this.loading = {}; // a new object for each model
    /** @type {Live | null} */
    this.awaited = null; // what another page shows, until the model is loaded
    this.tabs = segmented(t("View"), VIEWS, (name) => this.chooseView(name));
    this.tools = element("div", { className: "view-tools" });
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    this.body = element("div", { className: "body", hidden: true });
    this.main = element("div", { className: "main" }, this.body);
    this.picker = new Picker();
    this.meterText = element("span", { className: "meter" });
    const about = t("Change the z of this picture with sliders");
    this.explore = element("a", { target: "_self", title: about }, t("Open in Explore"));
    this.root = this.build();
    parent.append(this.root);
    this.client = new ModelClient(data, { onStatus: (status) => this.showStatus(status) });
    const path = new PathView(this);
    this.path = path;
    /** @type {View} */
    this.view = path;
    this.views = [path, new CornersView(this), new ArithmeticView(this)];
    this.unwatch = watchSize(this.root, () => this.resize());
    this.statusTimer = setInterval(() => this.showMeter(), STATUS_MS);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.sendTimer = undefined;
    this.placeTools(this.state.view); // before the model is there, so that nothing moves
    void this.takeModel(data);
    void path.compare();
  }

  /** @param {InterpolationData} data */
  update(data) {
    const old = this.data;
    this.data = data;
    void this.path.compare();
    if (data.model === old.model && data.version === old.version) return;
    this.view.hide();
    this.picker.element.close();
    this.client.setModel(data);
    void this.takeModel(data);
  }

  /** @param {InterpolationData} data */
  async takeModel(data) {
    const loading = {};
    this.loading = loading;
    this.body.hidden = true;
    const { base, classes, prior, lassos } = data;
    const query = `model=${encodeURIComponent(data.model)}`;
    try {
      const encoded = await loadEncoded(`${base}/live/encoded?${query}`);
      const images = new TestRows(`${base}/live/images?${query}`, encoded.images, encoded.imageShape);
      const space = new Space({ client: this.client, encoded, images, classes, prior, lassos });
      const found = await this.findEnds(space);
      if (loading !== this.loading) return; // another model has been chosen, or the page left
      this.takeEnds(space, found);
    } catch (error) {
      if (loading !== this.loading) return;
      this.complain(t`The encoded test set could not be loaded (${messageOf(error)}). Reload the page.`);
      return;
    }
    for (const view of this.views) view.takeState(this.state);
    this.body.hidden = false;
    this.showView(this.state.view);
    if (this.awaited) this.follow(this.awaited);
  }

  /** Shows the view, ends and place of another page. @param {Live} live */
  follow(live) {
    this.awaited = this.isReady ? null : live;
    if (!this.isReady || !isParams(live.params)) return;
    const { space, ends } = this.present();
    const { state, ends: others, moves, others: isOther } = changesOf(this.state, live.params);
    const first = defaultEnds(space, this.data.image);
    for (const key of others) ends[key] = readEnd(state[key] ?? "", space) ?? first[key];
    this.state = state;
    if (others.length || isOther) {
      for (const view of this.views) view.takeState(state);
      this.showView(state.view);
    } else if (moves) this.view.moveTo(state);
  }

  /** Says to other pages what this one shows. @param {() => State} [moved] the place while it moves */
  announce(moved) {
    announce(this.root, () => {
      return { view: "interpolation", model: this.data.model, params: { ...this.state, ...moved?.() } };
    });
  }

  /** @param {Space} space */
  async findEnds(space) {
    /** @type {Map<EndKey, End | null>} */
    const found = new Map();
    for (const [key] of ENDS) found.set(key, await this.findEnd(key, space)); // one by one: a newer image replaces one
    return found;
  }

  /**
   * The end of the link or of the model before, null where this model has none such: a z of another model means nothing
   * here, a picture of this size can be encoded anew.
   *
   * @param {EndKey} key
   * @param {Space} space
   */
  findEnd(key, space) {
    const { state } = this;
    const linked = readEnd(state[key] ?? "", space);
    if (!this.loaded) return linked ?? (key === "from" && state.z !== undefined ? readVector(state.z, space) : null);
    const old = this.loaded.ends[key];
    if (old.kind === "test")
      return key === "from" && old.row !== this.data.image ? testEnd(space, this.data.image) : linked;
    const fits = old.pixels?.length === space.imageShape.reduce((product, side) => product * side, 1);
    return old.pixels && fits ? imageEnd(space, old.pixels, old.kind) : null;
  }

  /**
   * Shows the ends that were found, test images in place of the others.
   *
   * @param {Space} space
   * @param {Map<EndKey, End | null>} found
   */
  takeEnds(space, found) {
    const { state } = this;
    const ends = defaultEnds(space, this.data.image);
    /** @type {string[]} */
    const refused = [];
    for (const [key, name] of ENDS) {
      const end = found.get(key);
      if (!end && state[key] !== undefined) refused.push(name);
      if (end) {
        ends[key] = end;
        state[key] = writeEnd(end, space);
      } else delete state[key];
    }
    delete state.z;
    this.loaded = { space, ends };
    const names = refused.join(", ");
    const text =
      refused.length > 1
        ? t`${names} as chosen do not fit this model: test images instead.`
        : t`${names} as chosen does not fit this model: a test image instead.`;
    this.complain(refused.length ? text : "");
  }

  // — what the views use —

  get space() {
    return this.present().space;
  }

  get ends() {
    return this.present().ends;
  }

  get isReady() {
    return this.loaded !== null && !this.body.hidden;
  }

  present() {
    if (!this.loaded) throw new Error("The page shows no view before its model is loaded.");
    return this.loaded;
  }

  /**
   * A card for the end of this key, with its name on the page.
   *
   * @param {string} name
   * @param {EndKey} key
   */
  card(name, key) {
    return new EndCard(name, {
      onChoose: () => this.choose(name, key),
      onChange: (end) => this.setEnd(key, end),
    });
  }

  /**
   * @param {EndKey} key
   * @param {End} end
   */
  setEnd(key, end) {
    this.ends[key] = end;
    this.view.refresh();
    this.remember({ [key]: writeEnd(end, this.space) });
  }

  /** @param {State} change */
  remember(change) {
    this.state = { ...this.state, ...change };
    this.announce();
    clearTimeout(this.sendTimer);
    this.sendTimer = setTimeout(() => this.sendState(), SEND_MS);
  }

  /** Sends what belongs in a link and the place of the large picture, where Explore starts. */
  sendState() {
    const z = this.body.hidden ? null : this.view.place().map(round4);
    this.send("state", { ...this.state, place: { model: this.data.model, z } });
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} ms
   */
  tookFrame(canvas, ms) {
    this.meter.took(canvas, ms);
    if (!this.notice.hidden && this.notice.dataset.lasting !== "yes") this.notice.hidden = true;
  }

  /**
   * @param {string} name
   * @param {EndKey} key
   */
  choose(name, key) {
    const { space, ends } = this.present();
    const { pins, frame, bright } = this.data;
    this.picker.open(name, { end: ends[key], space, pins, frame, bright, onChoose: (end) => this.setEnd(key, end) });
  }

  // — what the page shows of the state —

  /** @param {string} name */
  chooseView(name) {
    if (!this.body.hidden) this.showView(name); // else it is shown once the model is loaded
    this.remember({ view: name });
  }

  /** @param {string | undefined} name */
  showView(name) {
    const view = this.placeTools(name);
    if (this.view !== view) this.view.hide();
    this.view = view;
    this.body.replaceChildren(view.element);
    view.refresh();
    this.resize();
    this.showPlace();
  }

  /** @param {string | undefined} name of the view to which the tools belong */
  placeTools(name) {
    const view = this.views.find((each) => each.name === name) ?? this.views[0];
    this.tabs.choose(view.name);
    this.tools.replaceChildren(view.tools);
    return view;
  }

  /** @param {LiveStatus} status */
  showStatus(status) {
    const { state, greeting } = status;
    if (state === "connecting") return;
    this.root.dataset.connection = state;
    if (greeting) this.device = translate(greeting.device);
    const text = noticeOf(status);
    if (text || this.notice.dataset.lasting !== "yes") this.complain(text, false);
  }

  /**
   * @param {string} text "" where nothing is wrong
   * @param {boolean} [lasting] stays although pictures come
   */
  complain(text, lasting = true) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
    this.notice.dataset.lasting = lasting ? "yes" : "no";
  }

  /** Four times a second, not in every frame: each change of a text costs a layout. */
  showMeter() {
    if (!this.body.hidden) this.showPlace();
    const { framesPerSecond, ms } = this.meter.read();
    const speed = ms === undefined ? "" : t` · ${framesPerSecond} frames/s · ${ms.toFixed(1)} ms input → picture`;
    say(this.meterText, `${this.device} · ${this.data.model}${speed}`);
  }

  showPlace() {
    this.view.showNumbers();
    const { base, model } = this.data;
    const z = this.view.place().map(round4).join(",");
    const image = this.ends.from.kind === "test" ? `&image=${this.ends.from.row}` : "";
    const href = keepCompared(`${base}/Explore?checkpoint=${encodeURIComponent(model)}${image}&z=${z}`);
    if (this.explore.getAttribute("href") !== href) this.explore.href = href;
  }

  resize() {
    if (this.body.hidden) return;
    this.view.resize(Number.parseFloat(getComputedStyle(this.main).minHeight));
  }

  close() {
    this.loading = {};
    for (const view of this.views) view.hide();
    this.path.close();
    this.client.close();
    this.unwatch();
    clearInterval(this.statusTimer);
    clearTimeout(this.sendTimer);
    this.root.remove();
  }

  build() {
    const tabs = element("div", { className: "tabs" }, this.tabs.element);
    const links = element("p", { className: "links" }, this.explore);
    const status = element("p", { className: "status small-print" }, this.meterText, timeHelp(this.meter));
    const side = element("div", { className: "side" }, this.tools, links, status);
    const notices = element("div", { className: "notices" }, element("div", {}, this.notice));
    const parts = [tabs, this.main, side, this.picker.element, notices];
    const root = element("div", { className: "interpolation" }, ...parts);
    root.addEventListener("keydown", (event) => {
      const [target] = event.composedPath();
      const control = "input, button, select, textarea, .pad, canvas";
      if (target instanceof Element && target.matches(control)) event.stopPropagation(); // r and c are Streamlit's
    });
    return root;
  }
}

/**
 * Test images of four classes, this one first; the base is of the lower one of the two closest classes.
 *
 * @param {Space} space
 * @param {number} first
 * @returns {Ends}
 */
function defaultEnds(space, first) {
  const { n, labels } = space.encoded;
  const [lower] = space.closestClasses();
  /** @type {Set<number>} */
  const seen = new Set([labels[first]]);
  const rows = [first];
  for (let row = 0; row < n && rows.length < 4; row++) {
    if (!seen.has(labels[row])) rows.push(row);
    seen.add(labels[row]);
  }
  for (let row = 0; rows.length < 4; row++) rows.push(Math.min(row, n - 1)); // fewer than four classes
  const [from, to, third, fourth] = rows.map((row) => testEnd(space, row));
  return { from, to, third, fourth, base: testEnd(space, space.group(lower)[0]) };
}

export default componentOf(InterpolationView);
