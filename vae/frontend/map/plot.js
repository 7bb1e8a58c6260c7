/**
 * The plot of the latent map: layers on top of each other, and what hands and keys do to them.
 *
 * Plotly draws the plane's axes and moves them (pan and wheel), as soon as it is there; until then the hands move the
 * points alone. These lie on a canvas of our own: plotly's WebGL points reach 12 frames/s without a graphics card,
 * plotly's 3-D points 3. In space, everything is our own.
 */

import { dotStamp, paintDots } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { circle, cross, label, lines, outlined } from "./paint.js";
import { Plane, Space } from "./views.js";

const MARGIN = { l: 46, r: 8, t: 8, b: 34 };
const DOT = 2.4,
  SMALL_DOT = 1.9; // radius in CSS pixels; small for many points
const MANY = 4000;
const REACH = { mouse: 7, pen: 7, touch: 14, keyboard: 4 }; // CSS pixels from a point that still mean the point
const CLICK_PIXELS = 4;
const REST_MS = 400; // without a touch: the hand rests
const KEY_STEP = 8,
  BIG_KEY_STEP = 40; // CSS pixels
const KEY_ZOOM = 1.25,
  WHEEL_ZOOM = 0.0015;
const HALF_LABEL = 10; // CSS pixels
const TURN = 0.008; // radians per CSS pixel
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Plot {
  tool = "move"; // or "probe" or "lasso"
  marks = { prior: null, lines: [], rings: [], pins: [], hovered: -1, cross: null };
  pictures = null; // a Manifold, or nothing
  style = null; // colours, palette, visible, bright of the points
  fingers = new Map(); // pointerId -> place

  /**
   * calls: onHover(place), onLeave(), onClick(place), onLasso(rows, add), onEscape(); a place is {x, y, coordinates,
   * point: a row or -1}.
   */
  constructor(calls) {
    this.calls = calls;
    this.axes = element("div", { className: "axes" });
    const layers = ["pictures-layer", "points-layer", "marks-layer"];
    this.layers = layers.map((className) => element("canvas", { className }));
    this.area = element("div", { className: "area" }, ...this.layers);
    this.element = element("div", { className: "plot", tabIndex: 0, role: "application" }, this.axes, this.area);
    Object.assign(this.area.style, { left: `${MARGIN.l}px`, top: `${MARGIN.t}px` });
    this.plane = new Plane(1, 1);
    this.space = new Space(1, 1);
    this.view = this.plane;
    this.painted = new Promise((resolve) => (this.hasPainted = resolve)); // the points, for the first time
    this.touchedAt = 0;
    this.listen();
  }

  // — what is shown —

  resize(width, height) {
    if (width === this.width && height === this.height) return;
    Object.assign(this, { width, height });
    const inner = [Math.max(1, width - MARGIN.l - MARGIN.r), Math.max(1, height - MARGIN.t - MARGIN.b)];
    this.element.style.height = `${height}px`;
    Object.assign(this.area.style, { width: `${inner[0]}px`, height: `${inner[1]}px` });
    for (const view of [this.plane, this.space]) view.resize(...inner);
    for (const layer of this.layers) {
      layer.width = Math.round(inner[0] * devicePixelRatio);
      layer.height = Math.round(inner[1] * devicePixelRatio);
    }
    this.image = this.layers[1].getContext("2d").createImageData(this.layers[1].width, this.layers[1].height);
    if (this.layout && this.view.zoomed === 1) this.view.fit(this.layout);
    this.drawAxes();
    this.repaint();
  }

  /** Moves the points to a layout (n × dims) within so many ms. titles: of its axes, null where they mean nothing. */
  setLayout(layout, dims, titles, ms) {
    const from = this.screen?.length === (layout.length / dims) * 2 ? this.screen.slice() : null;
    Object.assign(this, { layout, titles });
    this.view = dims === 2 ? this.plane : this.space;
    this.screen = new Float32Array((layout.length / dims) * 2);
    this.depths = dims === 3 ? new Float32Array(layout.length / dims) : null;
    this.view.fit(layout);
    this.morph = from && ms ? { from, start: performance.now(), ms } : null;
    this.drawAxes();
    this.repaint();
  }

  /** Another model's n points are on their way: those of now stay as long as they may be the same images. */
  expect(n) {
    if (this.layout && this.screen.length !== 2 * n) this.layout = null;
  }

  setStyle(style) {
    this.style = style;
    this.repaint();
  }

  setMarks(marks) {
    Object.assign(this.marks, marks);
    this.repaintMarks();
  }

  setTool(tool) {
    this.tool = tool;
    this.element.dataset.tool = tool;
    this.drawAxes();
  }

  describe(text) {
    this.element.ariaLabel = text;
  }

  fit() {
    if (this.layout) this.view.fit(this.layout);
    this.viewMoved();
  }

  zoom(factor, x, y) {
    this.view.zoom(factor, x, y);
    this.viewMoved();
  }

  /** The view moved by our doing: the axes follow. */
  viewMoved() {
    this.moveAxes();
    this.repaint();
  }

  // — plotly's part —

  /** Takes plotly when it has come; the points do not wait for it. */
  setPlotly(plotly) {
    this.plotly = plotly;
    this.drawAxes();
  }

  /** Asks for the axes of now. What plotly does for them takes tens of ms: it waits until the next frame is painted. */
  drawAxes() {
    this.axesAsked = true;
    this.repaintMarks();
  }

  drawAskedAxes() {
    const flat = this.view.dims === 2 && this.titles;
    this.axes.hidden = !flat;
    if (!this.plotly || !flat || !this.width || !this.element.isConnected) return;
    const options = { scrollZoom: true, displayModeBar: false, doubleClick: false };
    const first = !this.drawnAxes;
    this.drawnAxes = this.plotly.react(this.axes, [], this.axesLayout(), options).catch(() => {}); // closed meanwhile
    if (!first) return;
    const moved = (change) => this.axesMoved(change);
    for (const name of ["plotly_relayouting", "plotly_relayout"]) this.axes.on(name, moved);
  }

  axesLayout() {
    const theme = getComputedStyle(this.element);
    const [x, y] = this.view.ranges;
    const { grid, ground } = this.colours;
    const axis = (k, range) => ({
      range,
      title: { text: this.titles[k] ?? "", standoff: 4 },
      showticklabels: this.titles[k] !== null,
      showgrid: this.titles[k] !== null,
      zeroline: this.titles[k] !== null,
      gridcolor: grid,
      zerolinecolor: grid,
      zerolinewidth: 2,
      ticks: "",
      automargin: false,
    });
    return {
      width: this.width,
      height: this.height,
      margin: MARGIN,
      hovermode: false,
      showlegend: false,
      dragmode: this.tool === "move" ? "pan" : false,
      paper_bgcolor: "transparent",
      plot_bgcolor: ground,
      font: { color: theme.color, family: theme.fontFamily, size: 11 },
      xaxis: axis(0, x),
      yaxis: { ...axis(1, y), scaleanchor: "x" },
    };
  }

  /** The hand moved the axes: the points follow. */
  axesMoved(change) {
    if (this.movingAxes || change["xaxis.range[0]"] === undefined || change["yaxis.range[0]"] === undefined) return;
    const range = (axis) => [change[`${axis}.range[0]`], change[`${axis}.range[1]`]];
    this.plane.ranges = [range("xaxis"), range("yaxis")];
    this.repaint();
  }

  /** One at a time: the newest ranges win. */
  async moveAxes() {
    if (!this.drawnAxes || this.view !== this.plane || this.movingAxes) {
      this.axesOutdated = true;
      return;
    }
    this.movingAxes = true;
    do {
      this.axesOutdated = false;
      const [x, y] = this.plane.ranges;
      await this.plotly.relayout(this.axes, { "xaxis.range": x, "yaxis.range": y }).catch(() => {});
    } while (this.axesOutdated && !this.closed);
    this.movingAxes = false;
  }

  // — painting —

  repaint() {
    this.outdated = true;
    this.repaintMarks();
  }

  repaintMarks() {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = undefined;
      if (this.outdated && this.style && this.layout) this.paint(now);
      this.paintMarks();
      if (this.axesAsked) setTimeout(() => this.drawAskedAxes());
      this.axesAsked = false; // once, however long the timer takes
    });
  }

  paint(now) {
    this.outdated = false;
    this.view.project(this.layout, this.screen, this.depths);
    if (this.morph) this.blend(now);
    if (this.view === this.plane) this.element.dataset.view = [...this.plane.centre, this.plane.unit]; // for tests
    const radius = (this.pictures || this.screen.length / 2 > MANY ? SMALL_DOT : DOT) * (this.pictures ? 0.8 : 1);
    const stamp = dotStamp(radius * devicePixelRatio);
    paintDots(this.image, devicePixelRatio, stamp, { ...this.style, screen: this.screen, depths: this.depths });
    const [pictures, points] = this.layers;
    points.getContext("2d").putImageData(this.image, 0, 0);
    points.dataset.frame = Number(points.dataset.frame ?? 0) + 1; // lets tests and the benchmark see each frame
    this.hasPainted();
    const context = this.cleared(pictures);
    if (this.pictures && this.view === this.plane && !this.morph) this.pictures.paint(context, this.plane);
  }

  /** Between the old places and the new, eased at both ends. */
  blend(now) {
    const { from, start, ms } = this.morph;
    const share = Math.max(0, Math.min(1, (now - start) / ms));
    const eased = share * share * (3 - 2 * share);
    for (let i = 0; i < from.length; i++) this.screen[i] = from[i] + eased * (this.screen[i] - from[i]);
    if (share === 1) this.morph = null;
    this.repaint();
  }

  cleared(layer) {
    const context = layer.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, layer.width, layer.height);
    context.scale(devicePixelRatio, devicePixelRatio);
    return context;
  }

  paintMarks() {
    if (!this.layout || this.closed) return;
    const context = this.cleared(this.layers[2]);
    const { text, ground, accent } = this.colours;
    const { prior, lines: pairs, rings, pins, hovered, cross: crossAt } = this.marks;
    if (this.view === this.space) this.paintBox(context, text, ground);
    else if (prior) this.paintPrior(context, prior, text, ground);
    if (pairs.length) outlined(context, lines(pairs.map((pair) => pair.map((i) => this.placeOf(i)))), accent, 1.5);
    for (const i of rings) outlined(context, circle(...this.placeOf(i), 5), "#fff", 1);
    for (const pin of pins) this.paintPin(context, pin);
    if (hovered >= 0) outlined(context, circle(...this.placeOf(hovered), 6));
    if (crossAt) outlined(context, cross(...crossAt, 9), "#fff", 1.5);
    const { path = null } = this.gesture ?? {};
    if (path) outlined(context, lines(path.slice(1).map((at, k) => [path[k], at])), accent);
  }

  /** Circles at 1, 2, 3 standard deviations of the prior; those that pass the area by cost the most, deep in a zoom. */
  paintPrior(context, { centre, radii }, text, ground) {
    const [x, y] = this.place(centre),
      { width, height, unit } = this.plane;
    const nearest = Math.hypot(Math.max(0, -x, x - width), Math.max(0, -y, y - height));
    const farthest = Math.hypot(Math.max(x, width - x), Math.max(y, height - y));
    for (const sigmas of radii) {
      const radius = sigmas / unit;
      if (radius < nearest - 1 || radius > farthest + 1) continue;
      outlined(context, circle(x, y, radius), text, 1.2, ground);
      const top = y - radius;
      label(context, `${sigmas} σ`, x, Math.abs(top) < HALF_LABEL ? HALF_LABEL : top, text, ground); // never cut in two
    }
  }

  paintBox(context, text, ground) {
    Object.assign(context, { strokeStyle: text, lineWidth: 1 });
    this.space.edges.forEach(([from, to], k) => {
      context.globalAlpha = k < 3 ? 0.9 : 0.15;
      context.stroke(lines([[this.place(from), this.place(to)]]));
    });
    context.globalAlpha = 1;
    this.space.edges.slice(0, 3).forEach(([, end], k) => {
      const [x, y] = this.place(end),
        { width, height } = this.view;
      const inside = [Math.max(60, Math.min(width - 60, x)), Math.max(10, Math.min(height - 10, y))];
      if (this.titles[k]) label(context, this.titles[k], ...inside, text, ground);
    });
  }

  /** A pinned image moves with its point. */
  paintPin(context, { row, coordinates, name }) {
    const [x, y] = row === null ? this.place(coordinates) : this.placeOf(row);
    outlined(context, circle(x, y, 8));
    outlined(context, cross(x, y, 3), "#fff", 1.5);
    if (name) label(context, name, x + 15, y - 9, "#fff", "#000");
  }

  get colours() {
    const { color, textDecorationColor, outlineColor, borderColor } = getComputedStyle(this.area);
    return { text: color, ground: textDecorationColor, accent: outlineColor, grid: borderColor };
  }

  placeOf(i) {
    return [this.screen[2 * i], this.screen[2 * i + 1]];
  }

  /** Where these coordinates are drawn. */
  place(coordinates) {
    const screen = [0, 0];
    if (coordinates.length === this.view.dims) this.view.project(coordinates, screen);
    return screen;
  }

  // — hands —

  /** Resolves when no hand has wanted anything of the points for a moment since they were first painted. */
  async resting() {
    await this.painted;
    do await new Promise((resolve) => setTimeout(resolve, REST_MS));
    while (performance.now() - this.touchedAt < REST_MS);
  }

  listen() {
    const on = (type, listener, options) => this.element.addEventListener(type, listener, options);
    const touch = () => (this.touchedAt = performance.now());
    for (const type of ["pointerdown", "pointermove", "wheel", "keydown"]) on(type, touch, { passive: true });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.drag(event));
    on("pointerup", (event) => this.letGo(event));
    on("pointercancel", (event) => this.giveUp(event));
    on("pointerleave", () => !this.gesture && this.calls.onLeave());
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("keydown", (event) => this.key(event));
    on("dblclick", () => this.tool === "move" && this.fit());
    // Plotly pans with the mouse; fingers are ours (it knows no pinch), and so is every other tool.
    on("touchstart", (event) => event.stopPropagation(), { capture: true, passive: true });
    on("mousedown", (event) => this.tool !== "move" && event.stopPropagation(), { capture: true });
  }

  at({ clientX, clientY }) {
    const box = this.area.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  }

  isInside([x, y]) {
    return x >= 0 && y >= 0 && x <= this.view.width && y <= this.view.height;
  }

  /** What lies at a place on the screen: a point within reach, or the coordinates alone. */
  look([x, y], pointer) {
    return { x, y, coordinates: this.view.lift(x, y), point: this.pick(x, y, REACH[pointer] ?? REACH.mouse) };
  }

  pick(x, y, reach) {
    let best = reach * reach,
      found = -1;
    for (let i = 0; i < this.style.visible.length; i++) {
      const squared = (this.screen[2 * i] - x) ** 2 + (this.screen[2 * i + 1] - y) ** 2;
      if (squared > best || !this.style.visible[i]) continue;
      best = squared;
      found = i;
    }
    return found;
  }

  press(event) {
    const at = this.at(event);
    if (event.button !== 0 || !this.layout || !this.isInside(at)) return;
    this.element.focus({ preventScroll: true }); // plotly keeps the browser from doing so
    this.element.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, at);
    if (this.fingers.size === 2) this.gesture = { kind: "pinch" };
    else this.gesture = { kind: this.kindOf(event), start: at, last: at, path: this.tool === "lasso" ? [at] : null };
    if (this.gesture.kind === "probe") this.calls.onHover(this.look(at, event.pointerType));
  }

  kindOf({ pointerType, shiftKey }) {
    if (this.tool !== "move") return this.tool;
    if (this.view === this.space) return shiftKey ? "pan" : "turn";
    return pointerType === "mouse" && this.drawnAxes ? "plotly" : "pan";
  }

  drag(event) {
    const at = this.at(event);
    if (!this.gesture) {
      if (event.pointerType === "mouse" && this.layout && this.isInside(at)) this.calls.onHover(this.look(at, "mouse"));
      return;
    }
    if (!this.fingers.has(event.pointerId)) return;
    const { gesture } = this;
    if (gesture.kind === "pinch") return this.pinch(event.pointerId, at);
    if (!gesture.moved && Math.hypot(at[0] - gesture.start[0], at[1] - gesture.start[1]) < CLICK_PIXELS) return;
    const first = !gesture.moved;
    gesture.moved = true;
    const [x, y] = [at[0] - gesture.last[0], at[1] - gesture.last[1]];
    gesture.last = at;
    if (gesture.kind === "probe") this.calls.onHover(this.look(at, event.pointerType));
    else if (first) this.calls.onLeave();
    if (gesture.kind === "lasso") gesture.path.push(at);
    if (gesture.kind === "turn") this.view.turn(x * TURN, y * TURN);
    if (gesture.kind === "pan") this.view.pan(x, y);
    if (gesture.kind === "lasso") this.repaintMarks();
    else if (gesture.kind === "turn" || gesture.kind === "pan") this.viewMoved();
  }

  pinch(moved, at) {
    const other = [...this.fingers].find(([id]) => id !== moved)?.[1];
    const before = this.fingers.get(moved);
    this.fingers.set(moved, at);
    if (!other) return;
    const span = ([x, y]) => Math.max(10, Math.hypot(x - other[0], y - other[1]));
    this.view.pan((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    this.zoom(span(at) / span(before), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
  }

  letGo(event) {
    const { gesture } = this;
    this.giveUp(event);
    if (!gesture || gesture.kind === "pinch" || this.gesture) return;
    if (!gesture.moved) this.calls.onClick(this.look(gesture.start, event.pointerType));
    else if (gesture.kind === "lasso") this.calls.onLasso(this.rowsWithin(gesture.path), event.shiftKey);
    else if (gesture.kind === "probe") this.calls.onClick(this.look(gesture.last, event.pointerType));
    this.repaintMarks();
  }

  giveUp({ pointerId }) {
    this.fingers.delete(pointerId);
    if (this.gesture?.kind !== "pinch" || this.fingers.size === 0) this.gesture = null;
  }

  rowsWithin(path) {
    const context = this.layers[2].getContext("2d"),
      polygon = new Path2D();
    for (const [x, y] of path) polygon.lineTo(x, y);
    context.setTransform(1, 0, 0, 1, 0, 0);
    const rows = [];
    for (let i = 0; i < this.style.visible.length; i++) {
      if (this.style.visible[i] && context.isPointInPath(polygon, ...this.placeOf(i))) rows.push(i);
    }
    return rows;
  }

  wheel(event) {
    if (this.view === this.plane && this.drawnAxes) return; // plotly's
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * WHEEL_ZOOM), ...this.at(event));
  }

  // — keys —

  key(event) {
    const arrow = ARROWS[event.key];
    if (!this.layout || event.ctrlKey || event.metaKey || event.altKey) return;
    const done = arrow ? this.arrow(arrow, event.shiftKey) : this.command(event.key);
    if (done === false) return;
    event.preventDefault();
  }

  arrow([x, y], shift) {
    if (shift && this.view === this.space) {
      this.space.turnByKey(x, y);
      return this.viewMoved();
    }
    const step = shift ? BIG_KEY_STEP : KEY_STEP;
    const [x0, y0] = this.marks.cross ?? [this.view.width / 2, this.view.height / 2];
    const clamp = (value, most) => Math.max(0, Math.min(most, value));
    this.moveCross([clamp(x0 + step * x, this.view.width), clamp(y0 + step * y, this.view.height)]);
  }

  moveCross(at) {
    this.setMarks({ cross: at });
    this.calls.onHover(this.look(at, "keyboard"));
  }

  command(key) {
    const { cross: at } = this.marks;
    if (key === "Enter") return at ? this.calls.onClick(this.look(at, "keyboard")) : false;
    if (key === "+" || key === "-") return this.zoom(key === "+" ? KEY_ZOOM : 1 / KEY_ZOOM, ...(at ?? []));
    if (key === "0") return this.fit();
    if (key !== "Escape") return false;
    this.setMarks({ cross: null });
    this.calls.onEscape();
  }

  close() {
    this.closed = true;
    cancelAnimationFrame(this.frame);
    if (this.drawnAxes) this.plotly.purge(this.axes);
  }
}
