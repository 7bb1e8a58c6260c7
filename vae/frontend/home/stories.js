/** The stories as cards: each is one link, with pictures that the live service makes when the cards come into view. */

import { element } from "../lib/dom.js";
import { PICTURES } from "./rows.js";

/** @import { Job, RowPainter } from "./rows.js" */

/**
 * See vae/ui/pages/home/stories.py. link: relative to the app's address.
 *
 * @typedef {object} Story
 * @property {string} title
 * @property {number} minutes
 * @property {string} question
 * @property {string[]} guesses
 * @property {string} first what to show first
 * @property {string} ask what to ask then
 * @property {string} link
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
    const how = "For each: everyone guesses alone, votes, discusses, votes again. Only then show it.";
    const parts = [this.heading, element("p", {}, how), this.list, this.lacking];
    this.element = element("section", { className: "stories" }, ...parts);
    this.sight = new IntersectionObserver((entries) => this.onSight(entries), { rootMargin: AHEAD });
  }

  /**
   * @param {string} base the app's address
   * @param {Story[]} stories
   * @param {string[]} lacking models that there are not, without which some stories cannot be told
   */
  show(base, stories, lacking) {
    this.sight.disconnect();
    this.unseen.clear();
    this.element.hidden = !stories.length;
    this.heading.textContent = `${stories.length} questions for a class, ${minutesOf(stories)} minutes`;
    this.list.replaceChildren(...stories.map((story, i) => this.card(base, story, i + 1)));
    this.lacking.hidden = !lacking.length;
    this.lacking.textContent = `The other questions need models that are not here: ${lacking.join(", ")}.`;
  }

  /**
   * @param {string} base
   * @param {Story} story
   * @param {number} number
   */
  card(base, { title, minutes, question, guesses, first, ask, link, rows }, number) {
    const pictures = rows.map(pictureRow);
    const card = element(
      "li",
      { className: "card" },
      element("div", { className: "pictures" }, ...pictures.map(({ figure }) => figure)),
      element("p", { className: "small" }, `${number} · ${minutes} minutes`),
      element("h3", {}, element("a", { href: `${base}/${link}`, target: "_self" }, title)),
      element("p", { className: "question" }, unbroken(question)),
      element("ul", { className: "guesses", ariaLabel: "Guesses" }, ...guesses.map((text) => element("li", {}, text))),
      element("p", {}, element("b", {}, "Show first: "), unbroken(first)),
      element("p", {}, element("b", {}, "Then ask: "), unbroken(ask)),
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
