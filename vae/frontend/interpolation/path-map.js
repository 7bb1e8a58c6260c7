/**
 * The small map of the paths: the encoded test set as dots, the three paths as lines, and both ends, which can be dragged.
 * It is the latent space where that has two dimensions, else the plane of its first two principal components.
 */

import { drawingScale, paintDots } from "../lib/canvas.js";
import { contextOf, element, onDrag } from "../lib/dom.js";
import { boundsOf, frameOf } from "../lib/frame.js";
import { ClassMarks } from "../lib/palette.js";
import { t } from "../lib/words.js";

/** @import { Pca } from "../lib/contract.js" */
/** @import { Ends } from "./ends.js" */
/** @import { Space } from "./space.js" */
/** @typedef {"from" | "to"} MovedEnd */
/** @typedef {{colour: string, points: number[][]}} PathLine points: z's along the path */

const DOT = 1.4; // radius at drawingScale()
const LINE = 2.4,
  HALO = 5; // widths at drawingScale()
const EDGE = 0.97; // of half the side: where the mark of an end outside stays
const ROOM = 1.8, // how much larger than the paths the map is
  LEAST = 0.2; // of the half that shows most images
const STEP = 0.02,
  BIG_STEP = 0.1; // of the side, by an arrow key
/** @type {Map<string, [number, number]>} */
const ARROWS = new Map([
  ["ArrowLeft", [-1, 0]],
  ["ArrowRight", [1, 0]],
  ["ArrowUp", [0, 1]],
  ["ArrowDown", [0, -1]],
]);

export class PathMap {
  /** @type {{space: Space, plane: PathPlane} | null} */
  shown = null;
  /** @type {Record<MovedEnd, number[]>} */
  ends = { from: [], to: [] };
  /** Whether an end is being moved, and the map stays where it is. */
  isMoving = false;
  /** @type {PathLine[]} */
  lines = [];
  /** Half the side and the middle of what is shown, in the plane. */
  view = { x: 0, y: 0, half: 1, isWhole: true };

  /**
   * @param {string[]} palette
   * @param {object} calls
   * @param {(end: MovedEnd, z: number[]) => void} calls.onMove at each input event
   */
  constructor(palette, { onMove }) {
    this.palette = palette;
    this.onMove = onMove;
    this.dots = element("canvas");
    this.canvas = element("canvas", {
      role: "img",
      ariaLabel: t("The three paths on a map of the encoded test images"),
    });
    this.handles = { from: this.handle("from", "A"), to: this.handle("to", "B") };
    this.pad = element("div", { className: "path-map" }, this.canvas, ...Object.values(this.handles));
    this.caption = element("p", { className: "quiet" });
    this.element = element("div", { className: "map-place" }, this.pad, this.caption);
    const sizes = new ResizeObserver(() => this.paintDots());
    sizes.observe(this.pad); // ends with the pad when the component unmounts
  }

  /**
   * Shows this space, these ends, and the paths between them.
   *
   * @param {Space} space
   * @param {Ends} ends
   * @param {PathLine[]} lines
   */
  show(space, { from, to }, lines) {
    this.element.hidden = space.latentDim < 2;
    if (this.element.hidden) return;
    const before = this.ends;
    this.ends = { from: from.z, to: to.z };
    this.lines = lines;
    if (this.shown?.space !== space) this.takeSpace(space);
    else if (!this.isMoving && (before.from !== from.z || before.to !== to.z || !this.holdsPaths())) this.frame();
    else this.paint();
  }

  /** Whether all paths lie within what is shown, or all is shown that can be. */
  holdsPaths() {
    const { shown, view, lines } = this;
    if (!shown || view.isWhole) return true;
    const places = lines.flatMap(({ points }) => points.flatMap((z) => this.placeOf(shown.plane, z)));
    return places.every((share) => share >= 0 && share <= 1);
  }

  /** @param {Space} space */
  takeSpace(space) {
    this.shown = { space, plane: PathPlane.of(space.encoded) };
    const where = space.latentDim === 2 ? t("z₀ across, z₁ up") : t("plane of the first two principal components");
    this.caption.textContent = t`Encoded test images, ${where}. Drag A or B; arrow keys move it, too.`;
    this.frame();
  }

  /** Shows the paths and what is around them, at most all test images. */
  frame() {
    if (!this.shown) return;
    const { plane } = this.shown;
    this.view = viewOf(
      plane.layout,
      new Float32Array(this.lines.flatMap(({ points }) => points.flatMap((z) => plane.project(z)))),
    );
    this.paintDots();
  }

  /**
   * Where z is on the map, from 0 to 1 across and down.
   *
   * @param {PathPlane} plane
   * @param {number[]} z
   */
  placeOf(plane, z) {
    const [x, y] = plane.project(z),
      { view } = this;
    return [0.5 + (x - view.x) / view.half / 2, 0.5 + (view.y - y) / view.half / 2];
  }

  paintDots() {
    const { shown, view, palette } = this;
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!side || !shown) return; // not on the page yet
    for (const canvas of [this.canvas, this.dots]) Object.assign(canvas, { width: side, height: side });
    const { labels, classNames, n } = shown.space.encoded,
      marks = new ClassMarks(palette, classNames.length);
    const screen = shown.plane.layout.map(
      (value, i) => (0.5 + (i % 2 ? view.y - value : value - view.x) / view.half / 2) * side,
    );
    const context = contextOf(this.dots),
      image = context.createImageData(side, side);
    const all = { visible: new Uint8Array(n).fill(1), bright: null, depths: null, opacity: 0.5 };
    paintDots(image, 1, marks.stamps(DOT * drawingScale()), { screen, colours: labels, palette: marks.rgb, ...all });
    context.putImageData(image, 0, 0);
    this.paint();
  }

  paint() {
    const { shown, canvas, lines } = this;
    if (!shown || !canvas.width) return;
    const context = contextOf(canvas),
      side = canvas.width;
    context.clearRect(0, 0, side, side);
    context.drawImage(this.dots, 0, 0);
    const { backgroundColor } = getComputedStyle(this.pad);
    for (const { points, colour } of lines) {
      const path = new Path2D();
      for (const z of points) {
        const [x, y] = this.placeOf(shown.plane, z);
        path.lineTo(x * side, y * side);
      }
      context.lineJoin = "round";
      for (const [strokeStyle, width] of /** @type {[string, number][]} */ ([
        [backgroundColor, HALO],
        [colour, LINE],
      ])) {
        Object.assign(context, { strokeStyle, lineWidth: width * drawingScale() });
        context.stroke(path);
      }
    }
    for (const end of /** @type {const} */ (["from", "to"])) this.placeHandle(end, shown.plane);
    canvas.dataset.paths = `${lines.length}`; // for tests
  }

  /**
   * @param {MovedEnd} end
   * @param {PathPlane} plane
   */
  placeHandle(end, plane) {
    const clamp = (/** @type {number} */ share) => 0.5 + EDGE * Math.max(-0.5, Math.min(0.5, share - 0.5));
    const [x, y] = this.placeOf(plane, this.ends[end]).map(clamp);
    const { style } = this.handles[end];
    style.left = `${(100 * x).toFixed(2)}%`;
    style.top = `${(100 * y).toFixed(2)}%`;
  }

  /**
   * @param {MovedEnd} end
   * @param {string} name
   */
  handle(end, name) {
    const title = t`End ${name}: drag it, or move it by the arrow keys; Shift moves farther`;
    const handle = element("button", { type: "button", className: "handle", ariaLabel: title, title }, name);
    onDrag(
      handle,
      (event) => this.follow(end, event),
      () => {
        this.isMoving = false;
      },
    );
    handle.addEventListener("keydown", (event) => {
      const direction = ARROWS.get(event.key);
      if (!direction) return;
      event.preventDefault();
      this.step(end, direction, event.shiftKey ? BIG_STEP : STEP);
    });
    return handle;
  }

  /**
   * @param {MovedEnd} end
   * @param {PointerEvent} event
   */
  follow(end, { clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect(),
      { x, y, half } = this.view;
    const across = Math.max(0, Math.min(1, (clientX - left) / width)),
      down = Math.max(0, Math.min(1, (clientY - top) / height));
    this.isMoving = true;
    this.move(end, x + (2 * across - 1) * half, y + (1 - 2 * down) * half);
  }

  /**
   * @param {MovedEnd} end
   * @param {[number, number]} direction
   * @param {number} share of the side
   */
  step(end, [across, up], share) {
    if (!this.shown) return;
    const [x, y] = this.shown.plane.project(this.ends[end]),
      step = 2 * this.view.half * share;
    this.isMoving = true;
    this.move(end, x + across * step, y + up * step);
    this.isMoving = false;
  }

  /**
   * @param {MovedEnd} end
   * @param {number} x
   * @param {number} y
   */
  move(end, x, y) {
    if (this.shown) this.onMove(end, this.shown.plane.lift(this.ends[end], x, y));
  }
}

/**
 * The square to show: the paths in its middle half, or all that most images need where the paths take more room.
 *
 * @param {Float32Array} images n × 2
 * @param {Float32Array} paths m × 2
 */
export function viewOf(images, paths) {
  const all = squareOf(frameOf(images, 2)),
    near = squareOf(boundsOf(paths, 2));
  const half = Math.max(ROOM * near.half, LEAST * all.half);
  return half < all.half ? { ...near, half, isWhole: false } : { ...all, isWhole: true };
}

/** @param {{low: number[], high: number[]}} bounds */
function squareOf({ low, high }) {
  const half = (1.06 * Math.max(high[0] - low[0], high[1] - low[1])) / 2;
  return { x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, half };
}

/** A plane of the latent space, and where the encoded test images lie in it. */
export class PathPlane {
  /**
   * @param {number[]} origin
   * @param {number[][]} axes two orthonormal vectors
   * @param {Float32Array} mean n × latent_dim
   */
  constructor(origin, axes, mean) {
    this.origin = origin;
    this.axes = axes;
    const d = origin.length;
    /** n × 2. */
    this.layout = new Float32Array((2 * mean.length) / d);
    for (let i = 0; i < mean.length / d; i++) {
      this.layout.set(this.project(Array.from(mean.subarray(i * d, (i + 1) * d))), 2 * i);
    }
  }

  /** @param {{mean: Float32Array, latentDim: number, pca: Pca}} encoded */
  static of({ mean, latentDim, pca }) {
    if (latentDim > 2) return new PathPlane(pca.mean, pca.components.slice(0, 2), mean);
    return new PathPlane(
      [0, 0],
      [
        [1, 0],
        [0, 1],
      ],
      mean,
    );
  }

  /** @param {number[]} z */
  project(z) {
    return this.axes.map((axis) => axis.reduce((sum, weight, d) => sum + weight * (z[d] - this.origin[d]), 0));
  }

  /**
   * z moved within the plane so that it lies at (x, y) there.
   *
   * @param {number[]} z
   * @param {number} x
   * @param {number} y
   */
  lift(z, x, y) {
    const now = this.project(z);
    const [across, up] = [x - now[0], y - now[1]];
    return z.map((value, d) => value + across * this.axes[0][d] + up * this.axes[1][d]);
  }
}
