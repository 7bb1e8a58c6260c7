/** The chosen model's numbers, each with what it means: the list of models has no room for signs. */

import { element } from "../lib/dom.js";
import { help } from "../lib/glossary.js";
import { t, translate } from "../lib/words.js";

/** @import { Values } from "../lib/explained.js" */
/** @typedef {{numbers: string, facts: string}} Told what the list says of a model, as vae/views/shared/models.py has it */

const SUM = /−ELBO ([\d.]+)/,
  PARTS = /reconstruction ([\d.]+)(?: \+ KL ([\d.]+))?/,
  WITH_CLASS = /([\d.]+) with ln\s(\d+)/,
  ACTIVE = /active (\d+ of \d+)/,
  SIZE = /(\d+) × (\d+)(?: × (\d+))? pixels/;

/**
 * The numbers for the formulas.
 *
 * @param {Told} told
 * @returns {Values}
 */
export function valuesOf({ numbers, facts }) {
  const [, sum] = SUM.exec(numbers) ?? [],
    [, reconstruction, kl] = PARTS.exec(numbers) ?? [],
    [, active] = ACTIVE.exec(facts) ?? [];
  const nats = (/** @type {string | undefined} */ value) => value && t`${value} nats`;
  return { sum: nats(sum), reconstruction: nats(reconstruction), kl: nats(kl), active, ...sizeOf(facts) };
}

/** How many numbers a picture has. @param {string} facts @returns {Values} */
function sizeOf(facts) {
  const [, width, height, colours = "1"] = SIZE.exec(facts) ?? [];
  if (!width) return {};
  return { width, height, colours, numbers: `${Number(width) * Number(height) * Number(colours)}` };
}

export class ModelNumbers {
  /** @type {Told | null} */
  told = null;
  text = element("span");
  ofClass = element(
    "span",
    { hidden: true },
    t(" · the class"),
    help("cost of the class", () => this.withClass()),
  );
  element = element("p", { className: "model-numbers", hidden: true });

  constructor() {
    const values = () => this.told && valuesOf(this.told);
    const signs = element("span", { className: "model-signs" });
    signs.append(
      "−ELBO",
      help("−ELBO", values),
      t(" · reconstruction"),
      help("reconstruction error", values),
      " · KL",
      help("KL", values),
      this.ofClass,
      t(" · active"),
      help("active dimensions", values),
      t(" · size"),
      help("size of a picture", values),
    );
    this.element.append(this.text, signs);
  }

  /** @param {Told | null} told */
  show(told) {
    this.told = told;
    this.element.hidden = !told;
    if (!told) return;
    this.text.textContent = `${translate(told.numbers)}; ${translate(told.facts)}. `;
    this.ofClass.hidden = !WITH_CLASS.test(told.numbers);
  }

  withClass() {
    const [, sum, classes] = WITH_CLASS.exec(this.told?.numbers ?? "") ?? [];
    const [, given] = SUM.exec(this.told?.numbers ?? "") ?? [];
    return sum ? { sum: t`${sum} nats`, given: t`${given} nats`, classes } : null;
  }
}
