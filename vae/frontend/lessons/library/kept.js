/** What this browser has done of the lessons: a line that says it, saves it as a file and deletes it. */

/** @import { ProgressStore } from "../progress.js" */

import { button, element, say } from "../../lib/dom.js";
import { download } from "../../lib/export.js";

/** In words, by the lesson's name. @param {ProgressStore} store @returns {Record<string, string>} */
export function marksIn(store) {
  const words = Object.entries(store.all()).map(([name, kept]) => [name, isDone(kept) ? "done" : "begun"]);
  return Object.fromEntries(words);
}

/** @param {unknown} kept */
function isDone(kept) {
  return typeof kept === "object" && kept !== null && Reflect.get(kept, "done") === true;
}

export class ProgressLine {
  /**
   * @param {ProgressStore} store
   * @param {() => void} onDelete
   */
  constructor(store, onDelete) {
    this.store = store;
    this.words = element("span", { role: "status" });
    const save = button("Save as a file", "Your progress as JSON", () => {
      download(store.file(), "latent-lab-lessons.json");
    });
    this.remove = button("Delete", "Delete your progress in this browser", () => this.ask(true));
    this.sure = button("Delete it", "It cannot be brought back", () => {
      for (const name of Object.keys(store.all())) store.set(name, null);
      this.ask(false);
      onDelete();
    });
    this.keep = button("Keep it", "Nothing is changed", () => this.ask(false));
    this.first = element("span", { className: "row" }, save, this.remove);
    this.second = element("span", { className: "row" }, this.sure, this.keep);
    this.element = element("p", { className: "progress quiet" }, this.words, this.first, this.second);
    this.second.hidden = true;
  }

  /** @param {boolean} asking whether it is to be deleted */
  ask(asking) {
    this.first.hidden = asking;
    this.second.hidden = !asking;
    (asking ? this.keep : this.remove).focus();
  }

  show() {
    const all = Object.values(this.store.all());
    this.element.hidden = !all.length;
    say(this.words, `${all.length} begun in this browser, ${all.filter(isDone).length} of them done.`);
  }
}
