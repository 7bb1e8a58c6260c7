/** A pad that blends four pictures: decoded once as a grid, dragged at no cost, decoded exactly when the hand rests. */

import { drawGrid, drawPicture, fitPicture } from "../lib/canvas.js";
import { element, figure, onDrag, say } from "../lib/dom.js";
import { blend, cornerWeights } from "./space.js";

const GRID = 13; // pictures along each side, the corners' own included
const REST_MS = 150;
const CARD_SIDE = 96; // CSS pixels
const KEY_STEP = 0.02,
  BIG_KEY_STEP = 0.1;
const CORNERS = [
  ["A", "from"],
  ["B", "to"],
  ["C", "third"],
  ["D", "fourth"],
];

export class CornersView {
  name = "corners";

  constructor(page) {
    this.page = page;
    this.grid = null; // GRID × GRID pictures, row by row from A to B
    this.build();
  }

  takeState({ x, y }) {
    const read = (text) => (Number(text) >= 0 && Number(text) <= 1 ? Number(text) : 0.5);
    [this.x, this.y] = [read(x), read(y)];
  }

  refresh() {
    const { space, ends } = this.page;
    for (const [, end] of CORNERS) this.cards.get(end).show(ends[end], space);
    this.grid = null;
    this.background.width = 0;
    this.paint();
    this.refine();
    this.decodeGrid();
  }

  async decodeGrid() {
    const { space } = this.page;
    const ends = this.ends();
    const at = (i) => i / (GRID - 1);
    const codes = Array.from({ length: GRID * GRID }, (_, i) => this.code(at(i % GRID), at(Math.floor(i / GRID))));
    const pictures = await space.decode(codes, { slot: "grid", background: true });
    if (!pictures || !this.isCurrent(space, ends)) return;
    this.grid = pictures;
    const size = pictures[0].length;
    const all = new Uint8Array(pictures[0].buffer, pictures[0].byteOffset, size * pictures.length);
    drawGrid(this.background, all, space.imageShape, pictures.length, GRID, 0);
    this.paint();
  }

  ends() {
    return CORNERS.map(([, end]) => this.page.ends[end]);
  }

  isCurrent(space, ends) {
    return this.page.space === space && this.ends().every((end, i) => end === ends[i]);
  }

  /** Where (x, y) lies between the four codes: each counts the more, the nearer it is. */
  code(x, y) {
    const codes = this.ends().map((end) => this.page.space.code(end));
    const weights = cornerWeights(x, y);
    return codes[0].map((_, d) => codes.reduce((sum, code, corner) => sum + weights[corner] * code[d], 0));
  }

  /** The one way the hand moves: draws from the grid at once, and asks for the exact picture when it rests. */
  move(x, y) {
    const inputAt = performance.now();
    [this.x, this.y] = [Math.max(0, Math.min(1, x)), Math.max(0, Math.min(1, y))];
    this.paint();
    if (this.grid) {
      this.exact = false;
      drawPicture(this.hero.canvas, this.mixed(), this.page.space.imageShape);
      this.page.tookFrame(this.hero.canvas, performance.now() - inputAt);
    }
    clearTimeout(this.restTimer);
    if (this.grid) this.restTimer = setTimeout(() => this.refine(), REST_MS);
    else this.refine();
  }

  /** The four decoded pictures around (x, y), mixed. */
  mixed() {
    const place = (value) => Math.min(GRID - 2, Math.floor(value * (GRID - 1)));
    const [column, row] = [place(this.x), place(this.y)];
    const weights = cornerWeights(this.x * (GRID - 1) - column, this.y * (GRID - 1) - row);
    const first = row * GRID + column;
    const around = [first, first + 1, first + GRID, first + GRID + 1];
    return blend(around.map((i, corner) => [this.grid[i], weights[corner]]));
  }

  async refine() {
    const { space } = this.page;
    const { x, y } = this;
    const pictures = await space.decode([this.code(x, y)]);
    if (!pictures || x !== this.x || y !== this.y) return;
    drawPicture(this.hero.canvas, pictures[0], space.imageShape);
    this.exact = true;
    this.hero.canvas.dataset.exact = Number(this.hero.canvas.dataset.exact ?? 0) + 1; // for tests
  }

  release() {
    this.page.remember({ x: this.x.toFixed(3), y: this.y.toFixed(3) });
  }

  paint() {
    const { canvas, background } = this;
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = background.width > canvas.width; // larger stays crisp, smaller legible
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (background.width) context.drawImage(background, 0, 0, canvas.width, canvas.height);
    const cell = canvas.width / GRID; // the corners are the middles of the outer pictures
    const ring = new Path2D();
    const [x, y] = [this.x, this.y].map((share) => cell / 2 + share * (canvas.width - cell));
    ring.arc(x, y, 8 * devicePixelRatio, 0, 7);
    for (const [colour, width] of [
      ["#000", 6],
      ["#fff", 2.5],
    ]) {
      Object.assign(context, { strokeStyle: colour, lineWidth: width * devicePixelRatio });
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
    const shares = cornerWeights(this.x, this.y).map((weight, i) => `${CORNERS[i][0]} ${Math.round(100 * weight)} %`);
    say(this.hero.caption, shares.join(" · "));
    const moving = "mixed from the 4 decoded pictures around it; exact when the hand rests";
    say(this.source, this.exact ? "decoded from this mixture of the four z" : moving);
    this.pad.ariaLabel = `Pad between four pictures, arrow keys move: ${shares.join(", ")}`;
  }

  resize(room) {
    const { space } = this.page;
    const beside = this.side.clientWidth < this.element.clientWidth; // else above the pad, which needs room, too
    fitPicture(this.hero.canvas, space.imageShape, Math.min(beside ? room : 0.7 * room, this.side.clientWidth));
    this.canvas.width = this.canvas.height = Math.round(this.pad.clientWidth * devicePixelRatio) || 1;
    this.paint();
  }

  build() {
    this.cards = new Map(CORNERS.map(([name, end]) => [end, this.page.card(name, end, CARD_SIDE)]));
    this.background = element("canvas", { width: 0, height: 0 });
    this.canvas = element("canvas", {});
    this.pad = element("div", { className: "pad", tabIndex: 0, role: "application" }, this.canvas);
    this.hero = figure("hero", "Picture decoded from the mixture of the four corners");
    this.source = element("p", { className: "quiet" });
    this.side = element("div", { className: "corner-hero" }, this.hero.element, this.source);
    this.element = element("div", { className: "corners" });
    const cards = (ends) => ends.map((end) => this.cards.get(end).element);
    const column = (...ends) => element("div", { className: "corner-cards" }, ...cards(ends));
    this.element.append(column("from", "third"), this.pad, column("to", "fourth"), this.side);
    this.tools = element("div", { className: "tools quiet" }, "Drag on the pad");
    this.listen();
  }

  listen() {
    const { pad } = this;
    onDrag(
      pad,
      (event) => this.moveTo(event),
      () => this.release(),
    );
    pad.addEventListener("keydown", (event) => this.onKey(event));
  }

  moveTo({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const along = (value, size) => (value / size - 0.5 / GRID) / (1 - 1 / GRID);
    this.move(along(clientX - box.left, box.width), along(clientY - box.top, box.height));
  }

  onKey(event) {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!direction) return;
    event.preventDefault();
    const step = event.shiftKey ? BIG_KEY_STEP : KEY_STEP;
    this.move(this.x + step * direction[0], this.y + step * direction[1]);
    this.release();
  }
}
