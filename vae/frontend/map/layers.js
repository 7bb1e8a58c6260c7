/**
 * The plot's canvases, one above the other: decoded pictures, points, marks.
 *
 * @import { Dots, StampPixel } from "../lib/canvas.js"
 */

import { paintDots } from "../lib/canvas.js";
import { contextOf, element } from "../lib/dom.js";

export class Layers {
  /** The pixels of the points' layer. @type {ImageData | null} */
  image = null;
  pictures = element("canvas", { className: "pictures-layer" });
  points = element("canvas", { className: "points-layer" });
  marks = element("canvas", { className: "marks-layer" });
  element = element("div", { className: "area" }, this.pictures, this.points, this.marks);

  /** @param {{left: number, top: number, width: number, height: number}} box in CSS pixels */
  resize(box) {
    for (const [side, pixels] of Object.entries(box)) this.element.style.setProperty(side, `${pixels}px`);
    for (const layer of [this.pictures, this.points, this.marks]) {
      layer.width = Math.round(box.width * devicePixelRatio);
      layer.height = Math.round(box.height * devicePixelRatio);
    }
    this.image = contextOf(this.points).createImageData(this.points.width, this.points.height);
  }

  /**
   * @param {readonly (readonly StampPixel[])[]} stamps
   * @param {Dots} dots
   */
  paintPoints(stamps, dots) {
    const { image, points } = this;
    if (!image) return;
    paintDots(image, devicePixelRatio, stamps, dots);
    contextOf(points).putImageData(image, 0, 0);
    points.dataset.frame = `${Number(points.dataset.frame ?? 0) + 1}`; // for tests and the benchmark
  }

  /**
   * Which of the places lie within a closed path.
   *
   * @param {[number, number][]} path
   * @param {ArrayLike<number>} places x and y of each
   * @param {ArrayLike<number>} visible 0 or 1 per place: which count
   */
  within(path, places, visible) {
    const context = contextOf(this.marks),
      polygon = new Path2D();
    for (const [x, y] of path) polygon.lineTo(x, y);
    context.setTransform(1, 0, 0, 1, 0, 0);
    const rows = [];
    for (let i = 0; i < visible.length; i++) {
      if (visible[i] && context.isPointInPath(polygon, places[2 * i], places[2 * i + 1])) rows.push(i);
    }
    return rows;
  }

  /** The theme's colours, which map.css stores in properties of the area that have no effect there. */
  get colours() {
    const { color, textDecorationColor, outlineColor, borderColor } = getComputedStyle(this.element);
    return { text: color, ground: textDecorationColor, accent: outlineColor, grid: borderColor };
  }

  /** The size of text, which all on the layers follows. Unit: CSS pixels. */
  get em() {
    return Number.parseFloat(getComputedStyle(this.element).fontSize) || 1;
  }
}

/**
 * The context of an emptied layer, whose unit is the CSS pixel.
 *
 * @param {HTMLCanvasElement} layer
 */
export function cleared(layer) {
  const context = contextOf(layer);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, layer.width, layer.height);
  context.scale(devicePixelRatio, devicePixelRatio);
  return context;
}

/**
 * The visible place nearest to (x, y), -1 where there is none within reach.
 *
 * @param {ArrayLike<number>} places x and y of each
 * @param {ArrayLike<number>} visible 0 or 1 per place
 * @param {number} x
 * @param {number} y
 * @param {number} reach
 */
export function placeNear(places, visible, x, y, reach) {
  let best = reach * reach,
    found = -1;
  for (let i = 0; i < visible.length; i++) {
    const squared = (places[2 * i] - x) ** 2 + (places[2 * i + 1] - y) ** 2;
    if (squared > best || !visible[i]) continue;
    best = squared;
    found = i;
  }
  return found;
}
