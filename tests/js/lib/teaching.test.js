import "../support/page.js";

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { loadChip, offerChip, setTaught, taught } from "../../../vae/frontend/lib/teaching.js";

afterEach(() => {
  Reflect.deleteProperty(globalThis, "localStorage");
});

/** A browser that keeps this text as the class's code. */
function keeping(/** @type {string | null} */ text) {
  let kept = text;
  const value = {
    getItem: () => kept,
    setItem: (/** @type {string} */ _, /** @type {string} */ code) => {
      kept = code;
    },
    removeItem: () => {
      kept = null;
    },
  };
  Object.defineProperty(globalThis, "localStorage", { configurable: true, value });
}

test("a browser teaches the class whose code it keeps, if that is one", () => {
  for (const [text, code] of [
    ["K7PM2X", "K7PM2X"],
    [null, null],
    ["K7PM2", null],
    ["K7PM0X", null],
    ["../../x", null],
  ]) {
    keeping(text);
    assert.equal(taught(), code);
  }
});

test("it teaches what it is told, and none any more", () => {
  keeping(null);
  setTaught("K7PM2X");
  assert.equal(taught(), "K7PM2X");
  setTaught(null);
  assert.equal(taught(), null);
});

test("a browser that keeps nothing teaches none", () => {
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get: () => {
      throw new Error("forbidden");
    },
  });
  setTaught("K7PM2X");
  assert.equal(taught(), null);
});

test("the chip's script is loaded once", async () => {
  const chipOf = () => null;
  offerChip(chipOf);
  assert.equal(await loadChip("https://lab.test/none.js"), chipOf);
  assert.equal(document.head.querySelector("script"), null);
});
