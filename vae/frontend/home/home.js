/** The home page's component: what this is, and a film to touch. */

import { element } from "../lib/dom.js";
import { componentOf } from "../lib/view.js";
import { PlaneFilm } from "./film.js";

/** @import { Send } from "../lib/view.js" */

/**
 * What Python sends, see vae/ui/home/component.py. model: the chosen one, null without any; film: the checkpoint whose
 * film runs here, null without one.
 *
 * @typedef {object} HomeData
 * @property {string} base the app's address
 * @property {string[]} palette
 * @property {string | null} model
 * @property {{name: string, class_names: string[]} | null} film
 */

const SENTENCES = [
  "A variational autoencoder turns a picture into a few numbers, its latent code z, and draws the picture again from them.",
  "Here a class explores the space of these codes: point at any place, and the model draws what lies there.",
];

class Home {
  /**
   * @param {HTMLElement} parent
   * @param {Send} _send nothing is sent to Python
   * @param {HomeData} data
   */
  constructor(parent, _send, data) {
    const { base, film, palette } = data;
    this.film = film === null ? null : new PlaneFilm(base, film, palette);
    this.explore = element("a", { className: "action", target: "_self" });
    const pitch = element("div", { className: "pitch" }, ...SENTENCES.map((sentence) => element("p", {}, sentence)));
    const actions = element("div", { className: "actions" }, this.explore);
    const hero = element("div", { className: "hero" }, pitch, ...(this.film ? [this.film.stage.element] : []), actions);
    this.root = element("div", { className: "home" }, hero);
    this.root.addEventListener("keydown", (event) => {
      const [target] = event.composedPath(); // r and c are Streamlit's
      if (target instanceof Element && target.matches("a, button, summary, .pad")) event.stopPropagation();
    });
    parent.append(this.root);
    this.update(data);
  }

  /**
   * Takes another model; the film goes on.
   *
   * @param {HomeData} data
   */
  update({ base, model }) {
    this.explore.textContent = model === null ? "Train a model" : "Explore";
    this.explore.href = model === null ? `${base}/Training` : `${base}/Explore?checkpoint=${encodeURIComponent(model)}`;
  }

  close() {
    this.film?.close();
    this.root.remove();
  }
}

export default componentOf(Home);
