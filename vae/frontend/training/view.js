/** Everything that the page shows of one film at a moment: the state of its run, the map, the pictures, the numbers. */

import { element, say } from "../lib/dom.js";
import { help, natsText } from "../lib/glossary.js";
import { ClassMarks, MOST_NAMES } from "../lib/palette.js";
import { t, translate } from "../lib/words.js";
import { Curve } from "./charts.js";
import { KlBars } from "./kl-bars.js";
import { FilmMap } from "./map.js";
import { Pictures } from "./pictures.js";
import { duration, epochsOf, nats, progressOf, stateOf } from "./words.js";

/** @import { Range, Reference } from "./charts.js" */
/** @import { Item } from "./feed.js" */
/** @import { FilmWithFrames, Frame, Head } from "../lib/film.js" */

/**
 * What two films have in common when they are compared. half: of the map's side, in latent units; the rest in nats.
 *
 * @typedef {{ half: number, reconstruction: Range | null, kl: Range | null, largestKl: number }} Scale
 */
/** @typedef {{ film: FilmWithFrames, scale: Scale, references: Reference[], palette: string[] }} Content */

const CAPTIONS = {
  line: t("test images: z across, the height means nothing"),
  latent: t("test images, and circles of the prior"),
  principal: t("test images on two principal components"),
};

export class FilmView {
  map = new FilmMap();
  pictures = new Pictures();
  curves = [new Curve("reconstruction", t("Reconstruction")), new Curve("kl", "KL")];
  bars = new KlBars();
  /** @type {Content | null} */
  content = null;
  contentKey = ""; // tells whether there is anything new in it
  /** @type {{ frame: Frame, content: Content } | null} */
  shown = null;

  /** @param {string} name the film's */
  constructor(name) {
    this.title = element("b", { className: "title", hidden: true });
    this.name = name;
    this.state = element("span", { className: "state", role: "status", ariaLive: "polite" });
    this.about = element("span", { className: "about" });
    this.progress = element("progress", { max: 1, value: 0, ariaLabel: t`Progress of ${name}`, hidden: true });
    this.notice = element("p", { className: "notice", role: "alert", hidden: true });
    this.waiting = element("p", { className: "waiting" });
    const code = element("span", { className: "code", title: name }, name);
    const header = element("header", {}, this.title, code, this.state, this.progress, this.about);
    this.planeName = element("span", { className: "plane" });
    this.legend = element("ul", { className: "legend", ariaLabel: t("Classes") });
    this.moment = element("p", { className: "numbers" });
    this.samplesFigure = titled(t("Samples"), t("the same samples of the prior in every frame"), this.pictures.samples);
    this.charts = element("div", { className: "charts", hidden: true }, ...this.curves.map((curve) => curve.element));
    this.stage = element("div", { className: "stage", hidden: true }, this.buildMap(), this.buildBeside());
    const parts = [header, this.notice, this.waiting, this.stage];
    this.element = element("section", { className: "film", ariaLabel: t`Film of ${name}` }, ...parts);
  }

  buildMap() {
    const box = element("div", { className: "box" }, this.map.canvas, this.pictures.grid);
    const caption = element("figcaption", {}, element("b", {}, t("Latent map")), this.planeName);
    return element("figure", { className: "map" }, caption, box, this.legend);
  }

  buildBeside() {
    const pairs = titled(t("Test images"), t("and their reconstructions"), this.pictures.pairs);
    const sign = help("loss", () => this.measured());
    const parts = [
      element("div", { className: "moment" }, this.moment, sign),
      pairs,
      this.samplesFigure,
      this.charts,
      this.bars.element,
    ];
    return element("div", { className: "beside" }, ...parts);
  }

  /** @param {string} words what the film's model is, before its name; "" where that is not known */
  describeModel(words) {
    say(this.title, translate(words));
    this.title.hidden = !words;
  }

  /**
   * Shows what the server says of the run.
   *
   * @param {Item} item
   * @param {boolean} lost whether the connection is
   * @param {Record<string, string>} names of data sets, as people write them
   */
  showState({ run, film, problem, kind }, lost, names) {
    const { head } = film;
    const model = head && this.title.hidden ? `${names[head.dataset] ?? head.dataset} · ${head.latentDim}-D · ` : "";
    const about = head ? model + (head.epochs === 1 ? t("one epoch") : t`${head.epochs} epochs`) : "";
    const listed = run && run.state !== "done" && run.state !== "gone" ? run : null;
    say(this.state, run ? stateOf(run) : head ? t("Trained.") : "");
    say(this.about, (listed && progressOf({ ...listed, epochs: listed.epochs ?? head?.epochs })) || about);
    this.progress.hidden = !listed || listed.state === "queued";
    this.progress.value = run?.progress ?? 0;
    say(this.notice, lost ? t("Connection lost – trying again.") : problem);
    this.notice.hidden = !this.notice.textContent;
    this.stage.hidden = this.charts.hidden = !film.frames.length;
    this.waiting.hidden = film.frames.length > 0 || Boolean(problem);
    say(
      this.waiting,
      run && kind === "run" ? t("The first picture comes when training starts.") : t("Reading the film…"),
    );
  }

  /**
   * Takes what is the same for all frames.
   *
   * @param {FilmWithFrames} film
   * @param {{ references: Reference[], palette: string[] }} data
   * @param {Scale} scale
   */
  setFilm(film, { references, palette }, scale) {
    const key = JSON.stringify([film.frames.length, film.epochs.length, references, scale]);
    if (film === this.content?.film && key === this.contentKey) return; // a poll that brought nothing new
    if (film.head !== this.content?.film.head) this.takeHead(film.head, palette);
    this.content = { film, references, palette, scale };
    this.contentKey = key;
    this.map.palette = palette;
    this.drawCurves(this.content);
  }

  /** @param {Content} content */
  drawCurves({ film, references, palette, scale }) {
    for (const curve of this.curves) curve.draw(film, scale[curve.term], references, palette);
  }

  /**
   * @param {Head} head
   * @param {string[]} palette
   */
  takeHead({ classNames, samples, imageShape, originals }, palette) {
    const marks = new ClassMarks(palette, classNames.length);
    const entries = classNames
      .slice(0, MOST_NAMES)
      .map((name, k) => element("li", {}, marks.swatch(k), element("span", { className: "name", title: name }, name)));
    const more = classNames.length - entries.length;
    const notes = [more > 0 ? t`and ${more} more` : "", marks.note].filter((note) => note);
    this.legend.replaceChildren(...entries, ...notes.map((note) => element("li", { className: "note" }, note)));
    this.samplesFigure.hidden = !samples;
    const [, height, width] = imageShape;
    const small = originals * width > this.element.clientWidth;
    for (const canvas of [this.pictures.pairs, this.pictures.samples]) canvas.classList.toggle("shrunk", small);
    this.pictures.grid.style.aspectRatio = `${width} / ${height}`;
  }

  /**
   * Shows the moment at this share of the run.
   *
   * @param {number} share
   * @param {boolean} grid whether the map is the decoded plane, where there is one
   */
  show(share, grid) {
    const { content } = this;
    if (!content) return;
    const { film, scale, palette } = content,
      frame = film.frames[film.indexAt(share)];
    this.showGrid(film.head, grid && film.head.side > 0);
    if (frame === this.shown?.frame && content === this.shown.content) return;
    this.shown = { frame, content };
    this.map.show(film, frame, scale.half);
    void this.pictures.show(film, frame, (sentence) => this.sayProblem(sentence));
    for (const curve of this.curves) curve.mark(frame);
    this.bars.show(frame.klPerDimension, scale.largestKl, palette);
    this.describe(film.head, frame, content.references);
  }

  /**
   * @param {Head} head
   * @param {boolean} grid
   */
  showGrid({ plane, samples }, grid) {
    this.map.canvas.hidden = grid;
    this.pictures.grid.hidden = !grid;
    const points = plane === "latent" && !samples ? t("test images; this model has no prior") : CAPTIONS[plane];
    say(this.planeName, grid ? t("the prior, decoded: z₀ across, z₁ up") : points);
  }

  /** @param {string} sentence */
  sayProblem(sentence) {
    say(this.notice, sentence);
    this.notice.hidden = false;
  }

  /**
   * @param {Head} head
   * @param {Frame} frame
   * @param {Reference[]} references
   */
  describe({ epochs, originals, samples }, { epoch, seconds, reconstruction, kl }, references) {
    const at = t`at epoch ${epochsOf(epoch)} of ${epochs}`;
    const loss = reconstruction === null ? "" : ` · ${t`reconstruction + KL ${nats(reconstruction + (kl ?? 0))} nats`}`;
    const known = references.filter(({ term }) => term === "loss");
    const compared = known.map(({ label, value }) => ` · ${translate(label)} ${nats(value)}`).join("");
    say(this.moment, `${t`epoch ${epochsOf(epoch)} of ${epochs}`} · ${duration(seconds)}${loss}${compared}`);
    this.pictures.pairs.ariaLabel = t`${originals} test images above their reconstructions ${at}`;
    this.pictures.samples.ariaLabel = t`${samples} pictures decoded from fixed draws of the prior ${at}`;
    this.pictures.grid.ariaLabel = t`Pictures decoded from a grid over the latent plane, z₀ across, z₁ up, ${at}`;
  }

  /** The training loss of the frame, for its formula. */
  measured() {
    const { reconstruction = null, kl = null } = this.shown?.frame ?? {};
    if (reconstruction === null) return null;
    const texts = { reconstruction: natsText(reconstruction), kl: natsText(kl ?? 0) };
    return { ...texts, sum: natsText(reconstruction + (kl ?? 0)) };
  }

  /** Draws again for another size or theme. */
  resize() {
    if (!this.content) return;
    this.map.paint();
    this.drawCurves(this.content);
    if (!this.shown) return;
    const { frame } = this.shown,
      { scale, palette } = this.content;
    for (const curve of this.curves) curve.mark(frame);
    this.bars.show(frame.klPerDimension, scale.largestKl, palette);
  }

  close() {
    this.map.close();
    this.pictures.close();
  }
}

/**
 * A figure with its title and a note.
 *
 * @param {string} title
 * @param {string} note
 * @param {HTMLCanvasElement} canvas
 */
function titled(title, note, canvas) {
  const caption = element("figcaption", {}, element("b", {}, title), element("span", {}, note));
  return element("figure", {}, caption, canvas);
}
