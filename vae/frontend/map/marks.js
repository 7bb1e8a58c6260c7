/**
 * The marks above the points: the prior's circles or the box of 3-D, the classes' names, pins, lines and the crosshair.
 *
 * @import { Named } from "./names.js"
 * @import { Place, Space } from "./views.js"
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
 *
 * em: CSS pixels. placeOf: where coordinates are drawn; placeOfRow: where a point is.
 *
 * @typedef {object} Ground
 * @property {CanvasRenderingContext2D} context
 * @property {Plane | Space} view
 * @property {number} em
 * @property {{text: string, ground: string, accent: string}} colours
 * @property {boolean} onPictures whether there are decoded pictures beneath
 * @property {(coordinates: number[]) => Place} placeOf
 * @property {(i: number) => Place} placeOfRow
 */

import { moveApart } from "./names.js";
import { circle, cross, label, lines, outlined } from "./paint.js";
import { Plane } from "./views.js";

// em: widths of lines, radii of marks.
const THIN = 0.09,
  LINE = 0.12,
  BOLD = 0.16;
const RING = 0.4,
  HOVER = 0.5,
  PIN = 0.65,
  CROSS = 0.75;
const HALF_LABEL = 0.8,
  HALF_TITLE = 5.5; // em: height of a label, width of an axis title in 3-D
const PRIOR_SIGMAS = [1, 2, 3];
const SHORT = 3; // letters of a name that is written larger
const SHORT_SIZE = 1.7,
  LONG_SIZE = 1.1; // em

/** @type {() => Marks} */
export const noMarks = () => ({ prior: null, lines: [], rings: [], pins: [], hovered: -1, cross: null, lasso: [] });

/**
 * Paints all marks.
 *
 * @param {Ground} ground
 * @param {Marks} marks
 * @param {Named[]} names of the classes, at their places on the screen
 * @param {(string | null)[] | null} titles of the axes of 3-D
 */
export function paintMarks(ground, marks, names, titles) {
  const { context, colours, view, em, placeOfRow } = ground;
  const { lines: pairs, rings, hovered, lasso, cross: crossAt } = marks;
  const draw = (/** @type {Path2D} */ path, width = BOLD, colour = "#fff") =>
    outlined(context, path, colour, width * em);
  if (!(view instanceof Plane)) paintBox(ground, view, titles);
  else if (marks.prior) paintPrior(ground, view, marks.prior);
  paintNames(ground, names);
  if (pairs.length) draw(lines(pairs.map((pair) => pair.map(placeOfRow))), LINE, colours.accent);
  for (const i of rings) draw(circle(...placeOfRow(i), RING * em), THIN);
  for (const pin of marks.pins) paintPin(ground, pin);
  if (hovered >= 0) draw(circle(...placeOfRow(hovered), HOVER * em));
  if (crossAt) draw(cross(...crossAt, CROSS * em), LINE);
  if (lasso.length) draw(lines(lasso.slice(1).map((at, k) => [lasso[k], at])), BOLD, colours.accent);
}

/**
 * Circles at 1, 2 and 3 standard deviations of the prior. Those that pass the area by are left out: in a deep zoom
 * they cost the most.
 *
 * @param {Ground} ground
 * @param {Plane} plane
 * @param {number[]} centre
 */
function paintPrior({ context, placeOf, em, colours: { text, ground } }, { width, height, unit }, centre) {
  const [x, y] = placeOf(centre),
    half = HALF_LABEL * em;
  const nearest = Math.hypot(Math.max(0, -x, x - width), Math.max(0, -y, y - height));
  const farthest = Math.hypot(Math.max(x, width - x), Math.max(y, height - y));
  for (const sigmas of PRIOR_SIGMAS) {
    const radius = sigmas / unit;
    if (radius < nearest - 1 || radius > farthest + 1) continue;
    outlined(context, circle(x, y, radius), text, THIN * em, ground);
    const top = y - radius;
    label(context, `${sigmas} σ`, x, Math.abs(top) < half ? half : top, em, text, ground); // never cut in two
  }
}

/**
 * The names of the classes, moved apart where they overlap. On pictures they are dark in every theme, as a decoded digit
 * is white.
 *
 * @param {Ground} ground
 * @param {Named[]} names
 */
function paintNames({ context, em, colours, onPictures }, names) {
  const [text, halo] = onPictures ? ["#000", "#fff"] : [colours.text, colours.ground];
  const boxes = names.map(({ name, x, y }) => {
    const size = (name.length > SHORT ? LONG_SIZE : SHORT_SIZE) * em;
    return { name, x, y, size, width: 0.62 * size * name.length + 2, height: size };
  });
  moveApart(boxes);
  for (const { name, x, y, size } of boxes) label(context, name, x, y, size, text, halo);
}

/**
 * @param {Ground} ground
 * @param {Space} space
 * @param {(string | null)[] | null} titles
 */
function paintBox({ context, placeOf, em, colours: { text, ground } }, space, titles) {
  Object.assign(context, { strokeStyle: text, lineWidth: THIN * em });
  space.edges.forEach(([from, to], k) => {
    context.globalAlpha = k < 3 ? 0.9 : 0.15;
    context.stroke(lines([[placeOf(from), placeOf(to)]]));
  });
  context.globalAlpha = 1;
  const inside = (/** @type {number} */ value, /** @type {number} */ margin, /** @type {number} */ size) =>
    Math.max(margin * em, Math.min(size - margin * em, value));
  space.edges.slice(0, 3).forEach(([, end], k) => {
    const title = titles?.[k];
    if (!title) return;
    const [x, y] = placeOf(end);
    label(context, title, inside(x, HALF_TITLE, space.width), inside(y, HALF_LABEL, space.height), em, text, ground);
  });
}

/**
 * @param {Ground} ground
 * @param {PinMark} pin
 */
function paintPin({ context, em, placeOf, placeOfRow }, { row, coordinates, name }) {
  const [x, y] = row === null ? placeOf(coordinates ?? []) : placeOfRow(row);
  outlined(context, circle(x, y, PIN * em), "#fff", BOLD * em);
  outlined(context, cross(x, y, 0.25 * em), "#fff", LINE * em);
  if (name) label(context, name, x + 1.2 * em, y - 0.7 * em, em, "#fff", "#000");
}
