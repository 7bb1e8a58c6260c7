/**
 * Brings the light page to the state of a link, as if it had been opened with it: nothing that was chosen or moved before is in it,
 * but for the visitor's own picture where the link names no other.
 *
 * @import { Lab } from "./lab.js"
 */

export class Drive {
  /** What is to be shown, until it is. @type {URLSearchParams | null} */
  link = null;
  onShown = () => {};

  /** @param {Pick<Lab, "replace" | "runs" | "view" | "model">} lab */
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
    lab.replace(this.link, true);
  }

  settle() {
    const { lab, link } = this;
    if (!link || link.get("page") !== lab.view.address || link.get("checkpoint") !== lab.model) return;
    this.link = null;
    this.onShown();
  }
}
