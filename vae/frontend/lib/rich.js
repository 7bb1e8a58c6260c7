/**
 * The texts of a lesson as elements. They come as trees, never as markup, so that no text of anybody's becomes an element
 * that is not listed here.
 *
 * A node is a text, [tag, ...nodes], or ["a", address, ...nodes].
 *
 * @import { Rich, RichElement } from "./contract.js"
 */

import { element } from "./dom.js";

/** @type {readonly (keyof HTMLElementTagNameMap)[]} */
const TAGS = ["p", "ul", "ol", "li", "em", "strong", "code", "br"];

/**
 * The nodes as elements. Of a tag that is not listed, and of a link that leads elsewhere than to a page of the web or of the
 * app, only the text remains.
 *
 * @param {Rich} nodes
 * @param {string} base the app's address, without a slash at its end
 * @returns {(Node | string)[]}
 */
export function richNodes(nodes, base) {
  return nodes.flatMap((node) => (typeof node === "string" ? [node] : elementOf(node, base)));
}

/**
 * @param {RichElement} node
 * @param {string} base
 * @returns {(Node | string)[]}
 */
function elementOf([tag, ...rest], base) {
  if (tag === "a") {
    const [address, ...nodes] = rest;
    const children = richNodes(nodes, base);
    const link = linkTo(`${address}`, base);
    link?.append(...children);
    return link ? [link] : children;
  }
  const children = richNodes(rest, base);
  const name = TAGS.find((each) => each === tag);
  return name ? [element(name, {}, ...children)] : children;
}

/**
 * A link to a page of the web, which opens beside this one, or to a page of the app's; null for any other.
 *
 * @param {string} address
 * @param {string} base
 */
export function linkTo(address, base) {
  if (/^https?:\/\/[^/]/i.test(address)) {
    return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" });
  }
  return /^[A-Za-z_]+(\?[^#]*)?$/.test(address) ? element("a", { href: `${base}/${address}` }) : null;
}

/** The text of some nodes alone. @param {Rich} nodes @returns {string} */
export function plainRich(nodes) {
  return nodes
    .map((node) => (typeof node === "string" ? node : plainRich(node.slice(node[0] === "a" ? 2 : 1))))
    .join("");
}
