/**
 * The Reconstruction component: an image that is drawn, uploaded or taken from the test set, what the model makes of it,
 * and q(z|x), all live. Python is sent which test image the user chose, or that it is none, and nothing else.
 */

import { bring } from "../lib/brought.js";
import { toBase64 } from "../lib/bytes.js";
import { keepCompared } from "../lib/compared-link.js";
import { element, say, subscript } from "../lib/dom.js";
import { loadEncoded, spreadOf, TestRows } from "../lib/encoded-set.js";
import { announce } from "../lib/following.js";
import { help, natsText } from "../lib/glossary.js";
import { payload } from "../lib/labelled.js";
import { Meter, noticeOf } from "../lib/live-client.js";
import { ModelClient } from "../lib/model-client.js";
import { gaussians, round4, strongestFirst } from "../lib/math.js";
import { t, translate } from "../lib/words.js";
import { Anomaly } from "./anomaly.js";
import { DamagePanel } from "./damage.js";
import { Encoder, storedNoise } from "./encoding.js";
import { Input } from "./input.js";
import { details, layOut } from "./layout.js";
import { LossPanel } from "./loss.js";
import { Neighbours } from "./neighbours.js";
import { Optimise } from "./optimise.js";
import { Pictures, SAMPLES } from "./pictures.js";
import { PosteriorChart } from "./posterior-chart.js";
import { PosteriorPlane } from "./posterior-plane.js";
import { Refill } from "./refill.js";
import { classRemark, damageRemark, storedRemark } from "./remarks.js";

/** @import { DrawingFrame, ImageShape } from "../lib/contract.js" */
/** @import { EncodedSet } from "../lib/encoded-set.js" */
/** @import { Listing } from "../lib/explained.js" */
/** @import { Live } from "../lib/following.js" */
/** @import { LiveStatus } from "../lib/live-client.js" */
/** @import { LocalModel } from "../lib/model-client.js" */
/** @import { Nats } from "../lib/comparison-words.js" */
/** @import { AnomalyData } from "./anomaly.js" */
/** @import { Beside, OtherModel } from "./beside.js" */
/** @import { Best } from "../lib/labelled.js" */
/** @import { Step } from "./optimise.js" */
/** @import { Mode, Shown } from "./pictures.js" */
/** @import { Code } from "./posterior-chart.js" */
/** @import { Source } from "./remarks.js" */

/**
 * What a host gives: vae/views/reconstruction.py, and the choices of vae/ui/pages/reconstruction.py.
 *
 * @typedef {AnomalyData & PageData} Data
 *
 * @typedef {object} PageData
 * @property {string} base the app's address
 * @property {string} model
 * @property {LocalModel | null} local its weights for this browser
 * @property {number} version of the checkpoint
 * @property {number} latent_dim
 * @property {ImageShape} image_shape
 * @property {number} classes of a conditional model, otherwise 0
 * @property {string[]} class_names
 * @property {number | null} label the class that the user chose for the decoder
 * @property {string[]} palette
 * @property {number[] | null} kl nats per dimension; null of a plain autoencoder
 * @property {number[]} noise for the sample of an image that the evaluation has not seen
 * @property {string} likelihood
 * @property {DrawingFrame | null} frame
 * @property {boolean} bright
 * @property {string} objective
 * @property {{ reconstruction: Listing[], kl: Listing[] }} source
 * @property {number | null} image the test image of all pages, null until one is chosen
 * @property {boolean} own whether a picture of the user's own comes before it
 * @property {string} [words] the model in words, where others are compared with it
 * @property {Nats} [nats]
 * @property {OtherModel[]} [compare]
 */

/**
 * inputAt: ms. noise: of the fixed sample.
 *
 * @typedef {object} Request
 * @property {Uint8Array} whole the image before any damage
 * @property {Uint8Array<ArrayBuffer>} input
 * @property {Source} source
 * @property {Float32Array | null} noise
 * @property {number} inputAt
 */

/**
 * What the user chose to see. image: null for a picture of their own; number: counts, so that the same image again is news.
 *
 * @typedef {{model: string, image: number | null, number: number}} Choice
 */

/** @typedef {Omit<Request, "inputAt"> & Shown & { code: Code, label: number | null }} Result of the fixed sample */

const SAMPLES_MS = 100; // decoding eight pictures at every step of the pointer would delay the reconstruction
const DESCRIBE_MS = 200; // numbers that change faster cannot be read, and their layout costs frames
const STATUS_MS = 250;

export default class Reconstruction {
  /** @type {Page | null} */
  page = null;

  /**
   * @param {HTMLElement} parent
   * @param {(name: "choice", choice: Choice) => void} send
   */
  constructor(parent, send) {
    this.parent = parent;
    this.send = send;
  }

  /** @param {Data} data */
  update(data) {
    if (this.page) this.page.update(data);
    else this.page = new Page(this.parent, (choice) => this.send("choice", choice), data);
  }

  /** Shows the image of another page: its test image, or its pixels as the model gets them. @param {Live} live */
  follow({ image, picture, noise_of: noiseOf, params }) {
    const linked = typeof params === "object" && params !== null && "image" in params ? Number(params.image) : image;
    void this.page?.input.follow(linked, picture, noiseOf);
  }

  close() {
    this.page?.close();
  }
}

class Page {
  closed = false;
  point = false; // whether the model is a plain autoencoder
  /** @type {Mode} */
  mode = "evaluation";
  sampleAt = 0; // number of the chosen sample
  epsilons = new Float32Array(); // the samples' noise
  /** @type {Uint8Array<ArrayBuffer> | null} the newest image that was sent to the model */
  sent = null;
  /** @type {Result | null} */
  result = null;
  /** @type {Shown | null} */
  shown = null;
  device = "";
  choices = 0; // of the user
  loadsTestSet = true;
  /** The models beside this one, where there are any. @type {Beside | null} */
  beside = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  describeTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  samplesTimer;
  meter = new Meter();

  /**
   * @param {HTMLElement} parent
   * @param {(choice: Choice) => void} onChoice
   * @param {Data} data
   */
  constructor(parent, onChoice, data) {
    this.data = data;
    this.chart = new PosteriorChart();
    this.plane = new PosteriorPlane((i) => this.input.choose(i));
    this.neighbours = new Neighbours((i) => this.input.choose(i));
    this.anomaly = new Anomaly({
      onChoose: (pixels, title, noise) => this.input.load(pixels, { kind: "other", title, noise }),
      scoreOf: (pixels) => this.encoder.scoreOf(pixels),
    });
    this.loss = new LossPanel();
    this.refill = new Refill();
    this.optimise = new Optimise({
      image: () => this.sent && { pixels: this.sent, label: this.result?.label ?? null },
      onStep: (step) => void this.showOptimised(step),
      onBack: () => this.reconstruct(),
    });
    this.input = new Input(data, {
      onChange: () => this.reconstruct(),
      onChoice: (image) => onChoice({ model: this.data.model, image, number: ++this.choices }),
    });
    this.damagePanel = new DamagePanel({ onChange: () => this.reconstruct(), onRefill: () => void this.fillPatch() });
    this.pictures = new Pictures({
      onMode: (mode) => this.setMode(mode),
      onSample: (k) => this.chooseSample(k),
      onDrawAgain: () => this.drawAgain(),
    });
    this.damagePanel.listenOn(this.pictures.input);
    this.codeTitle = element("span");
    /** @type {(string | Node)[]} */
    this.posteriorTitle = [
      "q(z|x)",
      help("q(z|x)"),
      ": μ",
      help("μ"),
      " ± σ",
      help("σ"),
      t(" and KL"),
      help("KL of a dimension", () => this.strongest()),
    ];
    this.explore = element("a", { title: t("The sliders at this μ") }, t("Open μ in Explore"));
    this.lossDetails = details(t("The loss for this image, and the lines that compute it"), this.loss.element);
    this.lossDetails.addEventListener("toggle", () => this.describe());
    this.meterText = element("span", { className: "meter" });
    this.root = layOut(this);
    parent.append(this.root);
    this.statusTimer = setInterval(() => this.showStatus(), STATUS_MS);
    this.client = new ModelClient(data, { onStatus: (status) => this.takeStatus(status) });
    this.encoder = new Encoder(this.client, data);
    this.takeModel(data);
    this.anomaly.setData(data, true);
    if (data.compare) void this.takeCompared();
  }

  /**
   * Follows the model, the chosen class and the other data set; data without changes has no effect.
   *
   * @param {Data} data
   */
  update(data) {
    const old = this.data;
    this.data = this.encoder.data = data;
    const newModel = data.model !== old.model || data.version !== old.version;
    if (newModel) {
      this.input.setModel(data);
      this.client.setModel(data);
      this.takeModel(data);
    }
    if (newModel || data.other?.name !== old.other?.name) this.anomaly.setData(data, newModel);
    if (!newModel && data.label !== old.label) this.reconstruct();
    for (const chart of [this.chart, this.plane, this.anomaly.histogram]) chart.paint(); // the theme may have changed
    if (data.compare || this.beside) void this.takeCompared();
  }

  /** The models beside this one have a module of their own, which a page without a comparison does not load. */
  async takeCompared() {
    const { Beside: Models } = await import("./beside.js");
    if (this.closed) return;
    if (this.data.compare) {
      this.beside ??= new Models(this.pictures, () => this.describeSoon());
      this.beside.update(this.data);
      this.reconstructBeside();
      this.describeSoon();
    } else if (this.beside) {
      this.beside.close();
      this.beside = null;
    }
    this.root.classList.toggle("comparing", this.beside !== null);
  }

  /** @param {Data} data */
  takeModel(data) {
    const { kl, image_shape: imageShape, latent_dim: latentDim, class_names: classNames, palette } = data;
    this.point = kl === null;
    this.root.classList.toggle("point", this.point);
    this.codeTitle.replaceChildren(...(this.point ? [t("The code")] : this.posteriorTitle));
    this.result = null;
    this.loadsTestSet = true;
    this.epsilons = gaussians(SAMPLES * latentDim);
    this.refill.element.hidden = true;
    this.optimise.setModel(data, this.point);
    this.damagePanel.setModel(imageShape);
    this.pictures.setModel(imageShape, data.likelihood);
    this.neighbours.reserve(imageShape);
    this.plane.setClasses(classNames, palette);
    this.loss.setModel(data, this.point);
    this.chart.setModel(kl ?? new Array(latentDim).fill(0), this.point);
    this.setMode("evaluation");
    this.reconstruct();
    void this.takeEncoded(data);
  }

  /**
   * Loads the encoded test set, from a route of its own: it is too large for a page's run.
   *
   * @param {Data} data
   */
  async takeEncoded({ base, model, image_shape: imageShape, classes }) {
    const address = (/** @type {string} */ what) => `${base}/live/${what}?model=${encodeURIComponent(model)}`;
    /** @type {EncodedSet} */
    let encoded;
    try {
      encoded = await loadEncoded(address("encoded"));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (this.data.model !== model || this.closed) return;
      this.input.say(
        t`The encoded test set did not load (${error.message}). Drawing works without it; reload the page to try again.`,
      );
      this.loadsTestSet = false;
      this.offerOptimise();
      return;
    }
    if (this.data.model !== model || this.closed) return;
    const images = new TestRows(address("images"), encoded.images, imageShape);
    const noise = this.point ? null : new TestRows(address("noise"), encoded.images, [4 * encoded.latentDim]);
    this.plane.setModel(encoded, this.point);
    this.neighbours.setModel(encoded, images, classes > 0);
    if (this.point) this.chart.setModel(spreadOf(encoded), true);
    this.anomaly.setTestScores(encoded);
    this.loadsTestSet = false;
    this.input.setTestSet({ encoded, images, noise });
    this.offerOptimise();
  }

  /** q is optimised for a picture that stays: not for an empty pad, nor before the link's image can come. */
  offerOptimise() {
    this.optimise.button.disabled = this.loadsTestSet || this.input.pad.empty;
  }

  // — what the model makes of it —

  /** The one way the input changes: every control ends here, at every step of the pointer. */
  reconstruct() {
    const inputAt = performance.now();
    this.optimise.clear();
    const { image_shape: imageShape } = this.data,
      { source } = this.input;
    const whole = this.input.pad.pixels;
    const input = this.damagePanel.apply(whole, imageShape);
    this.sent = input;
    this.pictures.showInput(input, imageShape, this.damagePanel.damage.patch > 0);
    const labels = this.encoder.candidateLabels(source, this.input.testSet),
      noise = this.encoder.fixedNoise(source);
    void this.encoder.reconstruct(input, labels, noise).then((best) => {
      if (best && !this.closed) this.showResult(best, { whole, input, source, noise, inputAt });
    });
    this.reconstructBeside();
    announce(this.root, () => {
      const { model } = this.data;
      if (source.kind === "test" && !this.isEdited) return { view: "reconstruction", model, image: source.index };
      const noiseOf = source.kind === "test" ? source.index : null; // the sample's, also when it is drawn on
      return { view: "reconstruction", model, picture: toBase64(input), noise_of: noiseOf };
    });
  }

  /** Whether a test image is shown otherwise than it is. */
  get isEdited() {
    const { pad } = this.input;
    return pad.canUndo || pad.centred.checked || this.damagePanel.active;
  }

  /** The same image, with the same noise, by the other models. */
  reconstructBeside() {
    const { beside, sent: input, mode, sampleAt } = this,
      { source, testSet } = this.input;
    if (!beside || !input) return;
    const noise = mode === "sample" ? this.chosenNoise() : this.encoder.fixedNoise(source);
    beside.reconstruct({ input, source, testSet, mode, sampleAt, noise });
  }

  /** Of the chosen sample. */
  chosenNoise() {
    const d = this.data.latent_dim;
    return this.epsilons.slice(this.sampleAt * d, (this.sampleAt + 1) * d);
  }

  /**
   * @param {Best} best
   * @param {Request} request
   */
  showResult({ label, mean, logvar, reconstruction, kl, pixels }, { whole, input, source, noise, inputAt }) {
    const code = codeOf(mean, logvar);
    this.result = { whole, input, source, label, code, pixels, reconstruction, kl, noise };
    this.client.classWeights = Array.from({ length: this.data.classes }, (_, k) => Number(k === label));
    if (this.mode === "evaluation") this.showOutput(this.result, this.result);
    else void this.decodeChosen();
    this.chart.show(code);
    this.plane.show(code);
    this.anomaly.show(reconstruction + kl, input);
    this.meter.took(this.pictures.output, performance.now() - inputAt);
    if (!this.point) this.samplesTimer ??= setTimeout(() => void this.decodeSamples(), SAMPLES_MS);
    this.offerOptimise();
    this.describeSoon();
    this.pictures.notice.hidden = true; // a picture came: the problem is over
  }

  /** Decodes the mean, or the z of the chosen sample, instead of the fixed one. */
  async decodeChosen() {
    if (!this.result) return; // nothing has been encoded yet
    const { input, label } = this.result;
    const noise = this.mode === "mean" ? null : this.chosenNoise();
    const reply = await this.encoder.reconstruct(input, label === null ? [] : [label], noise, "chosen");
    if (!reply || this.closed || !this.result || this.mode === "evaluation") return;
    const { pixels, reconstruction, kl } = reply;
    this.showOutput({ noise, pixels, reconstruction, kl }, this.result);
    this.describeSoon();
  }

  async decodeSamples() {
    clearTimeout(this.samplesTimer);
    this.samplesTimer = undefined;
    if (!this.result || this.closed) return; // of a new model, nothing has been encoded yet
    const { mean, sigma } = this.result.code;
    const vectors = Array.from({ length: SAMPLES }, (_, k) =>
      Array.from(mean, (value, i) => value + sigma[i] * this.epsilons[k * mean.length + i]),
    );
    const reply = await this.client.decode(vectors, { slot: "samples" });
    if (!reply || this.closed || !this.result) return;
    this.pictures.showSamples(reply.pixels, reply.imageShape);
  }

  /**
   * @param {Shown} shown
   * @param {Result} result
   */
  showOutput(shown, { input }) {
    this.pictures.showOutput(shown, input, this.data.image_shape);
    this.shown = shown;
  }

  async fillPatch() {
    const { sent } = this;
    if (!sent) return;
    await this.refill.run(
      this.input.pad.pixels,
      sent,
      this.data.image_shape,
      this.damagePanel.damage,
      async (pixels) => {
        const label = this.result?.label ?? null;
        const reply = await this.client.reconstruct(1, payload(pixels, label === null ? [] : [label]), {
          slot: "refill",
        });
        return reply && !this.closed && this.sent === sent ? reply.pixels : null; // else the user has gone on
      },
    );
  }

  /** @param {Mode} mode */
  setMode(mode) {
    this.mode = mode;
    this.optimise.stop();
    this.pictures.showMode(mode, this.sampleAt, this.point);
    this.reconstructBeside();
    if (!this.result) return;
    if (mode === "evaluation") this.showOutput(this.result, this.result);
    else void this.decodeChosen();
    this.describeSoon();
  }

  /** @param {number} k */
  chooseSample(k) {
    this.sampleAt = k;
    this.setMode("sample");
  }

  drawAgain() {
    this.epsilons = gaussians(this.epsilons.length);
    void this.decodeSamples();
    this.beside?.drawAgain();
    if (this.mode !== "sample") return;
    void this.decodeChosen();
    this.reconstructBeside();
  }

  /** A step from the encoder's q to the best one: q on the charts, its mean as the picture. @param {Step} step */
  async showOptimised({ mean, logvar }) {
    const code = codeOf(Float32Array.from(mean), Float32Array.from(logvar));
    this.chart.show(code);
    this.plane.show(code);
    const { sent } = this;
    const reply = await this.client.decode([mean], { slot: "optimised" });
    if (!reply || !sent || this.closed || this.sent !== sent || this.optimise.panel.hidden) return;
    this.pictures.showOptimised(reply.pixels, sent, this.data.image_shape);
  }

  // — in words —

  describeSoon() {
    this.describeTimer ??= setTimeout(() => {
      this.describeTimer = undefined;
      this.describe();
    }, DESCRIBE_MS);
  }

  describe() {
    const { result, shown } = this;
    if (!result || !shown || this.closed) return;
    this.pictures.nameFixed(storedNoise(result.source) !== null && result.source.kind === "test");
    this.pictures.showNumbers(shown, this.remarks(result, shown));
    const className = result.label === null ? "" : this.data.class_names[result.label];
    this.beside?.describe(shown, { sampled: shown.noise !== null, className });
    this.input.picker.say(this.input.title());
    if (this.lossDetails.open) this.loss.show(shown, result.code, this.chart.order);
    this.chart.describe();
    this.anomaly.describe();
    if (this.input.testSet) this.describePlace(result.code);
    const z = Array.from(result.code.mean, round4);
    const { source } = result,
      image = source.kind === "test" ? `&image=${source.index}` : "";
    const model = encodeURIComponent(this.data.model);
    this.explore.href = keepCompared(`${this.data.base}/Explore?checkpoint=${model}${image}&z=${z.join(",")}`);
    this.explore.onclick = () => bring(this.data.model, z, result.input);
  }

  /**
   * @param {Result} result
   * @param {Shown} shown
   */
  remarks(result, shown) {
    const { data } = this,
      { source, testSet } = this.input,
      { active } = this.damagePanel;
    const remarks = [];
    if (source.kind === "test" && testSet && !this.isEdited) {
      const { reconstruction, kl } = testSet.encoded;
      const stored = { reconstruction: reconstruction[source.index], kl: kl[source.index] };
      remarks.push(storedRemark(stored, shown, source.noise, this.point));
    }
    if (result.label !== null) remarks.push(classRemark(data.class_names[result.label], data.label !== null, source));
    if (active) remarks.push(damageRemark({ whole: result.whole, input: result.input, pixels: shown.pixels }));
    return remarks.join(" ");
  }

  /**
   * The nearest test images, and the place on the plane.
   *
   * @param {Code} code
   */
  describePlace(code) {
    const { source } = this.input;
    const near = this.neighbours.find(code.mean, source.kind === "test" ? source.index : -1);
    this.plane.show(code, near);
    this.plane.canvas.ariaLabel = t`Latent plane. This image lies at ${this.plane.canvas.dataset.at}.`;
  }

  /** The strongest dimension's KL of this image, for its formula. */
  strongest() {
    if (!this.result) return null;
    const { mean, sigma, kl } = this.result.code;
    const i = strongestFirst(this.data.kl ?? [...kl])[0];
    const numbers = { mean: mean[i].toFixed(2).replace("-", "−"), sigma: sigma[i].toFixed(2) };
    return { kl: `${subscript(i)}: ${natsText(kl[i])}`, pictures: t("this image’s"), ...numbers };
  }

  /** @param {LiveStatus} status */
  takeStatus(status) {
    if (status.state === "connecting") return;
    this.root.dataset.connection = status.state;
    if (status.state === "open") this.device = translate(status.greeting.device);
    this.pictures.showNotice(noticeOf(status));
  }

  showStatus() {
    const { framesPerSecond, ms } = this.meter.read();
    const speed =
      ms === undefined ? "" : t` · ${framesPerSecond} frames/s · ${ms.toFixed(1)} ms input → reconstruction`;
    say(this.meterText, `${this.device || t("connecting")} · ${this.data.model}${speed}`);
  }

  close() {
    this.closed = true;
    this.input.close();
    this.client.close();
    this.optimise.stop();
    this.beside?.close();
    clearInterval(this.statusTimer);
    clearTimeout(this.describeTimer);
    clearTimeout(this.samplesTimer);
    this.neighbours.close();
    this.root.remove();
  }
}

/**
 * @param {Float32Array} mean
 * @param {Float32Array} logvar
 * @returns {Code}
 */
function codeOf(mean, logvar) {
  const sigma = logvar.map((value) => Math.exp(value / 2));
  return { mean, sigma, kl: mean.map((value, i) => (value ** 2 + sigma[i] ** 2 - 1 - logvar[i]) / 2) };
}
