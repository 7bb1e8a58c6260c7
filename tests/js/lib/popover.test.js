import { send } from "../support/page.js";
import { toggle } from "../support/popovers.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { element } from "../../../vae/frontend/lib/dom.js";
import { openBy } from "../../../vae/frontend/lib/popover.js";

/** @type {HTMLButtonElement} */
let button;
/** @type {HTMLElement} */
let panel;
/** @type {() => void} */
let close;

beforeEach(() => {
  const { documentElement } = document;
  Object.defineProperties(documentElement, {
    clientWidth: { value: 400, configurable: true },
    clientHeight: { value: 800, configurable: true },
  });
  button = element("button", {}, "open");
  panel = element("div", {}, element("input", {}));
  document.body.replaceChildren(button, panel);
  close = openBy(button, panel);
  buttonAt(20, 100);
  Object.defineProperty(panel, "offsetHeight", { value: 150 });
  panel.getBoundingClientRect = () => {
    const [left, top] = [Number.parseFloat(panel.style.left), Number.parseFloat(panel.style.top)];
    return /** @type {DOMRect} */ ({ left, top, right: left + 200, bottom: top + 150 });
  };
});

function buttonAt(/** @type {number} */ left, /** @type {number} */ top) {
  button.getBoundingClientRect = () => /** @type {DOMRect} */ ({ left, top, right: left + 30, bottom: top + 20 });
}

/** Where the panel is, and how far it was moved to lie within the window. */
function placed() {
  const { left, top, translate } = panel.style;
  return [left, top, translate];
}

test("the button belongs to its panel and says whether it is open", () => {
  assert.equal(button.popoverTargetElement, panel);
  assert.equal(panel.popover, "auto");
  assert.equal(button.ariaExpanded, "false");
  toggle(panel, "open");
  assert.equal(button.ariaExpanded, "true");
  close();
  assert.equal(button.ariaExpanded, "false");
  panel.hidePopover = () => assert.fail("what is closed is not closed again");
  close();
});

test("a panel opens beneath its button, above it where there is no room beneath, and within the window", () => {
  for (const [left, top, ...expected] of /** @type {const} */ ([
    [20, 100, "20px", "124px", "0px 0px"],
    [20, 700, "20px", "546px", "0px 0px"],
    [350, 100, "350px", "124px", "-158px 0px"],
  ])) {
    buttonAt(left, top);
    toggle(panel, "open");
    assert.deepEqual(placed(), expected);
    close();
  }
});

test("an open panel stays with its button when the page scrolls", () => {
  toggle(panel, "open");
  buttonAt(20, 60);
  send(document, "scroll");
  assert.equal(panel.style.top, "84px");
  close();
  buttonAt(20, 0);
  send(document, "scroll");
  assert.equal(panel.style.top, "84px");
});

test("a panel that was taken from the page is no longer placed", (t) => {
  toggle(panel, "open");
  panel.remove();
  const rect = t.mock.method(button, "getBoundingClientRect");
  for (let i = 0; i < 2; i++) send(document, "scroll");
  assert.equal(rect.mock.callCount(), 0);
});

test("the panel closes when the focus goes on, not while it is in it or nowhere", () => {
  const [other, field] = [element("button", {}), /** @type {HTMLElement} */ (panel.firstChild)];
  for (const [from, relatedTarget, open] of /** @type {const} */ ([
    [button, field, "true"],
    [field, button, "true"],
    [field, null, "true"],
    [field, other, "false"],
    [button, other, "false"],
  ])) {
    toggle(panel, "open");
    send(from, "focusout", { relatedTarget });
    assert.equal(button.ariaExpanded, open);
  }
});

test("a panel that closes with the focus in it gives it back to its button", () => {
  toggle(panel, "open");
  panel.querySelector("input")?.focus();
  toggle(panel, "closed");
  assert.equal(document.activeElement, button);
});

test("Escape is for the panel alone while it is open, and for what is around it after", () => {
  let heard = 0;
  const count = () => void heard++;
  document.addEventListener("keydown", count);
  const press = (/** @type {string} */ key) => send(button, "keydown", { key });
  toggle(panel, "open");
  press("Escape");
  press("a");
  assert.equal(heard, 1);
  close();
  press("Escape");
  assert.equal(heard, 2);
  document.removeEventListener("keydown", count);
});
