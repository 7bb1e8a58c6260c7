/** The loss of one image, term by term, beside the code that computes each. */

import { element, subscript } from "../lib/dom.js";

export class LossPanel {
  constructor() {
    this.element = element("div", { className: "loss" });
  }

  /** source: {reconstruction, kl}, lists of {file, line, code}; point: a plain autoencoder, which has no KL. */
  setModel({ source, objective }, point) {
    this.point = point;
    this.values = { reconstruction: element("b"), kl: element("b"), sum: element("b") };
    this.strongest = element("p", { className: "caption" });
    this.drawn = element("span");
    const formula = element("p", { className: "formula" });
    if (point) formula.append(this.term("reconstruction", "−log p(x|z)"));
    else {
      formula.append(
        this.term("sum", "−ELBO(x)"),
        " = ",
        this.term("reconstruction", "−log p(x|z)"),
        " + ",
        this.term("kl", "KL(q(z|x) ‖ N(0, I))"),
      );
    }
    const blocks = element("div", { className: "sources" }, this.block("reconstruction", source.reconstruction));
    if (!point) blocks.append(this.block("kl", source.kl, this.strongest));
    const caption = element("p", { className: "caption" }, this.drawn, remark(objective, point));
    this.element.replaceChildren(formula, caption, blocks);
  }

  term(key, text) {
    return element("span", { className: `term ${key}` }, element("span", {}, text), this.values[key]);
  }

  block(key, functions, ...more) {
    return element("section", { className: `source ${key}` }, ...functions.map(listing), ...more);
  }

  /** zText: what z is, in words. */
  show({ reconstruction, kl }, code, order, zText) {
    const nats = (value) => `${value.toFixed(2)} nats`;
    this.values.reconstruction.textContent = nats(reconstruction);
    if (this.point) return;
    this.drawn.textContent = `Computed now, with ${zText}, as chosen at “Decode”. `;
    this.values.kl.textContent = nats(kl);
    this.values.sum.textContent = nats(reconstruction + kl);
    const i = order[0],
      mean = code.mean[i].toFixed(2),
      sigma = code.sigma[i].toFixed(2);
    this.strongest.textContent =
      `Dimension ${subscript(i)} of this image: ½ (μ² + σ² − 1 − ln σ²) = ½ (${mean}² + ${sigma}² − 1 − ln ${sigma}²) ` +
      `= ${code.kl[i].toFixed(2)} nats; the sum over all ${code.kl.length} dimensions is the KL.`;
  }
}

function remark(objective, point) {
  const training = `This model was trained with: ${objective}.`;
  if (point) return `A plain autoencoder has no q(z|x), no prior, and so neither KL nor ELBO. ${training}`;
  return `Training averages over z drawn from q(z|x), which mostly costs more than z = μ, its middle. ${training}`;
}

/** A function with the line numbers of its file; what it returns stands out. */
function listing({ file, line, code }) {
  const rows = code.split("\n").map((text, i) => {
    const row = element("span", { className: /^\s*return\b/.test(text) ? "row result" : "row" });
    row.append(element("span", { className: "number" }, String(line + i)), `${text}\n`);
    return row;
  });
  const caption = element("figcaption", {}, `${file}, line ${line}`);
  return element(
    "figure",
    {},
    caption,
    element("pre", { tabIndex: 0, ariaLabel: `Source of ${file} from line ${line}` }, ...rows),
  );
}
