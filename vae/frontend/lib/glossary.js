/** What the field's words mean: a sentence each, behind a "?" beside the word. */

import { element } from "./dom.js";
import { openBy } from "./popover.js";

/** @typedef {keyof typeof GLOSSARY} Term */

export const GLOSSARY = {
  z: "The code of a picture: the few numbers, one for each latent dimension, from which the decoder makes it.",
  "q(z|x)":
    "The codes that the encoder gives to a picture x: a Gaussian with its own mean μ and deviation σ in each dimension.",
  μ: "The mean of q(z|x), or a plain autoencoder’s code: where the encoder puts a picture, one number for each dimension.",
  σ: "The standard deviation of q(z|x): how far codes of the same picture spread; the prior’s is 1.",
  prior:
    "Where codes should lie before any picture is seen: the standard normal N(0, I), with mean 0 and deviation 1 in each dimension.",
  "aggregate posterior":
    "Where the codes of all pictures together really lie: the mixture of their q(z|x), which matches the prior only more or less.",
  "second-stage prior":
    "A distribution fitted to the codes, to sample from instead of the prior: here a mixture of Gaussians and a normalising flow, which moves its samples nearer to the codes.",
  KL: "Kullback–Leibler divergence: by how many nats one distribution differs from another, here from the prior; 0 only if both are equal.",
  "−ELBO":
    "Reconstruction error plus KL, which a VAE is trained to make small; on average over z an upper bound on −log p(x).",
  "amortisation gap":
    "What the encoder loses on one picture: the −ELBO of its q(z|x) minus that of the best Gaussian for this picture.",
  "approximation gap":
    "What the best Gaussian q loses on one picture: its −ELBO minus −log p(x), because the true posterior p(z|x) is no such Gaussian.",
  NLL: "What a picture costs under the model itself, −log p(x): estimated by importance sampling, which is on average too high.",
  Temperature: "How far samples spread: their random deviations are multiplied by it, so that 0 leaves only the means.",
  Truncation: "Random deviations beyond this limit are not drawn: samples become more typical and less varied.",
  Hold: "Gives one latent dimension the same value in all pictures: what still differs between them is due to the others.",
};

/** @type {Term[]} */
const WITH_ARTICLE = [
  "prior",
  "aggregate posterior",
  "second-stage prior",
  "amortisation gap",
  "approximation gap",
  "NLL",
];

/**
 * A "?" that explains a term, in a panel near it. One for each term and page is enough, where the page first has the term.
 *
 * @param {Term} term
 */
export function help(term) {
  const [sentence, ariaLabel] = [GLOSSARY[term], `What is ${WITH_ARTICLE.includes(term) ? "the " : ""}${term}?`];
  const question = element(
    "button",
    { type: "button", className: "help", ariaLabel, ariaDescription: sentence },
    element("span", {}, "?"),
  );
  const note = element("span", { className: "help-note", role: "note" }, element("b", {}, term), `: ${sentence}`);
  openBy(question, note);
  return element("span", { className: "help-place" }, question, note);
}
