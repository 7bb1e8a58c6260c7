/** Whether the bar has room for the links to the pages. */

const FULL = 84; // rem: the links, the model picker and the buttons side by side
const CLASS = 15; // rem: the class beside them, where one is taught

/**
 * Marks the page's root with data-bar, "wide" or "narrow", now and whenever the window changes: hosts/frame.css shows the
 * links accordingly. No media query can say it, because the text's size depends on the window's height, too.
 *
 * @param {Window & typeof globalThis} window
 */
export function watchBar(window) {
  const root = window.document.documentElement;
  const mark = () => {
    const rem = Number.parseFloat(window.getComputedStyle(root).fontSize);
    const full = root.dataset.teaching !== undefined ? FULL + CLASS : FULL;
    root.dataset.bar = window.innerWidth < full * rem ? "narrow" : "wide";
  };
  mark();
  for (const event of ["load", "resize"]) window.addEventListener(event, mark);
}
