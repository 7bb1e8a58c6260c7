import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenTheme, DARK, ThemeQuery, takeTheme } from "../../../vae/frontend/lib/theme.js";

/** What the system says, and storage that forgets nothing. */
function setUp({ dark = false, kept = /** @type {string | null} */ (null) } = {}) {
  const system = Object.assign(new EventTarget(), { matches: dark, media: DARK });
  const values = new Map(kept === null ? [] : [["latent-lab-theme", kept]]);
  const storage = {
    getItem: (/** @type {string} */ key) => values.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void values.set(key, value),
    removeItem: (/** @type {string} */ key) => void values.delete(key),
  };
  const query = new ThemeQuery(/** @type {any} */ (system), /** @type {any} */ (storage));
  /** @type {boolean[]} */
  const told = [];
  query.addEventListener("change", (event) => told.push(/** @type {any} */ (event).matches));
  const say = (/** @type {boolean} */ matches) => {
    system.matches = matches;
    system.dispatchEvent(new Event("change"));
  };
  return { query, told, values, say };
}

test("without a choice the page is as the system is, and follows it", () => {
  const { query, told, say } = setUp();
  assert.equal(query.matches, false);
  say(true);
  assert.deepEqual([query.matches, told], [true, [true]]);
});

test("a choice is kept, is told, and no longer follows the system", () => {
  const { query, told, values, say } = setUp();
  query.toggle();
  assert.deepEqual([query.matches, told, [...values.values()]], [true, [true], ["dark"]]);
  say(true);
  say(false);
  assert.deepEqual([query.matches, told], [true, [true]]);
});

test("to choose what the system has is no choice to keep", () => {
  const { query, values, say } = setUp({ dark: true });
  query.toggle();
  assert.deepEqual([query.matches, [...values.values()]], [false, ["light"]]);
  query.toggle();
  assert.deepEqual([query.matches, values.size], [true, 0]);
  say(false);
  assert.equal(query.matches, false);
});

test("the choice of the last visit holds; anything else in its place does not count", () => {
  assert.equal(setUp({ kept: "dark" }).query.matches, true);
  assert.equal(setUp({ kept: "pink" }).query.matches, false);
  assert.equal(chosenTheme(/** @type {any} */ (null)), null);
});

test("a page's matchMedia answers with the choice, and other queries with the browser's own", () => {
  const own = new Map([
    [DARK, { matches: false, addEventListener() {} }],
    ["(min-width: 1px)", { matches: true, addEventListener() {} }],
  ]);
  const window = /** @type {any} */ ({ matchMedia: (/** @type {string} */ text) => own.get(text) });
  takeTheme(window);
  const theme = window.matchMedia("(prefers-color-scheme:dark)");
  let calls = 0;
  theme.addListener(() => calls++);
  theme.onchange = () => calls++;
  theme.toggle();
  assert.deepEqual([theme.matches, calls], [true, 2]);
  assert.equal(window.matchMedia("(min-width: 1px)").matches, true);
});
