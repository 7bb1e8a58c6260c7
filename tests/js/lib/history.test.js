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

/** A window, as far as keepPlaces uses it: an entry is the address that it shows. */
class Page {
  entries = ["/app/"];
  state = null;
  document = new EventTarget();

  get href() {
    return `https://lab.test${this.entries.at(-1)}`;
  }

  /** @type {(state: unknown, unused: string, address?: string | URL | null) => void} */
  pushState(_, __, address) {
    this.entries.push(pathOf(address));
  }

  /** @type {(state: unknown, unused: string, address?: string | URL | null) => void} */
  replaceState(_, __, address) {
    this.entries[this.entries.length - 1] = pathOf(address);
  }

  click() {
    this.document.dispatchEvent(new Event("click"));
  }

  /** The entries after Streamlit has gone to these addresses; null: the user clicks. */
  follow(/** @type {(string | null)[]} */ addresses) {
    for (const address of addresses) {
      if (address === null) this.click();
      else this.pushState({}, "", address);
    }
    return this.entries;
  }
}

function pathOf(/** @type {string | URL | null | undefined} */ address) {
  const { pathname, search } = new URL(address ?? "", "https://lab.test");
  return pathname + search;
}

function kept() {
  const page = new Page();
  keepPlaces(/** @type {any} */ ({ history: page, location: page, document: page.document }));
  return page;
}

test("what Streamlit adds to the history becomes an entry for each page and model", () => {
  const addresses = ["/?checkpoint=a", "/Explore", "/Explore?checkpoint=a", "/Explore?checkpoint=a&z=1"];
  const more = ["/Explore?checkpoint=a&z=2", "/Explore?checkpoint=b&z=2", "/Explore?checkpoint=b"];
  const entries = kept().follow([
    ...addresses.map((address) => `/app${address}`),
    ...more.map((path) => `/app${path}`),
  ]);
  assert.deepEqual(entries, ["/app/?checkpoint=a", "/app/Explore?checkpoint=a&z=2", "/app/Explore?checkpoint=b"]);
});

test("a page that the user leaves keeps the link that it had at the click", () => {
  const there = "/Explore?checkpoint=a&image=7",
    stripped = "/Explore?checkpoint=a";
  assert.deepEqual(kept().follow(["/Explore", there, null, stripped, "/Sampling"]).slice(1), [there, "/Sampling"]);
  assert.deepEqual(kept().follow(["/Explore", there, null, stripped, null, "/Sampling"]).slice(1), [
    stripped,
    "/Sampling",
  ]);
  const z = ["/Explore", there, null, `${there}&z=2`]; // by keys, as the next model
  assert.deepEqual(
    kept()
      .follow([...z, "/Explore?checkpoint=b"])
      .slice(1),
    [z[3], "/Explore?checkpoint=b"],
  );
  const other = "/Explore?checkpoint=b";
  assert.deepEqual(kept().follow(["/Explore", there, null, other, "/Sampling"]).slice(1), [there, other, "/Sampling"]);
});
