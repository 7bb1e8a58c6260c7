/** A button that opens a panel below it: the browser's own popover, which Escape and a press elsewhere close. */

import { button, keepInView } from "./dom.js";

/**
 * @param {HTMLButtonElement} opener
 * @param {HTMLElement} panel
 * @param {{onOpen?: () => void}} [options] onOpen: fills the panel just before it shows
 */
export function popover(opener, panel, { onOpen = () => {} } = {}) {
  panel.popover = "auto";
  opener.popoverTargetElement = panel;
  opener.ariaExpanded = "false";
  opener.ariaHasPopup = panel.getAttribute("role") === "listbox" ? "listbox" : "dialog";
  panel.addEventListener("beforetoggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") onOpen();
  });
  panel.addEventListener("toggle", (event) => {
    const open = /** @type {ToggleEvent} */ (event).newState === "open";
    opener.ariaExpanded = `${open}`;
    if (open) placeBelow(panel, opener);
  });
  return { opener, panel, close: () => panel.hidePopover() };
}

/** A popover's button. */
export function popoverButton(/** @type {string} */ text, /** @type {string} */ title, ariaLabel = text) {
  return button(text, title, () => {}, ariaLabel);
}

/** Moves a fixed panel below a button, within the window. */
function placeBelow(/** @type {HTMLElement} */ panel, /** @type {HTMLElement} */ anchor) {
  const { left, bottom } = anchor.getBoundingClientRect();
  Object.assign(panel.style, { left: `${left}px`, top: `${bottom + 4}px` });
  keepInView(panel);
}
