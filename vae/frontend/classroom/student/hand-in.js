/**
 * Draw and hand in: a pad of the class's model, what the drawing is, and what has become of the drawings handed in before.
 *
 * @import { DrawingFrame, ImageShape } from "../../lib/contract.js"
 * @import { ClassState, Me } from "../state.js"
 *
 * What is used of the model, as Compare has it.
 *
 * @typedef {{model: string, image_shape: ImageShape, frame: DrawingFrame | null, bright: boolean, class_names: string[]}} PadData
 *
 * @typedef {object} HandInCalls
 * @property {(drawing: {key: string, picture: string, shape: ImageShape, label: string}) => Promise<{drawing?: number}>} handIn
 * @property {(drawing: number) => Promise<unknown>} withdraw
 * @property {(model: string) => Promise<PadData>} padData
 *
 * A drawing on its way. pixels: of its picture.
 *
 * @typedef {{key: string, label: string, pixels: Uint8Array, shape: ImageShape}} Sent
 */

import { fromBase64, toBase64 } from "../../lib/bytes.js";
import { drawPicture } from "../../lib/canvas.js";
import { CLASS_LIMITS } from "../../lib/contract.js";
import { button, element, messageOf, say, select } from "../../lib/dom.js";
import { DrawingPad } from "../../lib/drawing.js";
import { t } from "../../lib/words.js";
import { DRAWING_WORDS } from "./words.js";

const OWN = "own words";

export class HandIn {
  /** @type {DrawingPad | null} */
  pad = null;
  /** @type {PadData | null} */
  data = null;
  wanted = ""; // the model whose pad is shown or on its way
  /** By their key, in their order. @type {Map<string, Sent>} */
  sent = new Map();
  /** By their number. @type {Map<string, Sent>} */
  pictures = new Map();
  /** @type {Pick<ClassState, "me" | "map">} */
  state = { me: null, map: {} };
  connected = false;
  padPlace = element("div", { className: "hand-in-pad" });
  label = select(t("What is it?"), [], () => this.chooseLabel());
  own = element("input", {
    type: "text",
    maxLength: CLASS_LIMITS.label,
    ariaLabel: t("What it is, in your own words"),
    hidden: true,
  });
  words = element("p", { role: "status" });
  list = element("ul", { className: "hand-in-list" });

  constructor(/** @type {HandInCalls} */ calls) {
    this.calls = calls;
    this.own.placeholder = t("in your own words");
    this.own.autocomplete = "off";
    const send = button(t("Hand in"), t("Your teacher looks at it before the class sees it"), () => this.send());
    send.className = "primary";
    this.fields = element("div", { className: "hand-in-fields" });
    this.fields.append(element("label", {}, t("What is it? "), this.label), this.own, send);
    this.mine = element("div", { hidden: true }, element("h3", {}, t("Your drawings")), this.list);
    const sending = element("div", { className: "hand-in-sending" }, this.fields, this.words);
    this.element = element("div", { className: "hand-in" }, this.padPlace, sending, this.mine);
  }

  /** Whether there is a drawing that was not handed in. */
  get isBusy() {
    return this.pad !== null && !this.pad.empty;
  }

  /** Shows a model's pad; what was drawn on the one before stays. */
  async showModel(/** @type {string} */ model) {
    if (model === this.wanted) return;
    this.wanted = model;
    try {
      const data = await this.calls.padData(model);
      if (model === this.wanted) this.build(data);
    } catch (error) {
      this.wanted = "";
      say(this.words, t`The pad did not load: ${messageOf(error)} Open it again.`);
    }
  }

  build(/** @type {PadData} */ data) {
    const before = this.pad?.state;
    const { image_shape: imageShape, frame, bright, class_names: names } = data;
    this.data = data;
    this.pad = new DrawingPad({
      imageShape,
      frame,
      bright,
      onChange: () => say(this.words, ""),
      label: t("Your drawing"),
    });
    if (before) this.pad.restore(before);
    this.padPlace.replaceChildren(this.pad.element);
    this.label.fill([
      ["", t("choose …")],
      ...names.map((name) => /** @type {const} */ ([name, name])),
      [OWN, t("something else …")],
    ]);
    this.chooseLabel();
    say(this.words, "");
  }

  chooseLabel() {
    say(this.words, "");
    this.own.hidden = this.label.value !== OWN;
    if (!this.own.hidden) this.own.focus();
  }

  /** What the student says that it is; "" for nothing yet. */
  get name() {
    return this.label.value === OWN ? this.own.value.trim() : this.label.value;
  }

  send() {
    const { pad, data, name } = this;
    if (!pad || !data) return;
    if (pad.empty) return say(this.words, t("Draw something first."));
    if (!name) return say(this.words, t("Say what it is first."));
    const key = [0, 0].map(() => Math.random().toString(36).slice(2)).join("");
    const sent = { key, label: name, pixels: pad.pixels, shape: data.image_shape };
    this.sent.set(key, sent);
    const picture = toBase64(sent.pixels);
    this.calls.handIn({ key, picture, shape: sent.shape, label: name }).then(
      ({ drawing }) => this.arrived(sent, drawing),
      (error) => this.refused(sent, messageOf(error)),
    );
    pad.clear();
    this.label.value = "";
    this.own.value = "";
    this.chooseLabel();
    say(this.words, this.connected ? t("Handing in …") : t("It is kept, and goes out when the connection is back."));
    this.update();
  }

  /**
   * @param {Sent} sent
   * @param {number | undefined} drawing
   */
  arrived(sent, drawing) {
    this.sent.delete(sent.key);
    if (drawing !== undefined) this.pictures.set(`${drawing}`, sent);
    say(this.words, t("Handed in. Your teacher looks at it before the class sees it."));
    this.update();
  }

  /**
   * @param {Sent} sent
   * @param {string} sentence
   */
  refused(sent, sentence) {
    this.sent.delete(sent.key);
    say(this.words, sentence);
    this.update();
  }

  /**
   * @param {Pick<ClassState, "me" | "map">} state
   * @param {boolean} connected
   */
  show(state, connected) {
    this.state = state;
    this.connected = connected;
    this.update();
  }

  update() {
    const { me } = this.state;
    const drawings = Object.entries(me?.drawings ?? {}).reverse();
    const waiting = [...this.sent.values()].reverse();
    const items = [
      ...waiting.map((sent) => this.waitingItem(sent)),
      ...drawings.map((drawing) => this.item(...drawing)),
    ];
    const at = [...this.list.querySelectorAll("button")].findIndex((node) => node.matches(":focus"));
    this.list.replaceChildren(...items);
    if (at >= 0) (this.list.querySelectorAll("button")[at] ?? this.label).focus();
    this.mine.hidden = items.length === 0;
  }

  waitingItem(/** @type {Sent} */ { label, pixels, shape }) {
    const state = this.connected ? t("on its way") : t("waits for the connection");
    return element("li", {}, thumbnail(pixels, shape), element("span", {}, label), element("em", {}, state));
  }

  /**
   * @param {string} id
   * @param {Me["drawings"][string]} drawing
   */
  item(id, { label, state }) {
    const shown = this.state.map[id];
    const known = this.pictures.get(id) ?? (shown && { pixels: fromBase64(shown.picture), shape: shown.shape });
    const withdraw = button(
      t("Withdraw"),
      t("Take this drawing back"),
      () => this.withdraw(id),
      t`Withdraw “${label}”`,
    );
    const picture = known ? thumbnail(known.pixels, known.shape) : element("i", {});
    return element("li", {}, picture, element("span", {}, label), element("em", {}, DRAWING_WORDS[state]), withdraw);
  }

  withdraw(/** @type {string} */ id) {
    this.calls.withdraw(Number(id)).then(
      () => say(this.words, t("Withdrawn.")),
      (error) => say(this.words, messageOf(error)),
    );
  }
}

/**
 * @param {Uint8Array} pixels
 * @param {readonly [number, number, number]} shape
 */
function thumbnail(pixels, shape) {
  const canvas = element("canvas");
  canvas.setAttribute("aria-hidden", "true");
  drawPicture(canvas, pixels, shape);
  return canvas;
}
