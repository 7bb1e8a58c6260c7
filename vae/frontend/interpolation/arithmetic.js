/** Latent arithmetic, C + s · (A − B) with classes for A and B, and its effect on twenty other images. */

import { drawPicture, fitPicture } from "../lib/canvas.js";
import { button, element, figure, say, select } from "../lib/dom.js";
import { slider } from "../lib/fields.js";
import { norm } from "../lib/math.js";
import { t } from "../lib/words.js";
import { testEnd } from "./ends.js";
import { OTHERS, Others } from "./others.js";
import { equationSides } from "./sizes.js";
import { NEIGHBOURS } from "./space.js";

/** @import { Figure, Select } from "../lib/dom.js" */
/** @import { Page, State } from "./ends.js" */
/** @typedef {{centre: number[], count: number, label: number}} Group mean code of `count` images; label: its class, or 0 */

const LEAST_STRENGTH = -2,
  MOST_STRENGTH = 3;
const HERO_SHARE = 0.6, // of the view's height
  NARROW_SHARE = 0.25; // of the window's where the page is one column

export class ArithmeticView {
  name = "arithmetic";

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.seed = 0; // of the choice of the others
    /** @type {number[]} */
    this.direction = []; // A − B
    this.plus = select(t("A: the group added"), [], (value) => this.chooseGroup("plus", value));
    this.minus = select(t("B: the group taken away"), [], (value) => this.chooseGroup("minus", value));
    this.apply = select(t("The twenty others are of class"), [], (value) => this.chooseGroup("apply", value));
    this.plusPicture = figure("", t("Decoded mean of A"));
    this.minusPicture = figure("", t("Decoded mean of B"));
    this.base = page.card("C", "base");
    this.hero = figure("hero", t("C moved along A − B"));
    this.length = element("span", { className: "quiet", title: t("Length of the direction in latent space") });
    const range = { min: LEAST_STRENGTH, max: MOST_STRENGTH, step: 0.05, value: 1 };
    this.strength = slider(t("Strength s"), range, {
      show: (value) => value.toFixed(2),
      onInput: (value) => {
        void this.move();
        page.announce(() => ({ strength: `${value}` }));
      },
      onChange: (value) => page.remember({ strength: `${value}` }),
    });
    this.others = new Others(page.palette);
    this.note = element("p", { className: "quiet small-print" });
    this.signs = ["+ s · (", "−", ") ="].map((text) =>
      element("span", { className: "sign", ariaHidden: "true" }, text),
    );
    this.equation = this.buildEquation();
    const others = element("div", { className: "others" }, this.others.element);
    this.element = element("div", { className: "arithmetic" }, this.equation, others);
    this.tools = this.buildTools();
  }

  /**
   * Links have the names of groups; in place of one that this model does not have, its first choice is taken.
   *
   * @param {State} state
   */
  takeState({ plus, minus, apply, draw, strength }) {
    const { space } = this.page;
    const [lower, higher] = space.closestClasses();
    const options = space.groupOptions();
    for (const list of [this.plus, this.minus, this.apply]) list.fill(options);
    /** @type {(wanted: string | undefined, otherwise: number) => string} */
    const read = (wanted, otherwise) => `${options.find(([, name]) => name === wanted)?.[0] ?? otherwise}`;
    this.plus.value = read(plus, higher);
    this.minus.value = read(minus, lower);
    this.apply.value = read(apply, Number(this.minus.value));
    this.seed = draw !== undefined && /^\d{1,6}$/.test(draw) ? Number(draw) : 0;
    this.setStrength(strength);
  }

  setStrength(text = "1") {
    const s = Number(text);
    this.strength.set(s >= LEAST_STRENGTH && s <= MOST_STRENGTH ? s : 1);
  }

  /** @param {State} state of another page, of which only the strength is new */
  moveTo({ strength }) {
    this.setStrength(strength);
    void this.move();
  }

  refresh() {
    const { space, ends } = this.page;
    this.base.show(ends.base, space);
    const rows = this.chooseOthers();
    const left = new Set([...rows, ends.base.row]);
    const [plus, minus] = [this.group(this.plus, left), this.group(this.minus, left)];
    this.direction = plus.centre.map((value, d) => value - minus.centre[d]);
    this.others.choose(space, rows, Number(this.plus.value));
    this.describe(plus, minus);
    void this.decodeFixed(plus, minus);
    void this.move();
  }

  /** Twenty images of the chosen group, the same for the same seed, and not the base itself. */
  chooseOthers() {
    const { space, ends } = this.page;
    const rows = space.group(Number(this.apply.value)).filter((row) => row !== ends.base.row);
    return shuffled(rows, this.seed)
      .slice(0, OTHERS)
      .sort((a, b) => a - b);
  }

  /**
   * The chosen group without these rows, or where no others are left with them: the direction is tried on images that
   * it was not made from.
   *
   * @param {Select} chosen
   * @param {Set<number | undefined>} without
   * @returns {Group}
   */
  group(chosen, without) {
    const { space } = this.page;
    const number = Number(chosen.value);
    const all = space.group(number),
      others = all.filter((row) => !without.has(row));
    const rows = others.length ? others : all;
    return { centre: space.centre(rows), count: rows.length, label: Math.max(0, number) };
  }

  /** @param {number[]} z */
  moved(z) {
    const strength = this.strength.input.valueAsNumber;
    return z.map((value, d) => value + strength * this.direction[d]);
  }

  /**
   * Decodes what does not change with the strength: the two means and the twenty images as they are.
   *
   * @param {Group} plus
   * @param {Group} minus
   */
  async decodeFixed(plus, minus) {
    const { space } = this.page;
    const { direction, others } = this;
    const codes = [plus, minus].map(({ centre, label }) => space.code({ z: centre, label }));
    codes.push(...others.rows.map((row) => space.code(testEnd(space, row))));
    const pictures = await space.decode(codes, { slot: "fixed" });
    if (!pictures || direction !== this.direction) return;
    drawPicture(this.plusPicture.canvas, pictures[0], space.imageShape);
    drawPicture(this.minusPicture.canvas, pictures[1], space.imageShape);
    others.draw("before", pictures.slice(2));
  }

  /** Every change of the strength comes here: all 21 pictures come in one request. */
  async move() {
    const inputAt = performance.now();
    const { space, ends } = this.page;
    const { rows } = this.others;
    const moved = [ends.base, ...rows.map((row) => testEnd(space, row))].map(({ z, label }) => ({
      z: this.moved(z),
      label,
    }));
    this.others.classify(moved.slice(1).map(({ z }) => z));
    const pictures = await space.decode(moved.map((end) => space.code(end)));
    if (!pictures || space !== this.page.space || pictures.length !== this.others.rows.length + 1) return;
    drawPicture(this.hero.canvas, pictures[0], space.imageShape);
    this.others.draw("after", pictures.slice(1));
    this.page.tookFrame(this.hero.canvas, performance.now() - inputAt);
  }

  hide() {
    this.others.stop();
  }

  /** The z of the large picture. */
  place() {
    return this.moved(this.page.ends.base.z);
  }

  showNumbers() {
    say(this.hero.caption, `C ${signed(this.strength.input.valueAsNumber)} · (A − B)`);
    say(this.length, `|A − B| = ${norm(this.direction).toFixed(2)}`);
  }

  /**
   * @param {Group} plus
   * @param {Group} minus
   */
  describe(plus, minus) {
    const { classes, encoded } = this.page.space;
    const conditional = classes
      ? t(" This model's decoder gets the class beside z, so z itself holds little of it.")
      : "";
    say(
      this.note,
      t`Class: that of most of the ${Math.min(NEIGHBOURS, encoded.n - 1)} nearest codes among ${encoded.n.toLocaleString("en")} test images, looked up now. A and B are means over ${plus.count} and ${minus.count} of them, the ${this.others.rows.length} shown and C left out.${conditional}`,
    );
  }

  /** @param {number} room height of the view, in CSS pixels; 0 where it is as high as it needs */
  resize(room) {
    const { imageShape } = this.page.space;
    const em = Number.parseFloat(getComputedStyle(this.equation).fontSize);
    const gaps = this.equation.childElementCount * em;
    const signs = this.signs.reduce((sum, sign) => sum + sign.offsetWidth, gaps);
    const height = room ? HERO_SHARE * room : NARROW_SHARE * innerHeight;
    const { small, hero } = equationSides({ width: this.equation.clientWidth - signs, height, em });
    this.base.resize(small);
    for (const { canvas } of [this.plusPicture, this.minusPicture]) fitPicture(canvas, imageShape, small);
    fitPicture(this.hero.canvas, imageShape, hero);
    this.equation.style.setProperty("--side", this.plusPicture.canvas.style.height);
  }

  // — the page —

  buildEquation() {
    /** @type {(name: string, picture: Figure, list: Select) => HTMLElement} */
    const group = (name, picture, list) => {
      picture.caption.append(element("b", {}, `${name} `), t("mean of "), list);
      return picture.element;
    };
    const [times, less, equals] = this.signs;
    const equation = element("div", { className: "equation" });
    equation.append(this.base.element, times, group("A", this.plusPicture, this.plus), less);
    equation.append(group("B", this.minusPicture, this.minus), equals, this.hero.element);
    return equation;
  }

  buildTools() {
    const { others } = this;
    const again = button("⟳", t("Other images"), () => this.drawAgain(), t("Twenty other images"));
    const key = element(
      "p",
      { className: "quiet" },
      t("Above: reconstructed. Below: after the step, → the new class."),
    );
    const chosen = element("div", { className: "labelled" }, t("20 others of class"), this.apply, again);
    const parts = [this.strength.element, this.length, others.evidence, chosen, key, others.legend, this.note];
    return element("div", { className: "tools" }, ...parts);
  }

  /**
   * @param {"plus" | "minus" | "apply"} key
   * @param {string} value of the chosen option
   */
  chooseGroup(key, value) {
    this.refresh();
    const group = this.page.space.groupOptions().find(([number]) => number === Number(value));
    if (group) this.page.remember({ [key]: group[1] });
  }

  drawAgain() {
    this.seed = (this.seed + 1) % 1e6;
    this.refresh();
    this.page.remember({ draw: `${this.seed}` });
  }
}

/** @param {number} value */
function signed(value) {
  return `${value < 0 ? "−" : "+"} ${Math.abs(value).toFixed(2)}`;
}

/**
 * The values in an order that the seed decides. A linear congruential generator is enough for that.
 *
 * @param {number[]} values
 * @param {number} seed
 */
function shuffled(values, seed) {
  const order = [...values];
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let i = order.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
