/** Which dimension of other models follows one of the first, in words. */

/** @import { Match } from "../lib/compared.js" */

import { subscript } from "../lib/dom.js";
import { t } from "../lib/words.js";

const PARTLY = 0.5; // below this correlation a dimension is only partly the same

/**
 * What each other model has in the place of a dimension: "z₃ here is −z₇ there (|r| = 0.92)".
 *
 * @param {number} i
 * @param {readonly {words: string, match: readonly Match[]}[]} others
 */
export function matchInWords(i, others) {
  if (others.length === 1) {
    const match = others[0].match[i];
    if (!match) return t`nothing there follows ${subscript(i)}`;
    return t`${subscript(i)} here is ${isPartly(match)}${signed(match)} there (|r| = ${size(match)})`;
  }
  const parts = others.map(({ words, match }) => {
    const found = match[i],
      name = words.replaceAll(" = ", "\u00a0=\u00a0"); // not at the end of a line
    return found ? t`${isPartly(found)}${signed(found)} in ${name} (${size(found)})` : t`nothing in ${name}`;
  });
  return t`${subscript(i)} here is ${parts.join(", ")}`;
}

/** @param {NonNullable<Match>} match */
function isPartly({ correlation }) {
  return Math.abs(correlation) < PARTLY ? t("partly ") : "";
}

/** @param {NonNullable<Match>} match */
function signed({ dimension, correlation }) {
  return `${correlation < 0 ? "−" : ""}${subscript(dimension)}`;
}

/** @param {NonNullable<Match>} match */
function size({ correlation }) {
  return Math.abs(correlation).toFixed(2);
}
