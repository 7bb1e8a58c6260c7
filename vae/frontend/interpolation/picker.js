/** The dialog that chooses an end: from the test images, a drawing, samples, a z or a file. */

import { drawPicture, fitPicture } from "../lib/canvas.js";
import { button, element, figure, segmented, select } from "../lib/dom.js";
import { DrawingPad } from "../lib/drawing.js";
import { readPicture } from "../lib/upload.js";
import { imageEnd, readVector, testEnd, vectorEnd } from "./ends.js";
import { ALL } from "./space.js";

const GALLERY = 40,
  SAMPLES = 24;
const PREVIEW_SIDE = 168; // CSS pixels

export class Picker {
  constructor() {
    this.heading = element("h2", {});
    this.sources = segmented(
      "Where from",
      [
        ["test", "Test image"],
        ["drawing", "Draw"],
        ["sample", "Sample"],
        ["z", "z"],
        ["upload", "File"],
      ],
      (source) => this.showSource(source),
    );
    this.panel = element("div", { className: "picker-panel" });
    const close = button("✕", "Close (Esc)", () => this.element.close(), "Close");
    const head = element("div", { className: "picker-head" }, this.heading, this.sources.element, close);
    this.element = element("dialog", { className: "picker" }, head, this.panel);
    this.element.setAttribute("aria-label", "Choose a picture");
    this.element.addEventListener("click", (event) => event.target === this.element && this.element.close());
  }

  /** onChoose(end) for every choice; pins: {title, z} each, offered as z; frame: see DrawingPad. */
  open(name, end, space, { pins, frame, onChoose }) {
    Object.assign(this, { end, space, pins, frame, onChoose });
    this.heading.textContent = `Choose ${name}`;
    this.sources.choose(end.kind);
    this.showSource(end.kind);
    this.element.showModal();
  }

  choose(end) {
    this.onChoose(end);
    this.element.close();
  }

  showSource(source) {
    const build = {
      test: () => this.buildTest(),
      drawing: () => this.buildDrawing(),
      sample: () => this.buildSamples(),
      z: () => this.buildVector(),
      upload: () => this.buildUpload(),
    };
    this.panel.replaceChildren(...build[source]());
  }

  // — test images —

  buildTest() {
    const { space, end } = this;
    const { n } = space.encoded;
    const options = [[ALL, "all classes"], ...space.groupOptions().filter(([group]) => group !== ALL)];
    this.shownClass = select("Class", options, () => this.turnTo(0));
    this.shownClass.value = end.kind === "test" ? space.encoded.labels[end.row] : ALL;
    const number = element("input", { type: "number", min: 0, max: n - 1, value: end.row ?? "" });
    number.addEventListener("change", () => {
      const row = number.valueAsNumber;
      if (Number.isInteger(row) && row >= 0 && row < n) this.choose(testEnd(space, row));
    });
    this.count = element("span", { className: "quiet" });
    this.back = button("◀", "Earlier images", () => this.turnTo(this.first - GALLERY), "Earlier images");
    this.forward = button("▶", "Later images", () => this.turnTo(this.first + GALLERY), "Later images");
    this.gallery = element("div", { className: "gallery", role: "group", ariaLabel: "Test images" });
    const tools = element("div", { className: "tools" });
    tools.append(element("label", {}, "Class ", this.shownClass), this.back, this.forward, this.count);
    tools.append(element("label", {}, `Number (0 to ${n - 1}) `, number));
    const place = end.kind === "test" ? this.rows().indexOf(end.row) : 0;
    this.turnTo(Math.floor(Math.max(0, place) / GALLERY) * GALLERY);
    return [tools, this.gallery];
  }

  rows() {
    return this.space.group(Number(this.shownClass.value));
  }

  async turnTo(first) {
    const { space } = this;
    const all = this.rows(),
      rows = all.slice(first, first + GALLERY);
    this.first = first;
    this.back.disabled = first === 0;
    this.forward.disabled = first + GALLERY >= all.length;
    this.count.textContent = all.length ? `${first + 1} to ${first + rows.length} of ${all.length}` : "none";
    const thumbs = rows.map((row) => {
      const end = testEnd(space, row);
      return this.thumb(end.title, end, row === this.end.row);
    });
    this.gallery.replaceChildren(...thumbs.map(({ place }) => place));
    const draw = (i, pixels) => drawPicture(thumbs[i].canvas, pixels, space.imageShape);
    const missing = [];
    const fetched = rows.map(async (row, i) => {
      const pixels = await space.images.load(row);
      if (pixels) draw(i, pixels);
      else missing.push(i);
    });
    await Promise.all(fetched);
    if (!missing.length || first !== this.first) return;
    const decoded = await this.decodeSome(missing.map((i) => testEnd(space, rows[i])));
    decoded?.forEach((pixels, k) => draw(missing[k], pixels));
  }

  decodeSome(ends) {
    return this.space.decode(
      ends.map((end) => this.space.code(end)),
      { slot: "gallery" },
    );
  }

  thumb(title, end, current = false) {
    const canvas = element("canvas", { width: 1, height: 1 });
    const place = button("", title, () => this.choose(end), title);
    place.className = current ? "thumb current" : "thumb";
    place.append(canvas);
    return { place, canvas };
  }

  // — samples —

  buildSamples() {
    const source = this.space.prior
      ? "Draws from the prior N(0, I), decoded now."
      : "A plain autoencoder has no prior: draws from a Gaussian as wide as its codes, decoded now.";
    const gallery = element("div", { className: "gallery", role: "group", ariaLabel: "Samples" });
    const fill = async () => {
      const { label } = this.end;
      const ends = Array.from({ length: SAMPLES }, () => vectorEnd(this.space.draw(), "sample", "sample", label));
      const thumbs = ends.map((end, i) => this.thumb(`Sample ${i + 1}`, end));
      gallery.replaceChildren(...thumbs.map(({ place }) => place));
      const pictures = await this.decodeSome(ends);
      pictures?.forEach((pixels, i) => drawPicture(thumbs[i].canvas, pixels, this.space.imageShape));
    };
    fill();
    const tools = element("div", { className: "tools" }, button("New draws", "Draw again", fill));
    tools.append(element("span", { className: "quiet" }, source));
    return [tools, gallery];
  }

  // — z —

  buildVector() {
    const { space, end } = this;
    const field = element("textarea", { rows: 3, value: end.z.map((value) => value.toFixed(4)).join(", ") });
    const problem = element("p", { className: "problem", role: "alert" });
    field.ariaLabel = `z: ${space.latentDim} numbers`;
    const use = () => {
      const read = readVector(field.value, space);
      if (read) this.choose({ ...read, label: end.label });
      else problem.textContent = `z must be ${space.latentDim} numbers from -1000 to 1000, with commas between them.`;
    };
    const tools = element("div", { className: "tools" }, button("Use this z", "Take it as the end", use));
    for (const { title, z } of this.pins.filter(({ z }) => z.length === space.latentDim)) {
      tools.append(button(title, "A z from another page", () => this.choose(vectorEnd(z, "z", title, end.label))));
    }
    return [field, tools, problem];
  }

  // — drawings and files —

  buildDrawing() {
    const { space } = this;
    const preview = this.preview();
    const take = (pixels) => this.takeImage(pixels, "drawing", preview);
    const pad = new DrawingPad({ imageShape: space.imageShape, frame: this.frame, onChange: take });
    if (this.end.kind === "drawing" && this.end.pixels) pad.load(this.end.pixels);
    return [this.imagePanel(pad.element, preview, "Drawn here; everything behind follows the pen.")];
  }

  buildUpload() {
    const problem = element("p", { className: "problem", role: "alert" });
    const preview = this.preview();
    const invert = element("input", { type: "checkbox" });
    const input = element("input", { type: "file", accept: "image/*", ariaLabel: "Picture file" });
    const read = async () => {
      if (!input.files.length) return;
      problem.textContent = "";
      try {
        const { pixels } = await readPicture(input.files[0], this.space.imageShape);
        const image = invert.checked ? pixels.map((value) => 255 - value) : pixels;
        await this.takeImage(image, "upload", preview);
      } catch (error) {
        problem.textContent = error.message;
      }
    };
    for (const control of [input, invert]) control.addEventListener("change", read);
    const label = element("label", {}, invert, " Invert: dark on light becomes light on dark");
    const controls = element("div", { className: "upload" }, input, label, problem);
    const text = "The middle of the file's picture, scaled to the model's size. Only that is sent, to be encoded.";
    return [this.imagePanel(controls, preview, text)];
  }

  preview() {
    const { imageShape } = this.space;
    const pictures = { seen: figure("", "What the model is given"), decoded: figure("", "Decoded from its code") };
    pictures.seen.caption.textContent = "given to the encoder";
    pictures.decoded.caption.textContent = "decoded from its mean";
    for (const { canvas } of Object.values(pictures)) fitPicture(canvas, imageShape, PREVIEW_SIDE);
    return pictures;
  }

  imagePanel(source, { seen, decoded }, text) {
    const done = button("Done", "Back to the page", () => this.element.close());
    const side = element("div", { className: "previews" }, seen.element, decoded.element);
    side.append(element("p", { className: "quiet" }, text), done);
    return element("div", { className: "image-panel" }, source, side);
  }

  async takeImage(pixels, kind, { seen, decoded }) {
    const { space } = this;
    drawPicture(seen.canvas, pixels, space.imageShape);
    const end = await imageEnd(space, pixels, kind, this.end.label);
    if (!end || space !== this.space) return;
    this.end = end;
    this.onChoose(end);
    const pictures = await space.decode([space.code(end)], { slot: "preview" });
    if (pictures) drawPicture(decoded.canvas, pictures[0], space.imageShape);
  }
}
