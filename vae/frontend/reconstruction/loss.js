/** The loss of one image, term by term, beside the code that computes each. */

import { element, subscript } from "../lib/dom.js";
import { listing } from "../lib/explained.js";
import { t, translate } from "../lib/words.js";
import { AT_MEAN } from "./remarks.js";

/** @import { Listing } from "../lib/explained.js" */
/** @import { Code } from "./posterior-chart.js" */
/** @typedef {"reconstruction" | "kl" | "sum"} Term */

export class LossPanel {
  point = false; // whether the model is a plain autoencoder, which has no KL
  values = { reconstruction: element("b"), kl: element("b"), sum: element("b") };
  strongest = element("p", { className: "caption" }); // the KL of the strongest dimension, in numbers
  chosenZ = element("span");
  sumName = element("span");
  element = element("div", { className: "loss" });

  /**
   * @param {{ source: { reconstruction: Listing[], kl: Listing[] }, objective: string }} data
   * @param {boolean} point
   */
  setModel({ source, objective }, point) {
    this.point = point;
    this.chosenZ.textContent = "";
    const formula = element("p", { className: "formula" });
    if (point) formula.append(this.term("reconstruction", "−log p(x|z)"));
    else {
      formula.append(
        this.term("sum", this.sumName),
        " = ",
        this.term("reconstruction", "−log p(x|z)"),
        " + ",
        this.term("kl", "KL(q(z|x) ‖ N(0, I))"),
      );
    }
    const blocks = element("div", { className: "sources" }, this.block("reconstruction", source.reconstruction));
    if (!point) blocks.append(this.block("kl", source.kl, this.strongest));
    const caption = element("p", { className: "caption" }, this.chosenZ, remark(objective, point));
    this.element.replaceChildren(formula, caption, blocks);
  }

  /**
   * @param {Term} key
   * @param {string | HTMLElement} text
   */
  term(key, text) {
    return element("span", { className: `term ${key}` }, element("span", {}, text), this.values[key]);
  }

  /**
   * @param {Term} key
   * @param {Listing[]} functions
   * @param {HTMLElement[]} more
   */
  block(key, functions, ...more) {
    return element("section", { className: `source ${key}` }, ...functions.map(listing), ...more);
  }

  /**
   * @param {{ reconstruction: number, kl: number, noise: Float32Array | null }} shown nats; noise: null for the mean
   * @param {Code} code
   * @param {number[]} order the dimensions, the strongest first
   */
  show({ reconstruction, kl, noise }, code, order) {
    const nats = (/** @type {number} */ value) => `${value.toFixed(2)} nats`;
    this.values.reconstruction.textContent = nats(reconstruction);
    if (this.point) return;
    this.sumName.textContent = noise ? "−ELBO(x)" : AT_MEAN;
    this.chosenZ.textContent = t`Computed now, with ${noise ? t("one z = μ + σε") : "z = μ"}, as chosen at “Decode”. `;
    this.values.kl.textContent = nats(kl);
    this.values.sum.textContent = nats(reconstruction + kl);
    const i = order[0],
      mean = code.mean[i].toFixed(2),
      sigma = code.sigma[i].toFixed(2);
    this.strongest.textContent = t`Dimension ${subscript(i)} of this image: ½ (μ² + σ² − 1 − ln σ²) = ½ (${mean}² + ${sigma}² − 1 − ln ${sigma}²) = ${code.kl[i].toFixed(2)} nats; the sum over all ${code.kl.length} dimensions is the KL.`;
  }
}

/**
 * @param {string} objective
 * @param {boolean} point
 */
function remark(objective, point) {
  const training = t`This model was trained with: ${translate(objective)}.`;
  if (point) return t`A plain autoencoder has no q(z|x), no prior, and so neither KL nor ELBO. ${training}`;
  const average = t(
    "−ELBO is an average over z drawn from q(z|x), and one sample estimates it; z = μ usually costs less.",
  );
  return `${average} ${training}`;
}
