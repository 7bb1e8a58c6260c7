/**
 * The uploader of the form of a new run: takes a folder, a zip, pictures or photos, chosen or dropped, and sends them to the
 * server. Python is sent the number of a finished upload and of one that the user removes.
 */

import { button, element, messageOf, say } from "../lib/dom.js";
import { Album } from "./album.js";
import { contentOf, packed } from "./packing.js";
import { accepted, checkSize, droppedFiles, filesOf, megabytes, selectionOf } from "./selection.js";
import { send } from "./sending.js";

/** @import { Chosen, Most, PictureSelection, ZipSelection } from "./selection.js" */

/**
 * What Python sends: vae/ui/pages/training/uploader.py. held: the upload that the server has of this session.
 *
 * @typedef {{ upload: string, name: string, pictures: number | null, total: number }} Held
 * @typedef {object} Data
 * @property {string} base
 * @property {string} ticket
 * @property {string[]} suffixes
 * @property {number} fewest pictures that make a data set
 * @property {Most & {piece: number}} most
 * @property {Held | null} held
 */

const HEAD = "Your pictures";
const MOST_KINDS = 6; // of files that are no pictures, named one by one

export default class Uploader {
  /** @type {Data | null} */
  data = null;
  /** @type {AbortController | null} of the upload that is on its way */
  sending = null;
  /** @type {Held | null} sent, and not yet heard of from Python */
  sent = null;

  /**
   * @param {HTMLElement} parent
   * @param {(name: "sent" | "removed", upload: string) => void} tell
   */
  constructor(parent, tell) {
    this.tell = tell;
    this.folder = fileInput("A folder of pictures");
    this.folder.webkitdirectory = true;
    this.files = fileInput("A zip, or pictures");
    for (const input of [this.folder, this.files]) input.addEventListener("change", () => void this.takeInput(input));
    const folder = button("Choose a folder", "Its sub-folders become classes", () => this.folder.click());
    const files = button("Choose a zip or pictures", "A zip's folders become classes", () => this.files.click());
    this.limits = element("span", { className: "limits" });
    const photos = button("Take photos", "Opens the camera; on a computer, chooses a picture", () => this.album.open());
    this.album = new Album(
      (chosen) => void this.take(Promise.resolve(chosen)),
      () => this.showHeld(null),
    );
    this.choices = element("div", { className: "choices" }, folder, files, photos, this.folder, this.files);
    const hint = element("p", {}, "Drop a folder, a zip or pictures here. Sub-folders become classes. ", this.limits);
    this.empty = element("div", { className: "empty" }, hint, this.choices);
    this.name = element("strong", {});
    this.about = element("span", { className: "about" });
    this.bar = element("progress", { ariaLabel: "Progress of the upload", max: 1 });
    this.stop = button("Cancel", "Stop the upload", () => this.remove());
    this.busy = element("div", { className: "busy", hidden: true }, this.name, this.about, this.bar, this.stop);
    this.problem = element("p", { className: "problem", role: "alert" });
    this.leftOut = element("p", { className: "notice", hidden: true });
    this.status = element("p", { className: "status", role: "status" }); // for screen readers
    this.root = element("div", { className: "uploader", role: "group", ariaLabel: HEAD });
    this.root.append(
      element("p", { className: "label" }, HEAD),
      this.empty,
      this.album.element,
      this.busy,
      this.leftOut,
    );
    this.root.append(this.problem, this.status);
    this.listenForDrops();
    parent.append(this.root);
  }

  listenForDrops() {
    const over = (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      this.root.classList.toggle("over", !this.busyOrHeld);
    };
    this.root.addEventListener("dragover", over);
    this.root.addEventListener("dragleave", () => this.root.classList.remove("over"));
    this.root.addEventListener("drop", (event) => {
      event.preventDefault();
      this.root.classList.remove("over");
      if (event.dataTransfer && !this.busyOrHeld) void this.take(droppedFiles(event.dataTransfer));
    });
  }

  get busyOrHeld() {
    return !this.busy.hidden;
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    this.album.fewest = data.fewest;
    say(this.limits, `At most ${megabytes(data.most.bytes)}.`);
    this.limits.title = accepted(data.suffixes);
    if (data.held?.upload === this.sent?.upload) this.sent = null;
    if (!this.sending && !this.sent) this.showHeld(data.held);
  }

  /** @param {HTMLInputElement} input */
  async takeInput(input) {
    const files = filesOf(input.files ?? []);
    input.value = ""; // the same folder can be chosen again
    if (files.length) await this.take(Promise.resolve(files));
  }

  /**
   * Sends what the user chose.
   *
   * @param {Promise<Chosen[]>} choosing
   */
  async take(choosing) {
    this.sending?.abort();
    const sending = new AbortController();
    this.sending = sending;
    this.begin("Reading the folder…");
    try {
      const chosen = await choosing;
      sending.signal.throwIfAborted();
      await this.send(chosen, sending.signal);
    } catch (error) {
      if (sending.signal.aborted) return;
      this.sending = null;
      this.showHeld(null);
      say(this.problem, messageOf(error));
    }
  }

  /**
   * @param {Chosen[]} chosen
   * @param {AbortSignal} signal
   */
  async send(chosen, signal) {
    const { base, ticket, suffixes, most } = /** @type {Data} */ (this.data);
    const selection = selectionOf(chosen, suffixes, most);
    const count = selection.kind === "zip" ? null : selection.pictures.length;
    let packedPictures = 0;
    const content =
      selection.kind === "zip"
        ? contentOf(selection.file)
        : packed(selection.pictures, (done) => {
            packedPictures = done;
          });
    const { name } = selection,
      { total } = content;
    checkSize(total, name, most);
    const upload = crypto.getRandomValues(new Uint32Array(4)).join("");
    say(this.name, name);
    this.showLeftOut(selection);
    say(this.status, `Sending ${name}.`);
    const address = `${base}/live/upload`;
    this.showProgress(0, total, 0, count);
    const about = { address, ticket, upload, name, pictures: count, piece: most.piece };
    await send(content, about, signal, (bytes) => this.showProgress(bytes, total, packedPictures, count));
    signal.throwIfAborted(); // the last answer may have crossed
    this.sending = null;
    this.sent = { upload, name, pictures: count, total };
    if (this.album.photos.length) this.album.clear();
    this.showHeld(this.sent);
    say(this.status, `${name} has arrived.`);
    this.tell("sent", upload);
  }

  begin(/** @type {string} */ sentence) {
    say(this.problem, "");
    this.leftOut.hidden = true;
    say(this.name, "");
    say(this.about, sentence);
    this.bar.removeAttribute("value");
    const focused = this.hasFocus();
    this.showBusy(true);
    if (focused) this.stop.focus();
  }

  /**
   * @param {boolean} moving whether an upload is on its way; it is all here otherwise
   */
  showBusy(moving) {
    this.empty.hidden = this.album.element.hidden = true;
    this.busy.hidden = false;
    this.bar.hidden = !moving;
    say(this.stop, moving ? "Cancel" : "Remove");
    this.stop.ariaLabel = moving ? "Cancel the upload" : "Remove the upload";
    this.stop.title = this.stop.ariaLabel;
  }

  /**
   * @param {number} bytes
   * @param {number} total
   * @param {number} pictures
   * @param {number | null} count
   */
  showProgress(bytes, total, pictures, count) {
    this.bar.value = bytes / total;
    const numbers = `${megabytes(bytes)} of ${megabytes(total)}`;
    say(this.about, count === null ? numbers : `${pictures.toLocaleString("en")} of ${picturesOf(count)}, ${numbers}`);
  }

  /** @param {Held | null} held */
  showHeld(held) {
    if (held) {
      say(this.name, held.name);
      const size = megabytes(held.total);
      say(this.about, held.pictures === null ? size : `${picturesOf(held.pictures)}, ${size}`);
      this.showBusy(false);
      return;
    }
    const focused = this.hasFocus();
    this.busy.hidden = true;
    this.album.element.hidden = !this.album.photos.length;
    this.empty.hidden = !this.album.element.hidden;
    this.leftOut.hidden = true;
    if (focused && !this.empty.hidden) this.choices.querySelector("button")?.focus();
  }

  /** Whether a control of this is focused, which may be about to disappear. */
  hasFocus() {
    const { activeElement } = /** @type {Document | ShadowRoot} */ (this.root.getRootNode());
    return this.root.contains(activeElement);
  }

  /** @param {ZipSelection | PictureSelection} selection */
  showLeftOut(selection) {
    if (selection.kind === "zip" || !selection.leftOut.size) return;
    const kinds = [...selection.leftOut].sort(([, a], [, b]) => b - a);
    const others = kinds.splice(MOST_KINDS).reduce((sum, [, count]) => sum + count, 0);
    if (others) kinds.push(["others", others]);
    const counts = kinds.map(([ending, count]) => `${count.toLocaleString("en")} × ${ending}`).join(", ");
    say(this.leftOut, `Left out, as no pictures: ${counts}. ${accepted(this.data?.suffixes ?? [])}`);
    this.leftOut.hidden = false;
  }

  /** Cancels the upload that is on its way, or removes the one that is here. */
  remove() {
    const held = this.sent ?? this.data?.held;
    if (this.sending) this.sending.abort();
    else if (held) this.tell("removed", held.upload);
    this.sending = this.sent = null;
    if (this.data) this.data = { ...this.data, held: null };
    this.showHeld(null);
    say(this.status, "Removed.");
  }

  close() {
    this.sending?.abort();
    this.root.remove();
  }
}

/** Chooses files; a button clicks it. */
function fileInput(/** @type {string} */ ariaLabel) {
  return element("input", { type: "file", multiple: true, hidden: true, ariaLabel });
}

/** "2,400 pictures". */
function picturesOf(/** @type {number} */ count) {
  return count === 1 ? "1 picture" : `${count.toLocaleString("en")} pictures`;
}
