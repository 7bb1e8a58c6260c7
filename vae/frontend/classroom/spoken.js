/**
 * The class's language, when its teacher changes it: a page is made in one language, so it is loaded anew in the other one, by
 * itself, as soon as nothing would be lost.
 */

const SPREAD_MS = 2000; // so that the pages of a class do not all come at once
const AGAIN_MS = 1000; // until the page is asked again

export class Spoken {
  /** Of the class; "" before it is known. A page may be in another one, which its link asks for. */
  known = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /** @param {{mayLoad: () => boolean, load: () => void}} calls load: the page anew */
  constructor({ mayLoad, load }) {
    this.mayLoad = mayLoad;
    this.load = load;
  }

  /** Takes the class's language. @param {string} code */
  take(code) {
    const before = this.known;
    this.known = code;
    if (before === code || before === "") return;
    clearTimeout(this.timer);
    this.wait(SPREAD_MS * Math.random());
  }

  /** @param {number} ms */
  wait(ms) {
    this.timer = setTimeout(() => (this.mayLoad() ? this.load() : this.wait(AGAIN_MS)), ms);
  }

  close() {
    clearTimeout(this.timer);
  }
}
