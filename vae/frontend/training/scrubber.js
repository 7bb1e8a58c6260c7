/** The scrubber over one film or two: it chooses the moment of the run, by pointer, by key, or playing. */

import { button, element } from "../lib/dom.js";
import { rangeField } from "../lib/fields.js";
import { t } from "../lib/words.js";

const SECONDS = 12; // of a whole film at speed 1
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const JUMP = 6; // frames, by page keys
/** @type {{ [key: string]: number }} */
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -JUMP, PageUp: JUMP };

/**
 * Films have most of their frames early in the run. So the place on the slider is the square root of the run's share:
 * there the frames have about equal distances.
 */
export class Scrubber {
  share = 1; // of the run: the moment
  end = 0; // the newest frame's share
  shares = [0]; // of all frames, in order
  growing = false; // whether more frames may come
  following = true; // whether the moment moves on with the end
  /** @type {{ place: number, before: number } | null} place on the slider, and when it was there, in ms */
  playing = null;
  animation = 0; // request of the next step

  /**
   * @param {(share: number) => void} onShare called with every new moment
   * @param {() => void} [onRest] called when the user has chosen one, and when the film stops
   */
  constructor(onShare, onRest = () => {}) {
    this.onShare = onShare;
    this.onRest = onRest;
    const title = t("The early moments have more room than the late ones, because the film has more frames there");
    const range = { min: 0, max: 1, step: 0.0005, value: 1, title, ariaLabel: t("Moment of the run") };
    this.range = rangeField(range);
    this.range.addEventListener("input", () => this.scrub(this.range.valueAsNumber ** 2));
    this.range.addEventListener("change", () => this.onRest());
    this.range.addEventListener("keydown", (event) => this.onKey(event));
    this.label = element("span", { className: "moment" });
    this.playButton = button(t("▶ Play"), t("Play the film"), () => this.togglePlay(), t("Play or pause the film"));
    this.liveButton = button(t("● Live"), t("Follow the newest frame again"), () => this.follow(), t("Back to live"));
    this.liveButton.className = "live";
    this.loop = element("input", { type: "checkbox" });
    const speeds = SPEEDS.map((value) => element("option", { value, selected: value === 1 }, `${value}×`));
    this.speed = element("select", { ariaLabel: t("Speed") }, ...speeds);
    this.element = element("div", { className: "scrubber" }, this.playButton, this.range, this.label, this.liveButton);
    this.tools = [
      element("label", { className: "tick" }, this.loop, t("Loop")),
      element("label", { className: "tick" }, t("Speed"), this.speed),
    ];
  }

  /**
   * Takes new frames.
   *
   * @param {number[]} shares of all frames, in order
   * @param {boolean} growing
   */
  setFrames(shares, growing) {
    this.shares = shares;
    this.growing = growing;
    this.end = shares.at(-1) ?? 0;
    this.range.disabled = this.playButton.disabled = shares.length < 2;
    if (this.following) this.go(this.end);
    else this.go(Math.min(this.share, this.end));
    this.showLive();
  }

  /**
   * The one way the moment changes: pointer, keys, play and new frames end here.
   *
   * @param {number} share
   */
  go(share) {
    this.share = share;
    this.range.value = `${Math.sqrt(share)}`;
    this.onShare(share);
  }

  /**
   * Names the moment.
   *
   * @param {string} text
   */
  name(text) {
    this.label.textContent = text;
    this.range.setAttribute("aria-valuetext", text);
  }

  /** @param {number} share */
  scrub(share) {
    this.stop();
    this.following = share >= this.end;
    this.go(Math.min(share, this.end));
    this.showLive();
  }

  showLive() {
    this.liveButton.hidden = !this.growing || this.following;
  }

  follow() {
    this.stop();
    this.following = true;
    this.go(this.end);
    this.showLive();
    this.onRest();
  }

  /**
   * Goes to a moment that another page shows; where the frames have not come yet, once they have.
   *
   * @param {number} share
   */
  leap(share) {
    this.following = false;
    if (this.end > 0) this.go(Math.min(share, this.end));
    else this.share = share;
    this.showLive();
  }

  /** @param {number} count of frames */
  step(count) {
    const { shares } = this;
    const after = shares.findIndex((share) => share > this.share + 1e-9);
    const here = (after < 0 ? shares.length : after) - 1;
    this.scrub(shares[Math.max(0, Math.min(shares.length - 1, here + count))]);
    this.onRest();
  }

  togglePlay() {
    if (this.playing) {
      this.stop();
      return this.onRest();
    }
    if (this.share >= this.end) this.go(0);
    this.following = false;
    this.showLive();
    this.playing = { place: Math.sqrt(this.share), before: performance.now() };
    this.showPlay();
    this.animation = requestAnimationFrame((now) => this.play(now));
  }

  /** @param {number} now ms */
  play(now) {
    const { playing } = this,
      last = Math.sqrt(this.end);
    if (!playing) return;
    playing.place += (Math.max(0, now - playing.before) / 1000 / SECONDS) * Number(this.speed.value);
    playing.before = now;
    if (playing.place >= last && !this.loop.checked) return this.follow();
    if (playing.place > last * 1.08) playing.place = 0; // the end stays for a moment
    this.go(Math.min(this.end, playing.place ** 2));
    this.animation = requestAnimationFrame((next) => this.play(next));
  }

  stop() {
    cancelAnimationFrame(this.animation);
    this.playing = null;
    this.showPlay();
  }

  showPlay() {
    this.playButton.textContent = this.playing ? t("❚❚ Pause") : t("▶ Play");
    this.playButton.ariaPressed = String(Boolean(this.playing));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const { key } = event,
      count = STEPS[key];
    if (count === undefined && key !== " ") return;
    event.preventDefault();
    if (key === " ") this.togglePlay();
    else this.step(count);
  }
}
