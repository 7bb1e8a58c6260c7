/** How unlikely the image is among the test images, and what such a score can and cannot tell apart. */

import { fromBase64 } from "../lib/bytes.js";
import { drawPicture } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { help, natsText } from "../lib/glossary.js";
import { t, translate } from "../lib/words.js";
import { complexity } from "./complexity.js";
import { ScoreHistogram } from "./histogram.js";
import { percent } from "./remarks.js";

/** @import { ImageShape } from "../lib/contract.js" */

/**
 * How well the scores tell pictures of another kind from the test images. corrected: null of a plain autoencoder.
 *
 * @typedef {{ name: string, auroc: number, corrected: number | null }} Comparison
 */
/**
 * Images of another data set: `rows` of its test images, base64 of these images, of the noise that each was scored with,
 * and of the scores of more (float32, nats).
 *
 * @typedef {object} OtherDataset
 * @property {string} name
 * @property {number[]} rows
 * @property {string} images
 * @property {string} noise
 * @property {string} score
 * @property {string | null} corrected
 * @property {Comparison} comparison
 */
/**
 * @typedef {object} AnomalyData
 * @property {ImageShape} image_shape
 * @property {number[] | null} kl null of a plain autoencoder
 * @property {number} latent_dim
 * @property {string} likelihood
 * @property {number} density_offset nats that turn −log p into that of 8-bit levels
 * @property {string | null} corrected base64 of some test images' corrected scores: float32, nats
 * @property {boolean} first whether these are the first test images instead of random ones
 * @property {Comparison[]} comparisons
 * @property {OtherDataset | null} other
 */

/**
 * @typedef {object} Listeners
 * @property {(pixels: Uint8Array, title: string, noise: Float32Array | null) => void} onChoose the user chose an image of
 *   the other data set
 * @property {(pixels: Uint8Array<ArrayBuffer>) => Promise<number | null>} scoreOf scores a picture, in nats; null when
 *   this was overtaken
 */

export class Anomaly {
  /** @type {AnomalyData | null} */
  data = null;
  own = new Float32Array(); // −ELBO of all test images
  corrected = new Float32Array(); // corrected scores of some
  showsCorrected = false;
  /** @type {{ score: number, pixels: Uint8Array } | null} the page's image */
  image = null;
  exampleWanted = true; // not yet scored by this model

  /** @param {Listeners} listeners */
  constructor({ onChoose, scoreOf }) {
    this.onChoose = onChoose;
    this.scoreOf = scoreOf;
    this.histogram = new ScoreHistogram();
    this.scoreText = element("p");
    this.modes = element("div", { className: "segmented", role: "radiogroup", ariaLabel: t("Score in the histogram") });
    this.modes.append(this.radio("−ELBO", false), this.radio(t("The score corrected for complexity"), true));
    this.words = element(
      "p",
      { className: "caption" },
      t("Anomaly score"),
      help("anomaly score", () => this.measured()),
    );
    this.ofComplexity = element(
      "span",
      {},
      t(" · corrected for complexity"),
      help("complexity", () => this.measured()),
    );
    this.words.append(this.ofComplexity);
    this.legend = element("p", { className: "caption" });
    this.example = element("canvas", { role: "img", ariaLabel: t("A black picture") });
    this.exampleText = element("p", { role: "status" });
    this.table = element("tbody");
    this.tableHead = element("tr");
    this.caption = element("p", { className: "caption" });
    this.others = element("div", { className: "others" });
    this.element = this.build();
    this.element.addEventListener("toggle", () => {
      this.paint();
      void this.showExample();
    });
  }

  build() {
    const title = element("summary", {}, t("Anomaly: how unlikely is it among the test images?"));
    const table = element("table", { className: "aurocs" }, element("thead", {}, this.tableHead), this.table);
    const example = element("div", { className: "example" }, this.example, this.exampleText);
    return element(
      "details",
      {},
      title,
      this.scoreText,
      this.words,
      this.modes,
      this.histogram.element,
      this.legend,
      example,
      table,
      this.caption,
      this.others,
    );
  }

  /**
   * @param {string} text
   * @param {boolean} corrected
   */
  radio(text, corrected) {
    const input = element("input", { type: "radio", name: "score", checked: !corrected });
    input.addEventListener("change", () => {
      this.showsCorrected = corrected;
      this.paint();
    });
    return element("label", {}, input, element("span", {}, text));
  }

  /**
   * Takes a new model, or another data set to compare with.
   *
   * @param {AnomalyData} data
   * @param {boolean} newModel
   */
  setData(data, newModel) {
    this.data = data;
    const { other, image_shape: shape } = data;
    this.corrected = floats(data.corrected ?? "");
    this.modes.hidden = this.ofComplexity.hidden = data.corrected === null;
    if (newModel) {
      this.own = new Float32Array(); // the encoded test set follows
      this.image = null;
      this.exampleWanted = true;
      drawPicture(this.example, new Uint8Array(shape[0] * shape[1] * shape[2]), shape);
      this.exampleText.textContent = "";
    }
    this.showTable();
    this.others.replaceChildren();
    if (other) this.showImages(other, data);
    this.paint();
    void this.showExample();
  }

  /** @param {{ reconstruction: Float32Array, kl: Float32Array }} encoded nats, of all test images */
  setTestScores({ reconstruction, kl }) {
    this.own = reconstruction.map((value, i) => value + kl[i]);
    this.paint();
    void this.showExample();
  }

  /** What the uncorrected score is. */
  get name() {
    return this.data?.kl ? "−ELBO" : "−log p(x|z)";
  }

  get isCorrected() {
    return this.showsCorrected && this.corrected.length > 0;
  }

  /** Whether the corrected scores are of other test images than −ELBO is. */
  get among() {
    const count = this.corrected.length.toLocaleString("en");
    if (this.corrected.length === this.own.length) return t`the ${count} test images`;
    return this.data?.first
      ? t`the first ${count} test images, whose pictures the checkpoint brings`
      : t`${count} test images chosen at random`;
  }

  /** Paints the histogram of the chosen score. */
  paint() {
    if (!this.data) return;
    const { other } = this.data;
    const own = this.isCorrected ? this.corrected : this.own;
    const base64 = this.isCorrected ? other?.corrected : other?.score;
    const title = this.isCorrected ? t("−ELBO minus compressed length, nats") : `${this.name}, nats`;
    this.histogram.setScores(own, base64 ? floats(base64) : null, title);
    const grey = this.isCorrected ? this.among : t`all ${own.length.toLocaleString("en")} test images`;
    const violet = other
      ? t`; violet: ${translate(other.comparison.name)}, chosen at random. Each set is scaled to its own highest bar`
      : "";
    this.legend.textContent = t`Grey: ${grey}${violet}.`;
    if (this.image) this.show(this.image.score, this.image.pixels);
  }

  /**
   * Marks the page's image in the histogram.
   *
   * @param {number} score nats
   * @param {Uint8Array} pixels
   */
  show(score, pixels) {
    this.image = { score, pixels };
    if (this.element.open) this.histogram.show(this.isCorrected ? score - this.length(pixels) : score);
  }

  /**
   * What the corrected score subtracts, in nats.
   *
   * @param {Uint8Array} pixels
   */
  length(pixels) {
    if (!this.data) return 0;
    const { image_shape: shape, likelihood, density_offset: offset } = this.data;
    return complexity(pixels, shape, likelihood) - offset;
  }

  /** Says where the image's scores lie among the test images'. */
  describe() {
    if (!this.image || !this.element.open) return;
    const { score, pixels } = this.image;
    const place = this.own.length ? t`: higher than ${percentBelow(this.own, score)} of the test images` : "";
    this.scoreText.textContent = `${this.name} ${score.toFixed(2)} nats${place}.${this.correctedText(score, pixels)}`;
    this.histogram.canvas.ariaLabel = t`Histogram of the scores. ${this.scoreText.textContent}`;
  }

  /** What stands in the formulas of the scores. */
  measured() {
    if (!this.image) return null;
    const { score, pixels } = this.image;
    if (!this.corrected.length) return { sum: natsText(score) };
    const length = this.length(pixels);
    return { sum: natsText(score), length: natsText(length), corrected: natsText(score - length) };
  }

  /**
   * @param {number} score nats
   * @param {Uint8Array} pixels
   */
  correctedText(score, pixels) {
    if (!this.corrected.length) return "";
    const length = this.length(pixels),
      corrected = score - length;
    return t` Corrected: ${score.toFixed(2)} − ${signed(length)} = ${signed(corrected)} nats, higher than ${percentBelow(this.corrected, corrected)} of ${this.among}.`;
  }

  /** Scores a black picture with the model, once it can be seen. */
  async showExample() {
    const { data } = this;
    if (!data || !this.element.open || !this.own.length || !this.exampleWanted) return;
    this.exampleWanted = false;
    const [channels, height, width] = data.image_shape;
    const black = new Uint8Array(channels * height * width);
    const score = await this.scoreOf(black);
    if (score === null || data.image_shape !== this.data?.image_shape) this.exampleWanted = true;
    else this.exampleText.textContent = this.exampleSentence(score, black);
  }

  /**
   * @param {number} score nats
   * @param {Uint8Array} black
   */
  exampleSentence(score, black) {
    const lower = 1 - shareBelow(this.own, score);
    const fails = lower > 0.5 ? t`What ${this.name} cannot do: this` : t("This");
    return (
      t`${fails} black picture scores ${score.toFixed(2)} nats, computed now: lower than ${percent(lower)} of the test images. A likelihood finds simple pictures likely, whatever they show (Nalisnick et al. 2019).` +
      this.correctedText(score, black)
    );
  }

  showTable() {
    if (!this.data) return;
    const { comparisons, other, corrected } = this.data;
    const cells = (/** @type {"td" | "th"} */ tag, /** @type {string[]} */ ...texts) =>
      texts.map((text) => element(tag, {}, text));
    const has = corrected !== null;
    this.tableHead.replaceChildren(
      ...cells("th", t("AUROC against the test images"), this.name, ...(has ? [t("corrected")] : [])),
    );
    const rows = other ? [...comparisons, other.comparison] : comparisons;
    this.tableHead.firstElementChild?.append(
      help("AUROC", () => ({ auroc: `${rows[0].name}: ${rows[0].auroc.toFixed(3)}` })),
    );
    this.table.replaceChildren(
      ...rows.map(({ name, auroc, corrected: better }) => {
        const numbers = [auroc, ...(better === null ? [] : [better])].map((value) => value.toFixed(3));
        return element("tr", {}, ...cells("th", translate(name)), ...cells("td", ...numbers));
      }),
    );
    const more = other ? "" : t(" “Compare with data set” adds a data set, its images and its histogram.");
    this.caption.textContent = `${AUROC}${has ? ` ${correctedBy(this.data.likelihood)}` : ""}${more}`;
  }

  /**
   * @param {OtherDataset} other
   * @param {AnomalyData} data
   */
  showImages({ name, rows, images, noise }, { image_shape: shape, latent_dim: latentDim, kl }) {
    const pixels = fromBase64(images),
      size = pixels.length / rows.length,
      epsilons = kl && floats(noise);
    this.element.open = true;
    for (const [i, row] of rows.entries()) {
      const canvas = element("canvas");
      drawPicture(canvas, pixels, shape, i);
      const title = t`Image ${row} of ${name}`;
      const epsilon = epsilons?.slice(i * latentDim, (i + 1) * latentDim);
      const onclick = () => this.onChoose(pixels.subarray(i * size, (i + 1) * size), title, epsilon ?? null);
      this.others.append(element("button", { type: "button", ariaLabel: title, title, onclick }, canvas));
    }
  }
}

const AUROC = t(
  "The probability that such a picture scores higher than a test image: 1 tells them apart, 0.5 is chance, below 0.5 the score takes them for more normal than test images.",
);
/**
 * What the corrected score is.
 *
 * @param {string} likelihood the model's
 */
function correctedBy(likelihood) {
  const pixels =
    likelihood === "bernoulli"
      ? t("dithered to the black and white pixels that a Bernoulli likelihood is about")
      : t("of 256 levels, as differences from their left neighbours");
  return t`Corrected: −ELBO minus the picture's compressed length, in nats, by LZW, the compressor of GIF and TIFF (Serrà et al. 2020), ${pixels}.`;
}

/**
 * The share of these scores that are lower.
 *
 * @param {Float32Array} scores
 * @param {number} score
 */
function shareBelow(scores, score) {
  return scores.reduce((count, value) => count + Number(value < score), 0) / scores.length;
}

/**
 * @param {Float32Array} scores
 * @param {number} score
 */
function percentBelow(scores, score) {
  return percent(shareBelow(scores, score));
}

/** Two decimals, with a minus as wide as a plus. @param {number} value */
function signed(value) {
  return value.toFixed(2).replace("-", "−");
}

/** @param {string} base64 */
function floats(base64) {
  return new Float32Array(fromBase64(base64).buffer);
}
