/** Where the focus is, and where it goes. */

/**
 * Whether the focus is on a node or within it; in a shadow root, too.
 *
 * @param {Node} node
 */
export function hasFocus(node) {
  const root = node.getRootNode();
  return "activeElement" in root && node.contains(/** @type {Node | null} */ (root.activeElement));
}

/**
 * Shows or hides a part; where that had the focus, another one gets it: else keys begin at the page's top again.
 *
 * @param {HTMLElement} node
 * @param {boolean} hidden
 * @param {HTMLElement | null | undefined} next
 */
export function hide(node, hidden, next) {
  const focused = hidden && !node.hidden && hasFocus(node);
  node.hidden = hidden;
  if (focused) next?.focus();
}
