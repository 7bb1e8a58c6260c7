/**
 * What a teacher's page asks of the server before it is connected to a class.
 *
 * @import { LessonSummary } from "../../lib/contract.js"
 *
 * owner: whether the class was opened here; links: how many there are for second teachers.
 *
 * @typedef {{code: string, name: string, model: string, owner: boolean, links: number}} KnownClass
 */

const TRIES = 8; // of a class that moves to another server
const FIRST_RETRY_MS = 250,
  LAST_RETRY_MS = 2000;

/**
 * The answer's JSON; null where it has none. Asks again while the server says so. Rejects with its sentence.
 *
 * @param {string} address
 * @param {object} [body] posted, where there is one
 */
async function ask(address, body) {
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer = null;
  for (let tried = 0; tried < TRIES; tried++) {
    answer = await fetch(address, body ? json : {}).catch(() => null);
    if (!answer?.headers.has("Retry-After")) break;
    await later(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** tried));
  }
  if (!answer) throw new Error("The app does not answer. Look whether it still runs, then try again.");
  const text = await answer.text();
  if (!answer.ok) throw new Error(text.length < 400 && text ? text : `The app answered with error ${answer.status}.`);
  return text ? JSON.parse(text) : null;
}

/** After so many ms. @param {number} ms @returns {Promise<void>} */
function later(ms) {
  return new Promise((resolve) => void setTimeout(resolve, ms));
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
  const { classes, elsewhere = [] } = await ask(`${base}/c/classes`);
  const others = elsewhere.map((/** @type {string} */ code) => ask(`${base}/c/${code}/class`).catch(() => []));
  return [...classes, ...(await Promise.all(others)).flat()];
}

/**
 * Makes this browser a teacher of a class, by the secret of its link.
 *
 * @param {string} base
 * @param {string} code
 * @param {string} secret
 */
export async function teach(base, code, secret) {
  await ask(`${base}/c/${code}`, { secret });
}
