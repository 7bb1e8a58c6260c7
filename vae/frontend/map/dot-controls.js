/**
 * The sliders for the map's points.
 *
 * @import { Choice } from "./dots.js"
 * @import { Plot } from "./plot.js"
 */

import { element } from "../lib/dom.js";
import { slider } from "../lib/fields.js";
import { t } from "../lib/words.js";
import { OPACITIES, recallChoice, rememberChoice, SIZES, UNCHOSEN } from "./dots.js";

/** Two sliders for the points of a plot. A double click takes back what was chosen. */
export class DotControls {
  /** @param {Plot} plot */
  constructor(plot) {
    this.plot = plot;
    this.choice = recallChoice();
    plot.setChoice(this.choice);
    const percent = (/** @type {number} */ opacity) => `${Math.round(100 * opacity)} %`;
    const times = (/** @type {number} */ size) => `× ${size.toFixed(1)}`;
    this.size = slider(t("Point size"), SIZES, { show: times, onInput: (size) => this.take({ size }) });
    this.opacity = slider(t("Point opacity"), OPACITIES, {
      show: percent,
      onInput: (opacity) => this.take({ opacity }),
    });
    this.size.input.addEventListener("dblclick", () => this.take({ size: UNCHOSEN.size }));
    this.opacity.input.addEventListener("dblclick", () => this.take({ opacity: UNCHOSEN.opacity }));
    for (const { element: field } of [this.size, this.opacity]) field.title = t("Double-click: as at first");
    this.element = element("section", { className: "dots", ariaLabel: t("Points") });
    this.element.append(this.size.element, this.opacity.element);
    this.show();
  }

  /** @param {Partial<Choice>} chosen */
  take(chosen) {
    this.choice = { ...this.choice, ...chosen };
    rememberChoice(this.choice);
    this.plot.setChoice(this.choice);
    this.show();
  }

  /** Shows how the points are now: without a choice that depends on what lies beneath them. */
  show() {
    this.size.set(this.choice.size);
    this.opacity.set(this.plot.dot.opacity);
  }
}
