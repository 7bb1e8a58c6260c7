/** The stories as cards: each is one link, with pictures that the live service makes when the cards come into view. */

import { element } from "../lib/dom.js";
import { PICTURES } from "./rows.js";

/** @import { Job, RowPainter } from "./rows.js" */

/**
 * A lesson with pictures, see vae/ui/pages/home/stories.py.
 *
 * @typedef {object} Story
 * @property {string} name the lesson's
 * @property {string} title
 * @property {number} minutes
 * @property {string} question
 * @property {string[]} options
 * @property {{label: string, kind: string, model: string}[]} rows
 */

const AHEAD = "200px"; // cards so near to the window get their pictures

export class Stories {
  heading = element("h2");
  list = element("ol", { className: "cards" });
  lacking = element("p", { className: "small" });
  /** The rows of the cards that have not come into view. @type {Map<Element, Job[]>} */
  unseen = new Map();

  /** @param {RowPainter} painter */
  constructor(painter) {
    this.painter = painter;
    const how = "For each: predict first, then see it and find out why. Alone, or with a class that votes twice.";
    this.all = element("a", { target: "_self" });
    const parts = [this.heading, element("p", {}, how), this.list, element("p", {}, this.all), this.lacking];
    this.element = element("section", { className: "stories" }, ...parts);
    this.sight = new IntersectionObserver((entries) => this.onSight(entries), { rootMargin: AHEAD });
  }

  /**
   * @param {string} base the app's address
   * @param {Story[]} stories
   * @param {string[]} lacking models that there are not, without which some stories cannot be told
   * @param {number} lessons how many there are, those without pictures too
   */
  show(base, stories, lacking, lessons) {
    this.sight.disconnect();
    this.unseen.clear();
    this.element.hidden = !stories.length;
    this.heading.textContent = `${stories.length} lessons, ${minutesOf(stories)} minutes`;
    this.all.textContent = `All ${lessons} lessons, and your own`;
    this.all.href = `${base}/Lessons`;
    this.list.replaceChildren(...stories.map((story, i) => this.card(base, story, i + 1)));
    this.lacking.hidden = !lacking.length;
    this.lacking.textContent = `The other questions need models that are not here: ${lacking.join(", ")}.`;
  }

  /**
   * @param {string} base
   * @param {Story} story
   * @param {number} number
   */
  card(base, { name, title, minutes, question, options, rows }, number) {
    const pictures = rows.map(pictureRow);
    const lesson = encodeURIComponent(name),
      play = element("a", { className: "play", href: `${base}/lab/?lesson=${lesson}`, target: "_self" }, title),
      prepare = element("a", { className: "prepare", href: `${base}/Lessons?lesson=${lesson}`, target: "_self" });
    prepare.append("Read it, or open a class with it");
    prepare.ariaLabel = `Read “${title}”, or open a class with it`;
    const card = element(
      "li",
      { className: "card" },
      element("div", { className: "pictures" }, ...pictures.map(({ figure }) => figure)),
      element("p", { className: "small" }, `${number} · ${minutes} minutes`),
      element("h3", {}, play),
      element("p", { className: "question" }, unbroken(question)),
      element("ul", { className: "guesses", ariaLabel: "Guesses" }, ...options.map((text) => element("li", {}, text))),
      prepare,
    );
    this.unseen.set(
      card,
      pictures.map(({ job }) => job),
    );
    this.sight.observe(card);
    return card;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onSight(entries) {
    const seen = entries.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => target);
    for (const card of seen) this.sight.unobserve(card);
    this.painter.add(seen.flatMap((card) => this.unseen.get(card) ?? []));
  }

  close() {
    this.sight.disconnect();
  }
}

/** How long these take together. @param {Story[]} stories */
export function minutesOf(stories) {
  return stories.reduce((sum, { minutes }) => sum + minutes, 0);
}

/** @param {Story["rows"][number]} row */
function pictureRow({ label, kind, model }) {
  const shape = { width: PICTURES, height: 1 }; // until there are pictures
  const canvas = element("canvas", { className: "row", role: "img", ariaLabel: label, ...shape });
  const figure = element("figure", {}, element("figcaption", {}, label), canvas);
  return { figure, job: { row: { kind, model }, canvas, onMissing: () => figure.remove() } };
}

/** The text with equations that no line ends in. @param {string} text */
function unbroken(text) {
  return text.replaceAll(" = ", "\u00a0=\u00a0");
}
