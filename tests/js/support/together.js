/**
 * Runs the test files of this folder in one process, one after the other: a process for each takes three times as long.
 * Each file finds the globals that it would find by itself, and an empty page where it imports one; what its tests leave
 * behind is undone. The state of the scripts' modules stays: a file that changes it for good is named `*.alone.test.js`,
 * and has a process of its own; so has one that takes seconds, which then run on another core.
 */

import { glob, readFile } from "node:fs/promises";
import { mock, test } from "node:test";

const TESTS = new URL("..", import.meta.url);

const plain = Object.getOwnPropertyDescriptors(globalThis);
await import("./page.js");

const window = /** @type {Window & {happyDOM: {setURL(url: string): void}}} */ (
  /** @type {unknown} */ (document.defaultView)
);
const { href } = location;

// What a script listens for from its start on stays.
let isTesting = false;
/** @type {(() => void)[]} */
let undo = [];
for (const target of [document, window]) {
  const { addEventListener, removeEventListener } = target;
  target.addEventListener = (/** @type {any[]} */ ...parts) => {
    Reflect.apply(addEventListener, target, parts);
    if (isTesting) undo.push(() => Reflect.apply(removeEventListener, target, parts));
  };
}

// They add to the page's globals.
await import("./popovers.js");
await import("../classroom/teacher/desk.js");
const withPage = Object.getOwnPropertyDescriptors(globalThis);

/** Whether a file, or one of the tests' files that it imports, imports the page. @returns {Promise<boolean>} */
async function needsPage(/** @type {URL} */ file) {
  if (file.pathname.endsWith("/support/page.js")) return true;
  for (const [, path] of (await readFile(file, "utf8")).matchAll(/^(?:import|\} from) .*?"(\..*)";$/gm)) {
    const imported = new URL(path, file);
    if (imported.href.startsWith(TESTS.href) && (await needsPage(imported))) return true;
  }
  return false;
}

function setGlobals(/** @type {PropertyDescriptorMap} */ globals) {
  for (const name of Reflect.ownKeys(globalThis)) if (!(name in globals)) Reflect.deleteProperty(globalThis, name);
  Object.defineProperties(globalThis, globals);
}

function cleanUp() {
  isTesting = false;
  for (const step of undo) step();
  undo = [];
  mock.reset();
  setGlobals(withPage);
  window.happyDOM.setURL(href);
  for (const part of [document.head, document.body]) part.replaceChildren();
  for (const { name } of [...document.documentElement.attributes]) document.documentElement.removeAttribute(name);
}

/** @type {string[]} */
const names = [];
for await (const name of glob("**/*.test.js", { cwd: TESTS, exclude: ["**/*.alone.test.js"] })) names.push(name);
for (const name of names.sort()) {
  const file = new URL(name, TESTS);
  const globals = (await needsPage(file)) ? withPage : plain;
  test(name, async (context) => {
    setGlobals(globals);
    context.beforeEach(() => {
      isTesting = true;
    });
    context.after(cleanUp);
    await import(file.href);
  });
}
