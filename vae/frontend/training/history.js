/** How a model without a film was trained: its curves and the KL of its dimensions. */

import { element } from "../lib/dom.js";
import { t, translate } from "../lib/words.js";
import { Curve, rangeOf } from "./charts.js";
import { KlBars, largestKl } from "./kl-bars.js";

/** @import { Reference, Term } from "./charts.js" */
/** @import { FilmWithFrames, Frame } from "../lib/film.js" */

/**
 * What Python sends of it. rows: epoch; reconstruction and KL in training, then in validation, in nats per image. kl:
 * nats per dimension of the test images, null of a plain autoencoder. words: what the model is.
 *
 * @typedef {{ name: string, words: string, rows: [number, number, number, number, number][], kl: number[] | null }} HistoryData
 */

/** @type {[Term, string][]} */
const TERMS = [
  ["reconstruction", t("Reconstruction")],
  ["kl", "KL"],
];

export class History {
  curves = TERMS.map(([term, title]) => new Curve(term, title));
  bars = new KlBars();
  /** @type {{ history: HistoryData, references: Reference[], palette: string[] } | null} */
  shown = null;

  constructor() {
    this.title = element("b", { className: "title" });
    this.code = element("span", { className: "code" });
    const about = element("span", { className: "about" }, t("as it was trained; no film was kept of it"));
    const charts = element("div", { className: "charts" }, ...this.curves.map((curve) => curve.element));
    this.parts = [element("header", {}, this.title, this.code, about), charts, this.bars.element];
    this.element = element("section", { className: "history", hidden: true });
  }

  /**
   * @param {HistoryData | null} history null to hide it
   * @param {Reference[]} references
   * @param {string[]} palette
   */
  show(history, references, palette) {
    this.element.hidden = !history;
    if (Boolean(history) !== Boolean(this.shown)) this.element.replaceChildren(...(history ? this.parts : []));
    this.shown = history && { history, references, palette };
    if (!history) return;
    this.title.textContent = translate(history.words);
    this.code.textContent = history.name;
    this.element.ariaLabel = t`Curves of ${history.name}`;
    this.draw();
  }

  /** Draws at the size that the page has now. */
  draw() {
    if (!this.shown) return;
    const { history, references, palette } = this.shown,
      film = filmOf(history);
    for (const curve of this.curves) {
      curve.draw(film, rangeOf([film], curve.term, references), references, palette);
      curve.mark(film.frames[film.frames.length - 1]);
    }
    this.bars.show(history.kl, largestKl([film]), palette);
  }
}

/**
 * The history as the charts take a film: a frame for each epoch, without points and pictures.
 *
 * @param {HistoryData} history
 */
export function filmOf({ rows, kl }) {
  const epochs = rows[rows.length - 1][0];
  const frames = rows.map(([epoch, reconstruction, klOfTraining]) => {
    return { share: epoch / epochs, epoch, reconstruction, kl: klOfTraining, klPerDimension: kl };
  });
  const validation = rows.map(([epoch, , , reconstruction, klOfValidation]) => {
    return { share: epoch / epochs, reconstruction, kl: klOfValidation };
  });
  const film = { head: { epochs }, frames: /** @type {Frame[]} */ (frames), epochs: validation };
  return /** @type {FilmWithFrames} */ (/** @type {unknown} */ (film));
}
