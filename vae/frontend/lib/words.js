/**
 * The page's words in its language.
 *
 *     t("Copy link")                        a text
 *     t`${answered} of ${n} answered`       a text with values; in the dictionary "{0} of {1} answered"
 *     translate(title)                      a sentence that the server made: its text, or a pattern that it fits
 *
 * A page in another language than English has its dictionary in it, as data: vae/views/shared/words.py. It is there before
 * any module runs, so that t gives the translation at the top level of a module, too. A page in English has none: each
 * function returns what it got. What the dictionary lacks stays English.
 *
 * A translation puts the values where its language wants them: {1} may come before {0}. One and many are two texts:
 * n === 1 ? t("one picture") : t`${n} pictures`.
 *
 * texts: of the scripts. sentences: of the server, whose keys may be patterns.
 *
 * @typedef {{texts: Record<string, string>, sentences: Record<string, string>}} Dictionary
 */

const PLACE = /\{(\d)\}/;

/** @type {Dictionary | null} */
let words = readWords();
/** Each tagged text's translation in pieces: text, a value's number, text, … @type {WeakMap<TemplateStringsArray, string[]>} */
let cut = new WeakMap();
/** The sentences with places for values. @type {{pattern: RegExp, pieces: string[]}[] | null} */
let patterns = null;
/** What was translated. @type {Map<string, string>} */
const known = new Map();
const MOST_KNOWN = 2000;

/** The page's own dictionary, null for none. */
function readWords() {
  const block = globalThis.document?.querySelector?.('script[data-name="words"]');
  return block?.textContent ? JSON.parse(block.textContent) : null;
}

/**
 * Takes another dictionary than the page's, null for English; for texts that are asked for from now on.
 *
 * @param {Dictionary | null} dictionary
 */
export function setWords(dictionary) {
  words = dictionary;
  cut = new WeakMap();
  patterns = null;
  known.clear();
}

/**
 * A text in the page's language: t("…"), or t`…` with values.
 *
 * @param {string | TemplateStringsArray} text
 * @param {...unknown} values
 * @returns {string}
 */
export function t(text, ...values) {
  if (typeof text === "string") return words ? (words.texts[text] ?? text) : text;
  if (words) return filled(translated(text, words), values);
  let made = text[0];
  for (let i = 0; i < values.length; i++) made += values[i] + text[i + 1];
  return made;
}

/**
 * @param {TemplateStringsArray} text
 * @param {Dictionary} dictionary
 */
function translated(text, { texts }) {
  let found = cut.get(text);
  if (!found) {
    const key = text.reduce((before, after, i) => `${before}{${i - 1}}${after}`);
    found = (texts[key] ?? key).split(PLACE);
    cut.set(text, found);
  }
  return found;
}

/**
 * @param {string[]} parts
 * @param {readonly unknown[]} values
 */
function filled(parts, values) {
  return parts.map((part, i) => (i % 2 ? values[Number(part)] : part)).join("");
}

/**
 * A sentence that the server made, in the page's language: by its text, else by the first pattern that it fits, the longest
 * first, whose values are translated, too. Otherwise as it is.
 *
 * @param {string} sentence
 * @returns {string}
 */
export function translate(sentence) {
  if (!words) return sentence;
  const found = known.get(sentence) ?? words.sentences[sentence] ?? words.texts[sentence] ?? byPattern(sentence);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(sentence, found);
  return found;
}

/** @param {string} sentence */
function byPattern(sentence) {
  patterns ??= patternsOf(words?.sentences ?? {});
  for (const { pattern, pieces } of patterns) {
    const match = pattern.exec(sentence);
    if (match) return filled(pieces, match.slice(1).map(translate));
  }
  return sentence;
}

/** @param {Record<string, string>} sentences */
function patternsOf(sentences) {
  return Object.entries(sentences)
    .filter(([key]) => PLACE.test(key))
    .sort(([one], [other]) => other.length - one.length)
    .map(([key, translation]) => ({ pattern: patternOf(key), pieces: translation.split(PLACE) }));
}

/** @param {string} key whose places come in order: {0}, {1}, … */
function patternOf(key) {
  const texts = key.split(/\{\d\}/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${texts.join("(.+?)")}$`, "s");
}

/** The page's language, "en"; from its html element. */
export function language() {
  return globalThis.document?.documentElement?.lang || "en";
}
