/**
 * What a teacher's page asks of the server before it is connected to a class.
 *
 * @import { LessonSummary } from "../../lib/contract.js"
 *
 * owner: whether the class was opened here; links: how many there are for second teachers.
 *
 * @typedef {{code: string, name: string, model: string, owner: boolean, links: number}} KnownClass
 */

/**
 * The answer's JSON; null where it has none. Rejects with the server's sentence.
 *
 * @param {string} address
 * @param {object} [body] posted, where there is one
 */
async function ask(address, body) {
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(address, body ? json : {}).catch(() => null);
  if (!answer) throw new Error("The app does not answer. Look whether it still runs, then try again.");
  const text = await answer.text();
  if (!answer.ok) throw new Error(text.length < 400 && text ? text : `The app answered with error ${answer.status}.`);
  return text ? JSON.parse(text) : null;
}

/**
 * Opens a class; this browser is its teacher from then on. The reply is its code.
 *
 * @param {string} base the app's address
 * @param {{name: string, model: string, lesson?: {name: string} | {text: string}, language: string}} fields
 * @returns {Promise<string>}
 */
export async function openClass(base, fields) {
  const { code } = await ask(`${base}/c/classes`, fields);
  return code;
}

/**
 * All lessons, in this language where they are translated.
 *
 * @param {string} base
 * @param {string} language
 * @returns {Promise<LessonSummary[]>}
 */
export async function lessonsIn(base, language) {
  const { lessons } = await ask(`${base}/lab/lessons?${new URLSearchParams({ lang: language })}`);
  return lessons;
}

/** The classes whose teacher this browser is. @param {string} base @returns {Promise<KnownClass[]>} */
export async function ownClasses(base) {
  const { classes } = await ask(`${base}/c/classes`);
  return classes;
}

/**
 * Makes this browser a teacher of a class, by the secret of its link.
 *
 * @param {string} base
 * @param {string} code
 * @param {string} secret
 */
export async function teach(base, code, secret) {
  await ask(`${base}/c/teach`, { code, secret });
}
