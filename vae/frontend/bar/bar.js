/**
 * The bar's component: model picker, share, present, theme, more, and on narrow screens the button that opens the list of pages.
 * The links to the pages are Streamlit's own, beside it.
 *
 * What Python sends, from vae/ui/shared/page.py. page: its title; chosen: the name of the model that the page shows.
 *
 * @typedef {import("./picker.js").Model} Model
 * @typedef {{base: string, page: string, models: Model[], chosen: string | null}} BarData
 */

import { button, element } from "../lib/dom.js";
import { hasServer } from "../lib/files.js";
import { pageTheme } from "../lib/theme.js";
import { icon } from "./icon.js";
import { PageMenu } from "./menu.js";
import { moreButton } from "./more.js";
import { Picker } from "./picker.js";
import { Present } from "./present.js";
import { shareButton } from "./share.js";

const THEME = "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12"; // a disc, one half of it drawn

export default class Bar {
  /**
   * @param {HTMLElement} parent
   * @param {(name: "chosen", value: {name: string, time: number}) => void} send to Python
   */
  constructor(parent, send) {
    this.picker = new Picker((name) => send("chosen", { name, time: performance.now() }));
    this.menu = new PageMenu(document);
    this.present = new Present(document);
    // A file's address means nothing elsewhere, and without a server all is decoded here.
    const [share, more] = hasServer() ? [shareButton(), moreButton()] : [[], []];
    const theme = button("", "Light or dark", () => pageTheme().toggle(), "Switch between light and dark");
    theme.append(icon(THEME));
    const tools = element("div", { className: "bar-tools" }, ...share, ...this.present.elements, theme, ...more);
    this.root = element("div", { className: "bar" }, this.menu.button, ...this.picker.elements, tools);
    parent.append(this.root);
  }

  /** @param {BarData} data */
  update({ base, page, models, chosen }) {
    this.picker.show(base, models, chosen);
    this.menu.show(page);
  }

  close() {
    this.menu.close();
    this.present.close();
    this.root.remove();
  }
}
