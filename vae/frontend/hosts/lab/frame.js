/**
 * The page around the component: bar, title, the places of controls and component. Its classes are those of Streamlit's
 * page, so that hosts/frame.css, the bar and the components find what they know.
 *
 * @import { View } from "./link.js"
 */

import { element } from "../../lib/dom.js";
import { t } from "../../lib/words.js";

export class Frame {
  title = element("h1", { tabIndex: -1 });
  question = element("p");
  full = element("a", { target: "_self", title: t("This view in the full app, with training and all pages") });
  notices = element("div", { className: "lab-notices" });

  /**
   * @param {readonly View[]} views
   * @param {string | null} home the app's address; null where there is no app
   * @param {{bar: HTMLElement, controls: HTMLElement, stage: HTMLElement}} places
   * @param {HTMLElement[]} more at the end of the links
   */
  constructor(views, home, { bar, controls, stage }, more = []) {
    /** By the view. */
    this.links = new Map(views.map((view) => [view, element("a", { target: "_self" }, view.title)]));
    const brand = home
      ? element("a", { href: `${home}/`, target: "_self" }, "Latent Lab")
      : element("b", {}, "Latent Lab");
    this.full.append(t("Full app"));
    this.full.dataset.full = "";
    const links = [brand, ...this.links.values(), ...(home ? [this.full] : [])];
    const pages = element("nav", { className: "st-key-pages", ariaLabel: t("Pages") });
    pages.append(...links.map((link) => element("div", {}, link)), ...more);
    const place = element("div", { className: "st-key-bar_place" }, bar);
    const head = element("div", { className: "st-key-bar" }, element("div", {}, pages), place);
    const words = element("div", {}, this.title, this.question);
    words.dataset.testid = "stHtml";
    controls.classList.add("st-key-controls");
    const line = element("div", { className: "st-key-head" }, words, controls);
    const block = element("div", { className: "lab-block" }, line, this.notices, stage);
    block.dataset.testid = "stMainBlockContainer";
    this.main = element("main", {}, block);
    this.main.dataset.testid = "stMain";
    this.elements = [element("header", {}, head), this.main];
  }

  /**
   * @param {View} view
   * @param {(view: View) => string} hrefOf where a view is for the same model
   * @param {string} full the same view in the app
   */
  show(view, hrefOf, full) {
    if (this.title.textContent !== view.title) {
      this.main.scrollTop = 0;
      this.title.textContent = view.title;
      this.question.textContent = view.question;
      document.title = `${view.title} · Latent Lab`;
    }
    this.full.href = full;
    for (const [each, link] of this.links) link.href = hrefOf(each);
  }

  /**
   * Says what is wrong: what could not be done, or what a link asks for in vain.
   *
   * @param {readonly string[]} sentences
   * @param {string} [role] "alert" for what is news at any time
   */
  say(sentences, role = "status") {
    this.notices.replaceChildren(...sentences.map((sentence) => element("p", { role }, sentence)));
  }
}
