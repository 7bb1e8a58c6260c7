/**
 * The panels of a student's page, one open at a time, and the buttons that open them: within reach of the thumb on a phone,
 * at the right on a wide screen.
 *
 * @typedef {"lesson" | "question" | "draw" | "map" | "seat"} PanelName
 *
 * opened: called when it opens.
 *
 * @typedef {{name: PanelName, title: string, button: HTMLButtonElement, body: HTMLElement, opened?: () => void}} Panel
 */

import { button, element } from "../../lib/dom.js";
import { t } from "../../lib/words.js";

const OVER = ":popover-open, dialog[open]";

export class Panels {
  /** @type {Panel | null} */
  open = null;
  byItself = false; // the open one, not by its button
  heading = element("h2", { id: "class-heading", tabIndex: -1 });
  bodies = element("div", { className: "class-bodies" });
  closing = button("×", t("Close (Esc)"), () => this.close(), t("Close"));

  /**
   * @param {readonly Panel[]} panels
   * @param {(isOpen: boolean, height: number) => void} onSize height: of the panel, CSS pixels
   */
  constructor(panels, onSize) {
    this.panels = panels;
    this.onSize = onSize;
    const head = element("div", { className: "class-head" }, this.heading, this.closing);
    this.element = element("section", { className: "class-panel", hidden: true, id: "class-panel" }, head, this.bodies);
    this.element.setAttribute("aria-labelledby", this.heading.id);
    this.onKey = (/** @type {KeyboardEvent} */ event) => {
      const path = event.composedPath();
      if (event.key !== "Escape" || path.some(isOver)) return;
      // Once all others have seen it: the view's components keep their keys to themselves.
      setTimeout(() => event.defaultPrevented || this.leave(path));
    };
    document.addEventListener("keydown", this.onKey, true);
    for (const panel of panels) {
      panel.button.ariaExpanded = "false";
      panel.button.setAttribute("aria-controls", this.element.id);
      panel.button.addEventListener("click", () => this.toggle(panel.name));
    }
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(this.element);
  }

  measure() {
    this.onSize(this.open !== null, this.element.hidden ? 0 : this.element.offsetHeight);
  }

  /** What a button does. */
  toggle(/** @type {PanelName} */ name) {
    if (this.open?.name === name) {
      this.close();
      return;
    }
    this.show(name);
    this.byItself = false;
    this.focus();
  }

  /** Gives the focus to the open panel. */
  focus() {
    this.heading.focus({ preventScroll: true });
  }

  /** Closes the open panel; its button takes the focus, unless something else on the page has it. path: of the key */
  leave(/** @type {EventTarget[]} */ path) {
    const { open } = this;
    this.close();
    if (path.includes(this.element) || path[0] === document.body) open?.button.focus();
  }

  /** Opens a panel by itself; the focus stays where it is. */
  show(/** @type {PanelName} */ name) {
    const panel = this.panels.find((each) => each.name === name);
    if (!panel || panel === this.open) return;
    this.close();
    this.open = panel;
    this.byItself = true;
    this.heading.textContent = panel.title;
    this.bodies.replaceChildren(panel.body);
    this.element.hidden = false;
    this.element.scrollTop = 0;
    panel.button.ariaExpanded = "true";
    panel.opened?.();
    this.measure();
  }

  /** Closes the panel that opened by itself, if it is this one. */
  giveWay(/** @type {PanelName} */ name) {
    if (this.byItself && this.open?.name === name) this.close();
  }

  close() {
    if (!this.open) return;
    this.open.button.ariaExpanded = "false";
    this.open = null;
    this.element.hidden = true;
    this.measure();
  }

  /** Ends what goes on without the panels in the page. */
  stop() {
    this.sizes.disconnect();
    document.removeEventListener("keydown", this.onKey, true);
  }
}

/** Whether this lies over the page, or opened what does: Escape closes that first. */
function isOver(/** @type {EventTarget} */ node) {
  const { popoverTargetElement: panel = null } = /** @type {Partial<HTMLButtonElement>} */ (node);
  return [node, panel].some((each) => /** @type {Element | null} */ (each)?.matches?.(OVER));
}
