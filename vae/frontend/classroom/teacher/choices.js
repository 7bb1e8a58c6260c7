/** What a teacher has chosen, in this browser: the ready question to ask each class, the address that students are given. */

import { Kept } from "../kept.js";

const ADDRESS = "address";
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

/** The app's address for students; "" where none was chosen. */
export function chosenAddress() {
  return kept.get(ADDRESS) ?? "";
}

/** @param {string} address */
export function chooseAddress(address) {
  kept.set(ADDRESS, address);
}
