import assert from "node:assert/strict";
import { test } from "node:test";
import { watchBar } from "../../../vae/frontend/lib/bar-width.js";

test("the bar is narrow where its links take more than the window has, however large the text is", () => {
  const root = { lang: "en", dataset: /** @type {Record<string, string>} */ ({}) };
  let fontSize = "14px";
  const window = /** @type {any} */ (
    Object.assign(new EventTarget(), {
      document: { documentElement: root },
      getComputedStyle: () => ({ fontSize }),
      innerWidth: 1280,
    })
  );
  watchBar(window);
  assert.equal(root.dataset.bar, "wide");
  fontSize = "22px"; // a screen on its side
  window.dispatchEvent(new Event("resize"));
  assert.equal(root.dataset.bar, "narrow");
  window.innerWidth = 3840;
  window.dispatchEvent(new Event("resize"));
  assert.equal(root.dataset.bar, "wide");
});

test("a class that is taught takes room beside the links", () => {
  const root = { lang: "en", dataset: /** @type {Record<string, string>} */ ({}) };
  const window = /** @type {any} */ (
    Object.assign(new EventTarget(), {
      document: { documentElement: root },
      getComputedStyle: () => ({ fontSize: "14px" }),
      innerWidth: 1280,
    })
  );
  root.dataset.teaching = "";
  watchBar(window);
  assert.equal(root.dataset.bar, "tight");
  window.innerWidth = 1200;
  window.dispatchEvent(new Event("resize"));
  assert.equal(root.dataset.bar, "narrow");
});

test("longer words than the English ones stand closer together before they are a list", () => {
  const root = { lang: "es", dataset: /** @type {Record<string, string>} */ ({}) };
  const window = /** @type {any} */ (
    Object.assign(new EventTarget(), {
      document: { documentElement: root },
      getComputedStyle: () => ({ fontSize: "14px" }),
      innerWidth: 1280,
    })
  );
  watchBar(window);
  const found = [1310, 1170].map((width) => {
    window.innerWidth = width;
    window.dispatchEvent(new Event("resize"));
    return root.dataset.bar;
  });
  assert.deepEqual(found, ["wide", "narrow"]);
  window.innerWidth = 1280;
  window.dispatchEvent(new Event("resize"));
  assert.equal(root.dataset.bar, "tight");
});
