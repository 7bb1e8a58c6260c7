/** The lesson that somebody writes in this browser: the text of its file. It is on no server. */

const OWN = "latent-lab own lesson";
const FOR_CLASS = "latent-lab lesson for a class";
/** Its name in a link, in place of a lesson's of the library. */
export const OWN_NAME = "own";

/** @returns {string | null} null where there is none, and where the browser keeps nothing */
export function ownLesson() {
  return read(() => localStorage, OWN);
}

/** @param {string | null} text null removes it @returns {boolean} whether the browser keeps it */
export function keepOwnLesson(text) {
  return write(() => localStorage, OWN, text);
}

/** The title that a lesson's text has in its settings, "" where it has none. @param {string} text */
export function titleOf(text) {
  return /^title:\s*(.*)$/m.exec(text)?.[1] ?? "";
}

/** One's own lesson where lessons are offered. @param {string} text @returns {[name: string, words: string]} */
export function ownOption(text) {
  const title = titleOf(text);
  return [OWN_NAME, title ? `Your own: ${title}` : "Your own lesson"];
}

/** The text with which the Class page of this tab opens a class. */
export function lessonForClass() {
  return read(() => sessionStorage, FOR_CLASS);
}

/** @param {string | null} text null removes it @returns {boolean} whether the browser keeps it */
export function keepForClass(text) {
  return write(() => sessionStorage, FOR_CLASS, text);
}

/**
 * @param {() => Storage} find throws where it is forbidden
 * @param {string} key
 */
function read(find, key) {
  try {
    return find().getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {() => Storage} find
 * @param {string} key
 * @param {string | null} text
 */
function write(find, key, text) {
  try {
    if (text === null) find().removeItem(key);
    else find().setItem(key, text);
    return true;
  } catch {
    return false;
  }
}
