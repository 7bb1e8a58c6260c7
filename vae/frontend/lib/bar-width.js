/** Whether the bar has room for the links to the pages. */

const FULL = 84; // rem: the links, the model picker and the buttons side by side
const CLASS = 15; // rem: the class beside them, where one is taught
const LONG = 9; // rem: how much longer the words of other languages than English are
const CLOSER = 8; // rem: how much less the links take where they stand closer together

/**
 * Marks the page's root with data-bar, "wide", "tight" or "narrow", now and whenever the window changes: hosts/frame.css shows
 * the links accordingly. No media query can say it, because the text's size depends on the window's height, too.
 *
 * @param {Window & typeof globalThis} window
 */
export function watchBar(window) {
  const root = window.document.documentElement;
  const mark = () => {
    const rem = Number.parseFloat(window.getComputedStyle(root).fontSize);
    const full = FULL + (root.dataset.teaching === undefined ? 0 : CLASS) + (root.lang === "en" ? 0 : LONG);
    const room = window.innerWidth / rem;
    root.dataset.bar = room >= full ? "wide" : room >= full - CLOSER ? "tight" : "narrow";
  };
  mark();
  for (const event of ["load", "resize"]) window.addEventListener(event, mark);
}
