/**
 * The models beside the chosen one, in the light page and in the file: which there are, what the link says, their data. As
 * vae/ui/shared/compared.py.
 *
 * @import { Source } from "./source.js"
 *
 * A model as vae/views/shared/models.py lists it. pictures: equal for models of the same test images; a broken one has none.
 * film: whether its training's film is here.
 *
 * @typedef {{name: string, words?: string, pictures?: number, film?: boolean}} Listed
 */

import { apart } from "../../lib/comparison-words.js";
import { messageOf } from "../../lib/dom.js";
import { t, translate } from "../../lib/words.js";

export const MOST_OTHERS = 3;

/**
 * The other models of the same pictures.
 *
 * @param {string} first its name
 * @param {Listed[]} models
 */
export function comparable(first, models) {
  const pictures = models.find(({ name }) => name === first)?.pictures;
  return models.filter((each) => each.name !== first && pictures !== undefined && each.pictures === pictures);
}

/**
 * Names and words of models to choose from, as a choice's options.
 *
 * @param {Listed[]} models
 * @returns {[string, string][]}
 */
export function offers(models) {
  const isOnly = (/** @type {string | undefined} */ words) =>
    models.filter((each) => each.words === words).length === 1;
  return models.map(({ name, words = name }) => [
    name,
    isOnly(words) ? translate(words) : `${translate(words)} · ${name}`,
  ]);
}

/**
 * The names in a link, without those that cannot be compared, which a sentence says.
 *
 * @param {string} text
 * @param {string} first the chosen model's name
 * @param {Listed[]} models
 */
export function linkedNames(text, first, models) {
  const offered = new Set(comparable(first, models).map(({ name }) => name));
  const names = [...new Set(text.split(","))].filter((name) => name && name !== first);
  const known = names.filter((name) => offered.has(name));
  const unknown = names.find((name) => !offered.has(name));
  const warnings = [];
  if (unknown !== undefined) {
    const name = unknown.slice(0, 80);
    warnings.push(t`“${name}” of this link is no model of the same pictures here; it is not compared.`);
  }
  if (known.length > MOST_OTHERS)
    warnings.push(t`This link compares ${known.length + 1} models; the first ${MOST_OTHERS + 1} are shown.`);
  return { names: known.slice(0, MOST_OTHERS), warnings };
}

/**
 * What comparing adds to a component's data: the first model's words and nats, `compare`: the others' data, each with words,
 * nats, codes and match. Nothing without others. One that cannot be had is left out, with the reason.
 *
 * @param {Source} source
 * @param {string} view
 * @param {string} first the chosen model's name
 * @param {string[]} others
 * @returns {Promise<{data: Record<string, unknown>, warnings: string[]}>}
 */
export async function comparedData(source, view, first, others) {
  if (!others.length) return { data: {}, warnings: [] };
  const own = await source.get("compared", { model: first });
  const found = await Promise.allSettled(others.map((other) => beside(source, view, first, other)));
  const usable = found.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const warnings = found.flatMap((each, i) =>
    each.status === "rejected" ? [t`“${others[i]}” is not compared: ${messageOf(each.reason)}`] : [],
  );
  if (!usable.length) return { data: {}, warnings };
  const words = apart([own.phrases, ...usable.map(({ phrases }) => phrases)]).map(translate);
  const compare = usable.map(({ data }, i) => ({ ...data, words: words[i + 1] }));
  return { data: { words: words[0], nats: own.nats, codes: own.codes, compare }, warnings };
}

/**
 * A model's data, and what it can be called.
 *
 * @param {Source} source
 * @param {string} view
 * @param {string} first
 * @param {string} model
 */
async function beside(source, view, first, model) {
  const [{ data }, { phrases, nats, codes }, { match }] = await Promise.all([
    source.get(view, { model }),
    source.get("compared", { model }),
    source.get("match", { model: first, with: model }),
  ]);
  return { phrases, data: { ...data, nats, codes, match } };
}
