/** What one sees of the film: the plane with its place, the pictures beside it, the controls. */

import { button, element, figure, onDrag, say } from "../lib/dom.js";
import { placeOf } from "./plane.js";

/** @import { ClassMarks } from "../lib/palette.js" */
/** @import { Place } from "./plane.js" */

const KEY_STEP = 0.02,
  BIG_KEY_STEP = 0.1; // of the plane's side
/** @type {Map<string, Place>} */
const ARROWS = new Map([
  ["ArrowLeft", [-1, 0]],
  ["ArrowRight", [1, 0]],
  ["ArrowUp", [0, -1]],
  ["ArrowDown", [0, 1]],
]);
const TICKS = [-2, -1, 0, 1, 2];
const [PLAY, PAUSE] = ["▶ Play", "❚❚ Pause"];

export class Stage {
  canvas = element("canvas", { width: 1, height: 1 });
  marker = element("div", { className: "marker", hidden: true });
  hint = element("p", { className: "hint", hidden: true }, "Drag anywhere: the place is decoded");
  pad = element("div", { className: "pad", tabIndex: 0, role: "application" }, this.canvas, this.marker, this.hint);
  pairs = figure("pairs", "Test images, each beside what the model makes of its two numbers");
  live = figure("live", "Picture decoded from z");
  z = element("output", {});
  epoch = element("span", { className: "epoch" });
  legend = element("ul", { className: "legend", ariaLabel: "Classes of the points" });
  notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });

  /**
   * @param {object} calls
   * @param {() => void} calls.onToggle play or pause
   * @param {(place: Place) => void} calls.onPlace the user points at this place of the square
   * @param {(by: Place) => void} calls.onStep the user moves the place by keys
   * @param {() => void} calls.onRelease the user lets it go
   */
  constructor({ onToggle, onPlace, onStep, onRelease }) {
    this.playButton = button(PLAY, "", onToggle, "Play or pause the film");
    this.pairs.caption.textContent = "test images → what two numbers keep";
    this.live.caption.append("z = ", this.z, element("br"), "decoded now, by the trained model");
    const down = element("div", { className: "ticks down", ariaHidden: "true" }, ...ticks("z₁", 1));
    const across = element("div", { className: "ticks across", ariaHidden: "true" }, ...ticks("z₀", 0));
    const plane = element("div", { className: "plane" }, down, this.pad, across);
    const beside = element("div", { className: "beside" }, this.pairs.element, this.live.element);
    const controls = element("div", { className: "film-controls" }, this.playButton, this.epoch, this.legend);
    this.element = element("div", { className: "film" }, plane, beside, controls, this.notice);
    this.showLive(false);
    const point = (/** @type {PointerEvent} */ { clientX, clientY }) => {
      const { left, top, width, height } = this.pad.getBoundingClientRect();
      onPlace([(clientX - left) / width, (clientY - top) / height]);
    };
    onDrag(this.pad, point, onRelease);
    this.pad.addEventListener("keydown", (event) => {
      const direction = ARROWS.get(event.key);
      if (!direction) return;
      event.preventDefault();
      const step = event.shiftKey ? BIG_KEY_STEP : KEY_STEP;
      onStep([step * direction[0], step * direction[1]]);
    });
    this.pad.addEventListener("keyup", onRelease);
  }

  /** Whether the pictures beside the plane are below it: then there is room for more in a row. */
  get narrow() {
    return this.element.clientWidth < 1.3 * this.pad.clientWidth;
  }

  /**
   * @param {string[]} names of the classes
   * @param {ClassMarks} marks
   */
  showClasses(names, marks) {
    this.legend.replaceChildren(...names.map((name, k) => element("li", { title: name }, marks.swatch(k), name)));
  }

  /** @param {boolean} playing */
  showPlaying(playing) {
    say(this.playButton, playing ? PAUSE : PLAY);
  }

  /** Shows the decoded place in the room of the film's pictures, or these. @param {boolean} live */
  showLive(live) {
    this.live.element.hidden = this.marker.hidden = !live;
    this.pairs.element.hidden = live;
  }

  /**
   * @param {Place} place
   * @param {readonly number[]} z
   */
  showPlace([across, down], z) {
    this.hint.hidden = true;
    this.marker.style.translate = `${100 * (across - 0.5)}% ${100 * (down - 0.5)}%`;
    say(this.z, `(${z.map((value) => signed(value, 2)).join(", ")})`);
  }

  /** Names the place for who does not see it. @param {readonly number[]} z */
  describe(z) {
    const numbers = z.map((value) => signed(value, 1)).join(", ");
    this.pad.ariaLabel = `Latent plane, z₀ across, z₁ up. Arrow keys move z and decode it; now ${numbers}`;
  }

  /** @param {string} text "" where all is well */
  complain(text) {
    this.notice.hidden = !text;
    say(this.notice, text);
  }
}

/**
 * The name of an axis and some of its values, each at its quantile.
 *
 * @param {string} name
 * @param {0 | 1} axis
 */
function ticks(name, axis) {
  const marks = TICKS.map((value) => {
    const mark = element("span", {}, signed(value, 0));
    mark.style.setProperty("--at", `${100 * placeOf([value, value])[axis]}%`);
    return mark;
  });
  return [element("i", {}, name), ...marks];
}

/** @param {number} value @param {number} digits */
function signed(value, digits) {
  return value.toFixed(digits).replace("-", "−");
}
