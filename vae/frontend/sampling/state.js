/** What Python sends to the Sampling page, what is chosen there, and the link's parameters for it. */

import { MAX_GRID_SIDE } from "../lib/contract.js";
import { strongestFirst } from "../lib/math.js";
import { NO_TRUNCATION } from "./sources.js";

/** @import { ImageShape, SamplingKey } from "../lib/contract.js" */
/** @import { LocalModel } from "../lib/model-client.js" */
/** @import { ComparedData } from "../lib/compared.js" */
/** @import { Nats } from "../lib/comparison-words.js" */
/** @import { Scores } from "./scores.js" */
/** @import { PackedNoise, PackedSource } from "./sources.js" */

/** @typedef {Partial<Record<SamplingKey, string>>} Params of the link */

/**
 * @typedef {object} OfferedSource
 * @property {string} id the source's name in a link
 * @property {string} name
 * @property {string} problem why it cannot be chosen; "" where it can
 */

/** @typedef {{accuracy: number, images: number}} Reliability share of so many test images that is classified correctly */

/**
 * What a host gives: vae/views/sampling.py, and the settings of vae/ui/pages/sampling.py.
 *
 * @typedef {object} SamplingData
 * @property {string} base the app's address
 * @property {string} model
 * @property {LocalModel | null} local its weights for this browser
 * @property {number} latent_dim
 * @property {ImageShape} image_shape
 * @property {number} classes of a conditional model how many it knows, else 0
 * @property {number[] | null} kl per dimension, in nats; null for a plain autoencoder, which has no prior
 * @property {number[]} spread standard deviation of the test codes per dimension
 * @property {number[]} centre mean of the test codes per dimension
 * @property {{directions: number[][], explained: number[]}} components principal components, one σ of the codes long
 * @property {string[]} class_names
 * @property {string[]} palette
 * @property {number} test_images
 * @property {{source: string, against: string}} default_sources
 * @property {OfferedSource[]} offered
 * @property {Reliability | null} classifier of the model's pictures; null where none ships
 * @property {{number: string, meaning: string, how: string}} mismatch
 * @property {Scores | null} scores of the samples; null where they were not measured
 * @property {Params} params of the link
 * @property {number} image the test image of all pages
 * @property {Record<string, PackedNoise>} noises by seed
 * @property {Record<string, PackedSource>} sources by the link's name
 * @property {string} [words] where models are compared: the first in words
 * @property {Nats} [nats] its test set's
 * @property {OtherModel[]} [compare] the others
 */

/**
 * A model to compare with. noises: only where it has another number of dimensions than the first; sources: those that it
 * has.
 *
 * @typedef {Omit<SamplingData, "noises" | "params" | "image" | "base" | "compare">} OwnData
 * @typedef {OwnData & ComparedData & {noises?: SamplingData["noises"]}} OtherModel
 */

/**
 * @typedef {object} SamplingState
 * @property {string} view "one", "two" or "plane"
 * @property {number} seed
 * @property {number} side of the grid, in pictures
 * @property {number} temperature
 * @property {number} truncation
 * @property {string[]} choices the source of each panel
 * @property {(number | null)[]} labels of a conditional model the class each panel decodes; null: each class in turn
 * @property {{dimension: number, value: number | null}} hold the latent fixed in all pictures; null: it varies
 * @property {string[]} plane the manifold's axes: z0, pc1, …
 */

const SIDE = 8;
const NUMBERS = /** @type {const} */ (["seed", "side", "temperature", "truncation"]);

/**
 * What the page starts with, where the link does not say otherwise.
 *
 * @param {SamplingData} data
 * @returns {SamplingState}
 */
function startOf(data) {
  const { classes, default_sources: sources } = data,
    strongest = strongestFirst(data.kl ?? data.spread);
  return {
    view: "two",
    seed: 0,
    side: classes > SIDE && classes <= MAX_GRID_SIDE ? classes : SIDE, // a column for each class of a conditional model
    temperature: 1,
    truncation: NO_TRUNCATION,
    choices: [sources.source, sources.against],
    labels: [null, null],
    hold: { dimension: strongest[0], value: null },
    plane: strongest
      .slice(0, 2)
      .sort((a, b) => a - b)
      .map((i) => `z${i}`),
  };
}

/**
 * The state that a link's parameters describe; Python has checked them.
 *
 * @param {Params} params
 * @param {SamplingData} data
 */
export function readParams(params, data) {
  const state = startOf(data);
  for (const name of NUMBERS) state[name] = Number(params[name] ?? state[name]);
  state.view = params.view ?? state.view;
  state.plane = params.plane?.split(",") ?? state.plane;
  state.choices = [params.source ?? state.choices[0], params.against ?? state.choices[1]];
  state.labels = [params.told, params.against_told].map((label) => (label === undefined ? null : Number(label)));
  if (params.hold !== undefined) {
    const [dimension, value] = params.hold.split(":").map(Number);
    state.hold = { dimension, value };
  }
  return state;
}

/**
 * The link's parameters for a state; what is as at the start is left out.
 *
 * @param {SamplingState} state
 * @param {SamplingData} data
 * @returns {Params}
 */
export function writeParams(state, data) {
  const start = paramsOf(startOf(data));
  const changed = Object.entries(paramsOf(state)).filter(([name, value]) => value !== start[name] && value !== null);
  return Object.fromEntries(changed.map(([name, value]) => [name, String(value)]));
}

/**
 * @param {SamplingState} state
 * @returns {Record<string, string | number | null>}
 */
function paramsOf({ view, seed, side, temperature, truncation, choices, labels, hold, plane }) {
  const [source, against] = choices,
    [told, againstTold] = labels;
  return {
    ...{ view, seed, side, temperature, truncation, plane: plane.join() },
    ...{ source, against, told, against_told: againstTold },
    hold: hold.value === null ? null : `${hold.dimension}:${hold.value}`,
  };
}
