/** How good the samples of each source are: in a line above a grid, and in a table of all with what each costs in nats. */

import { element } from "../lib/dom.js";
import { t, translate } from "../lib/words.js";
import { NO_TRUNCATION } from "./sources.js";

/** @typedef {{precision: number, recall: number, frechet: number}} Quality beside real pictures */
/** @typedef {{lower: {nats: number}, upper: {nats: number}}} Gap KL(q(z) ‖ source) between its bounds */

/**
 * vae.evaluation.pictures.samples.SamplesReport, by the sources' names.
 *
 * @typedef {object} Scores
 * @property {Record<string, {gap: Gap | null, quality: Quality | null}>} sources
 * @property {Quality | null} real of as many training images; null where the classifier does not know the pictures
 * @property {string} protocol
 */

const NATS_PER_BIT = Math.LN2;
/** @type {Record<string, string>} */
const COLUMNS = { prior: t("Prior"), aggregate: t("Mixture"), second: t("Second stage") };

/**
 * The quality of a source's samples, in a few words; "" where it was not measured.
 *
 * @param {Scores | null} scores
 * @param {string} source
 */
export function scoreInWords(scores, source) {
  const quality = scores?.sources[source]?.quality;
  if (!quality) return "";
  const { precision, recall, frechet } = quality;
  return t`Precision\u00a0${precision.toFixed(2)} · recall\u00a0${recall.toFixed(2)} · Fréchet\u00a0${frechet.toFixed(1)}`;
}

/**
 * Whether the pictures are drawn as those that were measured.
 *
 * @param {{temperature: number, truncation: number, hold: {value: number | null}, view: string}} state of the page
 */
export function asMeasured({ temperature, truncation, hold, view }) {
  return temperature === 1 && truncation >= NO_TRUNCATION && hold.value === null && view !== "plane";
}

/**
 * The table of all sources, with its rows' meanings in a sentence; nothing to show where nothing was measured.
 *
 * @param {Scores | null} scores
 * @param {boolean} prior whether the model has one
 * @returns {HTMLElement[]}
 */
export function scoresTable(scores, prior) {
  const rows = scores ? rowsOf(scores) : [];
  if (!scores || !rows.length) return [];
  const names = Object.keys(scores.sources).map((name) => (prior || name !== "prior" ? COLUMNS[name] : "N(0, I)"));
  const heads = scores.real ? [...names, t("Real")] : names;
  const head = element("tr", {}, element("td"), ...heads.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map(([title, ...cells]) => {
    const values = heads.map((_, i) => element("td", {}, cells[i] ?? ""));
    return element("tr", {}, element("th", { scope: "row" }, title), ...values);
  });
  const table = element(
    "table",
    { className: "scores" },
    element("caption", {}, t("The samples of each source")),
    head,
  );
  table.append(...body);
  return [table, element("p", {}, explanation(scores))];
}

/** @param {Scores} scores @returns {string[][]} a title and a number for each source */
function rowsOf({ sources, real }) {
  const each = Object.values(sources),
    qualities = [...each.map(({ quality }) => quality), real],
    gaps = each.map(({ gap }) => gap);
  /** @type {(title: string, text: (quality: Quality) => string) => string[]} */
  const ofQuality = (title, text) => [title, ...qualities.map((quality) => (quality ? text(quality) : ""))];
  /** @type {(title: string, unit: number, digits: number) => string[]} */
  const ofGap = (title, unit, digits) => [title, ...gaps.map((gap) => (gap ? between(gap, unit, digits) : ""))];
  return [
    ...(real
      ? [
          ofQuality(t("Precision"), ({ precision }) => precision.toFixed(2)),
          ofQuality(t("Recall"), ({ recall }) => recall.toFixed(2)),
          ofQuality(t("Fréchet"), ({ frechet }) => frechet.toFixed(1)),
        ]
      : []),
    ...(gaps.some(Boolean) ? [ofGap(t("Gap, nats"), 1, 2), ofGap(t("Gap, bits"), NATS_PER_BIT, 1)] : []),
  ];
}

/**
 * @param {Gap} gap
 * @param {number} unit in nats
 * @param {number} digits
 */
function between({ lower, upper }, unit, digits) {
  const [least, most] = [lower.nats, upper.nats].map((nats) => (Math.max(0, nats) / unit).toFixed(digits));
  return lower.nats < upper.nats ? t`${least} to ${most}` : t`about ${most}`;
}

/** @param {Scores} scores */
function explanation({ real, protocol }) {
  const quality = real
    ? t(
        "Precision: the share of samples that lie among real pictures. Recall: the share of real pictures that lie among samples. Fréchet: distance between the Gaussians of both in the features of the classifier, not the FID. ",
      )
    : "";
  return t`${quality}Gap: KL(q(z) ‖ source). Measured with python -m vae prior. ${translate(protocol)}.`;
}
