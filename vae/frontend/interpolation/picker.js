/** The dialog that chooses an end: from the test images, a drawing, samples, a z or a file. */

import { drawPicture, fitPicture } from "../lib/canvas.js";
import { MAX_LINKED_Z } from "../lib/contract.js";
import { button, element, figure, messageOf, segmented, select } from "../lib/dom.js";
import { DrawingPad } from "../lib/drawing.js";
import { numberField } from "../lib/fields.js";
import { help } from "../lib/glossary.js";
import { PhotoSteps } from "../lib/photo-steps.js";
import { readPicture } from "../lib/upload.js";
import { t } from "../lib/words.js";
import { imageEnd, readVector, testEnd, vectorEnd } from "./ends.js";
import { ALL } from "./space.js";

/** @import { DrawingFrame } from "../lib/contract.js" */
/** @import { Figure, Option } from "../lib/dom.js" */
/** @import { End, OtherEnd } from "./ends.js" */
/** @import { Space } from "./space.js" */
/** @typedef {End["kind"]} SourceKind */
/** @typedef {{seen: Figure, decoded: Figure}} Preview the encoder's input, and the picture decoded from its mean */
/**
 * What one opening of the dialog is about. end: the present one; pins: offered as z; frame, bright: see DrawingPad.
 *
 * @typedef {object} Request
 * @property {End} end
 * @property {Space} space
 * @property {{title: string, z: number[]}[]} pins
 * @property {DrawingFrame | null} frame
 * @property {boolean} bright
 * @property {(end: End) => void} onChoose
 */

const GALLERY = 40,
  SAMPLES = 24;
const PREVIEW_SIDE = 10; // rem
/** @type {Option<SourceKind>[]} */
const SOURCES = [
  ["test", t("Test image")],
  ["drawing", t("Draw")],
  ["sample", t("Sample")],
  ["z", "z"],
  ["upload", t("File")],
];

export class Picker {
  constructor() {
    /** @type {Request | null} */
    this.request = null;
    this.heading = element("h2", {});
    this.sources = segmented(
      t("Where from"),
      SOURCES,
      (source) => this.request && this.showSource(source, this.request),
    );
    this.panel = element("div", { className: "picker-panel" });
    const close = button("✕", t("Close (Esc)"), () => this.element.close(), t("Close"));
    const head = element("div", { className: "picker-head" }, this.heading, this.sources.element, close);
    this.element = element("dialog", { className: "picker", ariaLabel: t("Choose a picture") }, head, this.panel);
    this.element.addEventListener("click", (event) => event.target === this.element && this.element.close());
  }

  /**
   * Asks for an end; onChoose receives every choice.
   *
   * @param {string} name of the end on the page
   * @param {Request} request
   */
  open(name, request) {
    this.request = { ...request };
    this.heading.textContent = t`Choose ${name}`;
    this.sources.choose(request.end.kind);
    this.showSource(request.end.kind, this.request);
    this.element.showModal();
  }

  /**
   * @param {End} end
   * @param {Request} request
   */
  choose(end, request) {
    request.onChoose(end);
    this.element.close();
  }

  /**
   * @param {SourceKind} source
   * @param {Request} request
   */
  showSource(source, request) {
    /** @type {Record<SourceKind, () => (Node | string)[]>} */
    const build = {
      test: () => this.buildTest(request),
      drawing: () => this.buildDrawing(request),
      sample: () => this.buildSamples(request),
      z: () => this.buildVector(request),
      upload: () => this.buildUpload(request),
    };
    this.panel.replaceChildren(...build[source]());
  }

  // — test images —

  /** @param {Request} request */
  buildTest(request) {
    const { space, end } = request;
    const { n } = space.encoded;
    const gallery = new Gallery(space, end.row, (row) => this.choose(testEnd(space, row), request));
    const number = numberField({ whole: true, min: 0, max: n - 1, value: end.row ?? "" });
    number.addEventListener("change", () => {
      this.choose(testEnd(space, number.read()), request);
    });
    const tools = element("div", { className: "tools" });
    tools.append(element("label", {}, t("Class "), gallery.shownClass), gallery.back, gallery.forward, gallery.count);
    tools.append(element("label", {}, t`Number (0 to ${n - 1}) `, number));
    return [tools, gallery.element, gallery.note];
  }

  // — samples —

  /** @param {Request} request */
  buildSamples(request) {
    const { space, end } = request;
    const source = space.prior
      ? t("Samples from the prior N(0, I), decoded now.")
      : t("A plain autoencoder has no prior: samples from a Gaussian as wide as its codes, decoded now.");
    const gallery = element("div", { className: "gallery", role: "group", ariaLabel: t("Samples") });
    const fill = async () => {
      const ends = Array.from({ length: SAMPLES }, () => vectorEnd(space.sample(), "sample", t("sample"), end.label));
      const thumbs = ends.map((sample, i) => thumb(t`Sample ${i + 1}`, () => this.choose(sample, request)));
      gallery.replaceChildren(...thumbs.map(({ place }) => place));
      const pictures = await decodeSome(space, ends);
      pictures?.forEach((pixels, i) => drawPicture(thumbs[i].canvas, pixels, space.imageShape));
    };
    void fill();
    const tools = element(
      "div",
      { className: "tools" },
      button(t("New samples"), t("Sample again"), () => void fill()),
    );
    tools.append(element("span", { className: "quiet" }, source), ...(space.prior ? [help("prior")] : []));
    return [tools, gallery];
  }

  // — z —

  /** @param {Request} request */
  buildVector(request) {
    const { space, end, pins } = request;
    const field = element("textarea", { rows: 3, value: end.z.map((value) => value.toFixed(4)).join(", ") });
    const problem = element("p", { className: "problem", role: "alert" });
    field.ariaLabel = t`z: ${space.latentDim} numbers`;
    const use = () => {
      const read = readVector(field.value, space);
      if (read) this.choose({ ...read, label: end.label }, request);
      else
        problem.textContent = t`z must be ${space.latentDim} numbers from -${MAX_LINKED_Z} to ${MAX_LINKED_Z}, with commas between them.`;
    };
    const tools = element("div", { className: "tools" }, button(t("Use this z"), t("Take it as the end"), use));
    for (const { title, z } of pins) {
      if (z.length !== space.latentDim) continue;
      const take = () => this.choose(vectorEnd(z, "z", title, end.label), request);
      tools.append(button(title, t("A z from another page"), take));
    }
    return [field, tools, problem];
  }

  // — drawings and files —

  /** @param {Request} request */
  buildDrawing(request) {
    const { space, end, frame, bright } = request;
    const preview = previewOf(space);
    const pad = new DrawingPad({
      imageShape: space.imageShape,
      frame,
      bright,
      onChange: (pixels) => void this.takeImage(pixels, "drawing", preview, request),
    });
    const drawn = end.kind === "drawing" ? end.pixels : null;
    if (drawn) pad.load(bright ? drawn.map((value) => 255 - value) : drawn, { inverted: bright });
    return [this.imagePanel(pad.element, preview, t("Draw here; the page behind follows each stroke."))];
  }

  /** @param {Request} request */
  buildUpload(request) {
    const { imageShape } = request.space,
      { frame, bright } = request;
    const problem = element("p", { className: "problem", role: "alert" });
    const preview = previewOf(request.space);
    const take = async () => {
      if (steps.result) await this.takeImage(steps.result.pixels, "upload", preview, request);
    };
    const steps = new PhotoSteps(() => void take());
    const input = element("input", { type: "file", accept: "image/*", ariaLabel: t("Picture file") });
    const read = async () => {
      const file = input.files?.[0];
      if (!file) return;
      problem.textContent = "";
      try {
        const { photo } = await readPicture(file);
        steps.show({ photo, changed: {} }, { imageShape, frame, bright });
        await take();
      } catch (error) {
        problem.textContent = messageOf(error);
      }
    };
    input.addEventListener("change", () => void read());
    const controls = element("div", { className: "upload" }, input, steps.element, problem);
    const text = t("The file's picture, scaled to the model's size. Only that is sent, to be encoded.");
    return [this.imagePanel(controls, preview, text)];
  }

  /**
   * @param {HTMLElement} source
   * @param {Preview} preview
   * @param {string} text
   */
  imagePanel(source, { seen, decoded }, text) {
    const done = button(t("Done"), t("Back to the page"), () => this.element.close());
    const side = element("div", { className: "previews" }, seen.element, decoded.element);
    side.append(element("p", { className: "quiet" }, text), done);
    return element("div", { className: "image-panel" }, source, side);
  }

  /**
   * @param {Uint8Array} pixels
   * @param {OtherEnd["kind"]} kind
   * @param {Preview} preview
   * @param {Request} request
   */
  async takeImage(pixels, kind, { seen, decoded }, request) {
    const { space } = request;
    drawPicture(seen.canvas, pixels, space.imageShape);
    const end = await imageEnd(space, pixels, kind, request.end.label);
    if (!end || request !== this.request) return;
    request.end = end;
    request.onChoose(end);
    const pictures = await space.decode([space.code(end)], { slot: "preview" });
    if (pictures) drawPicture(decoded.canvas, pictures[0], space.imageShape);
  }
}

/** Test images of a class, forty at a time; in place of those that the server does not have, their reconstructions. */
class Gallery {
  /**
   * @param {Space} space
   * @param {number | undefined} current the row of the present end, where it is a test image
   * @param {(row: number) => void} onChoose
   */
  constructor(space, current, onChoose) {
    this.space = space;
    this.current = current;
    this.onChoose = onChoose;
    this.first = 0;
    const classes = space.groupOptions().filter(([group]) => group !== ALL);
    this.shownClass = select(t("Class"), [[ALL, t("All classes")], ...classes], () => void this.turnTo(0));
    this.shownClass.value = `${current === undefined ? ALL : space.encoded.labels[current]}`;
    this.count = element("span", { className: "quiet" });
    this.back = button("◀", t("Earlier images"), () => void this.turnTo(this.first - GALLERY), t("Earlier images"));
    this.forward = button("▶", t("Later images"), () => void this.turnTo(this.first + GALLERY), t("Later images"));
    this.element = element("div", { className: "gallery", role: "group", ariaLabel: t("Test images") });
    this.note = element("p", { className: "quiet", role: "status" });
    const place = current === undefined ? 0 : this.rows().indexOf(current);
    void this.turnTo(Math.floor(Math.max(0, place) / GALLERY) * GALLERY);
  }

  rows() {
    return this.space.group(Number(this.shownClass.value));
  }

  /** @param {number} first place in the class */
  async turnTo(first) {
    const { space } = this;
    const all = this.rows(),
      rows = all.slice(first, first + GALLERY);
    this.first = first;
    this.back.disabled = first === 0;
    this.forward.disabled = first + GALLERY >= all.length;
    this.count.textContent = all.length ? t`${first + 1} to ${first + rows.length} of ${all.length}` : t("None");
    const ends = rows.map((row) => testEnd(space, row));
    const thumbs = ends.map(({ title, row }) => thumb(title, () => this.onChoose(row), row === this.current));
    this.element.replaceChildren(...thumbs.map(({ place }) => place));
    this.note.textContent = "";
    /** @type {number[]} */
    const missing = []; // images that the server does not have
    const fetched = rows.map(async (row, i) => {
      const pixels = await space.images.load(row);
      if (pixels) drawPicture(thumbs[i].canvas, pixels, space.imageShape);
      else missing.push(i);
    });
    await Promise.all(fetched);
    if (!missing.length || first !== this.first) return;
    this.tellDecoded(missing.map((i) => thumbs[i].place));
    const decoded = await decodeSome(
      space,
      missing.map((i) => ends[i]),
    );
    decoded?.forEach((pixels, k) => drawPicture(thumbs[missing[k]].canvas, pixels, space.imageShape));
  }

  /**
   * Says which pictures are no test images.
   *
   * @param {HTMLButtonElement[]} places
   */
  tellDecoded(places) {
    for (const place of places) {
      place.classList.add("decoded");
      place.title = place.ariaLabel = t`${place.title}, decoded: the server has no original`;
    }
    const had = this.space.images.count.toLocaleString("en");
    this.note.textContent =
      places.length === this.element.childElementCount
        ? t`These are reconstructions, decoded from their codes: the server has the first ${had} test images.`
        : t`Those with a dashed edge are reconstructions, decoded from their codes: the server has the first ${had} test images.`;
  }
}

/**
 * @param {Space} space
 * @param {End[]} ends
 */
function decodeSome(space, ends) {
  return space.decode(
    ends.map((end) => space.code(end)),
    { slot: "gallery" },
  );
}

/**
 * A button with a small picture.
 *
 * @param {string} title
 * @param {() => void} onChoose
 */
function thumb(title, onChoose, current = false) {
  const canvas = element("canvas", { width: 1, height: 1 });
  const place = button("", title, onChoose, title);
  place.className = current ? "thumb current" : "thumb";
  place.append(canvas);
  return { place, canvas };
}

/**
 * @param {Space} space
 * @returns {Preview}
 */
function previewOf({ imageShape }) {
  const pictures = { seen: figure("", t("The encoder's input")), decoded: figure("", t("Decoded from its code")) };
  pictures.seen.caption.textContent = t("Given to the encoder");
  pictures.decoded.caption.textContent = t("Decoded from its mean");
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  for (const { canvas } of Object.values(pictures)) fitPicture(canvas, imageShape, PREVIEW_SIDE * rem);
  return pictures;
}
