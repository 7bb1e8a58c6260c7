/** Ways to spoil an image before the model sees it, and their controls. */

import { button, element } from "../lib/dom.js";
import { gaussians } from "../lib/math.js";

const WHOLE = { rotate: 0, across: 0, down: 0, invert: false, noise: 0, patch: 0, patchX: 0.5, patchY: 0.5 };

export class BreakPanel {
  /** onChange() while the hand moves, onRefill() for rounds of encoding and decoding. */
  constructor({ onChange, onRefill }) {
    Object.assign(this, { onChange, onRefill });
    this.damage = { ...WHOLE };
    this.sliders = new Map(); // key of damage -> {slider, shown, format}
    this.element = this.build();
  }

  setModel([channels, height, width]) {
    this.size = channels * height * width;
    this.epsilon = gaussians(this.size);
    for (const [key, side] of [
      ["across", width],
      ["down", height],
    ]) {
      Object.assign(this.sliders.get(key).slider, { min: -side / 2, max: side / 2, step: side > 16 ? 1 : 0.5 });
    }
    this.reset();
  }

  /** Whether there is anything to undo. */
  get active() {
    return (
      Object.keys(WHOLE).some((key) => !key.startsWith("patch") && this.damage[key] !== WHOLE[key]) ||
      this.damage.patch > 0
    );
  }

  /** The image as the model is to see it. */
  apply(pixels, imageShape) {
    return this.active ? damaged(pixels, imageShape, this.damage, this.epsilon) : pixels;
  }

  reset() {
    this.damage = { ...WHOLE };
    for (const key of this.sliders.keys()) this.showSlider(key);
    this.invert.checked = false;
    this.showButtons();
  }

  set(key, value) {
    this.damage[key] = value;
    this.showButtons();
    this.onChange();
  }

  /** The erased patch's middle, in parts of the image's sides. */
  movePatch(x, y) {
    const inside = (value) => Math.max(0, Math.min(1, value));
    Object.assign(this.damage, { patchX: inside(x), patchY: inside(y) });
    this.onChange();
  }

  showButtons() {
    this.resetButton.disabled = !this.active;
    this.refillButton.disabled = this.damage.patch === 0;
  }

  build() {
    this.invert = element("input", { type: "checkbox" });
    this.invert.addEventListener("change", () => this.set("invert", this.invert.checked));
    this.resetButton = button("Make whole", "Undo all of this", () => {
      this.reset();
      this.onChange();
    });
    this.refillButton = button("Refill", "Encode and decode in rounds, each time keeping the patch's new pixels", () =>
      this.onRefill(),
    );
    const noise = button("New noise", "Another draw of the same noise", () => {
      this.epsilon = gaussians(this.size);
      this.onChange();
    });
    const buttons = element("div", { className: "buttons" });
    buttons.append(element("label", {}, this.invert, "Invert"), noise, this.refillButton, this.resetButton);
    const sliders = [
      this.slider(
        "noise",
        "Noise",
        { min: 0, max: 1, step: 0.01 },
        (value) => `σ ${value.toFixed(2)} of the grey range`,
      ),
      this.slider(
        "patch",
        "Erase a patch",
        { min: 0, max: 1, step: 0.02 },
        (value) => `${Math.round(100 * value)} % of the side`,
      ),
      this.slider("rotate", "Rotate", { min: -180, max: 180, step: 1 }, (value) => `${value}°`),
      this.slider("across", "Shift right", { min: -14, max: 14, step: 1 }, (value) => `${value} px`),
      this.slider("down", "Shift down", { min: -14, max: 14, step: 1 }, (value) => `${value} px`),
    ];
    return element("div", { className: "break" }, ...sliders, buttons);
  }

  slider(key, name, range, format) {
    const slider = element("input", { type: "range", ...range, value: 0 });
    const shown = element("output");
    slider.addEventListener("input", () => {
      this.set(key, Number(slider.value));
      this.showSlider(key);
    });
    slider.addEventListener("dblclick", () => {
      this.set(key, 0);
      this.showSlider(key);
    });
    this.sliders.set(key, { slider, shown, format });
    return element("label", { title: "Double-click: none" }, element("span", {}, name), slider, shown);
  }

  showSlider(key) {
    const { slider, shown, format } = this.sliders.get(key);
    slider.value = this.damage[key];
    shown.textContent = format(this.damage[key]);
  }
}

/** Turned and shifted, then inverted, then noisy, then with a black patch: pixels of c·h·w like those that came. */
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

/** Where in a plane of the image the erased patch lies. */
export function patchPixels([, height, width], { patch, patchX, patchY }) {
  const across = Math.round(patch * width),
    down = Math.round(patch * height);
  const left = Math.round(patchX * width - across / 2),
    top = Math.round(patchY * height - down / 2);
  const inside = [];
  for (let y = Math.max(0, top); y < Math.min(height, top + down); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + across); x++) inside.push(y * width + x);
  }
  return inside;
}

/** Turned clockwise about the middle, then shifted; bilinear between pixels, black beyond the edge. */
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

function between(pixels, plane, width, height, x, y) {
  const left = Math.floor(x),
    top = Math.floor(y);
  const at = (column, row) =>
    column < 0 || row < 0 || column >= width || row >= height ? 0 : pixels[plane + row * width + column];
  const above = at(left, top) * (left + 1 - x) + at(left + 1, top) * (x - left);
  const below = at(left, top + 1) * (left + 1 - x) + at(left + 1, top + 1) * (x - left);
  return above * (top + 1 - y) + below * (y - top);
}
