/**
 * What the library asks the server: see vae/lessons/routes.py.
 *
 * @import { Lesson, LessonSummary } from "../../lib/contract.js"
 *
 * A lesson that was checked; or what is wrong with its text, and in which line.
 *
 * @typedef {{lesson: Lesson} | {problem: string, line: number}} Checked
 */

/**
 * The answer, if it is one; rejects with the server's sentence.
 *
 * @param {string} address
 * @param {RequestInit} [init]
 */
async function ask(address, init) {
  const answer = await fetch(address, init).catch((error) => {
    if (init?.signal?.aborted) throw error;
    throw new Error("The app does not answer. Look whether it still runs, then try again.");
  });
  if (answer.ok) return answer;
  const text = await answer.text();
  throw new Error(text && text.length < 400 ? text : `The app answered with error ${answer.status}.`);
}

/**
 * @param {string} base the app's address
 * @param {string} language
 * @returns {Promise<LessonSummary[]>}
 */
export async function fetchLessons(base, language) {
  const answer = await ask(`${base}/lab/lessons?${new URLSearchParams({ lang: language })}`);
  return (await answer.json()).lessons;
}

/**
 * @param {string} base
 * @param {string} name
 * @param {string} language
 * @returns {Promise<Lesson>}
 */
export async function fetchLesson(base, name, language) {
  return (await ask(`${base}/lab/lesson?${new URLSearchParams({ name, lang: language })}`)).json();
}

/**
 * The text of a lesson's file.
 *
 * @param {string} base
 * @param {string} name
 */
export async function fetchText(base, name) {
  return (await ask(`${base}/lab/lesson?${new URLSearchParams({ name, as: "text" })}`)).text();
}

/**
 * @param {string} base
 * @param {string} text of a lesson's file
 * @param {string} language
 * @param {AbortSignal} [signal]
 * @returns {Promise<Checked>}
 */
export async function checkLesson(base, text, language, signal) {
  const headers = { "Content-Type": "text/markdown; charset=utf-8" };
  const query = new URLSearchParams({ lang: language });
  return (await ask(`${base}/lab/lesson?${query}`, { method: "POST", headers, body: text, signal })).json();
}
