/**
 * The models beside the page's own on Sampling: a grid of each, with the same noise in each cell, the same source and the
 * same settings. The page loads this module when there is something to compare.
 *
 * @import { Match } from "../lib/compared.js"
 * @import { Nats } from "../lib/comparison-words.js"
 * @import { LiveStatus } from "../lib/live-client.js"
 * @import { ModelClient } from "../lib/model-client.js"
 * @import { Controls } from "./controls.js"
 * @import { Panel } from "./panel.js"
 * @import { OtherModel, OwnData, SamplingData, SamplingState } from "./state.js"
 *
 * What of the page changes. place: of the controls; panels: of the first model's sources.
 *
 * @typedef {{grids: HTMLElement, place: HTMLElement, controls: Controls, panels: Panel[], notice: HTMLElement}} Parts
 *
 * A grid and what it shows. state: the page's, in this model's dimensions; place: of the panel's source among the state's;
 * strongest: dimensions, the strongest first.
 *
 * @typedef {object} Unit
 * @property {Panel} panel
 * @property {OwnData} data
 * @property {Latents} latents
 * @property {TestSet} testSet
 * @property {Pick<ModelClient, "decode">} client
 * @property {number[]} strongest
 * @property {SamplingState} state
 * @property {number} place
 */

import { Compared } from "../lib/compared.js";
import { spentSigns } from "../lib/comparison-signs.js";
import { difference, spends } from "../lib/comparison-words.js";
import { element } from "../lib/dom.js";
import { strongestFirst } from "../lib/math.js";
import { Latents } from "./latents.js";
import { classesInWords } from "./panel.js";
import { TestSet } from "./test-set.js";

export class Beside {
  /** @type {Compared<OtherModel>} */
  compared = new Compared({ onStatus: (status) => this.onStatus(status) });
  /** @type {Unit[]} */
  units = [];
  shown = "";
  /** What is said of the models' nats. */
  signs = element("span");

  /**
   * @param {Parts} parts
   * @param {{buildPanel: (title: string) => Panel, onStatus: (status: LiveStatus) => void}} handlers of another model's
   *   grid, of any of the models
   */
  constructor(parts, { buildPanel, onStatus }) {
    this.parts = parts;
    this.buildPanel = buildPanel;
    this.onStatus = onStatus;
  }

  /**
   * Follows the host's data. Returns whether other models are shown than before.
   *
   * @param {SamplingData} data of the first model
   * @param {SamplingState} state
   */
  update(data, state) {
    const { compare = [], base } = data;
    const told = compare.map(({ model, words, local }) => [model, words, local?.version]);
    const shown = JSON.stringify([data.model, data.words, told]);
    const isNew = shown !== this.shown;
    this.shown = shown;
    this.compared.update(base, compare);
    if (isNew) {
      this.clear();
      this.units = this.compared.models.map(({ data: other, client }) => this.open(data, other, client));
      this.layOut(data);
    }
    this.units.forEach(({ latents }, i) => {
      const { noises = data.noises, sources } = compare[i];
      latents.take({ noises, sources });
    });
    this.follow(state);
    return isNew;
  }

  /**
   * @param {SamplingData} first
   * @param {OtherModel} other
   * @param {ModelClient} client
   * @returns {Unit}
   */
  open(first, other, client) {
    const panel = this.buildPanel(other.words);
    panel.prior = other.kl !== null;
    panel.describeClasses(classesInWords(other.classifier));
    panel.showModel(other.words, difference(named(first), other));
    return {
      ...{ panel, data: other, latents: new Latents(other), testSet: new TestSet(first.base, other.model), client },
      ...{ strongest: strongestFirst(other.kl ?? other.spread), state: /** @type {any} */ (null), place: 0 },
    };
  }

  /** A grid for each model, and the one source beside the other controls. @param {SamplingData} data */
  layOut(data) {
    const { grids, place, controls, panels, notice } = this.parts,
      [first] = panels;
    controls.compare(true);
    first.showModel(data.words ?? "", spends(named(data)));
    this.signs.remove();
    this.signs = spentSigns(() => named(data));
    place.prepend(controls.axes, first.from, this.signs);
    const all = [...panels, ...this.units.map(({ panel }) => panel)];
    grids.replaceChildren(...all.map((panel) => panel.element), notice);
    grids.style.setProperty("--models", `${1 + this.units.length}`);
  }

  /** Takes the page's state over for each model. @param {SamplingState} state */
  follow(state) {
    this.compared.models.forEach(({ data }, i) => {
      this.units[i].state = stateFor(data, data.match, state);
    });
  }

  clear() {
    for (const { panel } of this.units) clearTimeout(panel.countTimer);
    this.units = [];
  }

  /** Leaves the page as it was before. */
  close() {
    const { grids, controls, panels, notice } = this.parts,
      [first] = panels;
    this.compared.close();
    this.clear();
    this.signs.remove();
    controls.compare(false);
    first.showSource();
    first.element.prepend(controls.axes);
    grids.replaceChildren(...panels.map((panel) => panel.element), notice);
  }
}

/** The first model's words and nats. @param {SamplingData} data */
function named({ words = "", nats }) {
  return { words, nats: /** @type {Nats} */ (nats) };
}

/**
 * The page's state in another model's dimensions: the held latent and the manifold's axes are those that follow the first
 * model's, the held value the other way round where their correlation is negative. A latent that none follows varies; an
 * axis that none follows is one of the model's strongest latents.
 *
 * @param {Pick<OwnData, "kl" | "spread" | "components" | "latent_dim">} data
 * @param {Match[]} match
 * @param {SamplingState} state
 * @returns {SamplingState}
 */
export function stateFor({ kl, spread, components, latent_dim: latentDim }, match, state) {
  const { hold } = state,
    follower = match[hold.dimension];
  const value = follower && hold.value !== null ? Math.sign(follower.correlation) * hold.value : null;
  /** @type {string[]} */
  const plane = [];
  const free = strongestFirst(kl ?? spread).map((i) => `z${i}`);
  for (const axis of state.plane.slice(0, latentDim)) {
    const following = axis.startsWith("pc") ? null : match[Number(axis.slice(1))];
    const own = axis.startsWith("pc") ? axis : following && `z${following.dimension}`;
    const known = own?.startsWith("pc") ? Number(own.slice(2)) <= components.directions.length : own;
    plane.push(own && known ? own : /** @type {string} */ (free.find((each) => !plane.includes(each))));
  }
  return { ...state, plane, hold: { dimension: follower?.dimension ?? 0, value } };
}
