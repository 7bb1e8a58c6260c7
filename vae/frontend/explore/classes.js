/**
 * What a conditional model makes of the z of now as each of its classes: one grid of small pictures. A click chooses the class.
 *
 * @import { DecodeReply } from "../lib/live-client.js"
 * @import { ModelClient } from "../lib/model-client.js"
 */

import { drawGrid } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { t } from "../lib/words.js";

const SIDE = 2.75; // rem: the width of a picture, at least
const MOST = 128; // classes; decoding more would take too long
const KEYS = new Map([
  ["ArrowLeft", -1],
  ["ArrowRight", 1],
]);

export class ClassGrid {
  canvas = element("canvas", { className: "classes-grid", width: 1, height: 1 });
  mark = element("div", { className: "classes-mark" });
  /** @type {string[]} */
  names = [];
  chosen = 0;
  columns = 1;
  /** @type {DecodeReply | null} */
  reply = null;

  /** @param {(label: number) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.pad = element("div", { className: "classes-pad", tabIndex: 0, role: "slider" }, this.canvas, this.mark);
    this.pad.ariaLabel = t("Decode as class");
    this.caption = element("p", {}, t("The same z as each class: choose one."));
    this.element = element("section", { className: "classes" }, this.caption, this.pad);
    this.pad.addEventListener("click", ({ clientX, clientY }) => this.choose(this.at(clientX, clientY)));
    this.pad.addEventListener("pointermove", ({ clientX, clientY }) => {
      this.pad.title = this.names[this.at(clientX, clientY)] ?? "";
    });
    this.pad.addEventListener("keydown", (event) => this.onKey(event));
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.element);
  }

  /** Another model's classes; none of one that is told none. @param {string[]} names */
  take(names) {
    this.names = names;
    this.reply = null;
    this.element.hidden = !names.length || names.length > MOST;
    this.pad.ariaValueMin = "0";
    this.pad.ariaValueMax = `${names.length - 1}`;
  }

  /** Which class is decoded now. @param {number} label */
  show(label) {
    this.chosen = label;
    this.pad.ariaValueNow = `${label}`;
    this.pad.ariaValueText = this.names[label] ?? "";
    this.place();
  }

  /**
   * Decodes z as each class.
   *
   * @param {ModelClient | undefined} client
   * @param {readonly number[]} z
   */
  async refresh(client, z) {
    const { names } = this;
    if (!client || this.element.hidden) return;
    const codes = names.map((_, label) => [...z, ...Array.from(names.keys(), (k) => Number(k === label))]);
    const reply = await client.decodeCodes(codes, { slot: "classes", background: true });
    if (!reply || names !== this.names) return;
    this.reply = reply;
    this.draw();
  }

  draw() {
    const { reply, names, element: section } = this;
    if (!reply) return;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const most = Math.max(1, Math.floor(section.clientWidth / (SIDE * rem)));
    this.columns = Math.ceil(names.length / Math.ceil(names.length / most)); // rows of one length, as far as possible
    drawGrid(this.canvas, reply.pixels, reply.imageShape, names.length, this.columns, 0);
    this.canvas.dataset.classes = `${names.length}`; // for tests
    this.place();
  }

  get rows() {
    return Math.ceil(this.names.length / this.columns);
  }

  /** Frames the class of now. */
  place() {
    const { mark, chosen, columns, rows } = this;
    mark.hidden = !this.reply;
    Object.assign(mark.style, {
      left: `${(100 * (chosen % columns)) / columns}%`,
      top: `${(100 * Math.floor(chosen / columns)) / rows}%`,
      width: `${100 / columns}%`,
      height: `${100 / rows}%`,
    });
  }

  /** The class at this place of the window; one that there is not beyond the last. @param {number} x @param {number} y */
  at(x, y) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const column = Math.min(this.columns - 1, Math.max(0, Math.floor((this.columns * (x - left)) / width)));
    return Math.floor((this.rows * (y - top)) / height) * this.columns + column;
  }

  /** Arrows go to the neighbours; a letter that is a class' name chooses it. @param {KeyboardEvent} event */
  onKey(event) {
    const { key, ctrlKey, metaKey } = event;
    if (ctrlKey || metaKey) return;
    event.stopPropagation(); // Streamlit uses r and c
    const by = { ArrowUp: -this.columns, ArrowDown: this.columns }[key] ?? KEYS.get(key);
    const label = by === undefined ? this.names.indexOf(key) : this.chosen + by;
    if (by !== undefined || label >= 0) event.preventDefault();
    this.choose(label);
  }

  /** @param {number} label */
  choose(label) {
    if (label === this.chosen || !(label in this.names)) return;
    this.show(label);
    this.onChoose(label);
  }

  close() {
    this.sizes.disconnect();
  }
}
