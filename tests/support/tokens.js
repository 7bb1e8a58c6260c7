/**
 * node --expose-internals tokens.js FILE…: a digest of each module's tokens, which comments are not part of, as JSON.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { tokenizer } = createRequire(import.meta.url)("internal/deps/acorn/acorn/dist/acorn");

/** @param {string} text of a module */
function digestOf(text) {
  const hash = createHash("sha256");
  for (const { type, value } of tokenizer(text, { ecmaVersion: "latest", sourceType: "module", allowHashBang: true }))
    hash.update(`${type.label} ${JSON.stringify(value)}\n`);
  return hash.digest("hex");
}

const files = process.argv.slice(2);
process.stdout.write(JSON.stringify(files.map((file) => digestOf(readFileSync(file, "utf8")))));
