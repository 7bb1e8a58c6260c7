/** How teachers' pages say what is in a lesson's settings. */

/** The language of a link that names none. */
export const ENGLISH = "en";

/** @type {Record<string, string>} */
const LEVELS = { see: "See", measure: "Measure", mathematics: "Mathematics" };

/** The levels in their order, with their names. */
export const LEVEL_NAMES = Object.entries(LEVELS);

/** @param {{minutes: number, level: string}} lesson */
export function aboutOf({ minutes, level }) {
  return `${minutes} minutes · ${LEVELS[level] ?? level}`;
}

/** What a lesson lacks; "" where it lacks nothing. @param {{missing: string[]}} lesson */
export function missingWords({ missing }) {
  if (!missing.length) return "";
  const models = missing.length === 1 ? "the model" : "the models";
  return `It needs ${models} ${missing.join(", ")}, not trained here.`;
}

/** The letter of an option: A for 0. @param {number} i */
export function letter(i) {
  return String.fromCharCode(65 + i);
}
