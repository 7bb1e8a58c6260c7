/** Where a lesson is played, taken home, and where a class is opened with it. */

import { ENGLISH } from "../../lib/lesson-words.js";

const STUDENTS = 30; // of a rehearsal

/**
 * @param {string} path beneath the app's address
 * @param {Record<string, string>} values
 * @param {string} language
 */
function link(path, values, language) {
  return `${path}?${new URLSearchParams({ ...values, ...(language === ENGLISH ? {} : { lang: language }) })}`;
}

/**
 * The addresses of a lesson. base: the app's address; name: "own" for the one that was written in this browser.
 *
 * @param {string} base
 * @param {string} name
 * @param {string} language
 */
export function linksOf(base, name, language) {
  const lesson = { lesson: name };
  return {
    play: link(`${base}/lab/`, lesson, language),
    file: link(`${base}/lab/file`, lesson, language),
    class: link(`${base}/Class`, lesson, language),
    rehearsal: link(`${base}/Class`, { ...lesson, rehearse: `${STUDENTS}` }, language),
  };
}
