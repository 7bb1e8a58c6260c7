/**
 * The plot of the latent map: layers on top of each other. Plotly draws the axes of the plane; the points lie on a
 * canvas of our own, because Plotly's WebGL points reach 12 frames/s without a graphics card and its 3-D points 3. In
 * 3-D, everything is drawn here.
 *
 * @import { Rgb } from "../lib/canvas.js"
 * @import { Bounds } from "../lib/frame.js"
 * @import { ClassMarks } from "../lib/palette.js"
 * @import { Plotly } from "./axes.js"
 * @import { Choice } from "./dots.js"
 * @import { Marks, PinMark } from "./marks.js"
 * @import { ClassNames, Named } from "./names.js"
 * @import { Manifold } from "./pictures.js"
 * @import { Place } from "./views.js"
 *
 * @typedef {"move" | "probe" | "lasso"} Tool
 *
 * colours: index into palette of each point; visible, bright: 0 or 1 per point, bright null where all are; marks: of the
 * classes, null where the colours are a number's.
 *
 * @typedef {{colours: Uint8Array | Uint16Array, palette: readonly Rgb[], visible: Uint8Array,
 *            bright: Uint8Array | null, marks: ClassMarks | null}} PointStyle
 */

import { dotStamp } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { boundsOf, countOutside } from "../lib/frame.js";
import { Axes, marginOf } from "./axes.js";
import { dotOf, UNCHOSEN } from "./dots.js";
import { cleared, Layers, placeNear } from "./layers.js";
import { noMarks, paintMarks } from "./marks.js";
import { Shading } from "./shading.js";
import { Plane, Space } from "./views.js";

export class Plot {
  width = 0;
  height = 0;
  /** @type {Tool} */
  tool = "move";
  em = 1; // CSS pixels
  marks = noMarks();
  /** null where they are not written. @type {ClassNames | null} */
  names = null;
  /** In layout units; null until they are needed. @type {Named[] | null} */
  medians = null;
  /** How the user wants points. @type {Choice} */
  choice = UNCHOSEN;
  /** @type {Manifold | null} */
  pictures = null;
  shading = new Shading(() => this.repaint());
  /** @type {PointStyle | null} */
  style = null;
  shown = 0; // points
  /** n × dims, null until the first one and while another model's is loading. @type {Float32Array | null} */
  layout = null;
  /** What the map shows at first. @type {Bounds} */
  frame = boundsOf([], 2);
  /** @type {(string | null)[] | null} */
  titles = null;
  screen = new Float32Array(0); // n × 2
  /** n in 3-D. @type {Float32Array | null} */
  depths = null;
  /** @type {{from: Float32Array, start: number, ms: number} | null} */
  morph = null;
  /** @type {number | undefined} */
  animation;
  /** Resolves `painted`, when the points are painted for the first time. @type {(() => void) | undefined} */
  notePainted;
  /** Whether outliers are in the view, too, until it is moved. */
  whole = false;
  outdated = false;
  axesAsked = false;
  closed = false;
  layers = new Layers();

  constructor() {
    this.plane = new Plane(1, 1);
    this.space = new Space(1, 1);
    /** @type {Plane | Space} */
    this.view = this.plane;
    this.axes = new Axes(this.plane, () => this.repaint());
    this.element = element("div", { className: "plot", tabIndex: 0, role: "application" });
    this.element.append(this.axes.element, this.layers.element);
    /** @type {Promise<void>} */
    this.painted = new Promise((resolve) => {
      this.notePainted = resolve;
    });
  }

  // — what is shown —

  /** @param {number} width @param {number} height in CSS pixels, with the axes */
  resize(width, height) {
    const { em } = this.layers;
    if (width === this.width && height === this.height && em === this.em) return;
    Object.assign(this, { width, height, em });
    const { l: left, t: top, r, b } = marginOf(em);
    const area = { left, top, width: Math.max(1, width - left - r), height: Math.max(1, height - top - b) };
    this.element.style.height = `${height}px`;
    for (const view of [this.plane, this.space]) view.resize(area.width, area.height);
    this.layers.resize(area);
    if (this.layout && this.view.zoomed === 1) this.fitView();
    this.drawAxes();
    this.repaint();
  }

  /**
   * Moves the points to a layout.
   *
   * @param {Float32Array} layout n × dims
   * @param {number} dims 2 or 3
   * @param {Bounds} frame what to show of it at first
   * @param {(string | null)[]} titles of the axes, null where they mean nothing
   * @param {number} ms that the move takes
   */
  setLayout(layout, dims, frame, titles, ms) {
    const n = layout.length / dims;
    const from = this.screen.length === 2 * n ? this.screen : null;
    Object.assign(this, { layout, frame, titles, medians: null });
    this.view = dims === 2 ? this.plane : this.space;
    this.screen = new Float32Array(2 * n);
    this.depths = dims === 3 ? new Float32Array(n) : null;
    this.fitView();
    this.morph = from && ms ? { from, start: performance.now(), ms } : null;
    this.drawAxes();
    this.repaint();
  }

  /**
   * Another model's n points are loading: the present ones stay as long as they may be the same images.
   *
   * @param {number} n
   */
  expect(n) {
    this.whole = false;
    if (this.layout && this.screen.length !== 2 * n) this.layout = null;
  }

  /** @param {PointStyle} style */
  setStyle(style) {
    this.style = style;
    this.medians = null;
    this.shown = style.visible.reduce((sum, each) => sum + each, 0);
    this.repaint();
  }

  /** @param {ClassNames | null} names of the classes of the points, null for none */
  setNames(names) {
    Object.assign(this, { names, medians: null });
  }

  /** @param {Choice} choice how large and opaque the points are */
  setChoice(choice) {
    this.choice = choice;
    this.repaint();
  }

  /** @param {Partial<Marks>} marks */
  setMarks(marks) {
    Object.assign(this.marks, marks);
    this.repaintMarks();
  }

  /** @param {Manifold | null} pictures under the points */
  setPictures(pictures) {
    this.pictures = pictures;
    this.drawAxes();
    this.repaint();
  }

  /** @param {Tool} tool */
  setTool(tool) {
    this.tool = tool;
    this.element.dataset.tool = tool;
    this.drawAxes();
  }

  /** @param {string} text */
  describe(text) {
    this.element.ariaLabel = text;
  }

  /** Shows all points; where that has been done, those without outliers. */
  fit() {
    this.whole = !(this.whole && this.view.zoomed === 1);
    this.fitView();
    this.showView();
  }

  fitView() {
    const { layout, whole, view, frame } = this;
    if (layout) view.fit(whole ? boundsOf(layout, view.dims) : frame);
  }

  /** How many of the visible points lie outside the view. */
  get outside() {
    const { width, height } = this.view;
    return this.layout && this.style
      ? countOutside(this.screen, { low: [0, 0], high: [width, height] }, this.style.visible)
      : 0;
  }

  /**
   * Larger by this factor around the place (x, y), or around the middle.
   *
   * @param {number} factor
   * @param {number} [x]
   * @param {number} [y]
   */
  zoom(factor, x, y) {
    this.view.zoom(factor, x, y);
    this.showView();
  }

  /** Shows the view after it was moved: points and axes. */
  showView() {
    if (this.view === this.plane) void this.axes.follow(); // it handles Plotly's errors
    this.repaint();
  }

  /** @param {Plotly} plotly once it has loaded; the points do not wait for it */
  setPlotly(plotly) {
    this.axes.plotly = plotly;
    this.drawAxes();
  }

  /** The axes without Plotly. */
  useGrid() {
    this.axes.useGrid();
    this.drawAxes();
  }

  /** Asks for new axes. Plotly takes tens of ms for them: they wait until the next frame is painted. */
  drawAxes() {
    this.axesAsked = true;
    this.repaintMarks();
  }

  // — where things are —

  /** @param {{clientX: number, clientY: number}} event @returns {Place} */
  placeAt({ clientX, clientY }) {
    const box = this.layers.element.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  }

  /** @param {Place} place */
  contains([x, y]) {
    return x >= 0 && y >= 0 && x <= this.view.width && y <= this.view.height;
  }

  /**
   * The visible point nearest to a place on the screen, -1 where there is none within reach.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} reach in CSS pixels
   */
  pointNear(x, y, reach) {
    return placeNear(this.screen, this.style?.visible ?? [], x, y, reach);
  }

  /**
   * The visible points within a closed path on the screen.
   *
   * @param {Place[]} path
   */
  rowsWithin(path) {
    return this.layers.within(path, this.screen, this.style?.visible ?? []);
  }

  /** @param {number} i @returns {Place} */
  placeOfRow(i) {
    return [this.screen[2 * i], this.screen[2 * i + 1]];
  }

  /**
   * Where these coordinates are drawn.
   *
   * @param {number[]} coordinates
   * @returns {Place}
   */
  placeOf(coordinates) {
    /** @type {Place} */
    const place = [0, 0];
    if (coordinates.length === this.view.dims) this.view.project(coordinates, place);
    return place;
  }

  /**
   * Where a mark will be when the points have arrived, from the top left of the plot with its axes.
   *
   * @param {PinMark} mark
   * @returns {Place}
   */
  stagePlaceOf({ row, coordinates }) {
    const { layout, view, em } = this,
      { l, t: top } = marginOf(em);
    const own = row === null ? coordinates : layout?.subarray(row * view.dims, (row + 1) * view.dims);
    const [x, y] = this.placeOf(Array.from(own ?? []));
    return [l + x, top + y];
  }

  // — painting —

  repaint() {
    this.outdated = true;
    this.repaintMarks();
  }

  repaintMarks() {
    this.animation ??= requestAnimationFrame((now) => {
      this.animation = undefined;
      this.paint(now);
      this.paintMarks();
      if (this.axesAsked) setTimeout(() => this.axes.draw(this.axesStyle()));
      this.axesAsked = false; // once, however long the timer takes
    });
  }

  axesStyle() {
    const { titles, width, height, tool, layers } = this;
    if (this.view !== this.plane || !titles) return null;
    return { titles, width, height, colours: layers.colours, pans: tool === "move" };
  }

  /** @param {number} now */
  paint(now) {
    const { layout, style, layers, screen, depths, plane } = this;
    if (!this.outdated || !layout || !style || !layers.image) return;
    this.outdated = false;
    this.view.project(layout, screen, depths);
    if (this.morph) this.blend(this.morph, now);
    if (this.view === plane) this.element.dataset.view = [...plane.centre, plane.unit].join(); // for tests
    const { radius, opacity } = this.dot;
    const size = Math.round(10 * radius * this.em * devicePixelRatio) / 10; // a zoom makes few stamps
    layers.paintPoints(style.marks?.stamps(size) ?? [dotStamp(size)], { ...style, screen, depths, opacity });
    this.notePainted?.();
    const context = cleared(layers.pictures);
    if (this.view !== plane || this.morph) return;
    this.pictures?.paint(context, plane);
    this.shading.paint(context, plane, layers.colours.text);
    this.shading.follow(plane);
  }

  /** How a point looks: its radius in em, and its opacity. */
  get dot() {
    const { pictures, shading, screen, choice } = this;
    const ground = shading.isMeasured ? "shading" : null,
      beneath = pictures ? "pictures" : ground;
    return dotOf({ count: screen.length / 2, crowd: beneath ? this.crowd : 0, beneath }, choice);
  }

  /** How many visible points lie in a square of one em, on average over where most of them are. */
  get crowd() {
    const { low, high } = this.frame,
      [wide, tall] = low.map((value, axis) => high[axis] - value);
    return (this.shown * (this.em * this.plane.unit) ** 2) / (wide * tall || 1);
  }

  /**
   * Between the old places and the new, eased at both ends.
   *
   * @param {{from: Float32Array, start: number, ms: number}} morph
   * @param {number} now
   */
  blend({ from, start, ms }, now) {
    const progress = Math.max(0, Math.min(1, (now - start) / ms));
    const eased = progress * progress * (3 - 2 * progress);
    for (let i = 0; i < from.length; i++) this.screen[i] = from[i] + eased * (this.screen[i] - from[i]);
    if (progress === 1) this.morph = null;
    this.repaint();
  }

  paintMarks() {
    if (!this.layout || this.closed) return;
    const { view, em, layers, marks, titles } = this,
      { colours } = layers;
    const [placeOf, placeOfRow] = [this.placeOf.bind(this), this.placeOfRow.bind(this)];
    const onPictures = Boolean(this.pictures);
    const ground = { context: cleared(layers.marks), view, em, colours, onPictures, placeOf, placeOfRow };
    paintMarks(ground, marks, this.placedNames, titles);
  }

  /** The classes' names at their places on the screen: those of the points, also while these move. @returns {Named[]} */
  get placedNames() {
    const { names, layout, style, screen, view, plane } = this;
    if (!names || !layout || !style || view !== plane) return [];
    if (this.morph) return names.medians(screen, style.visible);
    this.medians ??= names.medians(layout, style.visible);
    return this.medians.map(({ name, x: across, y: up }) => {
      const [x, y] = this.placeOf([across, up]);
      return { name, x, y };
    });
  }

  close() {
    this.closed = true;
    if (this.animation !== undefined) cancelAnimationFrame(this.animation);
    this.axes.close();
    this.shading.stop();
  }
}
