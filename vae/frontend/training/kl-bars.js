/** The KL of every latent dimension at a moment of a film, as bars. */

import { element, subscript, svgElement } from "../lib/dom.js";
import { help, natsText } from "../lib/glossary.js";
import { t } from "../lib/words.js";
import { isUnused, roundStep, strongestFirst } from "../lib/math.js";
import { label, line, textSize } from "./svg.js";
import { nats } from "./words.js";

/** @import { Film } from "../lib/film.js" */

const LEFT = 3.5, // as the curves have, in heights of the text
  RIGHT = 0.7,
  TOP = 0.3,
  BOTTOM = 1.25,
  MOST = 3.4; // a bar's width
const EARLY = 0.05; // of the run so far, whose values do not count for the scale
const MAX_NAMES = 20; // dimensions with a name each

/**
 * The largest KL of a dimension in these films, their first steps left out.
 *
 * @param {Film[]} films
 */
export function largestKl(films) {
  const each = films.flatMap(({ frames }) => {
    const known = frames.at(-1)?.share ?? 0;
    return frames.filter(({ share }) => share >= EARLY * known).flatMap(({ klPerDimension }) => klPerDimension ?? []);
  });
  return each.reduce((a, b) => Math.max(a, b), 0.1);
}

/** Bars: the KL of each latent dimension, by its number. */
export class KlBars {
  /** Of each dimension, as shown. @type {number[] | null} */
  kl = null;

  constructor() {
    this.svg = svgElement("svg", { class: "bars", role: "img" });
    this.summary = element("span");
    const caption = element(
      "figcaption",
      {},
      element("b", {}, t("KL per dimension")),
      help("KL of a dimension", () => this.strongest()),
      this.summary,
    );
    this.element = element("figure", { className: "kl" }, caption, this.svg);
  }

  /**
   * @param {number[] | null} kl nats per dimension; null of an autoencoder
   * @param {number} largest nats that a bar of full height has
   * @param {string[]} palette
   */
  show(kl, largest, palette) {
    this.kl = kl;
    this.element.hidden = !kl;
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (!kl || !width) return;
    this.describe(kl);
    const em = textSize(this.svg),
      left = LEFT * em,
      right = width - RIGHT * em;
    const step = (right - left) / kl.length,
      barWidth = Math.min(MOST * em, Math.max(step * 0.5, step - 2, 0.5));
    const bottom = height - BOTTOM * em,
      full = bottom - TOP * em;
    const bars = (/** @type {boolean} */ unused) =>
      kl
        .map((value, i) => {
          if (isUnused(value) !== unused) return "";
          const barHeight = Math.max(1.5, Math.min(1, value / largest) * full);
          return `M${left + (i + 0.5) * step - barWidth / 2},${bottom}v${-barHeight}h${barWidth}v${barHeight}z`;
        })
        .join("");
    const every = kl.length <= MAX_NAMES ? 1 : roundStep(kl.length / 8, 1);
    const names = kl
      .map((_, i) => i)
      .filter((i) => i % every === 0)
      .map((i) => label(i, left + (i + 0.5) * step, height - 0.2 * em, "middle"));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren(
      line(left, bottom, right, bottom, "axis"),
      label(nats(largest), left - 0.4 * em, (TOP + 0.75) * em, "end"),
      svgElement("path", { d: bars(false), fill: palette[0] }),
      svgElement("path", { d: bars(true), class: "dead" }),
      ...names,
    );
  }

  /** The strongest dimension's, for the formula. */
  strongest() {
    if (!this.kl) return null;
    const [i] = strongestFirst(this.kl);
    return { kl: `${subscript(i)}: ${natsText(this.kl[i])}` };
  }

  /** @param {number[]} kl */
  describe(kl) {
    const used = kl.filter((value) => !isUnused(value)).length;
    this.summary.textContent = t`${used} of ${kl.length} above 0.01 nats`;
    const each = kl.length > 32 ? "" : kl.map((value, i) => `z${i} ${value.toFixed(2)}`).join(", ");
    this.svg.setAttribute("aria-label", t`KL per latent dimension: ${this.summary.textContent}. ${each}`);
  }
}
