/**
 * The shared map's canvas: faint points of the test images, over them each drawing's picture, above its μ and σ ellipse.
 *
 * @import { Drawing, Ellipse, Place } from "./plane.js"
 *
 * A drawing as it is drawn. mark: index of its group's mark; thumbnail: its picture.
 *
 * @typedef {{drawing: Drawing, place: Place, ellipse: Ellipse | null, mark: number, thumbnail: HTMLCanvasElement}} Placed
 *
 * What stands out. chosen: a drawing's number; isBright: whether the group with a mark is not dimmed.
 *
 * @typedef {{chosen: string | null, isBright: (mark: number) => boolean}} Emphasis
 */

import { fromBase64 } from "../lib/bytes.js";
import { drawingScale, drawPicture, paintDots } from "../lib/canvas.js";
import { contextOf, element } from "../lib/dom.js";
import { ClassMarks } from "../lib/palette.js";
import { nearestTo, squareOf } from "./plane.js";

const DOT = 1.6, // radius at drawingScale()
  DOT_OPACITY = 0.4,
  DIMMED = 0.15; // opacity of drawings of other groups than the chosen one
const LARGEST = 48,
  SMALLEST = 14, // sides of a thumbnail, CSS pixels at drawingScale()
  LARGEST_PART = 1 / 10; // of the map's side, where that is more: a projector's is read from the last row
const REACH = 22; // of a finger, CSS pixels
const STEM = 5, // from μ to the picture above it, at drawingScale()
  POINT = 3; // radius of μ, at drawingScale()
const EDGE = 0.02; // of the side: so far from the edge is a drawing that lies outside

export class MapCanvas {
  points = new Float32Array(0);
  labels = new Uint16Array(0);
  marks = new ClassMarks([], 0);
  /** By the drawing's number, the later ones last. @type {ReadonlyMap<string, Placed>} */
  placed = new Map();
  bounds = { x: 0, y: 0, half: 1 };
  painted = false; // whether the map has been on the page

  constructor() {
    this.background = element("canvas"); // the points: painted once
    this.canvas = element("canvas");
    this.pad = element("div", { className: "map-pad", role: "img" }, this.canvas);
  }

  /**
   * @param {Float32Array} points of the test images, 2 numbers each
   * @param {Uint16Array} labels
   */
  setPoints(points, labels) {
    Object.assign(this, { points, labels });
  }

  /**
   * @param {ReadonlyMap<string, Placed>} placed
   * @param {ClassMarks} marks
   */
  setDrawings(placed, marks) {
    const places = [...placed.values()].map(({ place }) => place);
    Object.assign(this, { placed, marks, bounds: squareOf(this.points, places) });
  }

  /**
   * The drawing under a finger or pointer; null where there is none.
   *
   * @param {MouseEvent} event
   * @param {Emphasis["isBright"]} isBright
   */
  drawingAt({ clientX, clientY }, isBright) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    const shown = [...this.placed].filter(([, { mark }]) => isBright(mark));
    const at = /** @type {const} */ ([(clientX - box.left) * ratio, (clientY - box.top) * ratio]);
    const side = this.thumbnailSide(),
      pictures = new Map(shown.map(([id, { place }]) => [id, this.pictureAt(place, side)])),
      means = new Map(shown.map(([id, { place }]) => [id, this.pixel(place)]));
    return nearestTo(pictures, at, side / 2) ?? nearestTo(means, at, REACH * ratio);
  }

  /** @param {Place} place @returns {Place} in pixels of the canvas, at its edge where the place is outside */
  pixel([across, up]) {
    const { x, y, half } = this.bounds,
      { width } = this.canvas;
    const at = (/** @type {number} */ part) =>
      Math.max(EDGE * width, Math.min((1 - EDGE) * width, (0.5 + part / half / 2) * width));
    return [at(across - x), at(y - up)];
  }

  /**
   * The middle of the picture of a drawing, above its μ; beneath it at the upper edge.
   *
   * @param {Place} place
   * @param {number} side of the picture
   * @returns {Place} in pixels of the canvas
   */
  pictureAt(place, side) {
    const [x, y] = this.pixel(place),
      away = side / 2 + STEM * drawingScale();
    return [Math.max(side / 2, Math.min(this.canvas.width - side / 2, x)), y > side + away / 2 ? y - away : y + away];
  }

  /** In pixels of the canvas: the more drawings there are, the smaller. */
  thumbnailSide() {
    const scale = drawingScale();
    const room = this.canvas.width / (4 + 1.5 * Math.sqrt(this.placed.size));
    const largest = Math.max(LARGEST * scale, LARGEST_PART * this.canvas.width);
    return Math.max(SMALLEST * scale, Math.min(largest, room));
  }

  /**
   * Draws all again, in the size and theme of now.
   *
   * @param {Emphasis} emphasis
   */
  paint(emphasis) {
    const width = Math.round(this.pad.clientWidth * devicePixelRatio);
    if (!width) return; // not on the page yet
    this.painted = true;
    for (const canvas of [this.canvas, this.background]) Object.assign(canvas, { width, height: width });
    const { x, y, half } = this.bounds,
      n = this.points.length >> 1;
    const screen = this.points.map((value, i) => (0.5 + (i % 2 ? y - value : value - x) / half / 2) * width);
    const context = contextOf(this.background),
      image = context.createImageData(width, width);
    paintDots(image, 1, this.marks.stamps(DOT * drawingScale()), {
      screen,
      colours: this.labels,
      palette: this.marks.rgb,
      visible: new Uint8Array(n).fill(1),
      bright: null,
      depths: null,
      opacity: DOT_OPACITY,
    });
    context.putImageData(image, 0, 0);
    this.draw(emphasis);
  }

  /**
   * Draws the drawings over the points: dimmed ones first, the chosen one on top.
   *
   * @param {Emphasis} emphasis
   */
  draw({ chosen, isBright }) {
    const { canvas, placed } = this,
      context = contextOf(canvas);
    if (!this.painted) return;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.background, 0, 0);
    const brightness = (/** @type {Placed} */ { mark }) => (isBright(mark) ? 1 : DIMMED);
    const order = [...placed.values()].sort((a, b) => brightness(a) - brightness(b));
    for (const draw of [this.drawThumbnail, this.drawEllipse]) {
      for (const each of order) {
        context.globalAlpha = brightness(each);
        draw.call(this, context, each, false);
      }
    }
    context.globalAlpha = 1;
    const top = placed.get(chosen ?? "");
    if (top) {
      this.drawThumbnail(context, top, true);
      this.drawEllipse(context, top, true);
    }
    const places = [...placed.values()].map(({ place }) => this.pixel(place).map((at) => at / devicePixelRatio));
    Object.assign(canvas.dataset, { drawings: placed.size, places: places.join(" ") }); // for tests, in CSS pixels
  }

  /**
   * μ, and one σ around it.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Placed} placed
   * @param {boolean} chosen
   */
  drawEllipse(context, { place, ellipse, mark }, chosen) {
    const [x, y] = this.pixel(place),
      scale = drawingScale(),
      opacity = context.globalAlpha,
      perUnit = this.canvas.width / this.bounds.half / 2;
    Object.assign(context, { strokeStyle: this.marks.colour(mark), fillStyle: this.marks.colour(mark) });
    context.lineWidth = (chosen ? 3 : 1.5) * scale;
    context.beginPath();
    context.arc(x, y, POINT * scale, 0, 2 * Math.PI);
    context.fill();
    if (!ellipse) return;
    context.beginPath();
    context.ellipse(x, y, ellipse.major * perUnit, ellipse.minor * perUnit, -ellipse.angle, 0, 2 * Math.PI);
    context.stroke();
    context.globalAlpha = 0.15 * opacity;
    context.fill();
    context.globalAlpha = opacity;
  }

  /**
   * The picture in a frame of its group's colour; where colours repeat, with the group's mark at its corner.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Placed} placed
   * @param {boolean} chosen
   */
  drawThumbnail(context, { place, mark, thumbnail }, chosen) {
    const scale = drawingScale(),
      frame = (chosen ? 3.5 : 2) * scale,
      side = this.thumbnailSide() * (chosen ? 1.3 : 1);
    const [x, y] = this.pictureAt(place, side);
    const fit = side / Math.max(thumbnail.width, thumbnail.height);
    const [width, height] = [thumbnail.width * fit, thumbnail.height * fit];
    const [left, top] = [x - width / 2, y - height / 2];
    context.fillStyle = this.marks.colour(mark);
    context.fillRect(left - frame, top - frame, width + 2 * frame, height + 2 * frame);
    context.imageSmoothingEnabled = fit < 1;
    context.drawImage(thumbnail, left, top, width, height);
    const corners = this.marks.shapeOf(mark)[1];
    if (corners.length) this.drawMark(context, [left + width, top + height], 6 * scale, mark);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Place} middle
   * @param {number} radius
   * @param {number} mark
   */
  drawMark(context, [x, y], radius, mark) {
    context.beginPath();
    context.arc(x, y, 1.5 * radius, 0, 2 * Math.PI);
    context.fillStyle = getComputedStyle(this.pad).backgroundColor;
    context.fill();
    context.beginPath();
    for (const [right, down] of this.marks.shapeOf(mark)[1]) context.lineTo(x + radius * right, y + radius * down);
    context.fillStyle = this.marks.colour(mark);
    context.fill("evenodd");
  }
}

/** A drawing's picture, one pixel for each of its own. */
export function thumbnailOf(/** @type {Drawing} */ { picture, shape }) {
  const canvas = element("canvas");
  drawPicture(canvas, fromBase64(picture), shape);
  return canvas;
}
