/** Where the Reconstruction page's image comes from: a test image, a drawing, an upload, another data set. */

import { button, element } from "../lib/dom.js";
import { t } from "../lib/words.js";

/** @typedef {keyof typeof ORDERS} Order */

const ORDERS = {
  order: t("in test-set order"),
  random: t("at random"),
  best: t("best reconstructed first"),
  worst: t("worst reconstructed first"),
};

export class Picker {
  /** @type {ArrayLike<number>} classes of the test images */
  labels = [];
  /** @type {ArrayLike<number>} reconstruction losses of the test images */
  errors = [];
  count = 0; // of test images whose pictures the server has
  /** @type {number[]} test images of the chosen class, in the chosen order */
  rows = [];
  at = 0; // where in rows the current image is

  /**
   * @param {object} listeners
   * @param {(i: number) => void} listeners.onImage the user chose a test image
   * @param {() => void} listeners.onDraw the user wants an empty pad
   * @param {(file: File) => void} listeners.onFile the user chose a picture file
   */
  constructor({ onImage, onDraw, onFile }) {
    this.onImage = onImage;
    this.previous = button("‹", t("Previous test image"), () => this.step(-1), t("Previous test image"));
    this.next = button("›", t("Next test image"), () => this.step(1), t("Next test image"));
    this.allClasses = element("option", { value: "" }, t("All classes"));
    this.classes = element("select", { ariaLabel: t("Class of the test images") }, this.allClasses);
    this.order = element("select", { ariaLabel: t("Order of the test images") });
    this.order.append(
      ...Object.entries(ORDERS).map(([value, text]) =>
        element("option", { value }, text[0].toUpperCase() + text.slice(1)),
      ),
    );
    for (const select of [this.classes, this.order]) select.addEventListener("change", () => this.sort());
    this.previous.disabled = this.next.disabled = true; // until there are test images
    this.title = element("span", { className: "title", role: "status", ariaLive: "polite" });
    this.element = this.build(onDraw, onFile);
  }

  /**
   * @param {() => void} onDraw
   * @param {(file: File) => void} onFile
   */
  build(onDraw, onFile) {
    const file = element("input", { type: "file", accept: "image/*", hidden: true, ariaLabel: t("Picture to upload") });
    file.addEventListener("change", () => {
      if (file.files?.[0]) onFile(file.files[0]);
      file.value = ""; // the same file may be chosen again
    });
    const bar = element("div", { className: "picker", role: "toolbar", ariaLabel: t("Input image") });
    bar.append(
      button(t("Draw your own"), t("Empty the pad and draw"), onDraw),
      button(t("Upload…"), t("Upload a picture: it is scaled to the model's size and stays in this browser"), () =>
        file.click(),
      ),
      file,
      element("span", { className: "tests" }, this.classes, this.order, this.previous, this.next),
    );
    return bar;
  }

  /**
   * @param {string[]} classNames
   * @param {ArrayLike<number>} labels
   * @param {ArrayLike<number>} errors
   * @param {number} count
   */
  setModel(classNames, labels, errors, count) {
    this.labels = labels;
    this.errors = errors;
    this.count = count;
    this.classes.replaceChildren(
      this.allClasses,
      ...classNames.map((name, k) => element("option", { value: k }, name)),
    );
    this.classes.value = "";
    this.order.value = "order";
    this.arrange();
  }

  arrange() {
    const rows = Array.from({ length: this.count }, (_, i) => i);
    const { value } = this.classes;
    this.rows = value === "" ? rows : rows.filter((i) => this.labels[i] === Number(value));
    const order = this.chosenOrder(),
      { errors } = this;
    if (order === "best") this.rows.sort((a, b) => errors[a] - errors[b]);
    if (order === "worst") this.rows.sort((a, b) => errors[b] - errors[a]);
    if (order === "random") shuffle(this.rows);
    this.previous.disabled = this.next.disabled = !this.rows.length;
  }

  chosenOrder() {
    return /** @type {Order} */ (this.order.value);
  }

  /** Shows the first image of a new choice of class and order. */
  sort() {
    this.arrange();
    this.at = 0;
    if (this.rows.length) this.onImage(this.rows[0]);
    else this.say(t("There is no test image of this class here."));
  }

  /** @param {number} by 1 or -1 */
  step(by) {
    this.at = (this.at + by + this.rows.length) % this.rows.length;
    this.onImage(this.rows[this.at]);
  }

  /**
   * Lets the arrows continue from test image i, where it is among the chosen ones.
   *
   * @param {number} i
   */
  continueFrom(i) {
    this.at = Math.max(0, this.rows.indexOf(i));
  }

  /** @param {string} text */
  say(text) {
    this.title.textContent = this.title.title = text; // it may be too long for its place
  }

  /**
   * " · 3 of 980 best reconstructed first", where test image i has a place in a chosen order.
   *
   * @param {number} i
   */
  place(i) {
    const order = this.chosenOrder();
    if (order === "order" || this.rows[this.at] !== i) return "";
    return t` · ${(this.at + 1).toLocaleString("en")} of ${this.rows.length.toLocaleString("en")} ${ORDERS[order]}`;
  }
}

/** @param {number[]} rows */
function shuffle(rows) {
  for (let i = rows.length - 1; i > 0; i--) {
    const k = Math.floor(Math.random() * (i + 1));
    [rows[i], rows[k]] = [rows[k], rows[i]];
  }
}
