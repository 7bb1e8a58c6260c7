/**
 * A teacher's link, <base>/Class#CODE.SECRET. Streamlit drops what follows the #, so it is taken before Streamlit's scripts
 * run; its secret then stands neither in the address nor in the history.
 *
 * @typedef {{code: string, secret: string}} TeacherLink
 */

const LINK = /^#([0-9A-Za-z]{6})\.([\w-]{8,200})$/;

/** @type {TeacherLink | null} */
let kept = null;

/**
 * Code and secret; null for another address.
 *
 * @param {string} hash of the address, with its #
 * @returns {TeacherLink | null}
 */
export function linkOf(hash) {
  const [, code, secret] = LINK.exec(hash) ?? [];
  return code ? { code: code.toUpperCase(), secret } : null;
}

/**
 * Keeps the link with which a page is opened.
 *
 * @param {{location: Pick<Location, "hash" | "pathname" | "search">, history: Pick<History, "state" | "replaceState">}} page
 */
export function keepLink({ location, history }) {
  const link = linkOf(location.hash);
  if (!link) return;
  kept = link;
  history.replaceState(history.state, "", location.pathname + location.search);
}

/** The link with which this page was opened, once. */
export function takeLink() {
  const link = kept;
  kept = null;
  return link;
}
