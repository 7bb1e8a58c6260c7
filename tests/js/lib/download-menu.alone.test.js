import "../support/page.js";
import { toggle } from "../support/popovers.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { element } from "../../../vae/frontend/lib/dom.js";
import { downloadMenu, homeMenu } from "../../../vae/frontend/lib/download-menu.js";
import { serve } from "../../../vae/frontend/lib/files.js";

/** A menu of these downloads, open: its button, its entries and its status. */
function opened(/** @type {import("../../../vae/frontend/lib/download-menu.js").Download[]} */ downloads) {
  const menu = downloadMenu(downloads, element("label", {}, "Frames"));
  document.body.append(menu);
  const [open, panel] = /** @type {HTMLElement[]} */ ([...menu.children]);
  toggle(panel, "open");
  const status = /** @type {HTMLElement} */ (panel.querySelector("[role=status]"));
  return { open, panel, entries: [...panel.querySelectorAll("button")], status };
}

test("a menu has an entry for each file, then what can be set for them", () => {
  const save = () => {};
  const { open, panel, entries } = opened([
    { format: "PNG", what: "the picture", save },
    { format: "NPZ", what: "z, for NumPy", save },
  ]);
  assert.equal(open.textContent, "Download");
  assert.deepEqual(
    entries.map(({ textContent }) => textContent),
    ["PNG the picture", "NPZ z, for NumPy", "HTML this page with the model, to take home"],
  );
  assert.equal(panel.children[3].textContent, "Frames");
});

test("a menu closes once the file is made, and says so until then", async () => {
  /** @type {() => void} */
  let made = () => {};
  const save = () => new Promise((/** @type {(value: void) => void} */ resolve) => (made = resolve));
  const { open, entries, status } = opened([{ format: "GIF", what: "the path", save }]);
  entries[0].click();
  assert.equal(status.textContent, "making the GIF…");
  assert.equal(open.ariaExpanded, "true");
  made();
  await new Promise(setImmediate);
  assert.equal(status.textContent, "");
  assert.equal(open.ariaExpanded, "false");
});

test("a menu stays open where a file cannot be made, with the reason", async () => {
  const save = () => {
    throw new Error("The picture is too large.");
  };
  const { open, entries, status } = opened([{ format: "PNG", what: "the picture", save }]);
  entries[0].click();
  await new Promise(setImmediate);
  assert.equal(status.textContent, "The picture is too large.");
  assert.equal(open.ariaExpanded, "true");
});

test("a page without other downloads has a menu only where there is a server", () => {
  const [menu] = homeMenu();
  assert.equal(menu.firstChild?.textContent, "Take home");
  assert.deepEqual(
    [...menu.querySelectorAll(".download-panel button")].map(({ textContent }) => textContent),
    ["HTML this page with the model, to take home"],
  );
  serve("lab:", () => new Response());
  assert.deepEqual(homeMenu(), []);
  assert.equal(downloadMenu([]).querySelectorAll(".download-panel button").length, 0);
});
