/** What pages fetch: from their host where it has no server, as in the file that one takes home, else from the server. */

/** path: beneath the app's address, "live/encoded". @typedef {(path: string, query: URLSearchParams) => Response | Promise<Response>} Answer */

/** @type {{base: string, answer: Answer} | null} */
let host = null;

/**
 * From now on the host itself answers all that is asked beneath this address: there is no server.
 *
 * @param {string} base the app's address, without a slash at its end
 * @param {Answer} answer
 */
export function serve(base, answer) {
  host = { base, answer };
}

/**
 * The app's address, without a slash at its end: the light page has it as its base, and the app's pages, like the home page,
 * are one name beneath it.
 */
export function appBase() {
  return host?.base ?? new URL(".", document.baseURI).href.slice(0, -1);
}

/** Whether pages can ask a server. */
export function hasServer() {
  return host === null;
}

/**
 * As fetch.
 *
 * @param {string | URL} address
 * @param {RequestInit} [init]
 */
export function load(address, init) {
  const text = `${address}`;
  if (!host || !text.startsWith(`${host.base}/`)) return fetch(address, init);
  const [path, ...query] = text.slice(host.base.length + 1).split("?");
  return Promise.resolve(host.answer(path, new URLSearchParams(query.join("?"))));
}
