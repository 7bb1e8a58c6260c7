/**
 * Takes a seat in a class: a new one, or the one that this browser has had.
 *
 * @import { Kept } from "../kept.js"
 *
 * @typedef {{seat: string, id: number, name: string}} Joined seat: its token
 */

import { Refusal, refusalOf } from "../transports.js";

const FIRST_RETRY_MS = 500,
  LAST_RETRY_MS = 8000;

/**
 * Resolves once there is a seat; tries again while there is no connection. Rejects with the server's sentence, a Refusal.
 *
 * @param {{base: string, code: string, kept: Kept, fetch?: typeof globalThis.fetch}} options kept: where the token is
 * @returns {Promise<Joined>}
 */
export async function join({ base, code, kept, fetch = (...asked) => globalThis.fetch(...asked) }) {
  const key = `seat.${code.toUpperCase()}`;
  for (let attempt = 0; ; attempt++) {
    try {
      const joined = await ask(`${base}/c/${code}/join`, kept.get(key), fetch);
      kept.set(key, joined.seat);
      return joined;
    } catch (error) {
      if (error instanceof Refusal && error.final) throw error;
    }
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.25 + 0.75 * Math.random());
    await untilOnline(wait);
  }
}

/**
 * @param {string} address
 * @param {string | null} seat
 * @param {typeof globalThis.fetch} fetch
 * @returns {Promise<Joined>}
 */
async function ask(address, seat, fetch) {
  const body = JSON.stringify({ seat, name: null });
  const response = await fetch(address, { method: "POST", body, headers: { "Content-Type": "application/json" } });
  if (!response.ok) throw await refusalOf(response);
  return await response.json();
}

/** Until some time has passed, or the network is back. */
function untilOnline(/** @type {number} */ ms) {
  return new Promise((/** @type {(value: void) => void} */ resolve) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener?.("online", done);
  });
}
