/** How unlikely the image is among the test images, and among those of another data set. */

import { fromBase64 } from "../lib/bytes.js";
import { drawPicture } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { ScoreHistogram } from "./charts.js";

/** @import { ImageShape } from "../lib/contract.js" */

/**
 * Another data set: base64 of `count` images and of the scores (float32, nats) of more.
 *
 * @typedef {{ name: string, count: number, images: string, score: string, auroc: number }} OtherDataset
 */

export class Anomaly {
  point = false; // whether the model is a plain autoencoder, whose score has no KL

  /** @param {(pixels: Uint8Array, title: string) => void} onChoose the user chose an image of the other data set */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.histogram = new ScoreHistogram();
    this.others = element("div", { className: "others" });
    this.scoreText = element("p");
    this.auroc = element("p", { className: "caption" });
    const title = element("summary", {}, "Anomaly: how unlikely is it among the test images?");
    this.element = element("details", {}, title, this.scoreText, this.histogram.element, this.auroc, this.others);
  }

  /**
   * @param {object} data
   * @param {OtherDataset | null} data.other
   * @param {string} data.scores base64 of the test images' scores: float32, nats
   * @param {ImageShape} data.image_shape
   * @param {number[] | null} data.kl null of a plain autoencoder
   */
  setScores({ other, scores, image_shape: imageShape, kl }) {
    this.point = kl === null;
    const own = floats(scores),
      otherScores = other && floats(other.score);
    this.histogram.setScores(own, otherScores, this.point ? "−log p(x|z), nats" : "−ELBO with z = μ, nats");
    this.others.replaceChildren();
    if (!other || !otherScores) {
      this.auroc.textContent =
        `${own.length} test images in grey. Choose a data set under “Compare with data set” in the sidebar for its ` +
        "images and its histogram.";
      return;
    }
    this.auroc.textContent =
      `AUROC ${other.auroc.toFixed(3)}: the probability that an image of ${other.name} (violet, ` +
      `${otherScores.length}) scores higher than a test image (grey, ${own.length}). Each set is scaled to its own ` +
      "highest bar.";
    this.showImages(other, imageShape);
  }

  /**
   * @param {OtherDataset} other
   * @param {ImageShape} imageShape
   */
  showImages(other, imageShape) {
    const pixels = fromBase64(other.images),
      size = pixels.length / other.count;
    this.element.open = true;
    for (let i = 0; i < other.count; i++) {
      const canvas = element("canvas");
      drawPicture(canvas, pixels, imageShape, i);
      const title = `Image ${i} of ${other.name}`;
      const onclick = () => this.onChoose(pixels.subarray(i * size, (i + 1) * size), title);
      this.others.append(element("button", { type: "button", ariaLabel: title, title, onclick }, canvas));
    }
  }

  /**
   * Says where the image's score lies among the test images'.
   *
   * @param {number} score nats
   */
  describe(score) {
    const higher = `higher than ${(100 * this.histogram.share(score)).toFixed(1)} % of the test images`;
    this.scoreText.textContent = `${score.toFixed(2)} nats${this.point ? "" : " with z = μ"}: ${higher}.`;
    this.histogram.canvas.ariaLabel = `Histogram of the scores. ${this.scoreText.textContent}`;
  }
}

/** @param {string} base64 */
function floats(base64) {
  return new Float32Array(fromBase64(base64).buffer);
}
