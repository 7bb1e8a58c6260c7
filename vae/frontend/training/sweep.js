/** What a sweep has found so far: its rate–distortion plane, drawn by Python, and the table with its numbers. */

import { button, element } from "../lib/dom.js";
import { download } from "../lib/export.js";
import { help } from "../lib/glossary.js";

/**
 * What Python sends: vae/ui/pages/training/sweeps.py.
 *
 * heads: [key, title] of the columns; rows: a model each, by these keys; kept: the names of those that every page offers,
 * null where there is nothing to keep, as they all are. plane: an SVG; csv: the same table as text.
 *
 * @typedef {Record<string, number | string>} Row
 * @typedef {{name: string, plane: string, csv: string, heads: [key: string, title: string][], rows: Row[],
 *            kept: string[] | null}} Data
 */

const WHOLE = new Set(["beta", "latent_dim", "seed", "active_units"]); // shown as they are; the rest in nats

export default class SweepResults {
  drawn = "";
  told = "";
  number = 0; // of the last command

  /**
   * @param {HTMLElement} parent
   * @param {(name: "keep", value: {name: string, number: number}) => void} send
   */
  constructor(parent, send) {
    this.send = send;
    this.plane = element("div", { className: "plane-place" });
    this.head = element("thead");
    this.body = element("tbody");
    this.caption = element("caption");
    const table = element("table", {}, this.caption, this.head, this.body);
    const place = element("div", { className: "table-place", tabIndex: 0, role: "region" }, table);
    place.ariaLabel = "Table of the sweep";
    this.files = element("p", { className: "files" });
    const beside = element("div", {}, signs(), place, this.files);
    this.root = element("div", { className: "sweep" }, this.plane, beside);
    parent.append(this.root);
  }

  close() {
    this.root.remove();
  }

  /** @param {Data} data */
  update(data) {
    if (data.plane !== this.drawn) this.plane.replaceChildren(...drawing(data.plane));
    this.drawn = data.plane;
    const told = JSON.stringify([data.rows, data.kept]);
    if (told !== this.told) this.fill(data);
    this.told = told;
  }

  /** @param {Data} data */
  fill({ name, plane, csv, heads, rows, kept }) {
    this.caption.textContent = `${rows.length} models of ${name}, nats per test image`;
    const titles = kept === null ? heads : [...heads, ["kept", "on every page"]];
    this.head.replaceChildren(element("tr", {}, ...titles.map(([, title]) => element("th", { scope: "col" }, title))));
    this.body.replaceChildren(...rows.map((row) => this.line(row, heads, kept)));
    const [table, picture] = [new Blob([csv], { type: "text/csv" }), new Blob([plane], { type: "image/svg+xml" })];
    this.files.replaceChildren(
      button("Table (CSV)", "Download the table", () => download(table, `${name}.csv`)),
      button("Plane (SVG)", "Download the drawing", () => download(picture, `${name}.svg`)),
    );
  }

  /**
   * @param {Row} row
   * @param {Data["heads"]} heads
   * @param {string[] | null} kept
   */
  line(row, heads, kept) {
    const cells = heads.map(([key]) => element("td", {}, WHOLE.has(key) ? `${row[key]}` : Number(row[key]).toFixed(2)));
    const tr = element("tr", { title: `${row.checkpoint}` }, ...cells);
    if (kept !== null) tr.append(element("td", {}, this.keeping(`${row.checkpoint}`, kept)));
    return tr;
  }

  /**
   * @param {string} name
   * @param {string[]} kept
   */
  keeping(name, kept) {
    if (kept.includes(name)) return "offered";
    const keep = () => {
      this.number = Math.max(this.number + 1, Math.ceil(performance.now())); // another than of earlier visits
      this.send("keep", { name, number: this.number });
    };
    return button("Offer", `Copy ${name} to the models that every page offers`, keep, `Offer ${name} on every page`);
  }
}

/** What the axes and columns mean. */
function signs() {
  const terms = [
    element("span", {}, "rate (KL)", help("rate")),
    element("span", {}, "distortion (reconstruction)", help("distortion")),
    element("span", {}, "−ELBO", help("−ELBO")),
    element("span", {}, "active dimensions", help("active dimensions")),
  ];
  return element("p", { className: "signs" }, ...terms);
}

/**
 * The drawing as elements of this page.
 *
 * @param {string} svg "" for none
 */
function drawing(svg) {
  if (!svg) return [];
  const { documentElement } = new DOMParser().parseFromString(svg, "image/svg+xml");
  return [document.importNode(documentElement, true)];
}
