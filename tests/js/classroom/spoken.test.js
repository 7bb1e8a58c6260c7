import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Spoken } from "../../../vae/frontend/classroom/spoken.js";

/** @type {string[]} */
let loaded;
let isCalm = true;
let spoken = new Spoken({ mayLoad: () => isCalm, load: () => loaded.push(spoken.known) });

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  loaded = [];
  isCalm = true;
  spoken = new Spoken({ mayLoad: () => isCalm, load: () => loaded.push(spoken.known) });
});
afterEach(() => mock.timers.reset());

test("the first language of the class loads nothing: the page may be in the one of its link", () => {
  spoken.take("en");
  spoken.take("en");
  mock.timers.tick(60_000);
  assert.deepEqual(loaded, []);
});

test("another language loads the page in it, within two seconds", () => {
  spoken.take("en");
  spoken.take("de");
  assert.deepEqual(loaded, []);
  mock.timers.tick(2000);
  assert.deepEqual(loaded, ["de"]);
});

test("it waits while something would be lost, and takes the newest language then", () => {
  spoken.take("en");
  isCalm = false;
  spoken.take("de");
  mock.timers.tick(30_000);
  assert.deepEqual(loaded, []);
  spoken.take("es");
  isCalm = true;
  mock.timers.tick(2000);
  assert.deepEqual(loaded, ["es"]);
});

test("a page that is closed loads nothing", () => {
  spoken.take("en");
  spoken.take("de");
  spoken.close();
  mock.timers.tick(60_000);
  assert.deepEqual(loaded, []);
});
