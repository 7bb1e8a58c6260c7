/** What a browser keeps for a later visit, where it keeps anything: in a private window, or forbidden, only for this page. */

const PREFIX = "latent-lab.class.";

export class Kept {
  /** @type {Map<string, string>} */
  here = new Map();

  /** @param {() => Storage} find throws where there is none */
  constructor(find) {
    try {
      this.storage = find();
    } catch {
      this.storage = null;
    }
  }

  /** @returns {string | null} */
  get(/** @type {string} */ name) {
    try {
      return this.storage?.getItem(PREFIX + name) ?? this.here.get(name) ?? null;
    } catch {
      return this.here.get(name) ?? null;
    }
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  set(name, value) {
    this.here.set(name, value);
    try {
      this.storage?.setItem(PREFIX + name, value);
    } catch {
      // full, or forbidden: this page still has it
    }
  }
}
