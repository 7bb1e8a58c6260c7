/** The part of the browser's Popover API that happy-dom lacks. Import it after page.js. */

import "./page.js";

const { HTMLElement } = /** @type {typeof globalThis} */ (/** @type {unknown} */ (document.defaultView));

/** Shows or hides a panel, as the browser does after a click on its button or elsewhere. */
export function toggle(/** @type {HTMLElement} */ panel, /** @type {"open" | "closed"} */ newState) {
  panel.dispatchEvent(Object.assign(new globalThis.Event("beforetoggle"), { newState }));
}

HTMLElement.prototype.hidePopover = function hidePopover() {
  toggle(this, "closed");
};
Object.assign(globalThis, {
  requestAnimationFrame: (/** @type {() => void} */ draw) => draw(),
  addEventListener: document.addEventListener.bind(document),
  removeEventListener: document.removeEventListener.bind(document),
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
});
