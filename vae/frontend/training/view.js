/** All that the page shows of one film at a moment: how its run stands, the map, the pictures, the numbers. */

import { element, say } from "../lib/dom.js";
import { Curve, KlBars } from "./charts.js";
import { FilmMap } from "./map.js";
import { Pictures } from "./pictures.js";
import { duration, epochsOf, nats, progressOf, stateOf } from "./words.js";

const MOST_CLASSES = 20; // in a legend; colours repeat long before
const CAPTIONS = {
  line: "test images: z across, the height means nothing",
  latent: "test images, and circles of the prior",
  principal: "test images on two principal components",
};

export class FilmView {
  map = new FilmMap();
  pictures = new Pictures();
  curves = [new Curve("reconstruction", "Reconstruction"), new Curve("kl", "KL")];
  bars = new KlBars();

  constructor(name) {
    this.name = name;
    this.build();
  }

  /** What the server says of the run. item: of feed.js. */
  showState({ run, film, problem, kind }, lost) {
    const { head } = film;
    const about = head
      ? `${head.dataset} · ${head.latentDim}-D · ${head.epochs} epoch${head.epochs > 1 ? "s" : ""}`
      : "";
    say(this.state, run ? stateOf(run) : head ? "Trained." : "");
    const unfinished = run !== null && !["done", "gone"].includes(run.state);
    say(this.about, (unfinished && progressOf({ ...run, epochs: run.epochs ?? head?.epochs })) || about);
    this.progress.hidden = !unfinished || run.state === "queued";
    this.progress.value = run?.progress ?? 0;
    say(this.notice, lost ? "Connection lost – trying again." : problem);
    this.notice.hidden = !this.notice.textContent;
    this.stage.hidden = this.charts.hidden = !film.frames.length;
    this.waiting.hidden = film.frames.length > 0 || Boolean(problem);
    say(
      this.waiting,
      run && kind === "run" ? "The first picture comes when the training starts." : "Reading the film…",
    );
  }

  /** Takes what is the same for all frames. scale: {half, reconstruction, kl, mostKl}, shared with the other film. */
  setFilm(film, { references, palette }, scale) {
    const state = JSON.stringify([film.frames.length, film.epochs.length, references, scale]);
    if (film === this.film && state === this.known) return; // the server was asked, and there is nothing new
    if (film.head !== this.film?.head) this.takeHead(film.head, palette);
    Object.assign(this, { film, references, palette, scale, known: state });
    this.map.palette = palette;
    this.drawCurves();
  }

  drawCurves() {
    const { film, references, palette, scale } = this;
    for (const curve of this.curves) curve.draw(film, scale[curve.term], references, palette);
  }

  takeHead({ classNames, samples, side, imageShape, originals }, palette) {
    const shown = classNames.slice(0, MOST_CLASSES).map((name, k) => {
      const swatch = element("span", { className: "swatch" });
      swatch.style.backgroundColor = palette[k % palette.length];
      return element("li", {}, swatch, element("span", { className: "name", title: name }, name));
    });
    const more = classNames.length - shown.length;
    this.legend.replaceChildren(...shown, ...(more > 0 ? [element("li", {}, `and ${more} more`)] : []));
    this.samplesFigure.hidden = !samples;
    this.hasGrid = side > 0;
    const [, height, width] = imageShape;
    const small = originals * width > this.element.clientWidth;
    for (const canvas of [this.pictures.pairs, this.pictures.samples]) canvas.classList.toggle("shrunk", small);
    this.pictures.grid.style.aspectRatio = `${width} / ${height}`;
  }

  /** Everything at this share of the run. */
  show(share, { grid, still }) {
    const { film } = this;
    if (!film?.frames.length) return;
    const frame = film.frames[film.indexAt(share)];
    this.showGrid(grid && this.hasGrid);
    if (frame === this.frame && this.scale === this.shownScale) return;
    this.map.show(film, frame, this.scale.half, still);
    this.pictures.show(film, frame, (problem) => problem && this.sayProblem(problem));
    Object.assign(this, { frame, shownScale: this.scale });
    for (const curve of this.curves) curve.mark(frame);
    this.bars.show(frame.klPerDimension, this.scale.mostKl, this.palette);
    this.describe(frame);
  }

  showGrid(grid) {
    this.map.canvas.hidden = grid;
    this.pictures.grid.hidden = !grid;
    const { plane, samples } = this.film.head;
    const points = plane === "latent" && !samples ? "test images; this model has no prior" : CAPTIONS[plane];
    say(this.planeName, grid ? "the prior, decoded: z₀ across, z₁ up" : points);
  }

  sayProblem(problem) {
    say(this.notice, problem);
    this.notice.hidden = false;
  }

  describe({ epoch, seconds, reconstruction, kl }) {
    const { epochs, originals, samples } = this.film.head,
      at = `at epoch ${epochsOf(epoch)} of ${epochs}`;
    const loss = reconstruction === null ? "" : ` · reconstruction + KL ${nats(reconstruction + (kl ?? 0))} nats`;
    const known = this.references.filter(({ term }) => term === "loss");
    const compared = known.map(({ label, value }) => ` · ${label} ${nats(value)}`).join("");
    say(this.moment, `epoch ${epochsOf(epoch)} of ${epochs} · ${duration(seconds)}${loss}${compared}`);
    this.pictures.pairs.ariaLabel = `${originals} test images above their reconstructions ${at}`;
    this.pictures.samples.ariaLabel = `${samples} pictures decoded from fixed draws of the prior ${at}`;
    this.pictures.grid.ariaLabel = `Pictures decoded from a grid over the latent plane, z₀ across, z₁ up, ${at}`;
  }

  /** Room or theme have changed. */
  resize() {
    if (!this.film?.frames.length) return;
    this.map.paint();
    this.drawCurves();
    if (this.frame) {
      for (const curve of this.curves) curve.mark(this.frame);
      this.bars.show(this.frame.klPerDimension, this.scale.mostKl, this.palette);
    }
  }

  close() {
    this.map.close();
    this.pictures.close();
  }

  build() {
    this.state = element("span", { className: "state", role: "status", ariaLive: "polite" });
    this.about = element("span", { className: "about" });
    this.progress = element("progress", { max: 1, value: 0, ariaLabel: `Progress of ${this.name}`, hidden: true });
    this.notice = element("p", { className: "notice", role: "alert", hidden: true });
    this.waiting = element("p", { className: "waiting" });
    const title = element("b", { className: "title", title: this.name }, this.name);
    const head = element("header", {}, title, this.state, this.progress, this.about);
    this.charts = element("div", { className: "charts", hidden: true }, ...this.curves.map(({ element }) => element));
    this.stage = element("div", { className: "stage", hidden: true }, this.buildMap(), this.buildBeside());
    const parts = [head, this.notice, this.waiting, this.stage];
    this.element = element("section", { className: "film", ariaLabel: `Film of ${this.name}` }, ...parts);
  }

  buildMap() {
    this.planeName = element("span", { className: "plane" });
    this.legend = element("ul", { className: "legend", ariaLabel: "Classes" });
    const box = element("div", { className: "box" }, this.map.canvas, this.pictures.grid);
    const caption = element("figcaption", {}, element("b", {}, "Latent map"), this.planeName);
    return element("figure", { className: "map" }, caption, box, this.legend, this.bars.element);
  }

  buildBeside() {
    const titled = (title, note, canvas) =>
      element("figure", {}, element("figcaption", {}, element("b", {}, title), element("span", {}, note)), canvas);
    this.moment = element("p", { className: "numbers" });
    const pairs = titled("Test images", "and their reconstructions", this.pictures.pairs);
    this.samplesFigure = titled("Samples", "the same draws from the prior", this.pictures.samples);
    return element("div", { className: "beside" }, this.moment, pairs, this.samplesFigure, this.charts);
  }
}
