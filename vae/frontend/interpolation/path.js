/** Two ends and the ways between them: straight, spherical, and pixel by pixel. */

import { joined } from "../lib/bytes.js";
import { drawPicture, fitPicture } from "../lib/canvas.js";
import { button, element, figure, say, slider, svgElement } from "../lib/dom.js";
import { norm } from "../lib/math.js";
import { drawChart, markOf } from "./chart.js";
import { Downloads } from "./downloads.js";
import { blend, change, shares } from "./space.js";

const LEAST_STEPS = 3,
  MOST_STEPS = 25,
  STEPS = 13;
const KEY_STEP = 0.02;
const CHART_HEIGHT = 40; // CSS pixels
const ROWS = [
  { name: "linear", title: "linear z", mark: "circle", colour: 0 },
  { name: "spherical", title: "spherical z", mark: "square", colour: 1 },
  { name: "pixels", title: "pixel blend", mark: "triangle", colour: 3 },
];

export class PathView {
  name = "ends";

  /** page: the component; see interpolation.js for what a view may use of it. */
  constructor(page) {
    this.page = page;
    this.t = 0.5;
    this.curve = "linear";
    this.rows = null; // name -> {pictures, norms, changes}
    this.reduced = matchMedia("(prefers-reduced-motion: reduce)");
    this.build();
  }

  /** State as a link has it. */
  takeState({ t, steps, path }) {
    this.t = inside(Number(t ?? 0.5), 0, 1, 0.5);
    this.steps = Math.round(inside(Number(steps ?? STEPS), LEAST_STEPS, MOST_STEPS, STEPS));
    this.curve = path === "spherical" ? path : "linear";
    this.stepsSlider.set(this.steps);
    this.scrubber.value = this.t;
    this.curveInputs.get(this.curve).checked = true;
  }

  /** New ends or a new model: what was decoded before means nothing any more. */
  refresh() {
    const { space, ends } = this.page;
    this.from.show(ends.from, space);
    this.to.show(ends.to, space);
    this.endPictures = null;
    this.decodeEnds();
    this.refreshRows();
  }

  async decodeEnds() {
    const {
      space,
      ends: { from, to },
    } = this.page;
    this.scrub(this.t);
    const pictures = await space.decode([space.code(from), space.code(to)], { slot: "ends" });
    if (!pictures || !this.isCurrent(space, from, to)) return;
    this.endPictures = pictures;
    this.drawBlend(this.t);
  }

  async refreshRows() {
    const {
      space,
      ends: { from, to },
    } = this.page;
    const { steps } = this;
    const codes = ["linear", "spherical"].flatMap((curve) => this.codes(curve, steps));
    const pictures = await space.decode(codes, { slot: "rows", background: true });
    if (!pictures || !this.isCurrent(space, from, to) || steps !== this.steps) return;
    const norms = codes.map((code) => norm(code.slice(0, space.latentDim)));
    const mixed = shares(steps).map((t) =>
      blend([
        [pictures[0], 1 - t],
        [pictures[steps - 1], t],
      ]),
    );
    this.rows = {
      linear: row(pictures.slice(0, steps), norms.slice(0, steps)),
      spherical: row(pictures.slice(steps), norms.slice(steps)),
      pixels: row(mixed, null),
    };
    this.drawRows();
  }

  isCurrent(space, from, to) {
    const { page } = this;
    return page.space === space && page.ends.from === from && page.ends.to === to;
  }

  codes(curve, count) {
    const {
      space,
      ends: { from, to },
    } = this.page;
    return shares(count).map((t) => space.between(curve, from, to, t));
  }

  /** The one way t changes: hand, keys and play end here. */
  scrub(t) {
    const inputAt = performance.now();
    const {
      space,
      ends: { from, to },
    } = this.page;
    this.t = t;
    this.scrubber.value = t;
    this.placeCursor();
    const code = space.between(this.curve, from, to, t);
    space.decode([code]).then((pictures) => pictures && this.drawNow(pictures[0], t, inputAt));
  }

  drawNow(pixels, t, inputAt) {
    const { canvas } = this.hero;
    drawPicture(canvas, pixels, this.page.space.imageShape);
    this.drawBlend(t);
    this.page.tookFrame(canvas, performance.now() - inputAt);
  }

  drawBlend(t) {
    if (!this.endPictures) return;
    const [from, to] = this.endPictures;
    drawPicture(
      this.ghost.canvas,
      blend([
        [from, 1 - t],
        [to, t],
      ]),
      this.page.space.imageShape,
    );
  }

  /** A line through the strips and charts at t; its ends lie over the middle of the first and last picture. */
  placeCursor() {
    const place = (this.t * (this.steps - 1) + 0.5) / this.steps;
    this.cursor.style.transform = `translateX(${(place * this.stripWidth).toFixed(1)}px)`;
  }

  drawRows() {
    for (const { name, title } of ROWS) {
      const { canvas } = this.strips[name];
      const { pictures } = this.rows[name];
      drawPicture(canvas, joined(pictures), this.page.space.imageShape, 0, pictures.length);
      canvas.ariaLabel = `${title}: ${pictures.length} pictures from A to B`;
    }
    this.drawCharts();
    this.fillTable();
  }

  drawCharts() {
    if (!this.rows || !this.stripWidth) return;
    const { space, palette } = this.page;
    const typical = space.prior ? Math.sqrt(space.latentDim) : null;
    const lines = (key) =>
      ROWS.filter(({ name }) => this.rows[name][key]).map(({ name, mark, colour }) => ({
        values: this.rows[name][key],
        mark,
        colour: palette[colour],
      }));
    const size = { width: this.stripWidth, height: CHART_HEIGHT, columns: this.steps };
    const norms = lines("norms"),
      changes = lines("changes");
    const longest = Math.max(1e-6, typical ?? 0, ...norms.flatMap(({ values }) => values));
    const largest = Math.max(1e-6, ...changes.flatMap(({ values }) => values));
    drawChart(this.normChart, { ...size, rows: norms, top: longest, reference: typical });
    drawChart(this.changeChart, { ...size, rows: changes, top: largest, reference: null, between: true });
    say(this.normScale, `0 to ${longest.toFixed(1)}`);
    say(this.typical, typical === null ? "no prior" : `╌ √${space.latentDim} = ${typical.toFixed(2)}`);
    say(this.changeScale, `0 to ${largest.toFixed(1)} % of range`);
  }

  fillTable() {
    const { linear, spherical, pixels } = this.rows;
    const line = (cells, tag) => element("tr", {}, ...cells.map((cell) => element(tag, {}, cell)));
    const heads = ["picture", "|z| linear", "|z| spherical", "Δ linear, %", "Δ spherical, %", "Δ pixel blend, %"];
    const number = (value) => (value === undefined ? "" : value.toFixed(2));
    const lines = linear.norms.map((_, i) => {
      const changes = [linear, spherical, pixels].map(({ changes }) => number(changes[i - 1]));
      return line([`${i + 1}`, number(linear.norms[i]), number(spherical.norms[i]), ...changes], "td");
    });
    this.table.replaceChildren(line(heads, "th"), ...lines);
  }

  // — play —

  togglePlay() {
    if (this.playing) return this.stop();
    const before = performance.now();
    this.playing = { before, at: this.t >= 1 && !this.loop.checked ? 0 : this.t, direction: 1 };
    say(this.playButton, "❚❚ Pause");
    this.frame = requestAnimationFrame((now) => this.play(now));
  }

  play(now) {
    const { playing } = this;
    const { seconds } = this.downloads;
    playing.at += (playing.direction * Math.max(0, now - playing.before)) / 1000 / seconds;
    playing.before = now;
    const over = playing.at > 1 || playing.at < 0;
    playing.at = Math.max(0, Math.min(1, playing.at));
    const shown = this.reduced.matches ? Math.round(playing.at * (this.steps - 1)) / (this.steps - 1) : playing.at;
    if (shown !== this.t) this.scrub(shown);
    if (over && !this.loop.checked) return this.stop();
    if (over) playing.direction = -playing.direction;
    this.frame = requestAnimationFrame((next) => this.play(next));
  }

  stop() {
    if (!this.playing) return;
    cancelAnimationFrame(this.frame);
    this.playing = null;
    say(this.playButton, "▶ Play");
    this.release();
  }

  release() {
    this.page.remember({ t: this.t.toFixed(3).replace(/\.?0+$/, "") });
  }

  hide() {
    this.stop();
  }

  // — the page —

  resize(room) {
    const { space } = this.page;
    for (const { canvas, caption } of [this.hero, this.ghost]) {
      const shown = fitPicture(canvas, space.imageShape, Math.min(room, this.heroWidth()));
      caption.style.maxWidth = `${shown}px`;
    }
    const width = this.scrubPlace.clientWidth;
    if (!width) return; // hidden
    this.stripWidth = width;
    this.scrubPlace.style.setProperty("--columns", this.steps);
    this.placeCursor();
    this.drawCharts();
  }

  /** How wide one of the two large pictures may be. */
  heroWidth() {
    return this.heroPlace.clientWidth / 2 - 8;
  }

  /** The z of the large picture. */
  place() {
    const {
      space,
      ends: { from, to },
    } = this.page;
    return space.between(this.curve, from, to, this.t).slice(0, space.latentDim);
  }

  showNumbers() {
    const length = norm(this.place());
    say(this.scrubLabel, `t = ${this.t.toFixed(2)}`);
    say(this.hero.caption, `through latent space, ${this.curve} · |z| = ${length.toFixed(2)}`);
    const share = Math.round(100 * this.t);
    say(this.ghost.caption, `through pixels: ${100 - share} % of A + ${share} % of B`);
  }

  build() {
    this.from = this.page.card("A", "from");
    this.to = this.page.card("B", "to");
    this.hero = figure("hero", "Picture decoded at t on the way through latent space");
    this.ghost = figure("ghost", "The decoded ends mixed pixel by pixel at t");
    this.heroPlace = element("div", { className: "heroes" }, this.hero.element, this.ghost.element);
    const stage = element("div", { className: "stage" }, this.from.element, this.heroPlace, this.to.element);
    this.element = element("div", { className: "path" }, stage, this.buildRows(), this.buildNumbers());
    this.tools = this.buildTools();
  }

  buildRows() {
    const range = { type: "range", min: 0, max: 1, step: 0.001, value: 0.5, className: "scrubber" };
    this.scrubber = element("input", { ...range, ariaLabel: "t: from A at 0 to B at 1" });
    this.scrubber.addEventListener("input", () => {
      this.stop();
      this.scrub(this.scrubber.valueAsNumber);
    });
    this.scrubber.addEventListener("change", () => this.release());
    this.scrubber.addEventListener("keydown", (event) => this.onKey(event));
    this.scrubLabel = element("span", { className: "row-label number" });
    this.scrubPlace = element("div", { className: "scrub-place" }, this.scrubber);
    this.cursor = element("div", { className: "cursor" });
    const cells = [this.scrubLabel, this.scrubPlace, ...this.buildStrips(), ...this.buildCharts()];
    const overlay = element("div", { className: "cursor-place" }, this.cursor);
    return element("div", { className: "rows" }, ...cells, overlay);
  }

  buildStrips() {
    this.strips = {};
    this.curveInputs = new Map();
    return ROWS.flatMap(({ name, title, mark, colour }) => {
      const canvas = element("canvas", { className: "strip", role: "img", width: 1, height: 1 });
      this.strips[name] = { canvas };
      canvas.addEventListener("click", ({ offsetX }) => {
        const step = Math.floor((offsetX / canvas.clientWidth) * this.steps);
        this.stop();
        this.scrub(step / (this.steps - 1));
        this.release();
      });
      return [this.rowLabel(name, title, mark, colour), canvas];
    });
  }

  rowLabel(name, title, mark, colour) {
    const label = element(name === "pixels" ? "span" : "label", { className: "row-label" });
    if (name !== "pixels") {
      const input = element("input", { type: "radio", name: "curve", ariaLabel: `Follow the ${name} way` });
      label.title = "The large picture and the downloads follow this way";
      input.addEventListener("change", () => this.follow(name));
      this.curveInputs.set(name, input);
      label.append(input);
    }
    label.append(markOf(mark, this.page.palette[colour]), title);
    return label;
  }

  follow(curve) {
    this.curve = curve;
    this.scrub(this.t);
    this.page.remember({ path: curve });
  }

  buildCharts() {
    const chart = (description) => svgElement("svg", { class: "chart", role: "img", "aria-label": description });
    this.normChart = chart("Norm of z at each picture and the prior's typical norm; the table below has the numbers");
    this.changeChart = chart("Change from each picture to the next; the table below has the numbers");
    const quiet = (title = "") => element("span", { className: "quiet", title });
    this.normScale = quiet();
    this.typical = quiet("Typical norm of a draw from the prior: √latent_dim");
    this.changeScale = quiet();
    const place = { className: "row-label chart-label" };
    const label = (name, ...about) => element("span", place, element("b", {}, name), ...about);
    const norms = label("|z|", this.normScale, this.typical);
    const changes = label("Δ per step", this.changeScale);
    changes.title = "Mean absolute change of a pixel from one picture to the next, in % of the full range";
    return [norms, this.normChart, changes, this.changeChart];
  }

  buildNumbers() {
    this.table = element("table", {});
    const note = element("p", { className: "quiet" });
    note.textContent =
      "All decoded now. The rows share their ends, the reconstructions of A and B: only the ways differ. " +
      "Δ: mean change of a pixel from one picture to the next.";
    const details = element("details", { className: "numbers" }, element("summary", {}, "Numbers of every step"));
    details.append(this.table);
    return element("div", {}, note, details);
  }

  buildTools() {
    this.playButton = button("▶ Play", "Play from A to B", () => this.togglePlay(), "Play or pause");
    this.loop = element("input", { type: "checkbox" });
    const loop = element("label", { title: "There and back, for ever; also in the GIF" }, this.loop, " loop");
    const range = { min: LEAST_STEPS, max: MOST_STEPS, step: 1, value: STEPS };
    this.stepsSlider = slider("Pictures", range, {
      onInput: (steps) => this.setSteps(steps),
      onChange: (steps) => this.page.remember({ steps: `${steps}` }),
    });
    this.downloads = new Downloads(() => {
      this.stop();
      const {
        page: { space, data },
        curve,
      } = this;
      const codes = (count) => this.codes(curve, count);
      return { space, codes, loop: this.loop.checked, name: `${data.model}-${curve}` };
    });
    const { element: downloads } = this.downloads;
    return element("div", { className: "tools" }, this.playButton, loop, this.stepsSlider.element, downloads);
  }

  setSteps(steps) {
    this.steps = steps;
    this.scrubPlace.style.setProperty("--columns", steps);
    this.placeCursor();
    this.refreshRows();
  }

  onKey(event) {
    const { key, shiftKey } = event;
    const picture = 1 / (this.steps - 1);
    const small = shiftKey ? picture : KEY_STEP;
    const back = { ArrowLeft: small, ArrowDown: small, PageDown: picture }[key];
    const by = { ArrowRight: small, ArrowUp: small, PageUp: picture }[key] ?? (back && -back);
    if (by === undefined) return;
    event.preventDefault();
    this.stop();
    this.scrub(Math.max(0, Math.min(1, this.t + by)));
    this.release();
  }
}

/** Pictures of one row, their norms, and how far each is from the one before, in % of the range. */
function row(pictures, norms) {
  return { pictures, norms, changes: pictures.slice(1).map((picture, i) => 100 * change(picture, pictures[i])) };
}

function inside(value, low, high, otherwise) {
  return value >= low && value <= high ? value : otherwise; // also for NaN
}
