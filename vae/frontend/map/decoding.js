/**
 * What the map decodes: the place under the pointer, on a card beside it, and the pictures beneath the points.
 *
 * @import { Values } from "../lib/explained.js"
 * @import { Meter } from "../lib/live-client.js"
 * @import { LocalModel, ModelClient } from "../lib/model-client.js"
 * @import { Bar } from "./controls.js"
 * @import { Spot } from "./gestures.js"
 * @import { ShownModel } from "./panel.js"
 * @import { Card, Manifold } from "./pictures.js"
 * @import { Plot } from "./plot.js"
 * @import { Projection } from "./projection.js"
 * @import { Config } from "./projection-files.js"
 * @import { Ground } from "./shading.js"
 *
 * What a host gives: vae/views/latent_map.py, and the choices of vae/ui/pages/latent_map/. label: the class to decode as, null
 * for each image's own; z: Explore's, where it has one of this model; examples: the first so many test images are those
 * that other pages know.
 *
 * @typedef {{base: string, plotly: string | null, model: string, local: LocalModel | null, version: string,
 *            classes: number, label: number | null, prior: boolean, shading: boolean, palette: string[], config: Config, z: number[] | null,
 *            pinned: {z: number[], row: number | null, exact: boolean, near: boolean} | null, examples: number}} MapData
 *
 * All that is there once a model's first layout is.
 *
 * @typedef {{data: MapData, model: ShownModel, projection: Projection, client: ModelClient}} Shown
 */

import { meanOf } from "../lib/encoded-set.js";
import { natsText } from "../lib/explained.js";

const OWN_PICTURES = 15, // per side, at most, under a latent space of two dimensions
  FEWEST_PICTURES = 7,
  PICTURE_ROOM = 3.2; // em of the plot for each of them

export class Decoding {
  /** Where the user points. @type {Spot | null} */
  spot = null;
  /** What is there. @type {number[]} */
  z = [];
  /** What was last there. @type {{spot: Spot, projection: Projection} | null} */
  looked = null;
  /** @type {Manifold | null} */
  manifold = null;

  /**
   * @param {{plot: Plot, bar: Bar, card: Card, meter: Meter}} parts
   * @param {() => Shown | null} shown what the map shows, null while that is loading
   * @param {() => number[] | undefined} pinned the z that is pinned
   */
  constructor(parts, shown, pinned) {
    this.parts = parts;
    this.shown = shown;
    this.pinned = pinned;
  }

  /** @param {Spot} spot */
  look(spot) {
    const shown = this.shown();
    if (!shown) return; // another model's layout is loading
    const inputAt = performance.now();
    const { card, plot, meter } = this.parts,
      { model, projection, client } = shown;
    const { point, coordinates } = spot;
    const isPoint = point >= 0;
    const z = spot.z ?? this.zAt(spot, projection);
    this.z = z;
    this.spot = spot;
    this.looked = { spot, projection };
    plot.setMarks({ hovered: point });
    const { shading } = plot;
    const text = isPoint
      ? projection.pointText(point, model.prior)
      : projection.placeText(coordinates, z) + shading.textAt(coordinates);
    const { left, top } = plot.layers.element.getBoundingClientRect();
    card.show([left + spot.x, top + spot.y], text, isPoint && point < model.images.count);
    this.setLabel(this.labelAt(spot, shown), shown);
    void client.decode([z]).then((reply) => {
      if (!reply) return;
      card.drawDecoded(reply);
      meter.took(card.decoded, performance.now() - inputAt);
    });
    if (isPoint) void this.showOriginal(spot, model); // what cannot be fetched comes as null
  }

  /**
   * @param {Spot} spot
   * @param {ShownModel} model
   */
  async showOriginal(spot, { images, encoded }) {
    const pixels = await images.load(spot.point);
    if (this.spot === spot) this.parts.card.drawOriginal(pixels, encoded.imageShape);
  }

  /** What was last under the pointer, for the formulas; null before there was anything. @returns {Values | null} */
  measured() {
    const { looked } = this,
      shown = this.shown();
    if (!looked || !shown || looked.projection !== shown.projection) return null;
    const { encoded, inverse } = looked.projection,
      { point, coordinates } = looked.spot;
    if (point < 0) {
      const error = inverse.exact ? 0 : inverse.trustAt(coordinates).error;
      return error === null ? null : { off: error.toFixed(2) };
    }
    const { reconstruction, kl, entropy } = encoded;
    return {
      reconstruction: natsText(reconstruction[point], 1),
      ...(shown.model.prior ? { kl: natsText(kl[point], 1) } : {}),
      ...(entropy ? { least: natsText(entropy[point], 1) } : {}),
    };
  }

  leave() {
    this.spot = null;
    this.parts.card.hide();
    this.parts.plot.setMarks({ hovered: -1 });
  }

  /**
   * @param {Spot} spot
   * @param {Projection} projection
   */
  zAt({ point, coordinates }, { encoded, inverse }) {
    return point >= 0 ? meanOf(encoded, point) : inverse.at(coordinates, this.base);
  }

  /** Supplies the coordinates outside a linear plane: what is pinned, else Explore's z; undefined for the data's mean. */
  get base() {
    return this.parts.bar.rest === "current" ? (this.pinned() ?? this.shown()?.data.z ?? undefined) : undefined;
  }

  /**
   * A conditional model decodes as the chosen class, else as the point's own, else as that of the nearest point.
   *
   * @param {Spot} spot
   * @param {Shown} shown
   */
  labelAt({ point, coordinates }, { data: { label, classes }, projection }) {
    if (label !== null || !classes) return label;
    return point >= 0 ? projection.encoded.labels[point] : projection.labelNear(coordinates);
  }

  /**
   * @param {number | null} label the class that a conditional model decodes as
   * @param {Shown} shown
   */
  setLabel(label, { client, data }) {
    client.classWeights = Array.from({ length: data.classes }, (_, k) => Number(k === label));
  }

  /** As many pictures per side as can be recognised in this plot. */
  get ownPictures() {
    const { plane, em } = this.parts.plot;
    const fitting = Math.round(Math.min(plane.width, plane.height) / (PICTURE_ROOM * em));
    return Math.max(FEWEST_PICTURES, Math.min(OWN_PICTURES, fitting));
  }

  /** The pictures beneath the points, or in place of them how much the picture changes per step. */
  refreshGround() {
    this.parts.plot.shading.show(this.ground());
    this.refreshManifold();
  }

  /** The plane whose change per step is shown, null for none. @returns {Ground | null} */
  ground() {
    const shown = this.shown();
    if (!shown || !this.parts.bar.shading.checked || !shown.projection.isPlane) return null;
    const { data, projection } = shown,
      { inverse } = projection;
    if (!inverse.exact) return null;
    const label = data.classes ? (data.label ?? 0) : null;
    const origin = inverse.at([0, 0], this.base);
    return { base: data.base, model: data.model, origin, directions: inverse.components, label };
  }

  refreshManifold() {
    const { bar, plot } = this.parts,
      shown = this.shown();
    const manifold = shown && bar.side ? shown.projection.manifold(bar.side, shown.model.prior) : null;
    bar.showSide();
    this.manifold = manifold;
    plot.setPictures(manifold);
    if (!shown || !manifold) return;
    const { projection, data, client, model } = shown;
    const vectors = manifold.places().map((place) => projection.inverse.at(place, this.base));
    this.setLabel(data.label ?? 0, shown);
    void client.decode(vectors, { slot: "manifold", background: true }).then((reply) => {
      if (!reply || this.manifold !== manifold || this.shown()?.model !== model) return;
      manifold.take(reply);
      plot.element.dataset.manifold = String(manifold.side); // for tests
      plot.repaint();
    });
  }
}
