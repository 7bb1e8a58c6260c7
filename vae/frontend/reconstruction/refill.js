/** Fills an erased patch by encoding and decoding in rounds, and shows the rounds side by side. */

import { drawGrid } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { t } from "../lib/words.js";
import { patchPixels } from "./damage.js";
import { meanDifference, percent } from "./remarks.js";

/** @import { ImageShape } from "../lib/contract.js" */
/** @import { Damage } from "./damage.js" */
/** @typedef {(pixels: Uint8Array<ArrayBuffer>) => Promise<Uint8Array | null>} Reconstruct null when it was overtaken */

const ROUNDS = 12,
  ROUND_MS = 80;

export class Refill {
  rounds = element("canvas", { role: "img", ariaLabel: t("The patch being refilled, round by round") });
  text = element("p", { className: "caption", role: "status", ariaLive: "polite" });
  element = element("div", { className: "refilled", hidden: true }, this.rounds, this.text);

  /**
   * After each round, the erased patch takes its pixels from the reconstruction. Ends early when a reconstruction is
   * null.
   *
   * @param {Uint8Array} whole the undamaged image
   * @param {Uint8Array<ArrayBuffer>} input the damaged one
   * @param {ImageShape} imageShape
   * @param {Damage} damage
   * @param {Reconstruct} reconstruct
   */
  async run(whole, input, imageShape, damage, reconstruct) {
    const inside = patchPixels(imageShape, damage),
      [channels, height, width] = imageShape;
    const images = [input];
    let current = input;
    for (let round = 1; round <= ROUNDS; round++) {
      const pixels = await reconstruct(current);
      if (!pixels) return;
      const next = current.slice();
      for (let c = 0; c < channels; c++) {
        for (const i of inside) next[c * height * width + i] = pixels[c * height * width + i];
      }
      images.push(next);
      current = next;
      this.show(images, whole, imageShape, inside);
      if (!matchMedia("(prefers-reduced-motion: reduce)").matches) await pause(ROUND_MS);
    }
  }

  /**
   * @param {Uint8Array[]} images the damaged one and those of the rounds
   * @param {Uint8Array} whole
   * @param {ImageShape} imageShape
   * @param {number[]} inside
   */
  show(images, whole, imageShape, inside) {
    const all = new Uint8Array(images.length * whole.length);
    images.forEach((pixels, k) => all.set(pixels, k * whole.length));
    drawGrid(this.rounds, all, imageShape, images.length, ROUNDS + 1, 0);
    const [before, after] = [images[0], images[images.length - 1]].map((pixels) =>
      percent(meanDifference(pixels, whole, inside, imageShape[0])),
    );
    this.text.textContent = t`Erased, then ${images.length - 1} rounds. Within the patch, mean |Δ| to the undamaged image: ${before} → ${after} of the grey range.`;
    this.element.hidden = false;
  }
}

/**
 * @param {number} ms
 * @returns {Promise<void>}
 */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
