/** From the chosen state to z: the noise and sources of one model, and the z in each panel's cells. */

import { MAX_GRID_SIDE } from "../lib/contract.js";
import { t } from "../lib/words.js";
import { FlowSource } from "./flow.js";
import { cellsOf, manifoldVectors, Noise, Source } from "./sources.js";

/** @import { PackedSource } from "./sources.js" */
/** @import { SamplingData, SamplingState } from "./state.js" */

export class Latents {
  /** @param {Pick<SamplingData, "latent_dim" | "classes" | "components" | "kl" | "spread" | "centre">} data of the model */
  constructor(data) {
    this.data = data;
    /** @type {Map<string, Noise>} */
    this.noises = new Map(); // by seed
    /** @type {Map<string, Source | FlowSource>} */
    this.sources = new Map(); // by the link's name
  }

  /**
   * Keeps what has come before: to go back to it takes no run of the page.
   *
   * @param {Pick<SamplingData, "noises" | "sources">} data
   */
  take({ noises, sources }) {
    for (const [seed, noise] of Object.entries(noises)) {
      if (!this.noises.has(seed)) this.noises.set(seed, new Noise(noise));
    }
    for (const [name, source] of Object.entries(sources)) {
      if (!this.sources.has(name)) this.sources.set(name, sourceOf(source, this.data.latent_dim));
    }
  }

  /**
   * z of a panel's cells, row by row; null while its ε or its source are not here yet.
   *
   * @param {SamplingState} state
   * @param {number} place of the panel
   */
  vectors(state, place) {
    const vectors = state.view === "plane" ? this.manifold(state) : this.samples(state, place);
    const { dimension, value } = state.hold;
    if (vectors && value !== null) for (const z of vectors) z[dimension] = value;
    return vectors;
  }

  /**
   * @param {SamplingState} state
   * @param {number} place
   */
  samples(state, place) {
    const { side, temperature, truncation, seed } = state;
    const source = this.source(state, place),
      noise = this.noises.get(String(seed));
    if (!source || !noise) return null;
    noise.truncate(truncation);
    return source.vectors(cellsOf(side), noise, temperature);
  }

  /**
   * The source of a panel, undefined while it is not here yet.
   *
   * @param {SamplingState} state
   * @param {number} place
   */
  source({ choices }, place) {
    return this.sources.get(choices[place]);
  }

  /**
   * The class that a conditional model decodes each cell as: the chosen one, else each class in a column of its own, or, where
   * no grid has so many columns, all in turn.
   *
   * @param {SamplingState} state
   * @param {number} place
   */
  labels({ side, labels }, place) {
    const { classes } = this.data;
    const columns = classes > MAX_GRID_SIDE ? side * side : side;
    return Array.from({ length: side * side }, (_, i) => labels[place] ?? (i % columns) % classes);
  }

  /** @param {SamplingState} state */
  manifold({ side, temperature, plane }) {
    const { components, kl, spread } = this.data;
    const { origin } = this.middle(plane);
    /** @param {string} axis */
    const direction = (axis) => {
      if (axis.startsWith("pc")) return components.directions[Number(axis.slice(2)) - 1];
      const i = Number(axis.slice(1));
      return origin.map((_, d) => (d === i ? (kl ? 1 : spread[i]) : 0));
    };
    return manifoldVectors(side, plane.map(direction), origin, temperature);
  }

  /**
   * Where the directions outside the manifold stay, in numbers and in words.
   *
   * @param {string[]} plane
   */
  middle(plane) {
    const { kl, centre } = this.data;
    const ofPrior = kl && !plane.some((axis) => axis.startsWith("pc"));
    return ofPrior
      ? { origin: centre.map(() => 0), name: "0", ofPrior: true }
      : { origin: centre, name: "the codes' mean", ofPrior: false };
  }

  /**
   * What the manifold shows, in a sentence or two.
   *
   * @param {SamplingState} state
   */
  describeManifold({ side, plane, temperature }) {
    const { name, ofPrior } = this.middle(plane);
    const count = plane.length === 1 ? side * side : side;
    const along = plane.length === 1 ? t`${plane[0]}, in reading order` : t("each axis");
    const scale = ofPrior ? t("of the prior") : t("with the test codes' mean and spread");
    const rest = this.data.latent_dim > plane.length ? t` The other directions stay at ${name}.` : "";
    return t`Along ${along}: normal quantiles ½/${count}, 1½/${count}, … ${scale}, × ${temperature.toFixed(2)}, so that each picture stands for the same share.${rest}`;
  }
}

/**
 * @param {PackedSource} packed
 * @param {number} latentDim
 */
function sourceOf(packed, latentDim) {
  return packed.flow ? new FlowSource(packed, packed.flow, latentDim) : new Source(packed, latentDim);
}
