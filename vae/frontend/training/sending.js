/**
 * Sends an upload to the server in small pieces, one after the other: proxies refuse large requests, and a lost piece is
 * sent again. The wire is described in vae/server/training/uploads.py.
 */

import { megabytes } from "./selection.js";

/** @import { Content } from "./packing.js" */

/**
 * address: of the route; ticket: the secret of the page's session; pictures: how many there are in it, null for a zip that
 * the user packed; piece: bytes in one request.
 *
 * @typedef {object} Upload
 * @property {string} address
 * @property {string} ticket
 * @property {string} upload
 * @property {string} name
 * @property {number | null} pictures
 * @property {number} piece
 */

const PIECE_MS = 90_000;
const SMALLEST_PIECE = 2 ** 14;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const PASSING = new Set([408, 429, 502, 503, 504]); // statuses that may be gone in a moment
const MAX_NAME = 255;
const LONGEST_REASON = 400; // characters; a proxy's error page has more

/** The server, or something before it, refuses the upload. */
class Refusal extends Error {
  /** @param {Response} response */
  constructor(response) {
    super(`${response.status}`);
    this.response = response;
  }
}

/**
 * Sends it all. Throws an Error with the sentence for the user, or what the signal was aborted with.
 *
 * @param {Content} content
 * @param {Upload} upload
 * @param {AbortSignal} signal
 * @param {(bytes: number) => void} onProgress
 */
export async function send({ total, parts }, upload, signal, onProgress) {
  let offset = 0,
    { piece } = upload;
  for await (const bytes of pieces(parts, piece)) {
    for (let at = 0; at < bytes.length; ) {
      const body = bytes.subarray(at, at + piece);
      try {
        await sendPiece(body, offset, total, upload, signal);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (error.response.status !== 413 || piece <= SMALLEST_PIECE)
          throw new Error(await reasonOf(error.response, piece), { cause: error });
        piece /= 2;
        continue;
      }
      at += body.length;
      offset += body.length;
      onProgress(offset);
    }
  }
}

/**
 * The parts cut anew, each of this many bytes but for the last.
 *
 * @param {AsyncIterable<Uint8Array<ArrayBuffer>>} parts
 * @param {number} size
 */
export async function* pieces(parts, size) {
  let piece = new Uint8Array(size),
    filled = 0;
  for await (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const some = part.subarray(at, at + size - filled);
      piece.set(some, filled);
      at += some.length;
      filled += some.length;
      if (filled < size) continue;
      yield piece;
      piece = new Uint8Array(size);
      filled = 0;
    }
  }
  if (filled) yield piece.subarray(0, filled);
}

/**
 * Tries again where the network, or a status, says that it may pass then. Throws a Refusal, or an Error with the sentence.
 *
 * @param {Uint8Array<ArrayBuffer>} body
 * @param {number} offset
 * @param {number} total
 * @param {Upload} upload
 * @param {AbortSignal} signal
 */
async function sendPiece(body, offset, total, { address, ticket, upload, name, pictures }, signal) {
  const query = new URLSearchParams({ upload, offset: `${offset}`, total: `${total}`, pictures: `${pictures ?? ""}` });
  query.set("name", name.slice(0, MAX_NAME));
  const headers = { "Upload-Ticket": ticket, "Content-Type": "application/octet-stream" };
  const request = { method: "POST", headers, body };
  for (let attempt = 0; ; attempt++) {
    const last = attempt === RETRY_MS.length;
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(PIECE_MS)]);
      const response = await fetch(`${address}?${query}`, { ...request, signal: patience });
      if (await isTaken(response)) return;
      if (last || !PASSING.has(response.status)) throw new Refusal(response);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof Refusal) throw cause;
      if (last) throw new Error(lostAt(offset, total), { cause });
    }
    await rest(RETRY_MS[attempt], signal);
  }
}

/** Whether the app itself says that it has the piece: a login page of a proxy is an answer, too. @param {Response} response */
async function isTaken(response) {
  if (!response.ok || !response.headers.get("content-type")?.includes("json")) return false;
  const { bytes } = await response.json();
  return Number.isInteger(bytes);
}

/**
 * @param {number} offset
 * @param {number} total
 */
function lostAt(offset, total) {
  return (
    `The connection was lost after ${megabytes(offset)} of ${megabytes(total)}. Check that the app still runs and that you ` +
    "are on its network, then choose the pictures again."
  );
}

/**
 * What the refusal means and what to do, for the user.
 *
 * @param {Response} response
 * @param {number} piece bytes of the smallest request that was tried
 */
export async function reasonOf(response, piece) {
  const { status } = response;
  const own = await ownSentence(response);
  if (own) return `${own} (${status})`;
  /** @type {Record<number, string>} */
  const reasons = {
    200: "Something else than the app answered, perhaps a login page. Reload the page and sign in again.",
    401: "A proxy before the app asks for a login. Reload the page and sign in again.",
    403:
      "A proxy before the app, or the app itself, does not accept uploads from this page. If this page is shown inside " +
      `another site or through a proxy, add ${location.origin} to server.corsAllowedOrigins; otherwise ask the person who runs the proxy.`,
    404: "A proxy before the app does not pass this address on: it must pass all that begins with /live as well.",
    405: "A proxy before the app does not let POST requests pass: allow them for /live/upload.",
    413:
      `A proxy before the app refuses even requests of ${piece / 2 ** 10} KiB: allow larger ones, in nginx with ` +
      "client_max_body_size 1m.",
    502: "A proxy could not reach the app. Check that the app still runs, then choose the pictures again.",
    503: "The app or a proxy before it is too busy. Try again in a minute.",
    504: "A proxy waited too long for the app. Try again, or allow longer answers, in nginx with proxy_read_timeout 60s.",
  };
  return `The upload was refused (status ${status}). ${reasons[status] ?? "Ask the person who runs the app."}`;
}

/** The sentence with which the app itself refuses; "" for another's page. @param {Response} response */
async function ownSentence(response) {
  if (response.ok || !response.headers.get("content-type")?.startsWith("text/plain")) return "";
  const text = (await response.text()).trim();
  return text.length <= LONGEST_REASON && /^\S.* .*\.$/.test(text) ? text : "";
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function rest(ms, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
