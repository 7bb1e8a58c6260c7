/**
 * Mounts one component at a time in a shadow root, as Streamlit does: see hosts/streamlit.js.
 *
 * follow: shows what another page's component announces, see lib/following.js.
 *
 * @import { Live } from "../../lib/following.js"
 *
 * @typedef {Record<string, unknown> & {base: string}} Data
 * @typedef {(name: string, value: any) => void} Send
 * @typedef {{update(data: Data): void | Promise<void>, close(): void, follow?(live: Live): void}} Component
 * @typedef {new (parent: HTMLElement, send: Send) => Component} ComponentClass
 */

import { element } from "../../lib/dom.js";

export class Stage {
  /** @type {Component | null} */
  component = null;
  /** What is mounted. */
  name = "";
  /** @type {Data | null} */
  newest = null;
  place = element("div");

  /** @param {string} className of the element that has the shadow root */
  constructor(className) {
    this.element = element("div", { className });
    this.element.append(this.place);
  }

  /**
   * Mounts a component in place of the one before. It gets its data by `update`.
   *
   * @param {string} name
   * @param {ComponentClass} Class
   * @param {string} styles
   * @param {Send} send
   */
  mount(name, Class, styles, send) {
    this.close();
    this.name = name;
    this.place = element("div");
    const root = this.place.attachShadow({ mode: "open" });
    root.append(element("style", {}, styles));
    this.element.append(this.place);
    const { place } = this;
    const parent = /** @type {HTMLElement} */ (/** @type {unknown} */ (root)); // components only append to it
    this.component = new Class(parent, (sent, value) => place === this.place && send(sent, value));
  }

  /** @param {Data} data */
  update(data) {
    this.newest = data;
    void this.component?.update(data); // a component's own error is a fault: the console shows it
  }

  /** Lets the component draw again, in another theme. */
  redraw() {
    if (this.newest) this.update(this.newest);
  }

  close() {
    this.component?.close();
    this.component = this.newest = null;
    this.name = "";
    this.place.remove();
  }
}
