/**
 * Brings the light page to the state of a link, as if it had been opened with it.
 *
 * @import { Lab } from "./lab.js"
 */

export class Drive {
  /** What is to be shown, until it is. @type {URLSearchParams | null} */
  link = null;
  onShown = () => {};

  /** @param {Pick<Lab, "replace" | "runs" | "shownAs" | "view" | "model">} lab */
  constructor(lab) {
    this.lab = lab;
    lab.runs.add(() => this.settle());
  }

  /**
   * @param {URLSearchParams} link with a page; without a model the shown one stays
   * @param {() => void} [onShown] called once it is shown
   */
  open(link, onShown = () => {}) {
    const { lab } = this;
    this.link = new URLSearchParams(link);
    this.onShown = onShown;
    if (!this.link.has("checkpoint")) this.link.set("checkpoint", lab.model);
    lab.replace(this.link);
  }

  /** A component keeps its own state when only the link is another one. */
  settle() {
    const { lab, link } = this;
    if (!link || link.get("page") !== lab.view.address || link.get("checkpoint") !== lab.model) return;
    this.link = null;
    const { view, model } = { view: lab.view.name, model: lab.model };
    lab.shownAs(view, model)?.follow?.({ view, model, params: Object.fromEntries(link) });
    this.onShown();
  }
}
