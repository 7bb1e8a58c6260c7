/**
 * The pinned place, and the one before it: on the map, in the panel and in Python's state of the page.
 *
 * @import { EncodedSet } from "../lib/encoded-set.js"
 * @import { Bar } from "./controls.js"
 * @import { Decoding, MapData, Shown } from "./decoding.js"
 * @import { Spot } from "./gestures.js"
 * @import { PinPanel } from "./pin-panel.js"
 * @import { Plot } from "./plot.js"
 * @import { Pin } from "./projection.js"
 */

import { nearest, round4 } from "../lib/math.js";
import { neighboursOf } from "./inverse.js";

export class Pins {
  /** @type {Pin | null} */
  pin = null;
  /** The pin before it. @type {Pin | null} */
  earlier = null;
  /** The pin whose place the page was scrolled to. @type {Pin | null} */
  revealed = null;

  /**
   * @param {{plot: Plot, bar: Bar, panel: PinPanel, decoding: Decoding}} parts
   * @param {() => Shown | null} shown what the map shows, null while that is loading
   * @param {(pinned: object) => void} send to Python
   */
  constructor(parts, shown, send) {
    this.parts = parts;
    this.shown = shown;
    this.send = send;
  }

  /**
   * @param {MapData["pinned"]} pinned what Python knows to be pinned of another model than before
   * @param {Pick<EncodedSet, "labels">} encoded that model's
   */
  take(pinned, encoded) {
    this.earlier = null;
    this.pin = linkedPin(pinned, encoded);
  }

  /** @param {Spot} spot */
  pinAt(spot) {
    const shown = this.shown();
    if (!shown) return;
    const { bar, decoding } = this.parts,
      { model, projection } = shown;
    const { point, coordinates } = spot;
    const isPoint = point >= 0;
    const z = decoding.zAt(spot, projection).map(round4);
    const place = isPoint ? { exact: true, near: true } : projection.certaintyAt(coordinates);
    const pinned = { z, row: isPoint ? point : null, ...place };
    const label = decoding.labelAt(spot, shown);
    if (this.pin) this.earlier = this.pin;
    this.pin = { ...pinned, label, coordinates: isPoint ? null : coordinates, config: projection.config };
    this.send({ ...pinned, model: model.name });
    this.show();
    if (bar.rest === "current") decoding.refreshGround();
  }

  unpin() {
    if (!this.pin) return;
    this.pin = this.earlier = null;
    this.send({ model: this.shown()?.data.model, z: null });
    this.show();
  }

  /** Shows the pin of another page. @param {Pin | null} pin */
  follow(pin) {
    if (String(pin?.z) === String(this.pin?.z) && pin?.row === this.pin?.row) return;
    this.pin = pin;
    this.earlier = null;
    this.show();
    if (this.parts.bar.rest === "current") this.parts.decoding.refreshGround();
  }

  /** Draws the pins on the map, and the newest one in the panel. */
  show() {
    const { pin, earlier } = this,
      { plot, panel } = this.parts,
      shown = this.shown();
    if (!shown) return;
    const { data, projection } = shown,
      { encoded, layout, dims } = projection;
    const pins = (earlier && pin ? [earlier, pin] : pin ? [pin] : []).map((each, k) => ({
      row: each.row,
      coordinates: projection.placeOf(each),
      name: earlier ? "AB"[k] : "",
    }));
    const row = pin?.row ?? null;
    const neighbours = row === null ? null : neighboursOf(row, encoded, layout, dims);
    plot.setMarks({ pins, lines: neighbours?.lines ?? [], rings: neighbours?.drawn ?? [] });
    if (!pin) return panel.hide();
    panel.show(pin, earlier, neighbours, encoded, data);
    this.showPictures(pin, shown);
    if (pin !== this.revealed) panel.reveal(plot.stagePlaceOf(pins[pins.length - 1]));
    this.revealed = pin;
  }

  /**
   * The test image and the decoded picture, as soon as they are there.
   *
   * @param {Pin} pin
   * @param {Shown} shown
   */
  showPictures(pin, shown) {
    const { panel, decoding } = this.parts,
      { client, data, model } = shown;
    const { images, encoded } = model;
    decoding.setLabel(data.label ?? pin.label ?? 0, shown);
    void client.decode([pin.z], { slot: "pin" }).then((reply) => reply && this.pin === pin && panel.draw(reply));
    const there = encoded.mean.subarray(0, images.count * encoded.latentDim);
    const row = pin.row ?? nearest(there, encoded.latentDim, pin.z, 1)[0]?.index ?? images.count;
    panel.expectImage(pin, row, model);
    void images.load(row).then((pixels) => this.pin === pin && pixels && panel.drawImage(pixels, encoded.imageShape));
  }
}

/**
 * The pin that the host has taken from a link, or from another page's choice; null for none.
 *
 * @param {MapData["pinned"]} pinned
 * @param {Pick<EncodedSet, "labels">} encoded of its model
 * @returns {Pin | null}
 */
export function linkedPin(pinned, { labels }) {
  if (!pinned) return null;
  const label = pinned.row === null ? null : labels[pinned.row];
  return { ...pinned, label, coordinates: null, config: null };
}
