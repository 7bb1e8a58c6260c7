/**
 * The pinned place beside the plot, on a phone in a sheet from below: image and decoded picture side by side, what is
 * known of it, and links to other pages.
 *
 * @import { ImageShape } from "../lib/contract.js"
 * @import { EncodedSet } from "../lib/encoded-set.js"
 * @import { DecodeReply } from "../lib/live-client.js"
 * @import { ShownModel } from "./panel.js"
 * @import { Pin } from "./projection.js"
 * @import { Place } from "./views.js"
 *
 * @typedef {{base: string, model: string, classes: number, label: number | null, examples: number}} LinkData
 */

import { drawPicture } from "../lib/canvas.js";
import { element, figure, say } from "../lib/dom.js";
import { nearest } from "../lib/math.js";
import { t } from "../lib/words.js";

const SHOWN_LATENTS = 6;

export class PinPanel {
  /** The test image in the panel, or that is expected there. */
  row = -1;

  /** @param {() => void} onUnpin */
  constructor(onUnpin) {
    this.image = figure("pinned-image", t("Test image"));
    this.decoded = figure("pinned-picture", t("Picture decoded at the pin"));
    say(this.decoded.caption, t("Decoded"));
    this.title = element("h2", {});
    this.text = element("p", {});
    this.neighbours = element("p", { className: "neighbours" });
    this.links = element("p", { className: "links" });
    const title = t("Remove the pin (Escape)");
    const unpin = element("button", { type: "button", ariaLabel: t("Remove the pin"), title, onclick: onUnpin }, "×");
    const head = element("header", {}, this.title, unpin);
    const pictures = element("div", { className: "pinned-pictures" }, this.image.element, this.decoded.element);
    const facts = element("div", { className: "facts" }, this.text, this.links, this.neighbours);
    this.element = element("section", { className: "pinned", hidden: true, ariaLabel: t("Pinned place") });
    this.element.append(head, pictures, facts);
    /** Lies at the pinned place of the plot. */
    this.anchor = element("span", { className: "pin-anchor" });
  }

  /**
   * @param {Pin} pin
   * @param {Pin | null} earlier the place that was pinned before
   * @param {{kept: number, of: number, same: number} | null} neighbours of a pinned image
   * @param {EncodedSet} encoded
   * @param {LinkData} data
   */
  show(pin, earlier, neighbours, encoded, data) {
    const { row } = pin;
    this.element.hidden = false;
    const image = row === null ? "" : t`Test image ${row} · ${encoded.classNames[encoded.labels[row]]}`;
    say(this.title, image || t("Pinned place"));
    say(this.text, pinText(pin));
    say(this.neighbours, neighbours ? neighbourText(neighbours) : "");
    const anchors = linksOf(pin, earlier, encoded, data).map(([name, href, about]) =>
      element("a", { href, title: about, target: "_self" }, name),
    );
    this.links.replaceChildren(...anchors);
  }

  hide() {
    this.element.hidden = true;
  }

  /** @param {DecodeReply} reply */
  draw({ pixels, imageShape }) {
    drawPicture(this.decoded.canvas, pixels, imageShape);
  }

  /**
   * Says which image will be beside the decoded picture.
   *
   * @param {Pin} pin
   * @param {number} row the pinned image, else the nearest that the server has
   * @param {ShownModel} model
   */
  expectImage(pin, row, model) {
    const { canvas, caption } = this.image;
    const { text, about, isThere } = imageText(pin, row, model);
    say(caption, text);
    canvas.ariaLabel = canvas.title = about;
    canvas.hidden = !isThere;
    canvas.classList.toggle("expected", row !== this.row); // what is still drawn is another image
    this.row = row;
  }

  /**
   * @param {Uint8Array} pixels
   * @param {ImageShape} shape
   */
  drawImage(pixels, shape) {
    drawPicture(this.image.canvas, pixels, shape);
    this.image.canvas.classList.remove("expected");
  }

  /**
   * Scrolls the page as far as a sheet that lies over it would cover the pinned place.
   *
   * @param {Place} place in the stage
   */
  reveal([x, y]) {
    const { anchor } = this;
    if (getComputedStyle(this.element).position !== "fixed") return;
    Object.assign(anchor.style, { left: `${x}px`, top: `${y}px` });
    anchor.style.scrollMarginBottom = `calc(${this.element.offsetHeight}px + 2rem)`;
    anchor.scrollIntoView({ block: "nearest" });
  }
}

/** @param {Pick<Pin, "z" | "exact" | "near">} pin */
export function pinText({ z, exact, near }) {
  const shown = z.slice(0, SHOWN_LATENTS).map((value) => value.toFixed(2));
  const more = z.length > SHOWN_LATENTS ? ", …" : "";
  const how = exact ? "" : near ? t(" (approximate)") : t(" (no image near)");
  return `z = ${shown.join(", ")}${more}${how}`;
}

/**
 * The caption of the image beside the decoded picture, and what it is in a sentence.
 *
 * @param {Pick<Pin, "row">} pin
 * @param {number} row the pinned image, else the nearest that the server has
 * @param {{images: {count: number}, encoded: Pick<EncodedSet, "n" | "labels" | "classNames">}} model
 */
export function imageText(pin, row, { images: { count }, encoded: { n, labels, classNames } }) {
  if (row >= count) return { text: t`The server has no image from ${count} on`, about: "", isThere: false };
  const name = classNames[labels[row]];
  if (pin.row !== null) return { text: t("Image"), about: t`Test image ${row} · ${name}`, isThere: true };
  const of = count < n ? t` of the first ${count}` : "";
  return { text: t`Nearest image · ${name}`, about: t`Test image ${row}${of}, nearest in latent space`, isThere: true };
}

/** @param {{kept: number, of: number, same: number}} neighbours */
export function neighbourText({ kept, of, same }) {
  if (of === 0) return t("It is the only image.");
  if (same >= of)
    return t`${same.toLocaleString("en")} other images have the very same code: none is nearer than another.`;
  const both = t`${kept} of its ${of} true nearest are among the ${of} nearest on the map.`;
  return t`Lines: to its true neighbours in latent space. Rings: the nearest on the map. ${both}`;
}

/**
 * The pages to continue on from a pin, [name, address, title] each: Explore takes z itself, the others the pinned test
 * image, or else the nearest of those that they know.
 *
 * @param {Pin} pin
 * @param {Pin | null} earlier
 * @param {EncodedSet} encoded
 * @param {LinkData} data
 */
function linksOf(pin, earlier, encoded, { base, model, classes, label: chosen, examples }) {
  const known = encoded.mean.subarray(0, examples * encoded.latentDim);
  const nearestOf = (/** @type {Pin} */ { z }) => nearest(known, encoded.latentDim, z, 1)[0].index;
  const row = (/** @type {Pin} */ each) => each.row ?? nearestOf(each);
  const link = (/** @type {string} */ page, /** @type {string} */ query) =>
    `${base}/${page}?checkpoint=${encodeURIComponent(model)}&${query}`;
  const named = encodeURIComponent(encoded.classNames[chosen ?? pin.label ?? 0]);
  const label = classes ? `&class_told=${named}` : "";
  const image = pin.row === null ? "" : `image=${pin.row}&`;
  const to = row(pin),
    ends = earlier ? `from=${row(earlier)}&to=${to}` : `from=${to}`;
  const path = earlier ? t("From A to B") : t("From here; pin a second place for the other end");
  return [
    [
      t("Explore"),
      link("Explore", `${image}z=${pin.z.join(",")}${label}`),
      t("Start from this z and change it with sliders"),
    ],
    [
      t("Interpolation"),
      link("Interpolation", ends),
      t`${path}. The ends are the pinned test images, or those whose codes are nearest`,
    ],
    [
      t("Reconstruction"),
      link("Reconstruction", `image=${to}`),
      image ? t("This test image") : t("The nearest test image"),
    ],
  ];
}
