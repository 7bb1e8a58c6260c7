/**
 * The Interpolation component: ways between pictures through latent space, decoded while the hand moves. Three views
 * share the ends, the model and the decoder. What is worth a link is in `state`, texts by key, and goes to Python when
 * the hand lets go.
 */

import { element, say, segmented } from "../lib/dom.js";
import { loadEncoded, TestRows } from "../lib/encoded-set.js";
import { LiveClient, liveUrl, Meter, noticeOf } from "../lib/live-client.js";
import { round4 } from "../lib/math.js";
import { ArithmeticView } from "./arithmetic.js";
import { CornersView } from "./corners.js";
import { EndCard, imageEnd, readEnd, readVector, testEnd, writeEnd } from "./ends.js";
import { PathView } from "./path.js";
import { Picker } from "./picker.js";
import { Space } from "./space.js";

const STATUS_MS = 250;
const VIEWS = [
  ["ends", "Two ends"],
  ["corners", "Four corners"],
  ["arithmetic", "Arithmetic"],
];
const ENDS = { from: "A", to: "B", third: "C", fourth: "D", base: "the C of the arithmetic" };
const HERO_ROOM = 0.33; // of the window's height

export default class Interpolation {
  constructor(parent, send) {
    Object.assign(this, { parent, send, meter: new Meter(), cards: [], ends: {}, space: null });
  }

  /** The first data bring the state; later ones at most another model; a theme is the style sheet's business. */
  update(data) {
    const old = this.data;
    this.data = data;
    if (!old) this.begin(data);
    if (!old || data.model !== old.model || data.version !== old.version) this.takeModel(data);
  }

  begin(data) {
    this.state = { ...data.state };
    this.palette = data.palette;
    this.client = new LiveClient(liveUrl(data.base), data.model, { onStatus: (status) => this.showStatus(status) });
    this.views = { ends: new PathView(this), corners: new CornersView(this), arithmetic: new ArithmeticView(this) };
    this.build();
    this.watchSize();
  }

  async takeModel(data) {
    if (this.client.model !== data.model || this.space) this.client.setModel(data.model);
    this.space = null;
    this.body.hidden = true;
    const query = `model=${encodeURIComponent(data.model)}`;
    try {
      const encoded = await loadEncoded(`${data.base}/live/encoded?${query}`);
      if (this.data.model !== data.model || this.data.version !== data.version || this.closed) return;
      const images = new TestRows(`${data.base}/live/images?${query}`, encoded.images, encoded.imageShape);
      const { classes, prior, lassos } = data;
      this.space = new Space({ client: this.client, encoded, images, classes, prior, lassos });
    } catch (error) {
      this.complain(`The encoded test set could not be loaded (${error.message}). Reload the page.`);
      return;
    }
    const { space } = this;
    await this.takeEnds();
    if (space !== this.space || this.closed) return; // another model has been chosen meanwhile
    for (const view of Object.values(this.views)) view.takeState(this.state);
    this.body.hidden = false;
    this.showView(this.views[this.state.view] ? this.state.view : "ends");
  }

  /** The ends of the link or of the model before, where they mean something to this one; else test images. */
  async takeEnds() {
    const { space, state } = this;
    const defaults = this.defaultEnds();
    const refused = [];
    for (const [key, name] of Object.entries(ENDS)) {
      const end = await this.findEnd(key);
      if (space !== this.space) return;
      if (!end && state[key] !== undefined) refused.push(name);
      this.ends[key] = end ?? defaults[key];
      if (end) state[key] = writeEnd(end, space);
      else delete state[key];
    }
    delete state.z;
    const mean = refused.length > 1 ? "mean" : "means";
    const text = `${refused.join(", ")} as chosen ${mean} nothing to this model: test images instead.`;
    this.complain(refused.length ? text : "");
  }

  /** null where there is none. A z of another model means nothing here, a picture of this size can be encoded anew. */
  findEnd(key) {
    const { space, state } = this;
    const old = this.ends[key];
    const asked = readEnd(state[key] ?? "", space);
    if (!old) return asked ?? (key === "from" && state.z !== undefined ? readVector(state.z, space) : null);
    if (old.kind === "test") return asked;
    const fits = old.pixels?.length === space.imageShape.reduce((product, side) => product * side);
    return fits ? imageEnd(space, old.pixels, old.kind) : null;
  }

  defaultEnds() {
    const { space } = this;
    const [lower] = space.closestClasses();
    const seen = new Set(),
      rows = [];
    for (let row = 0; row < space.encoded.n && rows.length < 4; row++) {
      const label = space.encoded.labels[row];
      if (!seen.has(label)) rows.push(row);
      seen.add(label);
    }
    for (let row = 0; rows.length < 4; row++) rows.push(Math.min(row, space.encoded.n - 1)); // fewer than four classes
    const [from, to, third, fourth] = rows.map((row) => testEnd(space, row));
    return { from, to, third, fourth, base: testEnd(space, space.group(lower)[0]) };
  }

  // — what the views use —

  /** A card for the end of this key, called `name` by people. */
  card(name, key, side) {
    return new EndCard(name, {
      side,
      onChoose: () => this.choose(name, key),
      onChange: (end) => this.setEnd(key, end),
    });
  }

  setEnd(key, end) {
    this.ends[key] = end;
    this.view.refresh();
    this.remember({ [key]: writeEnd(end, this.space) });
  }

  remember(change) {
    this.state = { ...this.state, ...change };
    clearTimeout(this.sendTimer);
    this.sendTimer = setTimeout(() => this.send("state", this.state), 300); // a drawing hand lets go often
  }

  /** A picture came: counted, and announced to whoever measures. */
  tookFrame(canvas, ms) {
    this.meter.add(ms);
    const detail = { frame: Number(canvas.dataset.frame), ms };
    canvas.dispatchEvent(new CustomEvent("live-frame", { detail, bubbles: true, composed: true }));
    if (!this.notice.hidden && this.notice.dataset.lasting !== "yes") this.notice.hidden = true;
  }

  choose(name, key) {
    const { pins, frame } = this.data;
    this.picker.open(name, this.ends[key], this.space, { pins, frame, onChoose: (end) => this.setEnd(key, end) });
  }

  // — what the page shows of the state —

  showView(name) {
    if (this.view && this.view.name !== name) this.view.hide();
    this.view = this.views[name];
    this.tabs.choose(name);
    this.tools.replaceChildren(this.view.tools);
    this.body.replaceChildren(this.view.element);
    this.view.refresh();
    this.resize();
    this.showPlace();
  }

  showStatus(status) {
    const { state, greeting } = status;
    if (state === "connecting") return;
    this.root.dataset.connection = state;
    if (greeting) this.device = greeting.device;
    const text = noticeOf(status);
    if (text || this.notice.dataset.lasting !== "yes") this.complain(text, false);
  }

  complain(text, lasting = true) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
    this.notice.dataset.lasting = lasting ? "yes" : "no";
  }

  /** Text is laid out anew whenever it changes: four times a second, not in every frame. */
  showMeter() {
    if (this.space && this.view) this.showPlace();
    const { framesPerSecond, ms } = this.meter.read();
    const speed = ms === undefined ? "" : ` · ${framesPerSecond} frames/s · ${ms.toFixed(1)} ms input → picture`;
    say(this.meterText, `${this.device ?? "connecting"} · ${this.data.model}${speed}`);
  }

  showPlace() {
    this.view.showNumbers();
    const { base, model } = this.data;
    const z = this.view.place().map(round4).join(",");
    const href = `${base}/Explore?checkpoint=${encodeURIComponent(model)}&z=${z}`;
    if (this.explore.getAttribute("href") !== href) this.explore.href = href;
  }

  resize() {
    if (!this.space || !this.view) return;
    const phone = this.root.clientWidth < 640;
    this.root.classList.toggle("phone", phone);
    this.view.resize(phone ? innerHeight * 0.3 : Math.max(196, HERO_ROOM * innerHeight));
  }

  watchSize() {
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.root);
    this.onResize = () => this.resize();
    addEventListener("resize", this.onResize);
    this.statusTimer = setInterval(() => this.showMeter(), STATUS_MS);
  }

  close() {
    this.closed = true;
    for (const view of Object.values(this.views ?? {})) view.hide();
    this.client?.close();
    this.sizes?.disconnect();
    removeEventListener("resize", this.onResize);
    clearInterval(this.statusTimer);
    clearTimeout(this.sendTimer);
    this.root?.remove();
  }

  build() {
    this.tabs = segmented("View", VIEWS, (name) => {
      this.showView(name);
      this.remember({ view: name });
    });
    this.tools = element("div", { className: "view-tools" });
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    this.body = element("div", { className: "body", hidden: true });
    this.picker = new Picker();
    this.meterText = element("span", { className: "meter" });
    const about = "Move on from the z of this picture with sliders";
    this.explore = element("a", { target: "_self", title: about }, "Open in Explore");
    const status = element("p", { className: "status" }, this.explore, " · ", this.meterText);
    const bar = element("div", { className: "bar" }, this.tabs.element, this.tools);
    this.root = element(
      "div",
      { className: "interpolation" },
      bar,
      this.notice,
      this.body,
      status,
      this.picker.element,
    );
    this.root.addEventListener("keydown", (event) => {
      const control = event.composedPath()[0].matches("input, button, select, textarea, .pad, canvas");
      if (control) event.stopPropagation(); // r and c are Streamlit's
    });
    this.parent.append(this.root);
  }
}
