/** Present: the page alone, without bar and small print, on the full screen where the browser allows it. */

import { button, element } from "../lib/dom.js";
import { t } from "../lib/words.js";
import { icon } from "./icon.js";

const PRESENT = "M2 3h12v8H2zM8 11v3M5 14h6"; // a screen on its stand

export class Present {
  /** @param {Document} document */
  constructor(document) {
    this.document = document;
    this.leave = button("✕", t("Leave the presentation (Esc)"), () => this.set(false), t("Leave the presentation"));
    this.leave.className = "leave-present";
    this.leave.hidden = !this.on; // a page may open while presenting
    const start = button("", t("Without bar and small print, full screen"), () => this.set(true), t("Present"));
    start.append(icon(PRESENT), element("span", {}, t("Present")));
    start.className = "start-present";
    this.elements = [start, this.leave];
    this.onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape" && this.on) this.set(false);
    };
    this.onChange = () => {
      if (!document.fullscreenElement && this.on) this.set(false); // Escape in full screen sends no key
    };
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("fullscreenchange", this.onChange);
  }

  get on() {
    return "present" in this.document.documentElement.dataset;
  }

  set(/** @type {boolean} */ on) {
    const { documentElement: page, fullscreenElement } = this.document;
    if (on) {
      page.dataset.present = "";
      // A frame of another site may not: then the page presents in its window.
      void page.requestFullscreen?.().catch((reason) => console.info(`No full screen: ${reason.message}`));
    } else {
      delete page.dataset.present;
      if (fullscreenElement) void this.document.exitFullscreen();
    }
    this.leave.hidden = !on;
    dispatchEvent(new Event("resize")); // components fit their pictures to the room
  }

  close() {
    this.document.removeEventListener("keydown", this.onKey);
    this.document.removeEventListener("fullscreenchange", this.onChange);
  }
}
