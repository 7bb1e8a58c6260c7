/** The home page's component: what this is, a film to touch, the stories, a gallery and a table of all models. */

import { element } from "../lib/dom.js";
import { componentOf } from "../lib/view.js";
import { PlaneFilm } from "./film.js";
import { Gallery } from "./gallery.js";
import { Models } from "./models.js";
import { RowPainter } from "./rows.js";
import { Stories } from "./stories.js";

/** @import { Send } from "../lib/view.js" */
/** @import { Model } from "./models.js" */
/** @import { Noise } from "./rows.js" */
/** @import { Story } from "./stories.js" */

/**
 * What Python sends, see vae/ui/pages/home/component.py. model: the chosen one, null without any; film: the checkpoint whose
 * film runs here, null without one; lacking: models that some stories need;
 * lessons: how many there are.
 *
 * @typedef {object} HomeData
 * @property {string} base the app's address
 * @property {string[]} palette
 * @property {string | null} model
 * @property {{name: string, class_names: string[], version: string} | null} film
 * @property {Story[]} stories
 * @property {string[]} lacking
 * @property {number} lessons
 * @property {Model[]} models
 * @property {number} frames pictures of a model's film in the gallery
 * @property {Noise} noise
 */

const SENTENCES = [
  "A variational autoencoder turns a picture into a few numbers, its latent code z, and draws the picture again from them.",
  "Here a class explores the space of these codes: point at any place, and the model draws what lies there.",
];

class Home {
  shown = ""; // the data of stories and models that are shown

  /**
   * @param {HTMLElement} parent
   * @param {Send} _send nothing is sent to Python
   * @param {HomeData} data
   */
  constructor(parent, _send, data) {
    const { base, film, palette, noise } = data;
    this.film = film === null ? null : new PlaneFilm(base, film, palette);
    this.painter = new RowPainter(base, noise, this.film?.images ?? Promise.resolve(null));
    this.stories = new Stories(this.painter);
    this.gallery = new Gallery();
    this.models = new Models();
    this.start = element("a", { className: "action first", target: "_self" });
    this.explore = element("a", { className: "action", target: "_self" });
    const pitch = element("div", { className: "pitch" }, ...SENTENCES.map((sentence) => element("p", {}, sentence)));
    this.teach = element("a", { className: "action", target: "_self" }, "Open a class");
    const actions = element("div", { className: "actions" }, this.start, this.explore, this.teach);
    const hero = element("div", { className: "hero" }, pitch, ...(this.film ? [this.film.stage.element] : []), actions);
    const parts = [hero, this.stories.element, this.gallery.element, this.models.element];
    this.root = element("div", { className: "home" }, ...parts);
    this.root.addEventListener("keydown", (event) => {
      const [target] = event.composedPath(); // r and c are Streamlit's
      if (target instanceof Element && target.matches("a, button, summary, .pad")) event.stopPropagation();
    });
    parent.append(this.root);
    this.update(data);
  }

  /**
   * Takes other models and stories; the film goes on.
   *
   * @param {HomeData} data
   */
  update({ base, model, stories, lacking, lessons, models, frames, noise }) {
    const now = JSON.stringify([model, stories, lacking, lessons, models]);
    if (now === this.shown) return;
    this.shown = now;
    this.painter.noise = noise;
    this.stories.show(base, stories, lacking, lessons);
    this.gallery.show(base, models, frames);
    this.models.show(base, models);
    this.start.hidden = !stories.length;
    if (stories.length) {
      this.start.textContent = `Start a lesson of ${stories[0].minutes} minutes`;
      this.start.href = `${base}/lab/?lesson=${encodeURIComponent(stories[0].name)}`;
    }
    this.teach.href = `${base}/Class`;
    this.explore.textContent = model === null ? "Train a model" : "Explore";
    this.explore.href = model === null ? `${base}/Training` : `${base}/Explore?checkpoint=${encodeURIComponent(model)}`;
  }

  close() {
    this.film?.close();
    this.painter.close();
    this.stories.close();
    this.gallery.close();
    this.root.remove();
  }
}

export default componentOf(Home);
