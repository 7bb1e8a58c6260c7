/** How unlikely the image is among the test images, and among those of another data set. */

import { fromBase64 } from "../lib/bytes.js";
import { drawPicture } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { ScoreHistogram } from "./charts.js";

export class Anomaly {
  /** onChoose(pixels, title): the user chose an image of the other data set. */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.histogram = new ScoreHistogram();
    this.others = element("div", { className: "others" });
    this.scoreText = element("p");
    this.auroc = element("p", { className: "caption" });
    const title = element("summary", {}, "Anomaly: how unlikely is it among the test images?");
    this.element = element("details", {}, title, this.scoreText, this.histogram.element, this.auroc, this.others);
  }

  /** other: {name, count, images, score, auroc} or null; scores: of the test images; kl: null of an autoencoder. */
  setScores({ other, scores, image_shape: imageShape, kl }) {
    this.point = kl === null;
    const title = this.point ? "−log p(x|z), nats" : "−ELBO with z = μ, nats";
    const outside = other ? floats(other.score) : null;
    this.histogram.setScores(floats(scores), outside, title);
    this.others.replaceChildren();
    const own = this.histogram.own.length;
    this.auroc.textContent = other
      ? `AUROC ${other.auroc.toFixed(3)}: the probability that an image of ${other.name} (violet, ${outside.length}) ` +
        `scores higher than a test image (grey, ${own}). Each set is scaled to its own highest bar.`
      : `${own} test images in grey. Choose a data set under “Compare with data set” in the sidebar for its images ` +
        "and its histogram.";
    if (!other) return;
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

  /** Says where the image's score lies. */
  tell(score) {
    const higher = `higher than ${(100 * this.histogram.share(score)).toFixed(1)} % of the test images`;
    this.scoreText.textContent = `${score.toFixed(2)} nats${this.point ? "" : " with z = μ"}: ${higher}.`;
    this.histogram.canvas.ariaLabel = `Histogram of the scores. ${this.scoreText.textContent}`;
  }
}

function floats(base64) {
  return new Float32Array(fromBase64(base64).buffer);
}
