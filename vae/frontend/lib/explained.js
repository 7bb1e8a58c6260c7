/**
 * A term in full: its sentence, its formula with the page's numbers in it, and the lines of the source that compute it.
 *
 * Each part of a formula has a key, by which the style sheet colours it; values are texts by these keys, "92.1 nats".
 * likelihood, among the values, is the model's, where the code depends on it.
 */

import { element, messageOf } from "./dom.js";
import { appBase, load } from "./files.js";
import { TERMS } from "./terms.js";
import { t } from "./words.js";

/** @import { Explanation, Term } from "./terms.js" */
/** @typedef {{ file: string, line: number, code: string }} Listing some lines of the source */
/** @typedef {Record<string, string | undefined>} Values */

/** A value in a formula. */
export function natsText(/** @type {number} */ value, digits = 2) {
  return t`${value.toFixed(digits).replace("-", "−")} nats`;
}

/** The keys of parts that the style sheet colours, as the pages colour the same numbers. */
const COLOURED = ["sum", "reconstruction", "kl", "amortisation", "approximation", "nll"];
const PART = /\{([a-z]+):([^{}]+)\}/;

/**
 * @param {Term} term
 * @param {object} options
 * @param {string} [options.base] the app's address, without a slash at its end
 * @param {Values | null} [options.values]
 * @param {boolean} [options.open] whether the code is there at once, as on a projector
 */
export function explained(term, { base, values = null, open = false } = {}) {
  /** @type {Explanation} */
  const { name, sentence, formula } = TERMS[term];
  const parts = [element("p", {}, element("b", {}, name), `: ${sentence}`)];
  if (formula) parts.push(formulaOf(formula));
  const worked = formula && values ? filled(formula, values) : null;
  if (worked) parts.push(worked);
  return element("div", { className: "explained" }, ...parts, codeOf(term, { base, values, open }));
}

/** @param {string} text */
function formulaOf(text) {
  const pieces = text.split(PART);
  const nodes = pieces.map((piece, i) => (i % 3 === 2 ? part(pieces[i - 1], piece) : i % 3 ? "" : piece));
  return element("p", { className: "formula" }, ...nodes);
}

/**
 * The formula with the values in it, null where there is none of its values.
 *
 * @param {string} text
 * @param {Values} values
 */
function filled(text, values) {
  const pieces = text.split(PART);
  if (!pieces.some((piece, i) => i % 3 === 1 && values[piece] !== undefined)) return null;
  const nodes = pieces.map((piece, i) => {
    if (i % 3 === 1) return "";
    if (i % 3 === 0) return piece;
    const [key, after] = [pieces[i - 1], pieces[i + 1] ?? ""];
    const value = values[key];
    if (value === undefined) return part(key, piece);
    return part(key, /^[-−]/.test(value) && /^[²)]/.test(after) ? `(${value})` : value);
  });
  return element("p", { className: "formula measured" }, element("span", { className: "now" }, t("Here: ")), ...nodes);
}

/**
 * @param {string} key
 * @param {string} text
 */
function part(key, text) {
  return COLOURED.includes(key) ? element("span", { className: `term ${key}` }, text) : text;
}

/**
 * The code behind a line that opens it.
 *
 * @param {Term} term
 * @param {{base: string | undefined, values: Values | null, open: boolean}} options
 */
function codeOf(term, { base = appBase(), values, open }) {
  const place = element("div", { className: "sources" });
  const details = element("details", {}, element("summary", {}, t("The code that computes it")), place);
  let isAsked = false;
  const show = async () => {
    isAsked = true;
    try {
      const listings = await codesOf(term, base, values?.likelihood);
      place.replaceChildren(...listings.map(listing));
    } catch (error) {
      isAsked = false;
      place.replaceChildren(t`The code did not come: ${messageOf(error)} Close this and open it again.`);
    }
  };
  details.addEventListener("toggle", () => {
    if (details.open && !isAsked) void show();
  });
  details.open = open;
  return details;
}

/**
 * @param {Term} term
 * @param {string} base
 * @param {string} [likelihood]
 * @returns {Promise<Listing[]>}
 */
async function codesOf(term, base, likelihood) {
  const response = await load(`${base}/lab/data?${new URLSearchParams({ view: "term", term })}`);
  if (!response.ok) throw new Error(await response.text());
  const { code } = await response.json();
  return code[likelihood ?? ""] ?? Object.values(code)[0];
}

/**
 * Lines of the source with their numbers; those that return are highlighted.
 *
 * @param {Listing} source
 */
export function listing({ file, line, code }) {
  const rows = code.split("\n").map((text, i) => {
    const row = element("span", { className: /^\s*return\b/.test(text) ? "row result" : "row" });
    row.append(element("span", { className: "number" }, String(line + i)), `${text}\n`);
    return row;
  });
  return element(
    "figure",
    { className: "listing" },
    element("figcaption", {}, t`${file}, line ${line}`),
    element("pre", { tabIndex: 0, ariaLabel: t`Source of ${file} from line ${line}` }, ...rows),
  );
}
