/** The film player as other pages follow it: the moment of the run, and whether the map is the decoded plane. */

/** @import { Live } from "../lib/following.js" */

/**
 * What another page's state changes here: null for what it leaves as it is, which is all where its film is another.
 *
 * @param {Live} live
 * @param {string} own the name of the first film here
 * @returns {{ share: number | null, grid: boolean | null }}
 */
export function changesOf({ film, share, grid }, own) {
  const isOfFilm = film === own && own !== "";
  const isShare = isOfFilm && typeof share === "number" && share >= 0 && share <= 1;
  return { share: isShare ? share : null, grid: isOfFilm && typeof grid === "boolean" ? grid : null };
}
