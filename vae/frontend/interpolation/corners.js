/** A pad that blends four pictures: decoded once as a grid, dragged without requests, decoded exactly at rest. */

import { drawGrid, drawingScale, drawPicture, fitPicture } from "../lib/canvas.js";
import { contextOf, element, figure, onDrag, say } from "../lib/dom.js";
import { t } from "../lib/words.js";
import { blend, cornerWeights } from "./space.js";

/** @import { Pixels } from "../lib/canvas.js" */
/** @import { End, EndKey, Page, State } from "./ends.js" */
/** @import { Space } from "./space.js" */

const GRID = 13; // pictures along each side, the corners' own included
const REST_MS = 150;
const CARD_SHARE = 0.35, // of the pad's side, at most
  NARROW_SHARE = 0.22; // of the window's height that the picture has where the page is one column
const KEY_STEP = 0.02,
  BIG_KEY_STEP = 0.1;
/** @type {Record<string, [right: number, down: number]>} */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** @type {[name: string, end: EndKey][]} */
const CORNERS = [
  ["A", "from"],
  ["B", "to"],
  ["C", "third"],
  ["D", "fourth"],
];

export class CornersView {
  name = "corners";

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.x = this.y = 0.5;
    this.exact = false; // the picture is decoded at (x, y), not mixed
    /** @type {Pixels[] | null} */
    this.grid = null; // GRID × GRID pictures, row by row from A to B
    this.restTimer = 0;
    this.scale = 1; // of what is drawn on the pad
    this.cards = CORNERS.map(([name, end]) => page.card(name, end));
    this.background = element("canvas", { width: 0, height: 0 });
    this.canvas = element("canvas", {});
    this.pad = element("div", { className: "pad", tabIndex: 0, role: "application" }, this.canvas);
    this.hero = figure("hero", t("Picture decoded from the mixture of the four corners"));
    this.source = element("p", { className: "quiet source" });
    this.tools = element("div", { className: "corner-hero" }, this.hero.element, this.source);
    const hint = t("Drag on the pad, or move with the arrow keys.");
    this.tools.append(element("p", { className: "quiet small-print" }, hint));
    const [from, to, third, fourth] = this.cards.map((card) => card.element);
    this.left = element("div", { className: "corner-cards" }, from, third);
    const right = element("div", { className: "corner-cards" }, to, fourth);
    this.element = element("div", { className: "corners" }, this.left, this.pad, right);
    this.listen();
  }

  /** @param {State} state */
  takeState({ x, y }) {
    /** @param {string | undefined} text */
    const read = (text) => (Number(text) >= 0 && Number(text) <= 1 ? Number(text) : 0.5);
    [this.x, this.y] = [read(x), read(y)];
  }

  refresh() {
    const { space } = this.page;
    for (const [i, end] of this.ends().entries()) this.cards[i].show(end, space);
    this.grid = null;
    this.background.width = 0;
    this.paint();
    void this.refine();
    void this.decodeGrid();
  }

  async decodeGrid() {
    const { space } = this.page;
    const ends = this.ends();
    /** @param {number} i */
    const at = (i) => i / (GRID - 1);
    const codes = Array.from({ length: GRID * GRID }, (_, i) => this.code(at(i % GRID), at(Math.floor(i / GRID))));
    const pictures = await space.decode(codes, { slot: "grid", background: true });
    if (!pictures || !this.isCurrent(space, ends)) return;
    this.grid = pictures;
    const [first] = pictures;
    const all = new Uint8Array(first.buffer, first.byteOffset, first.length * pictures.length);
    drawGrid(this.background, all, space.imageShape, pictures.length, GRID, 0);
    this.paint();
  }

  ends() {
    return CORNERS.map(([, end]) => this.page.ends[end]);
  }

  /**
   * @param {Space} space
   * @param {End[]} ends
   */
  isCurrent(space, ends) {
    return this.page.space === space && this.ends().every((end, i) => end === ends[i]);
  }

  /**
   * The mixture of the four codes at (x, y): the nearer a corner is, the more its code counts.
   *
   * @param {number} x
   * @param {number} y
   */
  code(x, y) {
    const codes = this.ends().map((end) => this.page.space.code(end));
    const weights = cornerWeights(x, y);
    return codes[0].map((_, d) => codes.reduce((sum, code, corner) => sum + weights[corner] * code[d], 0));
  }

  /**
   * Every movement comes here: draws from the grid at once, and asks for the exact picture when the pointer rests.
   *
   * @param {number} x
   * @param {number} y
   */
  move(x, y) {
    const inputAt = performance.now();
    [this.x, this.y] = [Math.max(0, Math.min(1, x)), Math.max(0, Math.min(1, y))];
    this.paint();
    this.page.announce(() => this.linkedPlace);
    clearTimeout(this.restTimer);
    if (!this.grid) {
      void this.refine();
      return;
    }
    this.exact = false;
    drawPicture(this.hero.canvas, this.mixed(this.grid), this.page.space.imageShape);
    this.page.tookFrame(this.hero.canvas, performance.now() - inputAt);
    this.restTimer = setTimeout(() => void this.refine(), REST_MS);
  }

  /**
   * The four decoded pictures around (x, y), mixed.
   *
   * @param {Pixels[]} grid
   */
  mixed(grid) {
    /** @param {number} value */
    const place = (value) => Math.min(GRID - 2, Math.floor(value * (GRID - 1)));
    const [column, row] = [place(this.x), place(this.y)];
    const weights = cornerWeights(this.x * (GRID - 1) - column, this.y * (GRID - 1) - row);
    const first = row * GRID + column;
    const around = [first, first + 1, first + GRID, first + GRID + 1];
    return blend(around.map((i, corner) => [grid[i], weights[corner]]));
  }

  async refine() {
    const { space } = this.page;
    const { x, y } = this;
    const pictures = await space.decode([this.code(x, y)]);
    if (!pictures || x !== this.x || y !== this.y) return;
    const { canvas } = this.hero;
    drawPicture(canvas, pictures[0], space.imageShape);
    this.exact = true;
    canvas.dataset.exact = `${Number(canvas.dataset.exact ?? 0) + 1}`; // for tests
  }

  release() {
    this.page.remember(this.linkedPlace);
  }

  /** Where the pad stands, as a link has it. */
  get linkedPlace() {
    return { x: this.x.toFixed(3), y: this.y.toFixed(3) };
  }

  /** @param {State} state of another page, of which only the place is new */
  moveTo(state) {
    this.takeState(state);
    this.move(this.x, this.y);
  }

  paint() {
    const { canvas, background } = this;
    const context = contextOf(canvas);
    context.imageSmoothingEnabled = background.width > canvas.width; // enlarged pixels stay crisp, reduced ones legible
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (background.width) context.drawImage(background, 0, 0, canvas.width, canvas.height);
    const cell = canvas.width / GRID; // the corners are the middles of the outer pictures
    const ring = new Path2D();
    const [x, y] = [this.x, this.y].map((share) => cell / 2 + share * (canvas.width - cell));
    ring.arc(x, y, 8 * this.scale, 0, 7);
    for (const { strokeStyle, width } of [
      { strokeStyle: "#000", width: 6 },
      { strokeStyle: "#fff", width: 2.5 },
    ]) {
      Object.assign(context, { strokeStyle, lineWidth: width * this.scale });
      context.stroke(ring);
    }
  }

  hide() {
    clearTimeout(this.restTimer);
  }

  /** The z of the large picture. */
  place() {
    return this.code(this.x, this.y).slice(0, this.page.space.latentDim);
  }

  showNumbers() {
    const weights = cornerWeights(this.x, this.y).map((weight, i) => `${CORNERS[i][0]} ${Math.round(100 * weight)} %`);
    say(this.hero.caption, weights.join(" · "));
    const moving = t("Mixed from the 4 decoded pictures around it; exact when the pointer rests");
    say(this.source, this.exact ? t("Decoded from this mixture of the four z") : moving);
    this.pad.ariaLabel = t`Pad between four pictures, arrow keys move: ${weights.join(", ")}`;
  }

  /** @param {number} room height of the view, in CSS pixels; 0 where it is as high as it needs */
  resize(room) {
    const { imageShape } = this.page.space;
    const width = this.tools.clientWidth,
      pad = this.pad.clientWidth;
    fitPicture(this.hero.canvas, imageShape, room ? width : Math.min(width, NARROW_SHARE * innerHeight));
    for (const card of this.cards) card.resize(Math.min(this.left.clientWidth || pad, CARD_SHARE * pad));
    this.scale = drawingScale();
    this.canvas.width = this.canvas.height = Math.round(pad * devicePixelRatio) || 1;
    this.paint();
  }

  listen() {
    const { pad } = this;
    onDrag(
      pad,
      (event) => this.movePad(event),
      () => this.release(),
    );
    pad.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** @param {PointerEvent} event */
  movePad({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    /** @type {(value: number, size: number) => number} */
    const along = (value, size) => (value / size - 0.5 / GRID) / (1 - 1 / GRID);
    this.move(along(clientX - box.left, box.width), along(clientY - box.top, box.height));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const direction = DIRECTIONS[event.key];
    if (!direction) return;
    event.preventDefault();
    const step = event.shiftKey ? BIG_KEY_STEP : KEY_STEP;
    this.move(this.x + step * direction[0], this.y + step * direction[1]);
    this.release();
  }
}
