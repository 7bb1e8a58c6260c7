/**
 * What visitors have done in each lesson, kept by their own browser and nowhere else.
 *
 * @import { Progress } from "./course.js"
 */

export const KEPT_AS = "latent-lab lessons";

export class ProgressStore {
  /** By lesson; what this page has where the browser keeps nothing. @type {Record<string, unknown>} */
  here = {};

  /** @param {() => Storage} find throws where there is none */
  constructor(find) {
    try {
      this.storage = find();
    } catch {
      this.storage = null;
    }
  }

  /** Of all lessons. @returns {Record<string, unknown>} */
  all() {
    try {
      const kept = JSON.parse(this.storage?.getItem(KEPT_AS) ?? "null");
      if (typeof kept === "object" && kept !== null && !Array.isArray(kept)) return kept;
    } catch {
      // not ours, damaged or forbidden: what this page has
    }
    return this.here;
  }

  /** @param {string} lesson @returns {unknown} */
  get(lesson) {
    const all = this.all();
    return Object.hasOwn(all, lesson) ? all[lesson] : null;
  }

  /**
   * @param {string} lesson
   * @param {Progress | null} progress null removes it
   */
  set(lesson, progress) {
    const others = Object.entries(this.all()).filter(([name]) => name !== lesson);
    this.here = Object.fromEntries(progress ? [...others, [lesson, progress]] : others);
    try {
      this.storage?.setItem(KEPT_AS, JSON.stringify(this.here));
    } catch {
      // full, or forbidden: this page still has it
    }
  }

  /** Of all lessons, as a file. */
  file() {
    const text = JSON.stringify({ "Latent Lab": "lessons", lessons: this.all() }, null, 2);
    return new Blob([`${text}\n`], { type: "application/json" });
  }
}
