/** All models as a table; a row chooses its model and opens Explore. */

import { element } from "../lib/dom.js";
import { help } from "../lib/glossary.js";

/** @import { Values } from "../lib/explained.js" */

/**
 * See vae/ui/pages/home/models.py and vae/views/shared/models.py. version: changes when it is trained again.
 *
 * @typedef {object} Model
 * @property {string} name the checkpoint's
 * @property {string} words
 * @property {string} shows what its pictures show; models of one group follow each other
 * @property {string} kind the words without its data set
 * @property {string} purpose
 * @property {number} version
 * @property {{negative_elbo: string, kl: string, active: string, weights: string}} columns
 */

const HEAD = [
  "Along its strongest dimension",
  "Model",
  "What it is for",
  "−ELBO, nats",
  "KL, nats",
  "Active",
  "Weights",
];

/** What explains a column. @type {Record<number, "−ELBO" | "KL" | "active dimensions" | "weights">} */
const TERMS = { 3: "−ELBO", 4: "KL", 5: "active dimensions", 6: "weights" };

export class Models {
  /** Of the first model, for the formulas. @type {Values | null} */
  first = null;
  body = element("tbody");
  summary = element("summary");

  constructor() {
    const head = element("tr", {}, ...HEAD.map((name, i) => element("th", { scope: "col" }, name, this.help(i))));
    const table = element("table", {}, element("thead", {}, head), this.body);
    const note =
      "Nats per test image: less is better. KL is the part of −ELBO that the code costs. Active: latent dimensions that vary with the picture.";
    this.element = element("details", { className: "models" }, this.summary, table, element("p", {}, note));
  }

  /** @param {number} i of a column @returns {HTMLElement | ""} */
  help(i) {
    const term = TERMS[i];
    return term ? help(term, () => this.first) : "";
  }

  /**
   * @param {string} base the app's address
   * @param {Model[]} models
   */
  show(base, models) {
    this.first = models.length ? measuredOf(models[0]) : null;
    this.element.hidden = !models.length;
    this.summary.textContent = `All models (${models.length})`;
    this.body.replaceChildren(...models.map((model) => rowOf(base, model)));
  }
}

/** @param {Model} model @returns {Values} */
function measuredOf({ words, columns: { negative_elbo: sum, kl, active, weights } }) {
  return {
    sum: `${words}: ${sum}`,
    kl: `${words}: ${kl}`,
    active: `${words}: ${active}`,
    weights: `${words}: ${weights}`,
  };
}

/**
 * @param {string} base
 * @param {Model} model
 */
function rowOf(base, { name, words, purpose, version, columns }) {
  const query = encodeURIComponent(name);
  const src = `${base}/live/strip?model=${query}&version=${version}`;
  const picture = element("img", { src, alt: "", loading: "lazy" });
  const href = `${base}/Explore?checkpoint=${query}`;
  const link = element("a", { href, target: "_self", title: "Open it in Explore" }, words);
  const numbers = [columns.negative_elbo, columns.kl, columns.active, columns.weights].map((text, i) => {
    const cell = element("td", { className: "number" }, text);
    cell.dataset.name = HEAD[3 + i]; // on a phone there is no head
    return cell;
  });
  const row = element(
    "tr",
    {},
    element("td", { className: "drawn" }, picture),
    element("th", { scope: "row" }, link, element("code", {}, name)),
    element("td", {}, purpose),
    ...numbers,
  );
  row.addEventListener("click", ({ target }) => {
    if (target !== link) link.click();
  });
  return row;
}
