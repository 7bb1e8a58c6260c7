/** Where the focus is. */

/**
 * Whether the focus is on a node or within it; in a shadow root, too.
 *
 * @param {Node} node
 */
export function hasFocus(node) {
  const root = node.getRootNode();
  return "activeElement" in root && node.contains(/** @type {Node | null} */ (root.activeElement));
}
