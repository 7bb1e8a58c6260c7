/**
 * The axes of the plane, which Plotly draws and moves (pan and wheel) once it has loaded; grid.js where there is none.
 *
 * @import { AxesStyle } from "./grid.js"
 * @import { Plane } from "./views.js"
 *
 * @typedef {Record<string, number | undefined>} AxesChange
 * @typedef {object} Plotly the part of it that is used here
 * @property {(node: HTMLElement, traces: object[], layout: object, options: object) => Promise<unknown>} react
 * @property {(node: HTMLElement, change: object) => Promise<unknown>} relayout
 * @property {(node: HTMLElement) => void} purge
 */

import { element, svgElement } from "../lib/dom.js";
import { t } from "../lib/words.js";
import { drawGrid } from "./grid.js";

const MARGIN = { l: 3.6, r: 0.6, t: 0.6, b: 2.9 }; // em: room for the numbers and titles of the axes

/**
 * What the axes leave around the area of the points, in CSS pixels.
 *
 * @param {number} em in CSS pixels
 */
export function marginOf(em) {
  const [l, r, top, b] = [MARGIN.l, MARGIN.r, MARGIN.t, MARGIN.b].map((side) => Math.round(side * em));
  return { l, r, t: top, b };
}

/**
 * Fetches Plotly at once, but runs it, which may block the page for a second, only when `idle` resolves.
 *
 * @param {string} address
 * @param {() => Promise<void>} idle
 * @returns {Promise<Plotly>}
 */
export async function loadPlotly(address, idle) {
  if (!plotlyOf(window)) {
    document.head.append(element("link", { rel: "preload", as: "script", href: address }));
    await idle();
  }
  return plotlyOf(window) ?? runPlotly(address);
}

/** @param {Window & {Plotly?: Plotly}} page */
function plotlyOf(page) {
  return page.Plotly;
}

/**
 * Runs Plotly's classic script, once per page.
 *
 * @param {string} address
 * @returns {Promise<Plotly>}
 */
function runPlotly(address) {
  return new Promise((resolve, reject) => {
    const script = element("script", { src: address });
    const fail = () => reject(new Error(t`${address} did not load`));
    script.onerror = fail;
    script.onload = () => {
      const plotly = plotlyOf(window);
      if (plotly) resolve(plotly);
      else fail();
    };
    document.head.append(script);
  });
}

export class Axes {
  element = element("div", { className: "axes" });
  /** @type {Plotly | null} */
  plotly = null;
  /** Holds the grid where there is no Plotly. @type {SVGElement | null} */
  svg = null;
  /** As last drawn. @type {AxesStyle | null} */
  style = null;
  drawn = false; // by Plotly
  moving = false;
  outdated = false;
  closed = false;

  /**
   * @param {Plane} plane whose ranges the axes show
   * @param {() => void} onMove after the user has moved the axes, and with them the plane
   */
  constructor(plane, onMove) {
    this.plane = plane;
    this.onMove = onMove;
  }

  /** @param {AxesStyle | null} style null where there are no axes */
  draw(style) {
    this.element.hidden = !style;
    this.style = style;
    this.drawGrid();
    if (!this.plotly || !style?.width || !this.element.isConnected) return;
    const options = { scrollZoom: true, displayModeBar: false, doubleClick: false };
    const first = !this.drawn;
    this.drawn = true;
    // It rejects only where the map has been closed.
    this.plotly.react(this.element, [], this.layoutOf(style), options).catch(() => {});
    if (!first) return;
    const node = /** @type {{on(name: string, listener: (change: AxesChange) => void): void}} */ (
      /** @type {unknown} */ (this.element)
    ); // Plotly has made it so
    for (const name of ["plotly_relayouting", "plotly_relayout"]) node.on(name, (change) => this.takeMove(change));
  }

  /** From now on there is a grid: Plotly does not come. */
  useGrid() {
    this.svg = svgElement("svg", { "aria-hidden": "true" });
    this.element.append(this.svg);
  }

  drawGrid() {
    const { svg, style, plane, element: parent } = this;
    if (!svg || !style?.width || !parent.isConnected) return;
    const em = Number.parseFloat(getComputedStyle(parent).fontSize),
      { l: left, t: top } = marginOf(em);
    drawGrid(svg, plane, { ...style, em, left, top });
  }

  /** @param {AxesStyle} style */
  layoutOf({ titles, width, height, pans, colours }) {
    const theme = getComputedStyle(this.element),
      em = Number.parseFloat(theme.fontSize);
    const [x, y] = this.plane.ranges;
    const axis = (/** @type {number} */ k, /** @type {number[]} */ range) => ({
      range,
      title: { text: titles[k] ?? "", standoff: 0.3 * em, font: { size: em } },
      showticklabels: titles[k] !== null,
      showgrid: titles[k] !== null,
      zeroline: titles[k] !== null,
      gridcolor: colours.grid,
      zerolinecolor: colours.grid,
      zerolinewidth: 2,
      ticks: "",
      automargin: false,
    });
    return {
      width,
      height,
      margin: marginOf(em),
      hovermode: false,
      showlegend: false,
      dragmode: pans ? "pan" : false,
      paper_bgcolor: "transparent",
      plot_bgcolor: colours.ground,
      font: { color: theme.color, family: theme.fontFamily, size: em },
      xaxis: axis(0, x),
      yaxis: { ...axis(1, y), scaleanchor: "x" },
    };
  }

  /**
   * The user moved the axes: the plane follows.
   *
   * @param {AxesChange} change
   */
  takeMove(change) {
    const [left, right] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    const [bottom, top] = [change["yaxis.range[0]"], change["yaxis.range[1]"]];
    if (this.moving || left === undefined || right === undefined || bottom === undefined || top === undefined) return;
    this.plane.ranges = [
      [left, right],
      [bottom, top],
    ];
    this.onMove();
  }

  /** The plane was moved: the axes follow, one change at a time, the newest ranges last. */
  async follow() {
    const { plotly } = this;
    this.drawGrid();
    this.outdated = true;
    if (!plotly || !this.drawn || this.moving) return;
    this.moving = true;
    while (this.outdated && !this.closed) {
      this.outdated = false;
      const [x, y] = this.plane.ranges;
      await plotly.relayout(this.element, { "xaxis.range": x, "yaxis.range": y }).catch(() => {});
    }
    this.moving = false;
  }

  close() {
    this.closed = true;
    if (this.drawn) this.plotly?.purge(this.element);
  }
}
