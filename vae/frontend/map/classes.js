/**
 * Which points are shown and in which colours: classes that are hidden, images that are selected.
 *
 * @import { Bar } from "./controls.js"
 * @import { Legend, SelectionPanel, ShownModel } from "./panel.js"
 * @import { Plot } from "./plot.js"
 */

import { RAMP, RAMP_CSS, scaleOf } from "./paint.js";

export class Classes {
  /** Of classes. @type {Set<number>} */
  hidden = new Set();
  /** Rows of the encoded test set. @type {number[]} */
  selected = [];
  /** @type {ShownModel | null} */
  model = null;

  /** @param {{plot: Plot, bar: Bar, legend: Legend, selection: SelectionPanel}} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /** @param {ShownModel} model whose points are shown from now on, all of them */
  take(model) {
    this.model = model;
    this.hidden.clear();
    this.select([]);
  }

  restyle() {
    const { hidden, selected, model } = this,
      { bar, legend, plot } = this.parts;
    if (!model) return;
    const { encoded } = model;
    const visible = Uint8Array.from(encoded.labels, (label) => Number(!hidden.has(label)));
    const bright = selected.length ? new Uint8Array(encoded.n) : null;
    if (bright) for (const i of selected) bright[i] = 1;
    const scale = scaleOf(bar.colour, encoded);
    const colours = scale ? scale.colours : encoded.labels;
    const palette = scale ? RAMP : model.marks.rgb;
    legend.showRamp(scale, RAMP_CSS);
    legend.showHidden(hidden);
    plot.setStyle({ colours, palette, visible, bright, marks: scale ? null : model.marks });
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

  /** @param {number} k a class, all of which is selected */
  find(k) {
    const labels = this.model?.encoded.labels ?? new Uint16Array(0);
    this.hidden.delete(k);
    this.select(Array.from(labels.keys()).filter((i) => labels[i] === k));
  }

  /** @param {number[]} rows */
  select(rows, add = false) {
    this.selected = add ? [...new Set([...this.selected, ...rows])].sort((a, b) => a - b) : rows;
    if (this.model) this.parts.selection.show(this.selected, this.model);
    this.restyle();
  }
}
