/** When which part of the film is shown: it plays again and again, rests while it is touched, and then goes on. */

const SECONDS = 14; // of the whole film
const END_SECONDS = 3; // for which the last frame stays
const LONGEST_STEP_MS = 100; // between two frames of the screen: after a pause the film does not jump
const IDLE_MS = 9000; // after the last touch

export class Playback {
  place = 0; // on the film's time line, 0 to 1; above 1 during the end
  playing = false;
  /** Whether the film goes on by itself after it was touched. */
  goesOn = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  idleTimer;

  /** @param {() => void} onChange called when it begins or ends to play */
  constructor(onChange) {
    this.onChange = onChange;
  }

  play() {
    clearTimeout(this.idleTimer);
    if (this.place >= 1) this.place = 0;
    this.playing = this.goesOn = true;
    this.onChange();
  }

  /** The user has paused it: it stays so until the user plays it. */
  pause() {
    clearTimeout(this.idleTimer);
    this.playing = this.goesOn = false;
    this.onChange();
  }

  /** The user is at a place of the plane: the film stays at its end. */
  rest() {
    clearTimeout(this.idleTimer);
    if (!this.playing && this.place === 1) return;
    this.playing = false;
    this.place = 1;
    this.onChange();
  }

  /** The user has let go: the film goes on after a while, if it was not paused before. */
  release() {
    clearTimeout(this.idleTimer);
    if (this.goesOn && !this.playing) this.idleTimer = setTimeout(() => this.play(), IDLE_MS);
  }

  /**
   * Moves on by the time that has passed.
   *
   * @param {number} ms
   * @param {number} end how far the film is loaded, 0 to 1
   */
  advance(ms, end) {
    if (!this.playing) return;
    this.place += Math.min(ms, LONGEST_STEP_MS) / 1000 / SECONDS;
    if (end < 1) this.place = Math.min(this.place, end);
    else if (this.place > 1 + END_SECONDS / SECONDS) this.place = 0;
  }

  close() {
    clearTimeout(this.idleTimer);
  }
}
