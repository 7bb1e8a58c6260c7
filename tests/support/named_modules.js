/**
 * node --expose-internals named_modules.js FILE…: what each module names, in the order of its text, as JSON: by import and
 * export statements, import("…") and new URL("…", import.meta.url); "other" for any other import() or import.meta.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { parse } = createRequire(import.meta.url)("internal/deps/acorn/acorn/dist/acorn");

/** @typedef {{type: string, start: number, [key: string]: any}} Node of the syntax tree */

/** @param {string} text of a module */
function namesIn(text) {
  /** @type {[place: number, name: string][]} */
  const found = [];
  const note = (/** @type {Node | null} */ node) => {
    if (node) found.push(node.type === "Literal" ? [node.start, node.value] : [node.start, "other"]);
  };
  const visit = (/** @type {any} */ node) => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node?.type !== "string") return;
    if (isAddress(node)) return note(node.arguments[0]);
    if (node.type === "MetaProperty" && node.meta.name === "import") note(node);
    if (node.type === "ImportExpression" || /^(Import|Export).*Declaration$/.test(node.type)) note(node.source);
    Object.values(node).forEach(visit);
  };
  visit(parse(text, { ecmaVersion: "latest", sourceType: "module" }));
  return found.sort(([a], [b]) => a - b).map(([, name]) => name);
}

/** @param {Node} node new URL("…", import.meta.url) */
function isAddress({ type, callee, arguments: given }) {
  const named = type === "NewExpression" && callee.name === "URL" && given[1]?.object?.type === "MetaProperty";
  return named && given[0].type === "Literal" && given[1].property.name === "url";
}

const files = process.argv.slice(2);
process.stdout.write(
  JSON.stringify(Object.fromEntries(files.map((file) => [file, namesIn(readFileSync(file, "utf8"))]))),
);
