/** Streamlit's links to the pages: which is the current one, and the button that opens their list on narrow screens. */

import { button } from "../lib/dom.js";
import { t } from "../lib/words.js";
import { icon } from "./icon.js";

const MENU = "M2 4h12M2 8h12M2 12h12";

/** The title of the page that this tab showed last; empty before the first. */
let shown = "";

export class PageMenu {
  /** @param {Document} document */
  constructor(document) {
    this.document = document;
    this.button = button("", t("All pages"), () => this.set(!this.open), t("Pages"));
    this.button.append(icon(MENU));
    this.button.className = "page-menu";
    this.button.ariaExpanded = "false";
    this.onPress = (/** @type {Event} */ event) => {
      if (!event.composedPath().includes(this.button)) this.set(false); // also at a link: its page is chosen then
    };
    this.onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") this.set(false);
    };
    document.addEventListener("click", this.onPress);
    document.addEventListener("keydown", this.onKey);
  }

  get open() {
    return this.document.documentElement.dataset.menu === "open";
  }

  set(/** @type {boolean} */ open) {
    this.document.documentElement.dataset.menu = open ? "open" : "closed";
    this.button.ariaExpanded = `${open}`;
  }

  /**
   * Marks the current page's link. After a change of page the focus goes to its title, where a reader of the page begins.
   *
   * @param {string} page its title
   */
  show(page) {
    const pages = this.document.querySelector(".st-key-pages");
    pages?.setAttribute("role", "navigation");
    pages?.setAttribute("aria-label", t("Pages"));
    for (const link of pages?.querySelectorAll("a") ?? []) {
      if (link.textContent?.trim() === page) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (shown && shown !== page) this.document.querySelector("h1")?.focus({ preventScroll: true });
    shown = page;
  }

  close() {
    this.document.removeEventListener("click", this.onPress);
    this.document.removeEventListener("keydown", this.onKey);
  }
}
