/**
 * What each latent dimension of the model on the dial holds, and which dimension of the others follows it.
 *
 * @import { ModelData } from "./models.js"
 *
 * For each dimension of a model that of another one which follows it, or null. correlation: signed.
 *
 * @typedef {({dimension: number, correlation: number} | null)[]} Match
 * @typedef {{words: string, match: Match | null}} Other
 */

import { element, subscript } from "../lib/dom.js";
import { help, natsText } from "../lib/glossary.js";
import { strongestFirst } from "../lib/math.js";
import { t } from "../lib/words.js";
import { diagnosis, verdictOf } from "./words.js";

export class DimensionTable {
  constructor() {
    this.summary = element("p", { className: "diagnosis" });
    this.head = element("thead");
    this.body = element("tbody");
    this.note = element("p", { className: "small-print dimension-note" });
    const table = element("table", { className: "dimensions" }, this.head, this.body);
    const scroll = element("div", { className: "table-place", tabIndex: 0, role: "region" }, table);
    scroll.ariaLabel = t("What each dimension holds");
    this.element = element("section", { className: "dimension-part" });
    this.element.append(element("h2", {}, t("What each dimension holds")), this.summary, scroll, this.note);
  }

  /**
   * @param {ModelData} model
   * @param {Other[]} others
   */
  show(model, others) {
    this.summary.textContent = diagnosis(model, subscript);
    const plain = model.nats.kl === null;
    const names = [
      "z",
      ...(plain ? [] : [t("KL, nats"), t("I(z; x), nats")]),
      t("variance of μ"),
      t("what it does"),
      ...others.map(({ words }) => t`in ${words}`),
    ];
    const strengths = model.dimensions.map(({ kl, mean_variance: variance }) => kl ?? variance);
    const first = strongestFirst(strengths)[0];
    const measured = () => (plain ? null : { kl: `${subscript(first)}: ${natsText(strengths[first])}` });
    /** @type {Record<string, HTMLElement>} */
    const signs = { "KL, nats": help("KL of a dimension", measured), "I(z; x), nats": help("information", measured) };
    const heads = names.map((name) => element("th", { scope: "col" }, name, signs[name] ?? ""));
    this.head.replaceChildren(element("tr", {}, ...heads));
    this.body.replaceChildren(...strongestFirst(strengths).map((i) => rowOf(model, i, others)));
    this.note.replaceChildren(noteOf(model), others.length ? help("correlation", () => followed(first, others)) : ""); // the table scrolls sideways
  }
}

/**
 * How closely another model's dimension follows this one, for the formula; null where none does.
 *
 * @param {number} i
 * @param {Other[]} others
 */
function followed(i, others) {
  const [other] = others.filter(({ match }) => match?.[i]);
  return other?.match ? { correlation: `${subscript(i)}, ${other.words}: ${matchText(other.match[i])}` } : null;
}

/**
 * @param {ModelData} model
 * @param {number} i a dimension
 * @param {Other[]} others
 */
function rowOf({ dimensions }, i, others) {
  const dimension = dimensions[i],
    { kl, information, mean_variance: variance, active } = dimension;
  const nats = kl === null ? [] : [kl, information ?? 0].map((value) => value.toFixed(2));
  const row = element("tr", { className: active ? "" : "dead" });
  row.append(
    element("th", { scope: "row" }, subscript(i)),
    ...[...nats, variance.toFixed(2)].map((text) => element("td", { className: "number" }, text)),
    element("td", {}, verdictOf(dimension)),
    ...others.map(({ match }) => element("td", {}, match ? matchText(match[i]) : "…")),
  );
  return row;
}

/** "z₇, r = −0.93", or that none follows. @param {Match[number]} found */
export function matchText(found) {
  if (!found) return t("none");
  const { dimension, correlation } = found;
  return `${subscript(dimension)}, r = ${correlation < 0 ? "−" : ""}${Math.abs(correlation).toFixed(2)}`;
}

/** How the numbers were computed. @param {ModelData} model */
export function noteOf({ nats, test_images: count }) {
  const images = count.toLocaleString("en");
  const active = t("Active: the variance of μ over the images is above 0.01.");
  const match = t("r: correlation of the codes of the same images.");
  if (nats.kl === null)
    return t`A plain autoencoder's codes have no density, so neither KL nor information. ${active} ${match}`;
  const bound = t`at most ln ${images} = ${Math.log(count).toFixed(2)}`;
  const information = t`I(z; x): what z tells about the picture, KL − KL(q(z) ‖ p(z)), ${bound}.`;
  return t`From ${images} test images. ${information} ${active} ${match}`;
}
