import assert from "node:assert/strict";
import { test } from "node:test";

import { isOtherPlace, keepPlaces } from "../../../vae/frontend/lib/history.js";

test("another page or another model is another place, another z is not", () => {
  for (const [before, after, other] of /** @type {const} */ ([
    ["/", "/Explore", true],
    ["/Explore?checkpoint=a", "/Explore?checkpoint=b", true],
    ["/Explore?checkpoint=a&z=1", "/Sampling?checkpoint=a", true],
    ["/Explore", "/Explore?checkpoint=a", false], // the link is completed
    ["/Explore?checkpoint=a", "/Explore?checkpoint=a&z=1", false],
    ["/Explore?checkpoint=a&z=1", "/Explore?checkpoint=a&z=2", false],
    ["/Explore?checkpoint=a&z=1", "/Explore", false],
  ])) {
    const [old, now] = [before, after].map((path) => new URL(path, "https://lab.test"));
    assert.equal(isOtherPlace(old, now), other, `${before} ${after}`);
  }
});

/** A browser's history, as far as keepPlaces uses it. */
class Entries {
  entries = ["/app/"];

  get href() {
    return `https://lab.test${this.entries.at(-1)}`;
  }

  /** @type {(state: unknown, unused: string, address?: string | URL | null) => void} */
  pushState(_, __, address) {
    this.entries.push(`${address}`);
  }

  /** @type {(state: unknown, unused: string, address?: string | URL | null) => void} */
  replaceState(_, __, address) {
    this.entries[this.entries.length - 1] = `${address}`;
  }
}

test("what Streamlit adds to the history becomes an entry for each page and model", () => {
  const page = new Entries();
  keepPlaces(/** @type {any} */ (page), /** @type {any} */ (page));
  for (const address of [
    "/app/?checkpoint=a",
    "/app/Explore",
    "/app/Explore?checkpoint=a",
    "/app/Explore?checkpoint=a&z=1",
    "/app/Explore?checkpoint=a&z=2",
    "/app/Explore?checkpoint=b&z=2",
    "/app/Explore?checkpoint=b",
    "?checkpoint=b&z=3",
  ]) {
    page.pushState({}, "", address);
  }
  assert.deepEqual(page.entries, ["/app/?checkpoint=a", "/app/Explore?checkpoint=a&z=2", "?checkpoint=b&z=3"]);
});
