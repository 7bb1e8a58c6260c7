/**
 * The Reconstruction component: an image drawn, uploaded or taken from the test set, what the model makes of it, and
 * q(z|x), all following the hand. Python hears which test image is being looked at, and nothing else.
 */

import { drawDifference, drawGrid, drawPicture } from "../lib/canvas.js";
import { element, say } from "../lib/dom.js";
import { DrawingPad } from "../lib/drawing.js";
import { loadEncoded, spreadOf, TestRows } from "../lib/encoded-set.js";
import { LiveClient, liveUrl, Meter, noticeOf } from "../lib/live-client.js";
import { gaussians, round4 } from "../lib/math.js";
import { readPicture } from "../lib/upload.js";
import { Anomaly } from "./anomaly.js";
import { BreakPanel, patchPixels } from "./break.js";
import { PosteriorChart, PosteriorPlane } from "./charts.js";
import { LossPanel } from "./loss.js";
import { Neighbours } from "./neighbours.js";
import { Picker } from "./picker.js";

const BRIGHTER = [230, 97, 1],
  DARKER = [64, 96, 200]; // apart for every kind of colour vision
const SAMPLES = 8;
const SAMPLES_MS = 100; // eight pictures for each of the hand's would make it wait
const TELL_MS = 200; // numbers that change faster cannot be read, and laying them out anew costs frames
const STATUS_MS = 250;
const ROUNDS = 12,
  ROUND_MS = 80;
const MOST_CLASSES_TRIED = 32;
const VISIBLE = 0.005; // nats that two decimals show
const DRAWING = { kind: "drawing" };

export default class Reconstruction {
  constructor(parent, send) {
    this.sendImage = (i) => send("image", i);
    this.meter = new Meter();
    this.chart = new PosteriorChart();
    this.plane = new PosteriorPlane((i) => this.choose(i));
    this.neighbours = new Neighbours((i) => this.choose(i));
    this.anomaly = new Anomaly((pixels, title) => this.load(pixels, { kind: "other", title }));
    this.loss = new LossPanel();
    this.picker = new Picker({
      onImage: (i) => this.choose(i),
      onDraw: () => this.draw(),
      onFile: (file) => this.upload(file),
    });
    this.breaking = new BreakPanel({ onChange: () => this.follow(), onRefill: () => this.refill() });
    this.mode = "mean";
    this.sampleAt = 0;
    this.build(parent);
    this.statusTimer = setInterval(() => this.showStatus(), STATUS_MS);
  }

  /** Follows model, class told and the other data set; data that brings nothing new disturbs nothing. */
  update(data) {
    const old = this.data;
    this.data = data;
    const newModel = data.model !== old?.model || data.version !== old.version;
    if (newModel) this.takeModel(data, old);
    if (newModel || data.other?.name !== old.other?.name) this.anomaly.setScores(data);
    if (!newModel && data.label !== old.label) this.follow();
    for (const chart of [this.chart, this.plane, this.anomaly.histogram]) chart.paint(); // the theme may have changed
  }

  takeModel(data, old) {
    const { base, model, kl, image_shape: imageShape, latent_dim: latentDim } = data;
    this.point = kl === null;
    this.root.classList.toggle("point", this.point);
    this.codeTitle.textContent = this.point ? "The code, per dimension" : "q(z|x): μ ± σ per dimension, over the prior";
    this.encoded = null;
    this.code = null;
    this.epsilons = gaussians(SAMPLES * latentDim);
    this.breaking.setModel(imageShape);
    this.loss.setModel(data, this.point);
    this.chart.setModel(kl ?? new Array(latentDim).fill(0), this.point);
    this.setMode("mean");
    this.refilled.hidden = true;
    this.takePad(imageShape, data.frame);
    if (old) this.client.setModel(model);
    else this.client = new LiveClient(liveUrl(base), model, { onStatus: (status) => this.takeStatus(status) });
    this.follow();
    this.takeEncoded(data);
  }

  takePad(imageShape, frame) {
    const onChange = () => this.drawn();
    this.pad = new DrawingPad({ imageShape, frame, onChange, label: "Input image" });
    this.padPlace.replaceChildren(this.pad.element);
    this.source = this.loaded = DRAWING;
  }

  /** The encoded test set comes by a route of its own: it is too large for a page's run. */
  async takeEncoded(data) {
    const { base, model, image, image_shape: imageShape, class_names: names, classes, palette } = data;
    const address = (what) => `${base}/live/${what}?model=${encodeURIComponent(model)}`;
    try {
      const encoded = await loadEncoded(address("encoded"));
      if (this.data.model !== model || this.closed) return;
      this.encoded = encoded;
    } catch (error) {
      this.say(
        `The encoded test set did not come (${error.message}). Drawing works without it; reload the page to try again.`,
      );
      return;
    }
    this.images = new TestRows(address("images"), this.encoded.images, imageShape);
    this.noise = this.point ? null : new TestRows(address("noise"), this.encoded.images, [4 * this.encoded.latentDim]);
    this.picker.setModel(names, this.encoded.labels, this.encoded.reconstruction, this.encoded.images);
    this.plane.setModel(this.encoded, palette, this.point);
    this.neighbours.setModel(this.encoded, this.images, classes > 0);
    if (this.point) this.chart.setModel(spreadOf(this.encoded), true);
    if (this.source.kind === "drawing" && this.pad.empty) this.begin(Math.min(image, this.encoded.images - 1));
    else this.follow();
  }

  // — where the image comes from —

  /** A test image that somebody chose, here or on the plane: it goes into the link. */
  choose(i) {
    this.begin(i);
    this.sendImage(i);
  }

  begin(i) {
    this.picker.stand(i);
    this.showImage(i);
  }

  async showImage(i) {
    this.wanted = i;
    const { images } = this;
    const [pixels, noise] = await Promise.all([images.load(i), this.noise?.load(i)]);
    if (this.wanted !== i || images !== this.images || this.closed) return;
    if (!pixels) return this.say(`The server does not have the picture of test image ${i}.`);
    this.load(pixels, { kind: "test", index: i, noise: noise && new Float32Array(noise.slice().buffer) });
  }

  draw() {
    this.wanted = null;
    this.pad.clear();
    this.pad.surface.focus({ preventScroll: true });
  }

  /** The pad changed under the hand. A rubbed-out test image is still that image; an emptied pad is none. */
  drawn() {
    const cleared = this.pad.wasCleared;
    this.source = cleared ? DRAWING : this.loaded;
    this.say("");
    this.follow();
  }

  async upload(file) {
    this.wanted = null;
    const { image_shape: imageShape } = this.data;
    try {
      const { pixels, width, height } = await readPicture(file, imageShape);
      const title = `${file.name}, ${width}×${height} pixels, scaled to ${imageShape[2]}×${imageShape[1]}`;
      this.load(pixels, { kind: "upload", title });
      const bright = imageShape[0] === 1 && pixels.reduce((sum, value) => sum + value, 0) / pixels.length > 127;
      const advice = "Bright background: “Invert”, under “Break it”, makes it like the data set's.";
      if (bright && this.data.frame) this.say(`${title}. ${advice}`);
    } catch (error) {
      this.say(error.message);
    }
  }

  load(pixels, source) {
    this.source = this.loaded = source;
    this.say("");
    this.pad.load(pixels);
    this.follow();
  }

  // — what the model makes of it —

  /** The one way the input changes: every control ends here, for every step of the hand. */
  follow() {
    const inputAt = performance.now();
    const { image_shape: imageShape } = this.data;
    this.modes.evaluation.disabled = !this.source.noise;
    if (this.mode === "evaluation" && !this.source.noise) this.setMode("mean");
    const whole = this.pad.pixels;
    const input = this.breaking.apply(whole, imageShape),
      { source } = this;
    this.input = input;
    drawPicture(this.inputPicture, input, imageShape);
    this.inputPicture.classList.toggle("movable", this.breaking.damage.patch > 0);
    const labels = this.labelsToTell();
    this.client.reconstruct(labels.length || 1, this.payload(input, labels)).then((reply) => {
      if (reply && !this.closed) this.take(pickLikeliest(reply, labels), { whole, input, source, inputAt });
    });
  }

  /** The classes that a conditional model is to be told: the one chosen or known, else all of them, to compare. */
  labelsToTell() {
    const { classes, label } = this.data;
    if (!classes) return [];
    if (label !== null) return [label];
    if (this.source.kind === "test" && this.encoded) return [this.encoded.labels[this.source.index]];
    const most = Math.min(MOST_CLASSES_TRIED, this.client.greeting?.limits.vectors ?? MOST_CLASSES_TRIED);
    return classes <= most ? Array.from({ length: classes }, (_, k) => k) : [0];
  }

  payload(input, labels) {
    if (!labels.length) return input;
    const stride = input.length + 2;
    const rows = new Uint8Array(labels.length * stride);
    labels.forEach((label, k) => {
      rows.set(input, k * stride);
      rows.set([label & 255, label >> 8], k * stride + input.length);
    });
    return rows;
  }

  take({ label, mean, logvar, reconstruction, kl, pixels }, { whole, input, source, inputAt }) {
    const sigma = logvar.map((value) => Math.exp(value / 2));
    const perDimension = mean.map((value, i) => (value ** 2 + sigma[i] ** 2 - 1 - logvar[i]) / 2);
    this.code = { mean, sigma, kl: perDimension };
    this.now = { whole, input, source, label, pixels, reconstruction, kl, score: reconstruction + kl };
    this.client.classWeights = Array.from({ length: this.data.classes }, (_, k) => Number(k === label));
    if (this.mode === "mean") this.drawOutput(this.now);
    else this.followDrawn();
    this.chart.show(this.code);
    this.plane.show(this.code);
    this.anomaly.histogram.show(this.now.score);
    const ms = performance.now() - inputAt;
    this.meter.add(ms);
    const detail = { frame: Number(this.output.dataset.frame), ms };
    this.output.dispatchEvent(new CustomEvent("live-frame", { detail, bubbles: true, composed: true }));
    if (!this.point) this.samplesTimer ??= setTimeout(() => this.followSamples(), SAMPLES_MS);
    this.tellSoon();
    this.notice.hidden = true; // whatever was wrong, a picture came
  }

  /** The noise of the z that is looked at; none for the mean. */
  chosenNoise() {
    const d = this.data.latent_dim;
    if (this.mode === "sample") return this.epsilons.slice(this.sampleAt * d, (this.sampleAt + 1) * d);
    return this.mode === "evaluation" ? this.now.source.noise : null;
  }

  async followDrawn() {
    if (!this.code) return; // nothing has been encoded yet
    const { input, label } = this.now,
      noise = this.chosenNoise();
    const payload = this.payload(input, this.data.classes ? [label] : []);
    const reply = await this.client.reconstruct(1, payload, { noise, slot: "drawn" });
    if (!reply || this.closed || !this.code || this.mode === "mean") return;
    this.drawOutput({ noise, pixels: reply.pixels, reconstruction: reply.reconstruction[0], kl: reply.kl[0] });
    this.tellSoon();
  }

  async followSamples() {
    clearTimeout(this.samplesTimer);
    this.samplesTimer = undefined;
    if (!this.code || this.closed) return; // the model has changed meanwhile
    const { mean, sigma } = this.code;
    const vectors = Array.from({ length: SAMPLES }, (_, k) =>
      Array.from(mean, (value, i) => value + sigma[i] * this.epsilons[k * mean.length + i]),
    );
    const reply = await this.client.decode(vectors, { slot: "samples" });
    if (!reply || this.closed || !this.code) return;
    drawGrid(this.samples, reply.pixels, reply.imageShape, SAMPLES, SAMPLES, 0);
  }

  /** shown: {pixels, reconstruction, kl} of the z that is looked at, and the noise it was drawn with. */
  drawOutput(shown) {
    const { imageShape } = this.pad;
    drawPicture(this.output, shown.pixels, imageShape);
    this.difference = drawDifference(this.error, shown.pixels, this.now.input, imageShape, BRIGHTER, DARKER);
    this.shown = shown;
    this.output.dataset.nats = [shown.reconstruction, shown.kl]; // unrounded, for tests
  }

  /** Encode and decode in rounds; after each, the erased patch takes its pixels from the reconstruction. */
  async refill() {
    const { image_shape: imageShape } = this.data;
    const { input } = this,
      whole = this.pad.pixels;
    const inside = patchPixels(imageShape, this.breaking.damage),
      size = imageShape[1] * imageShape[2];
    const rounds = [input];
    for (let round = 1; round <= ROUNDS; round++) {
      const current = rounds.at(-1);
      const labels = this.data.classes ? [this.now.label] : [];
      const reply = await this.client.reconstruct(1, this.payload(current, labels), { slot: "refill" });
      if (!reply || this.closed || this.input !== input) return; // the hand has moved on
      const next = current.slice();
      for (let c = 0; c < imageShape[0]; c++) for (const i of inside) next[c * size + i] = reply.pixels[c * size + i];
      rounds.push(next);
      this.showRounds(rounds, whole, inside, imageShape);
      if (!matchMedia("(prefers-reduced-motion: reduce)").matches) await pause(ROUND_MS);
    }
  }

  showRounds(rounds, whole, inside, imageShape) {
    const all = new Uint8Array(rounds.length * whole.length);
    rounds.forEach((pixels, k) => all.set(pixels, k * whole.length));
    drawGrid(this.rounds, all, imageShape, rounds.length, ROUNDS + 1, 0);
    const size = imageShape[1] * imageShape[2];
    const error = (pixels) => percent(meanDifference(pixels, whole, inside, imageShape[0], size));
    this.roundsText.textContent =
      `Erased, then ${rounds.length - 1} rounds. Within the patch, mean |Δ| to the unspoilt image: ` +
      `${error(rounds[0])} → ${error(rounds.at(-1))} of the grey range.`;
    this.refilled.hidden = false;
  }

  // — what is told in words —

  tellSoon() {
    this.tellTimer ??= setTimeout(() => {
      this.tellTimer = undefined;
      this.tell();
    }, TELL_MS);
  }

  tell() {
    if (!this.now || !this.code || this.closed) return;
    const { reconstruction, kl } = this.shown;
    this.numbers.score.textContent = (reconstruction + kl).toFixed(2);
    this.numbers.reconstruction.textContent = reconstruction.toFixed(2);
    this.numbers.kl.textContent = kl.toFixed(2);
    this.at.textContent = `, with ${this.zText()}`;
    this.errorText.textContent = `mean |Δ| ${percent(this.difference ?? 0)}`;
    this.told.textContent = [this.storedText(), this.classText(), this.denoisedText()].filter(Boolean).join(" ");
    this.picker.say(this.titleText());
    if (this.lossDetails.open) this.loss.show(this.shown, this.code, this.chart.order, this.zText());
    this.chart.describe();
    this.anomaly.tell(this.now.score);
    if (this.encoded) this.tellNeighbours();
    const z = Array.from(this.code.mean, round4).join(",");
    this.explore.href = `${this.data.base}/Explore?checkpoint=${encodeURIComponent(this.data.model)}&z=${z}`;
  }

  titleText() {
    const { kind, index, title } = this.source;
    if (kind === "drawing") return this.pad.empty ? "An empty pad: draw on it." : "Your drawing";
    const touched = this.pad.canUndo ? ", drawn on" : "";
    if (kind !== "test") return title + touched;
    const name = this.data.class_names[this.encoded.labels[index]];
    return `test image ${index.toLocaleString("en")} · class ${name}${this.picker.place(index)}${touched}`;
  }

  zText() {
    return this.mode === "mean" ? "z = μ" : "z = μ + σε";
  }

  /** What the evaluation says of the same test image: there, one z was drawn. */
  storedText() {
    const { kind, index, noise } = this.source;
    if (kind !== "test" || this.pad.canUndo || this.pad.centred.checked || this.breaking.active) return "";
    const { reconstruction, kl } = this.encoded;
    if (this.point) return `Stored from the evaluation: ${reconstruction[index].toFixed(2)}.`;
    const stored = reconstruction[index] + kl[index];
    if (!noise || this.shown.noise !== noise)
      return `Stored from the evaluation, with one z drawn: ${stored.toFixed(2)}.`;
    const away = Math.abs(this.shown.reconstruction + this.shown.kl - stored);
    const why = away > VISIBLE ? ": it told another class, or ran on another device or version of torch" : "";
    return `Stored from the evaluation, with this ε: ${stored.toFixed(2)}, ${away.toFixed(4)} away${why}.`;
  }

  classText() {
    if (!this.data.classes) return "";
    const name = this.data.class_names[this.now.label];
    if (this.data.label !== null) return `Decoded as class ${name}, as chosen.`;
    return this.source.kind === "test"
      ? `Decoded as class ${name}, its own.`
      : `Decoded as class ${name}, the likeliest of all.`;
  }

  denoisedText() {
    if (!this.breaking.active) return "";
    const { whole, input, pixels } = this.now;
    const from = (image) => percent(meanDifference(image, whole));
    return `Mean |Δ| to the unspoilt image: input ${from(input)}, reconstruction from μ ${from(pixels)}.`;
  }

  tellNeighbours() {
    const near = this.neighbours.find(this.code.mean, this.source.kind === "test" ? this.source.index : -1);
    this.plane.show(this.code, near);
    this.plane.canvas.ariaLabel = `Latent plane. This image lies at ${this.plane.canvas.dataset.at}.`;
  }

  /** What could not be done, or what to do next; gone with the next image. */
  say(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
  }

  takeStatus(status) {
    const { state, greeting } = status;
    if (state === "connecting") return;
    this.root.dataset.connection = state;
    if (greeting) this.device = greeting.device;
    const text = noticeOf(status);
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  showStatus() {
    const { framesPerSecond, ms } = this.meter.read();
    const speed = ms === undefined ? "" : ` · ${framesPerSecond} frames/s · ${ms.toFixed(1)} ms hand → reconstruction`;
    const text = `${this.device ?? "connecting"} · ${this.data?.model ?? ""}${speed}`;
    say(this.meterText, text);
  }

  close() {
    this.closed = true;
    this.client?.close();
    clearInterval(this.statusTimer);
    clearTimeout(this.tellTimer);
    clearTimeout(this.samplesTimer);
    this.neighbours.close();
    this.root.remove();
  }

  // — mean or sample —

  setMode(mode) {
    this.mode = mode;
    for (const [name, radio] of Object.entries(this.modes)) radio.checked = name === mode;
    this.thumbs.forEach((thumb, k) => thumb.classList.toggle("chosen", mode === "sample" && k === this.sampleAt));
    const from = { mean: "from μ", sample: `of sample ${this.sampleAt + 1}`, evaluation: "of the evaluation's sample" }[
      mode
    ];
    this.outputTitle.textContent = `Reconstruction ${this.point ? "of the code" : from}`;
    if (!this.now || !this.code) return;
    if (mode === "mean") this.drawOutput(this.now);
    else this.followDrawn();
    this.tellSoon();
  }

  chooseSample(k) {
    this.sampleAt = k;
    this.setMode("sample");
  }

  drawAgain() {
    this.epsilons = gaussians(this.epsilons.length);
    this.followSamples();
    if (this.mode === "sample") this.followDrawn();
  }

  // — the page —

  build(parent) {
    this.root = element("div", { className: "recon" });
    const screen = element("div", { className: "screen" });
    this.padPlace = element("div", { className: "pad-place" });
    this.message = element("p", { className: "message", role: "status", ariaLive: "polite", hidden: true });
    screen.append(this.picker.element, this.message, this.padPlace, this.buildPictures(), this.buildBelow());
    this.root.append(screen, this.buildMore(), this.buildFoot());
    this.root.addEventListener("keydown", (event) => {
      if (event.composedPath()[0].matches("input, select, button, canvas")) event.stopPropagation(); // r and c are Streamlit's
    });
    this.listenForFiles();
    this.listenToPatch();
    parent.append(this.root);
  }

  buildPictures() {
    const figure = (canvas, ...caption) => element("figure", {}, canvas, element("figcaption", {}, ...caption));
    this.inputPicture = element("canvas", { role: "img", ariaLabel: "The image as the model sees it" });
    this.output = element("canvas", { role: "img", className: "output", ariaLabel: "The reconstruction" });
    this.error = element("canvas", {
      role: "img",
      className: "difference",
      ariaLabel: "Error map: reconstruction minus input",
    });
    this.outputTitle = element("span");
    this.errorText = element("span");
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    const ramp = element("span", { className: "scale", title: "Difference of grey value, in parts of the full range" });
    ramp.append("−0.5", element("span", { className: "ramp" }), "+0.5");
    const row = element("div", { className: "row" });
    row.append(
      figure(this.inputPicture, "x: what the model sees"),
      figure(this.output, this.outputTitle),
      figure(
        this.error,
        element("span", { title: "Reconstruction minus x, mean over the colours" }, "Error: ", this.errorText),
        ramp,
      ),
    );
    return element("div", { className: "pictures" }, row, this.buildNumbers(), this.buildSamples(), this.notice);
  }

  buildNumbers() {
    this.numbers = { score: element("b"), reconstruction: element("b"), kl: element("b") };
    this.at = element("span", { className: "at" });
    const { score, reconstruction, kl } = this.numbers;
    const numbers = element("p", { className: "numbers" });
    numbers.append(
      element(
        "span",
        { className: "term sum", title: "Lower is better: the model finds the image likelier" },
        "−ELBO ",
        score,
      ),
      element("span", { className: "sign" }, " = "),
      element("span", { className: "term reconstruction" }, "reconstruction ", reconstruction),
      element("span", { className: "sign" }, " + "),
      element("span", { className: "term kl" }, "KL ", kl),
      " nats, computed now",
      this.at,
    );
    this.told = element("p", { className: "caption told" });
    return element("div", {}, numbers, this.told);
  }

  buildSamples() {
    const radio = (name, text) => {
      const input = element("input", { type: "radio", name: "mode", checked: name === "mean" });
      input.addEventListener("change", () => this.setMode(name));
      this.modes[name] = input;
      return element("label", {}, input, text);
    };
    this.modes = {};
    const group = element("div", { className: "modes", role: "radiogroup", ariaLabel: "What is decoded" });
    const properties = { type: "button", title: "Other noise for the samples", onclick: () => this.drawAgain() };
    const again = element("button", properties, "Draw again");
    group.append(
      "Decode ",
      radio("mean", "the mean μ"),
      radio("sample", "a sample μ + σε"),
      radio("evaluation", "the evaluation's sample"),
      again,
    );
    this.samples = element("canvas", { role: "img", ariaLabel: `${SAMPLES} decoded samples of q(z|x)` });
    this.thumbs = Array.from({ length: SAMPLES }, (_, k) => {
      const name = `Show sample ${k + 1}`,
        onclick = () => this.chooseSample(k);
      return element("button", { type: "button", className: "thumb", ariaLabel: name, title: name, onclick });
    });
    const strip = element(
      "div",
      { className: "strip", role: "group", ariaLabel: "Samples of q(z|x)" },
      this.samples,
      ...this.thumbs,
    );
    return element("div", { className: "sampling" }, group, strip);
  }

  buildBelow() {
    const panel = (title, ...content) => element("section", {}, element("h3", {}, title), ...content);
    this.codeTitle = element("span");
    this.explore = element("a", { title: "The sliders at this μ" }, "Open μ in Explore");
    return element(
      "div",
      { className: "below" },
      panel(this.codeTitle, this.chart.element),
      panel("Where it lies", this.plane.element),
      panel("Nearest test images, class · latent distance", ...this.neighbours.elements, this.explore),
    );
  }

  buildMore() {
    const details = (title, open, ...content) =>
      element("details", { open }, element("summary", {}, title), ...content);
    this.rounds = element("canvas", { role: "img", ariaLabel: "The patch being refilled, round by round" });
    this.roundsText = element("p", { className: "caption", role: "status", ariaLive: "polite" });
    this.refilled = element("div", { className: "refilled", hidden: true }, this.rounds, this.roundsText);
    this.lossDetails = details("The loss for this image, and the lines that compute it", false, this.loss.element);
    this.lossDetails.addEventListener("toggle", () => this.tell());
    return element(
      "div",
      { className: "more" },
      details("Break it: does the model repair what is spoilt?", true, this.breaking.element, this.refilled),
      this.anomaly.element,
      this.lossDetails,
    );
  }

  buildFoot() {
    this.meterText = element("span", { className: "meter" });
    return element("p", { className: "status" }, this.meterText);
  }

  /** A picture file may also be dropped anywhere on the component. */
  listenForFiles() {
    this.root.addEventListener("dragover", (event) => event.preventDefault());
    this.root.addEventListener("drop", (event) => {
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (file) this.upload(file);
    });
  }

  /** The erased patch is dragged on the picture that shows it, or moved with the arrow keys. */
  listenToPatch() {
    const canvas = this.inputPicture;
    const move = ({ offsetX, offsetY }) =>
      this.breaking.movePatch(offsetX / canvas.clientWidth, offsetY / canvas.clientHeight);
    canvas.tabIndex = 0;
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.breaking.damage.patch) return;
      canvas.setPointerCapture(event.pointerId);
      move(event);
    });
    canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && move(event));
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step || !this.breaking.damage.patch) return;
      event.preventDefault();
      const { patchX, patchY } = this.breaking.damage;
      this.breaking.movePatch(patchX + step[0] / canvas.width, patchY + step[1] / canvas.height);
    });
  }
}

/** Of the replies under each label, the one whose image is likeliest; without labels, the only one. */
function pickLikeliest({ n, mean, logvar, reconstruction, kl, pixels }, labels) {
  const loss = Array.from(reconstruction);
  const best = loss.indexOf(Math.min(...loss));
  const row = (array) => array.slice((best * array.length) / n, ((best + 1) * array.length) / n);
  const rows = { mean: row(mean), logvar: row(logvar), pixels: row(pixels) };
  return { label: labels[best], reconstruction: reconstruction[best], kl: kl[best], ...rows };
}

/** Mean |a − b| in parts of the grey range, over all pixels or over those of each plane that are told. */
function meanDifference(a, b, inside = null, channels = 1, size = 0) {
  let sum = 0,
    count = 0;
  const add = (i) => {
    sum += Math.abs(a[i] - b[i]);
    count++;
  };
  if (inside) for (let c = 0; c < channels; c++) for (const i of inside) add(c * size + i);
  else for (let i = 0; i < a.length; i++) add(i);
  return count ? sum / count / 255 : 0;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
