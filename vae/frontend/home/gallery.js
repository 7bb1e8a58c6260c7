/** The models as films of three seconds, grouped by what they show; each is a link to its model in Explore. */

import { element } from "../lib/dom.js";
import { Clip } from "./clip.js";

/** @import { Model } from "./models.js" */

/** How much of a film has to be seen before it plays. */
const IN_SIGHT = 0.6;

export class Gallery {
  list = element("div", { className: "groups" });
  /** By its canvas. @type {Map<Element, Clip>} */
  clips = new Map();
  reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

  constructor() {
    const heading = element("h2", {}, "What the models draw");
    const how = element(
      "p",
      {},
      "Each film goes along the latent dimension that its model uses most, there and back. ",
    );
    how.append(element("span", { className: "pointer" }, "Move the pointer over a picture to go along it yourself."));
    this.element = element("section", { className: "gallery" }, heading, how, this.list);
    this.sight = new IntersectionObserver((entries) => this.onSight(entries), { threshold: [0, IN_SIGHT] });
  }

  /**
   * @param {string} base the app's address
   * @param {Model[]} models those of one group follow each other
   * @param {number} frames pictures of a film
   */
  show(base, models, frames) {
    this.close();
    this.clips.clear();
    this.element.hidden = !models.length;
    const names = [...new Set(models.map(({ shows }) => shows))];
    const groups = names.map((name) => {
      const tiles = models.filter(({ shows }) => shows === name).map((model) => this.tile(base, model, frames));
      const group = element("section", { className: "group" }, element("h3", {}, name));
      group.style.setProperty("--tiles", `${tiles.length}`);
      group.append(element("ul", { className: "tiles", ariaLabel: name }, ...tiles));
      return group;
    });
    this.list.replaceChildren(...groups);
  }

  /**
   * @param {string} base
   * @param {Model} model
   * @param {number} frames
   */
  tile(base, { name, shows, kind, purpose, version }, frames) {
    const query = encodeURIComponent(name);
    const clip = new Clip(`${base}/live/traversal?model=${query}&version=${version}`, frames);
    const words = element("span", { className: "kind" }, kind);
    const href = `${base}/Explore?checkpoint=${query}`;
    const strip = element("img", { className: "strip", alt: "", loading: "lazy" }); // instead of motion; see home.css
    strip.src = `${base}/live/strip?model=${query}&version=${version}`;
    const label = `${shows}: ${kind}. Open it in Explore`;
    const link = element("a", { href, target: "_self", ariaLabel: label }, clip.canvas, strip, words);
    const { canvas } = clip;
    canvas.addEventListener("pointermove", ({ pointerType, clientX }) => {
      const { left, width } = canvas.getBoundingClientRect();
      if (pointerType !== "touch") clip.point((clientX - left) / width);
    });
    canvas.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType !== "touch") clip.rest();
    });
    link.addEventListener("focus", () => this.play(clip));
    this.clips.set(canvas, clip);
    this.sight.observe(canvas);
    return element("li", { className: "tile" }, link, element("p", { className: "small" }, purpose));
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onSight(entries) {
    for (const { target, isIntersecting, intersectionRatio } of entries) {
      const clip = this.clips.get(target);
      if (clip && isIntersecting)
        void clip.load().then(() => intersectionRatio >= IN_SIGHT && this.play(clip), nothing);
    }
  }

  /** Plays a film once, unless the user wants no motion. @param {Clip} clip */
  play(clip) {
    if (!this.reducedMotion.matches) clip.play();
  }

  close() {
    this.sight.disconnect();
    for (const clip of this.clips.values()) clip.close();
  }
}

/** A model that has just been deleted has no picture; its link says the rest. */
function nothing() {}
