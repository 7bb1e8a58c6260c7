/** Tabs: one of several panels, chosen by a row of buttons that is one stop of the Tab key. */

import { element, say } from "../../lib/dom.js";

/** @typedef {{key: string, label: string, panel: HTMLElement}} Tab */

let rows = 0;

export class Tabs {
  /**
   * @param {string} label
   * @param {readonly Tab[]} tabs the first one is open
   * @param {(key: string) => void} onOpen
   */
  constructor(label, tabs, onOpen) {
    const row = `tabs-${rows++}`;
    this.onOpen = onOpen;
    this.shown = tabs[0].key;
    this.row = element("div", { className: "tabs", role: "tablist", ariaLabel: label });
    /** @type {Map<string, {button: HTMLButtonElement, badge: HTMLElement, panel: HTMLElement}>} */
    this.all = new Map();
    for (const { key, label: text, panel } of tabs) {
      const badge = element("span", { className: "badge" });
      const button = element("button", { type: "button", role: "tab", id: `${row}-${key}` }, text, badge);
      button.setAttribute("aria-controls", `${row}-${key}-panel`);
      button.addEventListener("click", () => this.open(key));
      Object.assign(panel, { id: `${row}-${key}-panel` });
      panel.classList.add("tab-panel");
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", button.id);
      this.row.append(button);
      this.all.set(key, { button, badge, panel });
    }
    this.row.addEventListener("keydown", (event) => this.takeKey(event));
    this.element = element("div", { className: "tab-panels" }, ...tabs.map(({ panel }) => panel));
    this.mark();
  }

  /** @param {string} key */
  open(key) {
    if (!this.all.has(key)) throw new Error(`There is no tab ${key}, only ${[...this.all.keys()].join(", ")}.`);
    this.shown = key;
    this.mark();
    this.onOpen(key);
    this.all.get(key)?.button.scrollIntoView({ block: "nearest", inline: "nearest" }); // on a phone the row scrolls
  }

  mark() {
    for (const [key, { button, panel }] of this.all) {
      const open = key === this.shown;
      button.setAttribute("aria-selected", `${open}`);
      button.tabIndex = open ? 0 : -1;
      panel.hidden = !open;
    }
  }

  /**
   * What a tab says beside its name: a number, a word, or nothing.
   *
   * @param {string} key
   * @param {string} text
   */
  badge(key, text) {
    const badge = this.all.get(key)?.badge;
    if (badge) say(badge, text);
  }

  /** @param {KeyboardEvent} event */
  takeKey(event) {
    const keys = [...this.all.keys()],
      at = keys.indexOf(this.shown);
    const places = /** @type {Record<string, number>} */ ({ ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 });
    const to = places[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const key = keys.at(to % keys.length) ?? keys[0];
    this.open(key);
    this.all.get(key)?.button.focus();
  }
}
