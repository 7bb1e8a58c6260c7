/** Twenty images before and after the same step in latent space, with the class of each code. */

import { joined } from "../lib/bytes.js";
import { drawPicture } from "../lib/canvas.js";
import { element, say } from "../lib/dom.js";
import { ClassMarks } from "../lib/palette.js";
import { t } from "../lib/words.js";

/** @import { Pixels } from "../lib/canvas.js" */
/** @import { Space } from "./space.js" */
/** @typedef {{place: HTMLElement, swatch: HTMLElement, label: HTMLElement}} Name under a picture: its class */

export const OTHERS = 20;
const PER_ROW = 10;
const SHORT_NAME = 3,
  MOST_IN_LEGEND = 20; // letters of a class name; classes
const CLASSIFY_MS = 4; // of a frame, at most: decoding comes first

export class Others {
  /** @param {string[]} palette */
  constructor(palette) {
    this.palette = palette;
    this.marks = new ClassMarks(palette, 0);
    /** @type {Space | null} */
    this.space = null;
    /** @type {number[]} */
    this.rows = []; // of the test set
    this.target = 0; // the class that the step leads to
    /** @type {number[]} */
    this.before = []; // class of each code
    /** @type {number[]} */
    this.after = []; // and of the moved one, once it is looked up
    /** @type {number[][]} */
    this.movedZ = [];
    /** @type {Name[]} */
    this.names = [];
    this.next = 0; // to be looked up
    this.unclassified = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.classifyTimer = undefined;
    this.lines = Array.from({ length: OTHERS / PER_ROW }, () => ({
      before: element("canvas", { className: "strip", role: "img", ariaLabel: t("Reconstructions before the step") }),
      after: element("canvas", { className: "strip", role: "img", ariaLabel: t("Pictures after the step") }),
      names: element("div", { className: "names" }),
    }));
    this.evidence = element("output", { className: "evidence" });
    this.legend = element("ul", { className: "legend" });
    const lines = this.lines.map(({ before, after, names }) =>
      element("div", { className: "line" }, before, after, names),
    );
    this.element = element("div", { className: "lines" }, ...lines);
  }

  /**
   * Takes other images and looks up their classes.
   *
   * @param {Space} space
   * @param {number[]} rows
   * @param {number} target
   */
  choose(space, rows, target) {
    this.space = space;
    this.rows = rows;
    this.target = target;
    this.before = rows.map((row) => space.classOf(space.mean(row), row));
    this.after = [];
    this.marks = new ClassMarks(this.palette, space.classNames.length);
    const [, height, width] = space.imageShape;
    for (const { before, after } of this.lines) {
      for (const canvas of [before, after]) canvas.style.aspectRatio = `${PER_ROW * width} / ${height}`;
    }
    this.fillNames();
    this.fillLegend(space);
  }

  /**
   * @param {"before" | "after"} which
   * @param {Pixels[]} pictures
   */
  draw(which, pictures) {
    if (!this.space) return;
    const { imageShape } = this.space;
    const all = joined(pictures);
    for (const [k, line] of this.lines.entries()) {
      const count = Math.min(PER_ROW, pictures.length - k * PER_ROW);
      const canvas = line[which];
      canvas.hidden = count <= 0;
      if (count > 0) drawPicture(canvas, all, imageShape, k * PER_ROW, count);
      canvas.style.width = `${(100 * Math.max(0, count)) / PER_ROW}%`;
      canvas.style.aspectRatio = "auto";
    }
  }

  /**
   * Looks up the class of each moved z, a few milliseconds at a time; continues where the last round stopped.
   *
   * @param {number[][]} movedZ
   */
  classify(movedZ) {
    this.movedZ = movedZ;
    this.unclassified = movedZ.length;
    this.classifyTimer ??= setTimeout(() => this.classifySome());
  }

  classifySome() {
    const { space } = this;
    this.classifyTimer = undefined;
    if (!space) return;
    const until = performance.now() + CLASSIFY_MS;
    while (this.unclassified > 0 && performance.now() < until) {
      const i = this.next % this.rows.length;
      this.after[i] = space.classOf(this.movedZ[i], this.rows[i]);
      this.showClass(i, space.classNames);
      this.next = i + 1;
      this.unclassified--;
    }
    this.showEvidence(space.classNames);
    if (this.unclassified > 0) this.classifyTimer = setTimeout(() => this.classifySome());
  }

  stop() {
    clearTimeout(this.classifyTimer);
    this.classifyTimer = undefined;
  }

  /**
   * Under each picture the class of its code: arrow and line show a change, not the colour alone.
   *
   * @param {number} i
   * @param {string[]} classNames
   */
  showClass(i, classNames) {
    const [before, after] = [this.before[i], this.after[i]];
    const [from, to] = [classNames[before], classNames[after]];
    const outcome = before === after ? "same" : after === this.target ? "reached" : "other";
    const { place, swatch, label } = this.names[i];
    say(label, before === after ? from : `→ ${to}`);
    place.className = `name ${outcome}`;
    this.marks.mark(swatch, after);
    place.title = t`Test image ${this.rows[i]}: among ${from} before, among ${to} after`;
  }

  /** @param {string[]} classNames */
  showEvidence(classNames) {
    const { before, after, target } = this;
    const total = this.rows.length;
    if (after.filter((label) => label !== undefined).length < total) return;
    const changed = after.filter((label, i) => label !== before[i]);
    const reached = changed.filter((label) => label === target).length;
    const name = classNames[target]; // undefined where A is no class
    const to = name === undefined ? "" : t`, ${reached} of them to ${name}`;
    say(this.evidence, t`${changed.length} of ${total} changed their class${to}`);
    this.evidence.dataset.changed = `${changed.length}`;
  }

  fillNames() {
    this.names = this.rows.map(() => {
      const swatch = element("span", { className: "swatch" }),
        label = element("span", {});
      return { swatch, label, place: element("span", { className: "name" }, swatch, label) };
    });
    for (const [k, { names }] of this.lines.entries()) {
      names.replaceChildren(...this.names.slice(k * PER_ROW, (k + 1) * PER_ROW).map(({ place }) => place));
    }
  }

  /**
   * Class colours by name, where the names are too long for the room under a picture.
   *
   * @param {Space} space
   */
  fillLegend({ classNames }) {
    const needed = classNames.length <= MOST_IN_LEGEND && classNames.some((name) => name.length > SHORT_NAME);
    const items = (needed ? classNames : []).map((name, k) => element("li", {}, this.marks.swatch(k), name));
    this.legend.replaceChildren(...items);
  }
}
