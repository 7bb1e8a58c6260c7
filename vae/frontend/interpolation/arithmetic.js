/** Latent arithmetic, C + s · (A − B) with classes for A and B, and what it does to twenty other images. */

import { joined } from "../lib/bytes.js";
import { drawPicture, fitPicture } from "../lib/canvas.js";
import { button, element, figure, say, select, slider } from "../lib/dom.js";
import { norm } from "../lib/math.js";
import { testEnd } from "./ends.js";
import { NEIGHBOURS } from "./space.js";

const OTHERS = 20,
  PER_ROW = 10;
const LEAST_STRENGTH = -2,
  MOST_STRENGTH = 3;
const SIDE = 116,
  SMALL_SIDE = 88,
  HERO_SIDE = 176; // CSS pixels
const SHORT_NAME = 3,
  MOST_IN_LEGEND = 20; // letters of a class name; classes
const CLASSIFY_MS = 4; // of a frame, at most: the hand comes first

export class ArithmeticView {
  name = "arithmetic";

  constructor(page) {
    this.page = page;
    this.build();
  }

  /** Groups stand in links by name; a name that this model has not becomes its first choice. */
  takeState({ plus, minus, apply, draw, strength }) {
    const { space } = this.page;
    const [lower, higher] = space.closestClasses();
    const options = space.groupOptions();
    for (const select of [this.plus, this.minus, this.apply]) select.fill(options);
    const read = (asked, otherwise) => options.find(([, name]) => name === asked)?.[0] ?? otherwise;
    this.plus.value = read(plus, higher);
    this.minus.value = read(minus, lower);
    this.apply.value = read(apply, Number(this.minus.value));
    this.seed = /^\d{1,6}$/.test(draw) ? Number(draw) : 0;
    const s = Number(strength ?? 1);
    this.strength.set(s >= LEAST_STRENGTH && s <= MOST_STRENGTH ? s : 1);
  }

  refresh() {
    const { space, ends } = this.page;
    this.base.show(ends.base, space);
    this.others = this.chooseOthers();
    this.direction = this.findDirection();
    this.strips = null;
    this.classes = { before: this.others.map((row) => space.classOf(space.mean(row), row)), after: [] };
    this.fillNames();
    this.decodeFixed();
    this.move();
  }

  /** Twenty images of the chosen group, the same for the same seed, and not the base itself. */
  chooseOthers() {
    const {
      space,
      ends: { base },
    } = this.page;
    const rows = space.group(Number(this.apply.value)).filter((row) => row !== base.row);
    return shuffled(rows, this.seed)
      .slice(0, OTHERS)
      .sort((a, b) => a - b);
  }

  /** mean(A) − mean(B), from images that are not among those it is tried on, where there are others. */
  findDirection() {
    const {
      space,
      ends: { base },
    } = this.page;
    const tried = new Set([...this.others, base.row]);
    const groups = [this.plus, this.minus].map((select) => {
      const group = space.group(Number(select.value)),
        left = group.filter((row) => !tried.has(row));
      return left.length ? left : group;
    });
    this.centres = groups.map((group) => space.centre(group));
    this.counts = groups.map((group) => group.length);
    return this.centres[0].map((value, d) => value - this.centres[1][d]);
  }

  moved(z) {
    const strength = this.strength.input.valueAsNumber;
    return z.map((value, d) => value + strength * this.direction[d]);
  }

  /** What does not change with the strength: the two means and the twenty images as they are. */
  async decodeFixed() {
    const { space } = this.page;
    const { others, direction } = this;
    const told = (select) => space.told(Math.max(0, Number(select.value)));
    const codes = [
      [...this.centres[0], ...told(this.plus)],
      [...this.centres[1], ...told(this.minus)],
    ];
    codes.push(...others.map((row) => space.code(testEnd(space, row))));
    const pictures = await space.decode(codes, { slot: "fixed" });
    if (!pictures || direction !== this.direction) return;
    [this.plusPicture, this.minusPicture].forEach(({ canvas }, i) =>
      drawPicture(canvas, pictures[i], space.imageShape),
    );
    this.drawStrips("before", pictures.slice(2));
  }

  /** The one way the strength changes: all 21 pictures come in one request. */
  async move() {
    const inputAt = performance.now();
    const {
      space,
      ends: { base },
    } = this.page;
    const ends = [base, ...this.others.map((row) => testEnd(space, row))];
    const moved = ends.map((end) => ({ ...end, z: this.moved(end.z) }));
    this.movedZ = moved.slice(1).map(({ z }) => z);
    this.classifySoon();
    const pictures = await space.decode(moved.map((end) => space.code(end)));
    if (!pictures || space !== this.page.space || pictures.length !== this.others.length + 1) return;
    drawPicture(this.hero.canvas, pictures[0], space.imageShape);
    this.drawStrips("after", pictures.slice(1));
    this.page.tookFrame(this.hero.canvas, performance.now() - inputAt);
  }

  drawStrips(which, pictures) {
    const whole = joined(pictures);
    this.lines.forEach((line, k) => {
      const count = Math.min(PER_ROW, pictures.length - k * PER_ROW);
      line[which].hidden = count <= 0;
      if (count > 0) drawPicture(line[which], whole, this.page.space.imageShape, k * PER_ROW, count);
      line[which].style.width = `${(100 * Math.max(0, count)) / PER_ROW}%`;
    });
  }

  // — evidence —

  /** Looks up the class of each moved z, a few milliseconds at a time, beginning anew where the last round stopped. */
  classifySoon() {
    this.unclassified = this.others.length;
    this.next ??= 0;
    this.classifyTimer ??= setTimeout(() => this.classify());
  }

  classify() {
    const { space } = this.page;
    const until = performance.now() + CLASSIFY_MS;
    this.classifyTimer = undefined;
    while (this.unclassified > 0 && performance.now() < until) {
      const i = this.next % this.others.length;
      this.classes.after[i] = space.classOf(this.movedZ[i], this.others[i]);
      this.showClass(i);
      this.next = i + 1;
      this.unclassified--;
    }
    this.showEvidence();
    if (this.unclassified > 0) this.classifyTimer = setTimeout(() => this.classify());
  }

  /** Under each picture the class it has come to, or still has: told by arrow and line, and not by colour alone. */
  showClass(i) {
    const { before, after } = this.classes;
    const [from, to] = [before[i], after[i]].map((label) => this.page.space.classNames[label]);
    const target = Number(this.plus.value);
    const changed = before[i] !== after[i];
    const outcome = !changed ? "same" : after[i] === target ? "reached" : "other";
    const name = this.names[i];
    say(name.label, changed ? `→ ${to}` : from);
    name.place.className = `name ${outcome}`;
    name.swatch.style.backgroundColor = this.page.palette[after[i] % this.page.palette.length];
    name.place.title = `Test image ${this.others[i]}: among ${from} before, among ${to} after`;
  }

  showEvidence() {
    const { before, after } = this.classes;
    const total = this.others.length;
    if (after.filter((label) => label !== undefined).length < total) return;
    const changed = after.filter((label, i) => label !== before[i]).length;
    const target = Number(this.plus.value);
    const reached = after.filter((label, i) => label === target && label !== before[i]).length;
    const name = this.page.space.classNames[target];
    const to = name === undefined ? "" : `, ${reached} of them to ${name}`;
    say(this.evidence, `${changed} of ${total} changed their class${to}`);
    this.evidence.dataset.changed = changed;
  }

  fillNames() {
    this.names = this.others.map(() => {
      const swatch = element("span", { className: "swatch" }),
        label = element("span", {});
      return { swatch, label, place: element("span", { className: "name" }, swatch, label) };
    });
    this.lines.forEach(({ names }, k) => {
      names.replaceChildren(...this.names.slice(k * PER_ROW, (k + 1) * PER_ROW).map(({ place }) => place));
    });
    this.fillLegend();
    const { space } = this.page;
    const told = space.classes ? " This model is told the class beside z, so z itself holds little of it." : "";
    const n = space.encoded.n.toLocaleString("en");
    say(
      this.note,
      `Class: that of most of the ${Math.min(NEIGHBOURS, space.encoded.n - 1)} nearest codes among ${n} test images, ` +
        `looked up now. A and B are means over ${this.counts[0]} and ${this.counts[1]} of them, ` +
        `the ${this.others.length} shown and C left out.${told}`,
    );
  }

  /** Class colours by name, where the names are too long to stand under each picture. */
  fillLegend() {
    const {
      space: { classNames },
      palette,
    } = this.page;
    const needed = classNames.length <= MOST_IN_LEGEND && classNames.some((name) => name.length > SHORT_NAME);
    const items = (needed ? classNames : []).map((name, label) => {
      const swatch = element("span", { className: "swatch" });
      swatch.style.backgroundColor = palette[label % palette.length];
      return element("li", {}, swatch, name);
    });
    this.legend.replaceChildren(...items);
  }

  hide() {
    clearTimeout(this.classifyTimer);
    this.classifyTimer = undefined;
  }

  /** The z of the large picture. */
  place() {
    return this.moved(this.page.ends.base.z);
  }

  showNumbers() {
    say(this.hero.caption, `C ${signed(this.strength.input.valueAsNumber)} · (A − B)`);
    say(this.length, `|A − B| = ${norm(this.direction).toFixed(2)}`);
  }

  resize(room) {
    const { imageShape } = this.page.space;
    const side = this.element.clientWidth < 600 ? SMALL_SIDE : SIDE;
    this.base.side = side;
    const small = [this.plusPicture, this.minusPicture, this.base.picture];
    for (const { canvas } of small) fitPicture(canvas, imageShape, side);
    fitPicture(this.hero.canvas, imageShape, Math.min(room, HERO_SIDE));
  }

  // — the page —

  build() {
    const change = (key) => (value) => {
      this.refresh();
      this.page.remember({ [key]: this.page.space.groupOptions().find(([number]) => number === Number(value))[1] });
    };
    this.plus = select("A: the group added", [], change("plus"));
    this.minus = select("B: the group taken away", [], change("minus"));
    this.apply = select("The twenty others are of class", [], change("apply"));
    this.plusPicture = figure("", "Decoded mean of A");
    this.minusPicture = figure("", "Decoded mean of B");
    this.base = this.page.card("C", "base");
    this.hero = figure("hero", "C moved along A − B");
    this.length = element("span", { className: "quiet", title: "Length of the direction in latent space" });
    const parts = [this.buildEquation(), this.buildStrength(), this.buildOthers()];
    this.element = element("div", { className: "arithmetic" }, ...parts);
    this.tools = element("div", { className: "tools" });
  }

  buildEquation() {
    const group = (name, picture, select) => {
      picture.caption.append(element("b", {}, `${name} `), "mean of ", select);
      return picture.element;
    };
    const sign = (text) => element("span", { className: "sign", ariaHidden: "true" }, text);
    const equation = element("div", { className: "equation" });
    equation.append(this.base.element, sign("+ s · ("), group("A", this.plusPicture, this.plus), sign("−"));
    equation.append(group("B", this.minusPicture, this.minus), sign(") ="), this.hero.element);
    return equation;
  }

  buildStrength() {
    const range = { min: LEAST_STRENGTH, max: MOST_STRENGTH, step: 0.05, value: 1 };
    this.strength = slider("Strength s", range, {
      show: (value) => value.toFixed(2),
      onInput: () => this.move(),
      onChange: (value) => this.page.remember({ strength: `${value}` }),
    });
    this.evidence = element("output", { className: "evidence" });
    return element("div", { className: "tools strength" }, this.strength.element, this.length, this.evidence);
  }

  buildOthers() {
    const again = button("⟳", "Other images", () => this.drawAgain(), "Twenty other images");
    const key = element("span", { className: "quiet" }, "above: reconstructed; below: after it, → the new class");
    const head = element(
      "div",
      { className: "tools" },
      "The same step for 20 others of class ",
      this.apply,
      again,
      key,
    );
    this.lines = Array.from({ length: OTHERS / PER_ROW }, () => ({
      before: element("canvas", { className: "strip", role: "img", ariaLabel: "Reconstructions before the step" }),
      after: element("canvas", { className: "strip", role: "img", ariaLabel: "Pictures after the step" }),
      names: element("div", { className: "names" }),
    }));
    this.note = element("p", { className: "quiet" });
    this.legend = element("ul", { className: "legend" });
    const line = ({ before, after, names }) => element("div", { className: "line" }, before, after, names);
    const lines = element("div", { className: "lines" }, ...this.lines.map(line));
    return element("div", { className: "others" }, head, lines, this.legend, this.note);
  }

  drawAgain() {
    this.seed = (this.seed + 1) % 1e6;
    this.refresh();
    this.page.remember({ draw: `${this.seed}` });
  }
}

function signed(value) {
  return `${value < 0 ? "−" : "+"} ${Math.abs(value).toFixed(2)}`;
}

/** The values in an order that the seed decides. A linear congruential generator is enough for that. */
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
