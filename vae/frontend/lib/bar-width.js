/** Whether the bar has room for the links to the pages. */

const FULL = 84; // rem: the links, the model picker and the buttons side by side
const CLASS = 15; // rem: the class beside them, where one is taught
const LONG = 9; // rem: how much longer the words of other languages than English are

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
    const full = root.dataset.teaching !== undefined ? FULL + CLASS : FULL;
    const comfortable = full + (root.lang === "en" ? 0 : LONG);
    const room = window.innerWidth / rem;
    root.dataset.bar = room < full ? "narrow" : room < comfortable ? "tight" : "wide";
  };
  mark();
  for (const event of ["load", "resize"]) window.addEventListener(event, mark);
}
