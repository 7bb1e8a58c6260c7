/** Photos that are taken one after another, with what they show, before they are sent together. */

import { button, contextOf, element, messageOf, say } from "../lib/dom.js";

/** @import { Chosen } from "./selection.js" */

/** @typedef {{file: File, folder: string, quarters: number, node: HTMLElement, canvas: HTMLCanvasElement}} Photo */

const THUMB = 72; // pixels
const LONGEST = 40; // characters of what photos show
const MOST_SIDE = 2048; // pixels of a photo that is turned here: the models see 256 at most
const UNNAMED = "photos"; // folder of those of which nothing was said

export class Album {
  /** @type {Photo[]} */
  photos = [];

  /**
   * @param {(photos: Chosen[]) => void} use the photos, once there are enough
   * @param {() => void} changed whether there are photos
   */
  constructor(use, changed) {
    this.changed = changed;
    this.fewest = 0;
    this.input = element("input", { type: "file", accept: "image/*", hidden: true, ariaLabel: "A photo" });
    this.input.setAttribute("capture", "environment"); // a phone opens its camera, of which this is the rear one
    this.input.addEventListener("change", () => this.take([...(this.input.files ?? [])]));
    this.label = element("input", { type: "text", maxLength: LONGEST, placeholder: UNNAMED });
    const label = element("label", {}, element("span", {}, "The next ones show"), this.label);
    this.thumbs = element("ul", { className: "thumbs", ariaLabel: "Photos" });
    const more = button("Take another", "Opens the camera; on a computer, chooses a picture", () => this.open());
    this.use = button("", "", () => void this.finish(use));
    this.use.className = "primary";
    const drop = button("Discard", "Discards all of these photos", () => this.clear());
    this.about = element("p", { className: "about", role: "status" });
    const choices = element("div", { className: "choices" }, more, this.use, drop);
    this.element = element("div", { className: "album", hidden: true }, this.thumbs, label, this.about, choices);
    this.element.append(this.input);
  }

  /** Opens the camera. */
  open() {
    this.input.click();
  }

  /** @param {readonly File[]} files */
  take(files) {
    this.input.value = ""; // the same file can be chosen again
    for (const file of files) this.add(file);
    this.show();
  }

  /** @param {File} file */
  add(file) {
    const canvas = element("canvas", { width: THUMB, height: THUMB, role: "img" });
    const node = element("li", {}, canvas);
    const folder =
      this.label.value
        .trim()
        .replace(/[/\\:*?"<>|]/g, "-")
        .replace(/^\.+/, "") || UNNAMED;
    const photo = { file, folder, quarters: 0, node, canvas };
    canvas.ariaLabel = folder;
    canvas.title = folder;
    const turn = button("⟳", "Turns this photo clockwise", () => {
      photo.quarters = (photo.quarters + 1) % 4;
      void draw(photo);
    });
    const remove = button("✕", "Takes this photo out", () => this.remove(photo));
    [turn.ariaLabel, remove.ariaLabel] = ["Turn this photo", "Take this photo out"];
    node.append(element("span", {}, turn, remove));
    this.photos.push(photo);
    this.thumbs.append(node);
    void draw(photo);
  }

  /** @param {Photo} photo */
  remove(photo) {
    const next = this.photos[this.photos.indexOf(photo) + 1] ?? this.photos.at(-2);
    this.photos = this.photos.filter((other) => other !== photo);
    next?.node.querySelector("button")?.focus();
    this.show();
    photo.node.remove(); // the last one once the uploader has the focus
  }

  clear() {
    this.photos = [];
    this.thumbs.replaceChildren();
    this.show();
  }

  show() {
    const { length } = this.photos;
    this.element.hidden = !length;
    const missing = this.fewest - length;
    this.use.disabled = missing > 0;
    say(this.use, `Use ${length === 1 ? "this photo" : `these ${length}`}`);
    const sum = length === 1 ? "1 photo" : `${length} photos`;
    say(this.about, missing > 0 ? `${sum}; at least ${this.fewest} are needed.` : `${sum}.`);
    this.changed();
  }

  /** @param {(photos: Chosen[]) => void} use */
  async finish(use) {
    this.use.disabled = true;
    try {
      const files = await Promise.all(this.photos.map(turned));
      use(files.map((file, i) => ({ path: `${this.photos[i].folder}/${i + 1}${endingOf(file)}`, file })));
    } catch (error) {
      say(this.about, messageOf(error));
    }
    this.use.disabled = false;
  }
}

/** A photo's ending; that of a JPEG for one without. @param {File} file */
function endingOf({ name }) {
  return /\.[^./]+$/.exec(name)?.[0].toLowerCase() ?? ".jpg";
}

/** Draws the photo's middle, as far as this browser can read it. @param {Photo} photo */
async function draw(photo) {
  const context = contextOf(photo.canvas);
  let bitmap;
  try {
    bitmap = await createImageBitmap(photo.file);
  } catch {
    return; // a HEIC, which the server can read
  }
  const side = Math.min(bitmap.width, bitmap.height);
  context.setTransform(1, 0, 0, 1, THUMB / 2, THUMB / 2);
  context.rotate((photo.quarters * Math.PI) / 2);
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
  context.drawImage(bitmap, left, top, side, side, -THUMB / 2, -THUMB / 2, THUMB, THUMB);
  bitmap.close();
}

/**
 * The photo's file, turned as the user has turned it. Rejects one that this browser cannot read.
 *
 * @param {Photo} photo
 * @returns {Promise<File>}
 */
async function turned({ file, quarters }) {
  if (!quarters) return file;
  const bitmap = await createImageBitmap(file).catch((cause) => {
    throw new Error(`${file.name} cannot be turned in this browser; turn all pictures below.`, { cause });
  });
  const scale = Math.min(1, MOST_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [Math.round(scale * bitmap.width), Math.round(scale * bitmap.height)];
  const canvas = element("canvas", quarters % 2 ? { width: height, height: width } : { width, height });
  const context = contextOf(canvas);
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((quarters * Math.PI) / 2);
  context.drawImage(bitmap, -width / 2, -height / 2, width, height);
  bitmap.close();
  /** @type {Blob | null} */
  const blob = await new Promise((take) => canvas.toBlob(take, "image/jpeg", 0.92));
  if (!blob) throw new Error(`${file.name} cannot be turned in this browser; turn all pictures below.`);
  return new File([blob], file.name.replace(/(\.[^./]+)?$/, ".jpg"));
}
