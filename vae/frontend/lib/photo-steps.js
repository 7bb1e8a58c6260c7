/** A row of pictures, one after each step from a file's picture to an image of the model's, with a switch for each. */

import { drawPicture } from "./canvas.js";
import { element } from "./dom.js";
import { developed, neededSteps, STEPS } from "./steps.js";
import { t } from "./words.js";

/** @import { Developed, Photo, Step, Switches, Target } from "./steps.js" */

/**
 * A picture and what the user has switched; the other steps are on where they are needed.
 *
 * @typedef {{photo: Photo, changed: Partial<Switches>}} Chosen
 */

/** @type {Record<Step, string>} */
const NAMES = {
  oriented: t("Oriented"),
  levelled: t("Levelled"),
  inverted: t("Inverted"),
  stretched: t("Stretched"),
  centred: t("Centred"),
};
/** @type {Record<Step, string>} */
const TITLES = {
  oriented: t("Turned as the file says that the camera was held"),
  levelled: t("The light is made even: shadows on the paper vanish"),
  inverted: t("Dark becomes bright"),
  stretched: t("The darkest becomes black, the brightest white; of ink on paper, all that is not ink becomes black"),
  centred: t("Scaled and moved to where the data set has its drawings"),
};

export class PhotoSteps {
  /** @type {Chosen | null} */
  chosen = null;
  /** @type {Target | null} */
  target = null;
  /** @type {Developed | null} what the model gets; null where there is no picture */
  result = null;

  /** @param {() => void} onChange the user switched a step: `result` is another */
  constructor(onChange) {
    this.onChange = onChange;
    this.rows = STEPS.map((step) => this.build(step));
    const labels = this.rows.map(({ label }) => label);
    this.element = element("div", { className: "photo-steps", role: "group", hidden: true }, ...labels);
    this.element.ariaLabel = t("From the file to the model's input");
  }

  /** @param {Step} step */
  build(step) {
    const canvas = element("canvas", { ariaHidden: "true" });
    const input = element("input", { type: "checkbox", name: step });
    input.addEventListener("change", () => this.toggle(step, input.checked));
    const name = element("span", {}, input, NAMES[step]);
    return { step, canvas, input, label: element("label", { title: TITLES[step] }, canvas, name) };
  }

  /**
   * Shows the steps of a picture for a model and returns their result. Does not call onChange.
   *
   * @param {Chosen} chosen
   * @param {Target} target
   */
  show(chosen, target) {
    const { photo, changed } = chosen;
    Object.assign(this, { chosen, target });
    const switches = { ...neededSteps(photo, target), ...changed };
    const result = developed(photo, switches, target);
    this.result = result;
    for (const { step, canvas, input, label } of this.rows) {
      const shown = result.pictures.get(step);
      label.hidden = !shown;
      if (shown) drawPicture(canvas, shown.pixels, shown.imageShape);
      input.checked = switches[step];
    }
    this.showOrientation(photo.orientation !== 1);
    this.element.hidden = false;
    return result;
  }

  /** @param {boolean} turned whether the file says that the camera was turned */
  showOrientation(turned) {
    const [{ input, label }] = this.rows;
    input.disabled = !turned;
    label.title = turned ? TITLES.oriented : t("The file does not say that the camera was turned");
  }

  clear() {
    this.chosen = this.result = null;
    this.element.hidden = true;
  }

  /**
   * @param {Step} step
   * @param {boolean} on
   */
  toggle(step, on) {
    const { chosen, target } = this;
    if (!chosen || !target) return;
    this.show({ photo: chosen.photo, changed: { ...chosen.changed, [step]: on } }, target);
    this.onChange();
  }
}
