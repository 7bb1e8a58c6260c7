/**
 * The bar's component: model picker, share, present, theme, more, for teachers their class, and on narrow screens the button that opens the list of pages.
 * The links to the pages are Streamlit's own, beside it.
 *
 * What Python sends, from vae/ui/shared/page.py. page: its title; chosen: the name of the model that the page shows;
 * class_script: of a class that is taught in this browser, for pages where one can be.
 *
 * @typedef {import("./picker.js").Model} Model
 * @typedef {{base: string, page: string, models: Model[], chosen: string | null, class_script?: string}} BarData
 */

import { button, element } from "../lib/dom.js";
import { hasServer } from "../lib/files.js";
import { loadChip, taught, TEACHING_CHANGED } from "../lib/teaching.js";
import { pageTheme } from "../lib/theme.js";
import { t } from "../lib/words.js";
import { icon } from "./icon.js";
import { PageMenu } from "./menu.js";
import { moreButton } from "./more.js";
import { ModelNumbers } from "./model-numbers.js";
import { Picker } from "./picker.js";
import { Present } from "./present.js";
import { shareButton } from "./share.js";

/** When another class may be taught: said by this page, or by another tab. */
const TEACHING = [TEACHING_CHANGED, "storage"];
const THEME = "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12"; // a disc, one half of it drawn

export default class Bar {
  /** @type {BarData | null} */
  data = null;
  /** @type {import("../lib/teaching.js").Chip | null} */
  chip = null;
  closed = false;

  /**
   * @param {HTMLElement} parent
   * @param {(name: "chosen", value: {name: string, time: number}) => void} send to Python
   */
  constructor(parent, send) {
    this.picker = new Picker((name) => send("chosen", { name, time: performance.now() }));
    this.numbers = new ModelNumbers();
    this.menu = new PageMenu(document);
    this.present = new Present(document);
    const share = hasServer() ? shareButton() : [], // a file's address means nothing elsewhere
      more = moreButton(hasServer(), this.numbers.element);
    const theme = button("", t("Light or dark"), () => pageTheme().toggle(), t("Switch between light and dark"));
    theme.append(icon(THEME));
    this.classPlace = element("div", { className: "bar-class" });
    const tools = element(
      "div",
      { className: "bar-tools" },
      this.classPlace,
      ...share,
      ...this.present.elements,
      theme,
      ...more,
    );
    this.root = element("div", { className: "bar" }, this.menu.button, ...this.picker.elements, tools);
    parent.append(this.root);
    this.onTeaching = () => void this.showClass();
    for (const type of TEACHING) addEventListener(type, this.onTeaching);
  }

  /** @param {BarData} data */
  update(data) {
    const { base, page, models, chosen } = data;
    this.data = data;
    this.picker.show(base, models, chosen);
    const model = models.find(({ name }) => name === chosen);
    this.numbers.show(model && "numbers" in model ? model : null);
    this.menu.show(page);
    void this.showClass();
  }

  /** The class that is taught in this browser. */
  async showClass() {
    const { base = "", class_script: script } = this.data ?? {};
    const code = script ? taught() : null;
    const isShown = () => code === (this.chip?.code ?? null);
    if (isShown()) return;
    const chipOf = code ? await loadChip(`${base}/${script}`) : null;
    if (this.closed || isShown() || (script ? taught() : null) !== code) return;
    this.chip?.close();
    this.chip = chipOf?.(base) ?? null;
    if (this.chip) this.classPlace.append(...this.chip.elements);
    document.documentElement.toggleAttribute("data-teaching", this.chip !== null);
    dispatchEvent(new Event("resize")); // the bar has another width for the links
  }

  close() {
    this.closed = true;
    this.chip?.close();
    for (const type of TEACHING) removeEventListener(type, this.onTeaching);
    this.menu.close();
    this.present.close();
    this.root.remove();
  }
}
