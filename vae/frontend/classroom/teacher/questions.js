/**
 * A question as it is asked.
 *
 * @typedef {{text: string, options: string[], correct: number | null}} Draft
 */

export const MOST_OPTIONS = 6; // more are not read on a phone

/**
 * What is typed as a question, without the options that are empty; or the sentence that says what it lacks.
 *
 * @param {string} text
 * @param {readonly string[]} options as typed
 * @param {number | null} correct the place of the right one among them
 * @returns {Draft | string}
 */
export function draftOf(text, options, correct) {
  const kept = options.map((option, place) => ({ option: option.trim(), place })).filter(({ option }) => option);
  if (!text.trim()) return "Write the question first.";
  if (kept.length < 2) return "A question needs two options at least.";
  if (new Set(kept.map(({ option }) => option)).size < kept.length) return "Two options are the same: change one.";
  const right = kept.findIndex(({ place }) => place === correct);
  if (correct !== null && right < 0) return "The option that is marked as right is empty.";
  return { text: text.trim(), options: kept.map(({ option }) => option), correct: correct === null ? null : right };
}
