/** Plays a path: t moves from 0 to 1 at an even rate, and back where it repeats. */

import { button, element, say } from "../lib/dom.js";
import { t } from "../lib/words.js";

export class Player {
  /** before: time of the last frame, in ms. @type {{before: number, at: number, direction: number} | null} */
  playing = null;
  frame = 0; // the next one that is requested
  reduced = matchMedia("(prefers-reduced-motion: reduce)");
  button = button(t("▶ Play"), t("Play from A to B"), () => this.toggle(), t("Play or pause"));
  loop = element("input", { type: "checkbox" });

  /**
   * @param {object} path
   * @param {() => {t: number, steps: number, seconds: number}} path.now where it is, in how many pictures it is shown, and
   *   how long it takes
   * @param {(t: number) => void} path.onMove
   * @param {() => void} path.onStop
   */
  constructor({ now, onMove, onStop }) {
    this.now = now;
    this.onMove = onMove;
    this.onStop = onStop;
  }

  toggle() {
    if (this.playing) {
      this.stop();
      return;
    }
    const { t: along } = this.now();
    this.playing = { before: performance.now(), at: along >= 1 && !this.loop.checked ? 0 : along, direction: 1 };
    say(this.button, t("❚❚ Pause"));
    this.frame = requestAnimationFrame((now) => this.play(now));
  }

  /** @param {number} now */
  play(now) {
    const { playing } = this;
    if (!playing) return;
    const { t: along, steps, seconds } = this.now();
    playing.at += (playing.direction * Math.max(0, now - playing.before)) / 1000 / seconds;
    playing.before = now;
    const over = playing.at > 1 || playing.at < 0;
    playing.at = Math.max(0, Math.min(1, playing.at));
    const shown = this.reduced.matches ? Math.round(playing.at * (steps - 1)) / (steps - 1) : playing.at;
    if (shown !== along) this.onMove(shown);
    if (over && !this.loop.checked) {
      this.stop();
      return;
    }
    if (over) playing.direction = -playing.direction;
    this.frame = requestAnimationFrame((next) => this.play(next));
  }

  stop() {
    if (!this.playing) return;
    cancelAnimationFrame(this.frame);
    this.playing = null;
    say(this.button, t("▶ Play"));
    this.onStop();
  }
}
