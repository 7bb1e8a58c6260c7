/** The ready question that was chosen for each class, in this browser. */

import { Kept } from "../kept.js";

const kept = new Kept(() => localStorage);

/** The title of a class's question; "" for none. @param {string} code */
export function lessonOf(code) {
  return kept.get(`lesson.${code}`) ?? "";
}

/**
 * @param {string} code
 * @param {string} title
 */
export function setLesson(code, title) {
  kept.set(`lesson.${code}`, title);
}
