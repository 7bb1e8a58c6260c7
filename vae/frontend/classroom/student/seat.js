/**
 * The student's own seat: nickname, and how the page is connected.
 *
 * @import { Status } from "../connection.js"
 */

import { CLASS_LIMITS } from "../../lib/contract.js";
import { button, element, messageOf, say } from "../../lib/dom.js";
import { t } from "../../lib/words.js";

export class SeatPanel {
  field = element("input", { type: "text", maxLength: CLASS_LIMITS.name });
  words = element("p", { role: "status" });
  connection = element("p");
  name = "";

  /** @param {(name: string) => Promise<unknown>} rename */
  constructor(rename) {
    this.rename = rename;
    this.field.autocomplete = "off";
    const form = element("form", { className: "seat-form" });
    const save = button(t("Save"), t("Use this nickname"), () => {});
    save.type = "submit";
    form.append(element("label", {}, t("Nickname "), this.field), save);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    const note = t("Only your teacher sees it. This browser keeps your seat: reload, or come back later.");
    this.element = element("div", { className: "seat" }, form, this.words, element("p", {}, note), this.connection);
  }

  save() {
    const name = this.field.value.trim();
    if (!name) return say(this.words, t("Type a nickname first."));
    if (name === this.name) return say(this.words, t("This is your nickname already."));
    say(this.words, "");
    this.rename(name).then(
      () => say(this.words, t("Saved.")),
      (error) => say(this.words, messageOf(error)),
    );
  }

  /**
   * @param {string} name
   * @param {Status | null} status null before the first connection
   */
  show(name, status) {
    if (name !== this.name) this.field.value = name;
    this.name = name;
    say(this.connection, status?.sentence ?? "");
  }
}
