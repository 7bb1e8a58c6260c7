/**
 * What this browser has done of each lesson. It is nowhere else.
 *
 * @typedef {{phase: string, step: number, done: boolean}} Progress
 */

import { button, element, say } from "../../lib/dom.js";
import { download } from "../../lib/export.js";

const KEY = "latent-lab lessons";

/** By the lesson's name. @returns {Record<string, Progress>} empty where there is none, or where it cannot be read */
export function progress() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return found && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch {
    return {};
  }
}

/** In words, by the lesson's name. @returns {Record<string, string>} */
export function marks() {
  const words = Object.entries(progress()).map(([name, kept]) => [name, kept?.done ? "done" : "begun"]);
  return Object.fromEntries(words);
}

/** A line that says what this browser keeps, saves it as a file and deletes it. */
export class ProgressLine {
  /** @param {() => void} onDelete */
  constructor(onDelete) {
    this.words = element("span", { role: "status" });
    const save = button("Save as a file", "Your progress as JSON", () => exportProgress());
    const remove = button("Delete", "Delete your progress in this browser", () => this.ask(true));
    this.sure = button("Delete it", "It cannot be brought back", () => {
      localStorage.removeItem(KEY);
      this.ask(false);
      onDelete();
    });
    this.keep = button("Keep it", "Nothing is changed", () => this.ask(false));
    this.first = element("span", { className: "row" }, save, remove);
    this.second = element("span", { className: "row" }, this.sure, this.keep);
    this.remove = remove;
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
    const all = Object.values(progress());
    const done = all.filter((kept) => kept?.done).length;
    this.element.hidden = !all.length;
    say(this.words, `This browser keeps ${all.length} begun, ${done} done.`);
  }
}

function exportProgress() {
  download(new Blob([JSON.stringify(progress(), null, 2)], { type: "application/json" }), "latent-lab-lessons.json");
}
