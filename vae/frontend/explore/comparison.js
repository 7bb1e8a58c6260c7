/**
 * The pictures before and now, and their difference.
 *
 * @import { ImageShape } from "../lib/contract.js"
 * @import { DecodeReply } from "../lib/live-client.js"
 */

import { BRIGHTER, DARKER, drawDifference, drawPicture, reserve } from "../lib/canvas.js";
import { element, say } from "../lib/dom.js";
import { help } from "../lib/glossary.js";
import { t } from "../lib/words.js";

export class Comparison {
  /** @type {DecodeReply | null} */
  now = null;
  /** @type {DecodeReply | null} */
  before = null;
  meanText = "";
  mean = 0; // of the difference, as a share of the full range

  /** @param {...Node} more beneath the pictures */
  constructor(...more) {
    const figure = (/** @type {HTMLCanvasElement} */ canvas, /** @type {string} */ text) =>
      element("figure", {}, canvas, element("figcaption", {}, text));
    this.beforePicture = element("canvas", { role: "img", ariaLabel: t("Before: the start picture") });
    this.nowPicture = element("canvas", { role: "img", ariaLabel: t("Now: the current picture") });
    this.difference = element("canvas", { role: "img", ariaLabel: t("Difference: now minus before") });
    this.difference.className = "difference";
    this.startTitle = element("span", { className: "start-title" });
    this.meanDifference = element("span");
    const scale = element("p", {
      className: "scale",
      title: t("Difference of grey value, as a fraction of the full range"),
    });
    scale.append("−0.5", element("span", { className: "ramp" }), "+0.5");
    const sign = help("mean |Δ|", () => ({ delta: `${(100 * this.mean).toFixed(1)} %` }));
    scale.append(element("span", { className: "mean" }, this.meanDifference, sign));
    this.element = element(
      "div",
      { className: "comparison" },
      figure(this.beforePicture, t("before")),
      figure(this.nowPicture, t("now")),
      figure(this.difference, t("difference")),
      scale,
      element("p", { className: "caption" }, t("before: "), this.startTitle),
      ...more,
    );
  }

  /** @param {ImageShape} imageShape of the next pictures */
  clear(imageShape) {
    this.now = this.before = null;
    this.meanText = "";
    for (const canvas of [this.nowPicture, this.beforePicture, this.difference]) {
      canvas.width = 1;
      reserve(canvas, imageShape);
    }
  }

  /** Shows the newest `now`. */
  show() {
    if (this.now) drawPicture(this.nowPicture, this.now.pixels, this.now.imageShape);
    this.showDifference();
  }

  /** @param {DecodeReply} reply */
  showBefore(reply) {
    this.before = reply;
    drawPicture(this.beforePicture, reply.pixels, reply.imageShape);
    this.showDifference();
  }

  showDifference() {
    const { now, before } = this;
    if (!now || !before) return;
    this.mean = drawDifference(this.difference, now.pixels, before.pixels, now.imageShape, BRIGHTER, DARKER);
    this.meanText = t`mean |Δ| ${(100 * this.mean).toFixed(1)} %`;
  }

  /** Apart from the pictures, because each change of text costs a new layout of the page. */
  showMean() {
    say(this.meanDifference, this.meanText);
  }
}
