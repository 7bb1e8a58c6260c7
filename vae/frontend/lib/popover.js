/** Panels that a button opens over the page. */

import { keepInView } from "./dom.js";

const GAP = 4; // CSS pixels from the button to its panel

/**
 * Lets a button open a panel near it. The browser closes it by Escape, by a click elsewhere and when another one opens; it
 * also closes when the focus goes on. The function that this returns closes it, too.
 *
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} panel beside the button in the page, with a width that the window has
 */
export function openBy(button, panel) {
  panel.classList.add("popover");
  panel.popover = "auto";
  button.popoverTargetElement = panel;
  button.ariaExpanded = "false";
  const isOpen = () => button.ariaExpanded === "true";
  const close = () => {
    if (isOpen()) panel.hidePopover();
  };
  const place = () => {
    if (panel.isConnected) placeNear(button, panel);
    else watch(false);
  };
  const keep = (/** @type {Event} */ event) => keepEscape(event);
  const watch = (/** @type {boolean} */ on) => {
    const change = on ? addEventListener : removeEventListener;
    for (const type of ["scroll", "resize"]) change(type, place, true);
    change("keydown", keep, true);
    if (on) grown ??= new ResizeObserver(place);
    if (on) grown?.observe(panel);
    else grown?.disconnect();
  };
  /** Places the panel again when something comes into it. @type {ResizeObserver | undefined} */
  let grown;
  panel.addEventListener("beforetoggle", ({ newState }) => {
    button.ariaExpanded = `${newState === "open"}`;
    watch(isOpen());
    // A panel that opened over another one does not give the focus back by itself.
    if (newState === "closed" && panel.contains(focusedIn(panel))) button.focus();
    if (isOpen()) requestAnimationFrame(place); // shown by then, and not yet painted
  });
  for (const node of [button, panel]) {
    node.addEventListener("focusout", ({ relatedTarget: next }) => {
      if (next && next !== button && !panel.contains(/** @type {Node} */ (next))) close();
    });
  }
  return close;
}

/** Escape closes the panel, which the browser does, and not a dialog around it, too. */
function keepEscape(/** @type {Event} */ event) {
  if (/** @type {KeyboardEvent} */ (event).key === "Escape") event.stopPropagation();
}

/** What has the focus in a node's document or shadow tree. @param {HTMLElement} node */
function focusedIn(node) {
  const root = node.getRootNode();
  return "activeElement" in root ? /** @type {Element | null} */ (root.activeElement) : null;
}

/**
 * Beneath the button, or above it where there is room above alone; inside the window in any case.
 *
 * @param {HTMLElement} button
 * @param {HTMLElement} panel
 */
function placeNear(button, panel) {
  const { left, top, bottom } = button.getBoundingClientRect();
  const above = top - GAP - panel.offsetHeight;
  const fits = bottom + GAP + panel.offsetHeight <= document.documentElement.clientHeight;
  Object.assign(panel.style, { left: `${left}px`, top: `${fits || above < 0 ? bottom + GAP : above}px` });
  keepInView(panel);
}
