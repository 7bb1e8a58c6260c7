/** Ways to damage an image before the model sees it, and their controls. */

import { button, element } from "../lib/dom.js";
import { rangeField } from "../lib/fields.js";
import { gaussians } from "../lib/math.js";
import { t } from "../lib/words.js";

/** @import { ImageShape } from "../lib/contract.js" */

/**
 * @typedef {object} Damage
 * @property {number} rotate degrees, clockwise
 * @property {number} across pixels to the right
 * @property {number} down pixels
 * @property {boolean} invert
 * @property {number} noise σ, in parts of the grey range
 * @property {number} patch side of the erased patch, in parts of the image's side
 * @property {number} patchX its middle, in parts of the image's width
 * @property {number} patchY its middle, in parts of the image's height
 */
/** @typedef {"noise" | "patch" | "rotate" | "across" | "down"} Key of a slider */
/** @typedef {(value: number) => string} Format */

/** @type {Readonly<Damage>} */
const NONE = { rotate: 0, across: 0, down: 0, invert: false, noise: 0, patch: 0, patchX: 0.5, patchY: 0.5 };
/** @type {{ [key in Key]: string }} */
const UNITS = {
  noise: t("σ in parts of the grey range"),
  patch: t("In parts of the image's side"),
  rotate: t("Degrees, clockwise"),
  across: t("Pixels of the model's image"),
  down: t("Pixels of the model's image"),
};
/** @type {{ [key: string]: [across: number, down: number] }} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class DamagePanel {
  /** @type {Damage} */
  damage = { ...NONE };
  size = 0; // values of an image
  epsilon = new Float32Array(); // the noise, before it is scaled

  /** @param {{ onChange: () => void, onRefill: () => void }} listeners onChange: at every step of a control */
  constructor({ onChange, onRefill }) {
    this.onChange = onChange;
    this.invert = element("input", { type: "checkbox" });
    this.invert.addEventListener("change", () => this.set("invert", this.invert.checked));
    this.resetButton = button(t("Reset"), t("Undo all damage"), () => {
      this.reset();
      this.onChange();
    });
    const refill = t("Encode and decode in rounds, each time keeping the patch's new pixels");
    this.refillButton = button(t("Refill"), refill, onRefill);
    const noise = button(t("New noise"), t("Another draw of the same noise"), () => {
      this.epsilon = gaussians(this.size);
      this.onChange();
    });
    const buttons = element("div", { className: "buttons" });
    buttons.append(
      element("label", { className: "box" }, this.invert, t("Invert")),
      noise,
      this.refillButton,
      this.resetButton,
    );
    this.sliders = {
      noise: this.slider("noise", t("Noise"), [0, 1, 0.01], (value) => `σ ${value.toFixed(2)}`),
      patch: this.slider("patch", t("Erase a patch"), [0, 1, 0.02], (value) => `${Math.round(100 * value)} %`),
      rotate: this.slider("rotate", t("Rotate"), [-180, 180, 1], (value) => `${value}°`),
      across: this.slider("across", t("Shift right"), [-14, 14, 1], (value) => `${value} px`),
      down: this.slider("down", t("Shift down"), [-14, 14, 1], (value) => `${value} px`),
    };
    const labels = Object.values(this.sliders).map(({ label }) => label);
    this.element = element("div", { className: "damage" }, ...labels, buttons);
  }

  /** @param {ImageShape} imageShape */
  setModel([channels, height, width]) {
    this.size = channels * height * width;
    this.epsilon = gaussians(this.size);
    for (const { input, side } of [
      { input: this.sliders.across.input, side: width },
      { input: this.sliders.down.input, side: height },
    ]) {
      Object.assign(input, { min: -side / 2, max: side / 2, step: side > 16 ? 1 : 0.5 });
    }
    this.reset();
  }

  /** Whether there is any damage. */
  get active() {
    const { rotate, across, down, invert, noise, patch } = this.damage;
    return Boolean(rotate || across || down || invert || noise || patch);
  }

  /**
   * The image as the model is to see it.
   *
   * @param {Uint8Array<ArrayBuffer>} pixels
   * @param {ImageShape} imageShape
   */
  apply(pixels, imageShape) {
    return this.active ? damaged(pixels, imageShape, this.damage, this.epsilon) : pixels;
  }

  reset() {
    this.damage = { ...NONE };
    for (const { show } of Object.values(this.sliders)) show(0);
    this.invert.checked = false;
    this.showButtons();
  }

  /**
   * @template {keyof Damage} K
   * @param {K} key
   * @param {Damage[K]} value
   */
  set(key, value) {
    this.damage[key] = value;
    this.showButtons();
    this.onChange();
  }

  /**
   * Moves the erased patch's middle.
   *
   * @param {number} x in parts of the image's width
   * @param {number} y in parts of the image's height
   */
  movePatch(x, y) {
    const inside = (/** @type {number} */ value) => Math.max(0, Math.min(1, value));
    this.damage.patchX = inside(x);
    this.damage.patchY = inside(y);
    this.onChange();
  }

  /**
   * Lets the erased patch be dragged on the picture that shows it, or moved with the arrow keys.
   *
   * @param {HTMLCanvasElement} canvas
   */
  listenOn(canvas) {
    const move = (/** @type {PointerEvent} */ { offsetX, offsetY }) =>
      this.movePatch(offsetX / canvas.clientWidth, offsetY / canvas.clientHeight);
    canvas.tabIndex = 0;
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.damage.patch) return;
      canvas.setPointerCapture(event.pointerId);
      move(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) move(event);
    });
    canvas.addEventListener("keydown", (event) => {
      const [across, down] = ARROWS[event.key] ?? [];
      if (across === undefined || !this.damage.patch) return;
      event.preventDefault();
      const { patchX, patchY } = this.damage;
      this.movePatch(patchX + across / canvas.width, patchY + down / canvas.height);
    });
  }

  showButtons() {
    this.resetButton.disabled = !this.active;
    this.refillButton.disabled = this.damage.patch === 0;
  }

  /**
   * @param {Key} key
   * @param {string} name
   * @param {[min: number, max: number, step: number]} range
   * @param {Format} format
   */
  slider(key, name, [min, max, step], format) {
    const input = rangeField({ min, max, step, value: 0 });
    const output = element("output");
    const show = (/** @type {number} */ value) => {
      input.value = `${value}`;
      output.textContent = format(value);
    };
    const set = (/** @type {number} */ value) => {
      this.set(key, value);
      show(value);
    };
    input.addEventListener("input", () => set(Number(input.value)));
    input.addEventListener("dblclick", () => set(0));
    const title = t`${UNITS[key]}. Double-click: none`;
    const label = element("label", { className: "slider", title }, element("span", {}, name), input, output);
    return { label, input, show };
  }
}

/**
 * The image rotated and shifted, then inverted, then with noise, then with a black patch.
 *
 * @param {Uint8Array<ArrayBuffer>} pixels
 * @param {ImageShape} imageShape
 * @param {Damage} damage
 * @param {Float32Array} epsilon
 */
export function damaged(pixels, imageShape, damage, epsilon) {
  const [channels, height, width] = imageShape;
  const size = width * height;
  const out = moved(pixels, imageShape, damage);
  for (let i = 0; i < channels * size; i++) {
    const value = damage.invert ? 255 - out[i] : out[i];
    out[i] = Math.max(0, Math.min(255, value + 255 * damage.noise * epsilon[i])); // a Uint8ClampedArray rounds
  }
  for (const i of patchPixels(imageShape, damage)) {
    for (let c = 0; c < channels; c++) out[c * size + i] = 0;
  }
  return new Uint8Array(out.buffer);
}

/**
 * The erased patch: indices into a channel of the image.
 *
 * @param {ImageShape} imageShape
 * @param {Damage} damage
 */
export function patchPixels([, height, width], { patch, patchX, patchY }) {
  const across = Math.round(patch * width),
    down = Math.round(patch * height);
  const left = Math.round(patchX * width - across / 2),
    top = Math.round(patchY * height - down / 2);
  /** @type {number[]} */
  const inside = [];
  for (let y = Math.max(0, top); y < Math.min(height, top + down); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + across); x++) inside.push(y * width + x);
  }
  return inside;
}

/**
 * The image rotated clockwise about its middle, then shifted; bilinear between pixels, black outside the edge.
 *
 * @param {Uint8Array<ArrayBuffer>} pixels
 * @param {ImageShape} imageShape
 * @param {Damage} damage
 */
function moved(pixels, [channels, height, width], { rotate, across, down }) {
  const out = new Uint8ClampedArray(pixels);
  if (!rotate && !across && !down) return out;
  const cos = Math.cos((rotate * Math.PI) / 180),
    sin = Math.sin((rotate * Math.PI) / 180);
  const middleX = (width - 1) / 2,
    middleY = (height - 1) / 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dx = x - across - middleX,
        dy = y - down - middleY;
      const fromX = cos * dx + sin * dy + middleX,
        fromY = cos * dy - sin * dx + middleY;
      for (let c = 0; c < channels; c++) {
        out[(c * height + y) * width + x] = between(pixels, c * height * width, width, height, fromX, fromY);
      }
    }
  }
  return out;
}

/**
 * The value at a place between pixels.
 *
 * @param {Uint8Array} pixels
 * @param {number} plane where the channel begins
 * @param {number} width
 * @param {number} height
 * @param {number} x
 * @param {number} y
 */
function between(pixels, plane, width, height, x, y) {
  const left = Math.floor(x),
    top = Math.floor(y);
  const at = (/** @type {number} */ column, /** @type {number} */ row) =>
    column < 0 || row < 0 || column >= width || row >= height ? 0 : pixels[plane + row * width + column];
  const above = at(left, top) * (left + 1 - x) + at(left + 1, top) * (x - left);
  const below = at(left, top + 1) * (left + 1 - x) + at(left + 1, top + 1) * (x - left);
  return above * (top + 1 - y) + below * (y - top);
}
