/**
 * The plot of the latent map: layers on top of each other. Plotly draws the axes of the plane; the points lie on a
 * canvas of our own, because Plotly's WebGL points reach 12 frames/s without a graphics card and its 3-D points 3. In
 * 3-D, everything is drawn here.
 *
 * @import { Rgb } from "../lib/canvas.js"
 * @import { ClassMarks } from "../lib/palette.js"
 * @import { Plotly } from "./axes.js"
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
 *
 * A pinned place; row: the test image if it is one, which moves with its point, else coordinates.
 *
 * @typedef {{row: number | null, coordinates: number[] | null, name: string}} PinMark
 *
 * prior: the centre of its circles. lines: pairs of rows. rings, hovered: rows, -1 for none.
 *
 * @typedef {object} Marks
 * @property {number[] | null} prior
 * @property {number[][]} lines
 * @property {number[]} rings
 * @property {PinMark[]} pins
 * @property {number} hovered
 * @property {Place | null} cross
 * @property {Place[]} lasso
 */

import { dotStamp, paintDots } from "../lib/canvas.js";
import { contextOf, element } from "../lib/dom.js";
import { countOutside } from "../lib/frame.js";
import { Axes, MARGIN } from "./axes.js";
import { circle, cross, dotOnPictures, label, lines, outlined } from "./paint.js";
import { Plane, Space } from "./views.js";

const DOT = 2.4,
  SMALL_DOT = 1.9; // radius in CSS pixels; small for many points
const MANY = 4000;
const HALF_LABEL = 10,
  HALF_TITLE = 72; // CSS pixels: height of a label, width of an axis title in 3-D
const PRIOR_SIGMAS = [1, 2, 3];

export class Plot {
  width = 0;
  height = 0;
  /** @type {Tool} */
  tool = "move";
  /** @type {Marks} */
  marks = { prior: null, lines: [], rings: [], pins: [], hovered: -1, cross: null, lasso: [] };
  /** @type {Manifold | null} */
  pictures = null;
  /** @type {PointStyle | null} */
  style = null;
  shown = 0; // points
  /** n × dims, null until the first one and while another model's is loading. @type {Float32Array | null} */
  layout = null;
  /** @type {(string | null)[] | null} */
  titles = null;
  screen = new Float32Array(0); // n × 2
  /** n in 3-D. @type {Float32Array | null} */
  depths = null;
  /** @type {{from: Float32Array, start: number, ms: number} | null} */
  morph = null;
  /** The pixels of the points' layer. @type {ImageData | null} */
  image = null;
  /** @type {number | undefined} */
  frame;
  /** Resolves `painted`, when the points are painted for the first time. @type {(() => void) | undefined} */
  notePainted;
  /** Whether outliers are in the view, too, until it is moved. */
  whole = false;
  outdated = false;
  axesAsked = false;
  closed = false;

  constructor() {
    this.picturesLayer = element("canvas", { className: "pictures-layer" });
    this.pointsLayer = element("canvas", { className: "points-layer" });
    this.marksLayer = element("canvas", { className: "marks-layer" });
    this.layers = [this.picturesLayer, this.pointsLayer, this.marksLayer];
    this.plane = new Plane(1, 1);
    this.space = new Space(1, 1);
    /** @type {Plane | Space} */
    this.view = this.plane;
    this.axes = new Axes(this.plane, () => this.repaint());
    this.area = element("div", { className: "area" }, ...this.layers);
    this.element = element(
      "div",
      { className: "plot", tabIndex: 0, role: "application" },
      this.axes.element,
      this.area,
    );
    Object.assign(this.area.style, { left: `${MARGIN.l}px`, top: `${MARGIN.t}px` });
    /** @type {Promise<void>} */
    this.painted = new Promise((resolve) => {
      this.notePainted = resolve;
    });
  }

  // — what is shown —

  /** @param {number} width @param {number} height in CSS pixels, with the axes */
  resize(width, height) {
    if (width === this.width && height === this.height) return;
    Object.assign(this, { width, height });
    const innerWidth = Math.max(1, width - MARGIN.l - MARGIN.r),
      innerHeight = Math.max(1, height - MARGIN.t - MARGIN.b);
    this.element.style.height = `${height}px`;
    Object.assign(this.area.style, { width: `${innerWidth}px`, height: `${innerHeight}px` });
    for (const view of [this.plane, this.space]) view.resize(innerWidth, innerHeight);
    for (const layer of this.layers) {
      layer.width = Math.round(innerWidth * devicePixelRatio);
      layer.height = Math.round(innerHeight * devicePixelRatio);
    }
    this.image = contextOf(this.pointsLayer).createImageData(this.pointsLayer.width, this.pointsLayer.height);
    if (this.layout && this.view.zoomed === 1) this.view.fit(this.layout, this.whole);
    this.drawAxes();
    this.repaint();
  }

  /**
   * Moves the points to a layout.
   *
   * @param {Float32Array} layout n × dims
   * @param {number} dims 2 or 3
   * @param {(string | null)[]} titles of the axes, null where they mean nothing
   * @param {number} ms that the move takes
   */
  setLayout(layout, dims, titles, ms) {
    const n = layout.length / dims;
    const from = this.screen.length === 2 * n ? this.screen : null;
    Object.assign(this, { layout, titles });
    this.view = dims === 2 ? this.plane : this.space;
    this.screen = new Float32Array(2 * n);
    this.depths = dims === 3 ? new Float32Array(n) : null;
    this.view.fit(layout, this.whole);
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
    this.shown = style.visible.reduce((sum, each) => sum + each, 0);
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
    if (this.layout) this.view.fit(this.layout, this.whole);
    this.showView();
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

  /** Asks for new axes. Plotly takes tens of ms for them: they wait until the next frame is painted. */
  drawAxes() {
    this.axesAsked = true;
    this.repaintMarks();
  }

  // — where things are —

  /** @param {{clientX: number, clientY: number}} event @returns {Place} */
  placeAt({ clientX, clientY }) {
    const box = this.area.getBoundingClientRect();
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
    const { screen } = this,
      visible = this.style?.visible ?? [];
    let best = reach * reach,
      found = -1;
    for (let i = 0; i < visible.length; i++) {
      const squared = (screen[2 * i] - x) ** 2 + (screen[2 * i + 1] - y) ** 2;
      if (squared > best || !visible[i]) continue;
      best = squared;
      found = i;
    }
    return found;
  }

  /**
   * The visible points within a closed path on the screen.
   *
   * @param {Place[]} path
   */
  rowsWithin(path) {
    const context = contextOf(this.marksLayer),
      polygon = new Path2D(),
      visible = this.style?.visible ?? [];
    for (const [x, y] of path) polygon.lineTo(x, y);
    context.setTransform(1, 0, 0, 1, 0, 0);
    const rows = [];
    for (let i = 0; i < visible.length; i++) {
      if (visible[i] && context.isPointInPath(polygon, ...this.placeOfRow(i))) rows.push(i);
    }
    return rows;
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

  // — painting —

  repaint() {
    this.outdated = true;
    this.repaintMarks();
  }

  repaintMarks() {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = undefined;
      this.paint(now);
      this.paintMarks();
      if (this.axesAsked) setTimeout(() => this.axes.draw(this.axesStyle()));
      this.axesAsked = false; // once, however long the timer takes
    });
  }

  axesStyle() {
    const { titles, width, height, colours, tool } = this;
    return this.view === this.plane && titles ? { titles, width, height, colours, pans: tool === "move" } : null;
  }

  /** @param {number} now */
  paint(now) {
    const { layout, style, image, screen, depths, plane } = this;
    if (!this.outdated || !layout || !style || !image) return;
    this.outdated = false;
    this.view.project(layout, screen, depths);
    if (this.morph) this.blend(this.morph, now);
    if (this.view === plane) this.element.dataset.view = [...plane.centre, plane.unit].join(); // for tests
    const { radius, opacity } = this.dot();
    const size = radius * devicePixelRatio,
      stamps = style.marks?.stamps(size) ?? [dotStamp(size)];
    paintDots(image, devicePixelRatio, stamps, { ...style, screen, depths, opacity });
    const { pointsLayer } = this;
    contextOf(pointsLayer).putImageData(image, 0, 0);
    pointsLayer.dataset.frame = `${Number(pointsLayer.dataset.frame ?? 0) + 1}`; // for tests and the benchmark
    this.notePainted?.();
    const context = cleared(this.picturesLayer);
    if (this.view === plane && !this.morph) this.pictures?.paint(context, plane);
  }

  /** How a point looks: over pictures, the more crowded the points, the smaller and fainter. */
  dot() {
    if (this.pictures) return dotOnPictures(this.plane.crowd(this.shown));
    return { radius: this.screen.length / 2 > MANY ? SMALL_DOT : DOT, opacity: undefined };
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
    const context = cleared(this.marksLayer);
    const { text, ground, accent } = this.colours;
    const { prior, lines: pairs, rings, pins, hovered, cross: crossAt, lasso } = this.marks;
    if (this.view === this.space) this.paintBox(context, text, ground);
    else if (prior) this.paintPrior(context, prior, text, ground);
    if (pairs.length) outlined(context, lines(pairs.map((pair) => pair.map((i) => this.placeOfRow(i)))), accent, 1.5);
    for (const i of rings) outlined(context, circle(...this.placeOfRow(i), 5), "#fff", 1);
    for (const pin of pins) this.paintPin(context, pin);
    if (hovered >= 0) outlined(context, circle(...this.placeOfRow(hovered), 6));
    if (crossAt) outlined(context, cross(...crossAt, 9), "#fff", 1.5);
    if (lasso.length) outlined(context, lines(lasso.slice(1).map((at, k) => [lasso[k], at])), accent);
  }

  /**
   * Circles at 1, 2 and 3 standard deviations of the prior. Those that pass the area by are left out: in a deep zoom
   * they cost the most.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number[]} centre
   * @param {string} text
   * @param {string} ground
   */
  paintPrior(context, centre, text, ground) {
    const [x, y] = this.placeOf(centre),
      { width, height, unit } = this.plane;
    const nearest = Math.hypot(Math.max(0, -x, x - width), Math.max(0, -y, y - height));
    const farthest = Math.hypot(Math.max(x, width - x), Math.max(y, height - y));
    for (const sigmas of PRIOR_SIGMAS) {
      const radius = sigmas / unit;
      if (radius < nearest - 1 || radius > farthest + 1) continue;
      outlined(context, circle(x, y, radius), text, 1.2, ground);
      const top = y - radius;
      label(context, `${sigmas} σ`, x, Math.abs(top) < HALF_LABEL ? HALF_LABEL : top, text, ground); // never cut in two
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} text
   * @param {string} ground
   */
  paintBox(context, text, ground) {
    Object.assign(context, { strokeStyle: text, lineWidth: 1 });
    this.space.edges.forEach(([from, to], k) => {
      context.globalAlpha = k < 3 ? 0.9 : 0.15;
      context.stroke(lines([[this.placeOf(from), this.placeOf(to)]]));
    });
    context.globalAlpha = 1;
    const { width, height } = this.space;
    this.space.edges.slice(0, 3).forEach(([, end], k) => {
      const title = this.titles?.[k];
      if (!title) return;
      const [x, y] = this.placeOf(end);
      const insideX = Math.max(HALF_TITLE, Math.min(width - HALF_TITLE, x)),
        insideY = Math.max(HALF_LABEL, Math.min(height - HALF_LABEL, y));
      label(context, title, insideX, insideY, text, ground);
    });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {PinMark} pin
   */
  paintPin(context, { row, coordinates, name }) {
    const [x, y] = row === null ? this.placeOf(coordinates ?? []) : this.placeOfRow(row);
    outlined(context, circle(x, y, 8));
    outlined(context, cross(x, y, 3), "#fff", 1.5);
    if (name) label(context, name, x + 15, y - 9, "#fff", "#000");
  }

  /** The theme's, which map.css stores in properties of the area that have no effect there. */
  get colours() {
    const { color, textDecorationColor, outlineColor, borderColor } = getComputedStyle(this.area);
    return { text: color, ground: textDecorationColor, accent: outlineColor, grid: borderColor };
  }

  close() {
    this.closed = true;
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.axes.close();
  }
}

/**
 * The context of an emptied layer, whose unit is the CSS pixel.
 *
 * @param {HTMLCanvasElement} layer
 */
function cleared(layer) {
  const context = contextOf(layer);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, layer.width, layer.height);
  context.scale(devicePixelRatio, devicePixelRatio);
  return context;
}
