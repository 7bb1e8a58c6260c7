/**
 * What pointers and keys do to the plot. Plotly pans and zooms the plane with the mouse as soon as its axes are drawn;
 * fingers, keys, the other tools and 3-D are handled here.
 *
 * @import { Plot } from "./plot.js"
 * @import { Place } from "./views.js"
 *
 * Where the user points: a place on the screen, its coordinates, and the point within reach, -1 where there is none.
 *
 * z: where another page says what is there, else this page's projection does.
 *
 * @typedef {{x: number, y: number, coordinates: number[], point: number, z?: number[]}} Spot
 * @typedef {object} GestureCalls
 * @property {(spot: Spot) => void} onHover
 * @property {() => void} onLeave
 * @property {(spot: Spot) => void} onClick
 * @property {(rows: number[], add: boolean) => void} onLasso
 * @property {() => void} onEscape
 *
 * path: of a lasso.
 *
 * @typedef {{kind: "plotly" | "pan" | "turn" | "probe" | "lasso" | "pinch", start: Place, last: Place, path: Place[],
 *            moved: boolean}} Gesture
 */

// CSS pixels from a point within which the point is meant.
const REACH = 7;
const REACH_OF = new Map([
  ["touch", 14],
  ["keyboard", 4],
]);
const CLICK_PIXELS = 4; // a longer way is a drag
const REST_MS = 400; // without input
const KEY_STEP = 8,
  BIG_KEY_STEP = 40; // CSS pixels
const KEY_ZOOM = 1.25,
  WHEEL_ZOOM = 0.0015;
const TURN = 0.008; // radians per CSS pixel
/** @type {Map<string, [number, number]>} */
const ARROWS = new Map([
  ["ArrowLeft", [-1, 0]],
  ["ArrowRight", [1, 0]],
  ["ArrowUp", [0, -1]],
  ["ArrowDown", [0, 1]],
]);

export class Gestures {
  /** By pointerId. @type {Map<number, Place>} */
  fingers = new Map();
  /** @type {Gesture | null} */
  gesture = null;
  inputAt = 0;

  /**
   * @param {Plot} plot
   * @param {GestureCalls} calls
   */
  constructor(plot, calls) {
    this.plot = plot;
    this.calls = calls;
    this.listen();
  }

  /** Resolves when the points have been painted and there has been no input for a moment. */
  async resting() {
    await this.plot.painted;
    do await new Promise((resolve) => setTimeout(resolve, REST_MS));
    while (performance.now() - this.inputAt < REST_MS);
  }

  listen() {
    const { plot, calls } = this;
    /** @type {<K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void,
     *         options?: AddEventListenerOptions) => void} */
    const on = (type, listener, options) => plot.element.addEventListener(type, listener, options);
    const noteInput = () => {
      this.inputAt = performance.now();
    };
    for (const type of /** @type {const} */ (["pointerdown", "pointermove", "wheel", "keydown"])) {
      on(type, noteInput, { passive: true });
    }
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", (event) => this.cancel(event));
    on("pointerleave", () => !this.gesture && calls.onLeave());
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("keydown", (event) => this.key(event));
    on("dblclick", () => plot.tool === "move" && plot.fit());
    // Plotly gets the mouse for the tool "move" only, and no fingers, because it knows no pinch.
    on("touchstart", (event) => event.stopPropagation(), { capture: true, passive: true });
    on("mousedown", (event) => plot.tool !== "move" && event.stopPropagation(), { capture: true });
  }

  /**
   * @param {Place} place
   * @param {string} pointer its type, or "keyboard"
   * @returns {Spot}
   */
  spotAt([x, y], pointer) {
    const point = this.plot.pointNear(x, y, REACH_OF.get(pointer) ?? REACH);
    return { x, y, coordinates: this.plot.view.lift(x, y), point };
  }

  // — pointers —

  /** @param {PointerEvent} event */
  press(event) {
    const { plot } = this;
    const at = plot.placeAt(event);
    if (event.button !== 0 || !plot.layout || !plot.contains(at)) return;
    plot.element.focus({ preventScroll: true }); // Plotly keeps the browser from doing so
    plot.element.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, at);
    const kind = this.fingers.size === 2 ? "pinch" : this.kindOf(event);
    this.gesture = { kind, start: at, last: at, path: [at], moved: false };
    if (kind === "probe") this.calls.onHover(this.spotAt(at, event.pointerType));
  }

  /** @param {PointerEvent} event */
  kindOf({ pointerType, shiftKey }) {
    const { plot } = this;
    if (plot.tool !== "move") return plot.tool;
    if (plot.view === plot.space) return shiftKey ? "pan" : "turn";
    return pointerType === "mouse" && plot.axes.drawn ? "plotly" : "pan";
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { plot, gesture } = this;
    const at = plot.placeAt(event);
    if (!gesture) {
      const hovers = event.pointerType === "mouse" && plot.layout && plot.contains(at);
      if (hovers) this.calls.onHover(this.spotAt(at, "mouse"));
    } else if (this.fingers.has(event.pointerId)) {
      if (gesture.kind === "pinch") this.pinch(event.pointerId, at);
      else this.drag(gesture, at, event.pointerType);
    }
  }

  /**
   * @param {Gesture} gesture
   * @param {Place} at
   * @param {string} pointer
   */
  drag(gesture, at, pointer) {
    const { start, last, kind, path } = gesture;
    if (!gesture.moved && Math.hypot(at[0] - start[0], at[1] - start[1]) < CLICK_PIXELS) return;
    const { plot } = this;
    const first = !gesture.moved;
    const [x, y] = [at[0] - last[0], at[1] - last[1]];
    gesture.moved = true;
    gesture.last = at;
    if (kind === "probe") return this.calls.onHover(this.spotAt(at, pointer));
    if (first) this.calls.onLeave();
    if (kind === "lasso") {
      path.push(at);
      plot.setMarks({ lasso: path });
    } else if (kind !== "plotly") {
      if (kind === "turn") plot.space.turn(x * TURN, y * TURN);
      else plot.view.pan(x, y);
      plot.showView();
    }
  }

  /**
   * @param {number} id of the finger that moved
   * @param {Place} at
   */
  pinch(id, at) {
    const { plot } = this;
    const other = [...this.fingers].find(([otherId]) => otherId !== id)?.[1];
    const before = this.fingers.get(id);
    this.fingers.set(id, at);
    if (!other || !before) return;
    const span = (/** @type {Place} */ [x, y]) => Math.max(10, Math.hypot(x - other[0], y - other[1]));
    plot.view.pan((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    plot.zoom(span(at) / span(before), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
  }

  /** @param {PointerEvent} event */
  release(event) {
    const { gesture, calls } = this;
    this.cancel(event);
    if (!gesture || gesture.kind === "pinch" || this.gesture) return;
    const { kind, start, last, path, moved } = gesture;
    if (!moved || kind === "probe") calls.onClick(this.spotAt(moved ? last : start, event.pointerType));
    else if (kind === "lasso") calls.onLasso(this.plot.rowsWithin(path), event.shiftKey);
  }

  /** @param {PointerEvent} event */
  cancel({ pointerId }) {
    this.fingers.delete(pointerId);
    if (this.gesture?.kind === "pinch" && this.fingers.size > 0) return;
    this.gesture = null;
    this.plot.setMarks({ lasso: [] });
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const { plot } = this;
    if (plot.view === plot.plane && plot.axes.drawn) return; // Plotly zooms
    event.preventDefault();
    plot.zoom(Math.exp(-event.deltaY * WHEEL_ZOOM), ...plot.placeAt(event));
  }

  // — keys —

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.plot.layout || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS.get(event.key);
    if (direction) this.arrow(direction, event.shiftKey);
    else if (!this.command(event.key)) return;
    event.preventDefault();
  }

  /**
   * @param {[number, number]} direction
   * @param {boolean} shift
   */
  arrow([x, y], shift) {
    const { plot } = this;
    if (shift && plot.view === plot.space) {
      plot.space.turnByKey(x, y);
      return plot.showView();
    }
    const step = shift ? BIG_KEY_STEP : KEY_STEP;
    const { width, height } = plot.view;
    const [x0, y0] = plot.marks.cross ?? [width / 2, height / 2];
    const clamp = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(0, Math.min(most, value));
    /** @type {Place} */
    const at = [clamp(x0 + step * x, width), clamp(y0 + step * y, height)];
    plot.setMarks({ cross: at });
    this.calls.onHover(this.spotAt(at, "keyboard"));
  }

  /**
   * Returns whether the key means anything here.
   *
   * @param {string} key
   */
  command(key) {
    const { plot, calls } = this;
    const at = plot.marks.cross;
    if (key === "Enter" && at) calls.onClick(this.spotAt(at, "keyboard"));
    else if (key === "+" || key === "-") plot.zoom(key === "+" ? KEY_ZOOM : 1 / KEY_ZOOM, ...(at ?? []));
    else if (key === "0") plot.fit();
    else if (key === "Escape") {
      plot.setMarks({ cross: null });
      calls.onEscape();
    } else return false;
    return true;
  }
}
