/** What is chosen on the Sampling page, and the link's words for it. */

import { strongestFirst } from "../lib/math.js";
import { MOST_SIDE, NO_TRUNCATION } from "./sources.js";

const SIDE = 8;
const NUMBERS = ["seed", "side", "temperature", "truncation"];
const CHOICES = ["source", "against"],
  TOLD = ["told", "against_told"]; // by panel

/** What the page starts with, where the link does not say otherwise. */
function startOf(data) {
  const { classes, default_sources: sources } = data,
    strongest = strongestFirst(data.kl ?? data.spread);
  return {
    view: "two", // or "one", "plane"
    seed: 0,
    side: classes > SIDE && classes <= MOST_SIDE ? classes : SIDE, // a column for each class that a model is told
    temperature: 1,
    truncation: NO_TRUNCATION,
    choices: [sources.source, sources.against], // by panel
    told: [null, null], // the classes that a conditional model is told, by panel; null: each in turn
    hold: { dimension: strongest[0], value: null }, // null: the dimension is free
    plane: strongest
      .slice(0, 2)
      .sort((a, b) => a - b)
      .map((i) => `z${i}`), // the manifold's axes: z0, pc1, …
  };
}

/** The state that a link's parameters describe; Python has checked them. */
export function readParams(params, data) {
  const state = startOf(data);
  for (const name of NUMBERS) if (name in params) state[name] = Number(params[name]);
  if ("view" in params) state.view = params.view;
  if ("plane" in params) state.plane = params.plane.split(",");
  state.choices = CHOICES.map((name, place) => params[name] ?? state.choices[place]);
  state.told = TOLD.map((name) => (name in params ? Number(params[name]) : null));
  if ("hold" in params) {
    const [dimension, value] = params.hold.split(":").map(Number);
    state.hold = { dimension, value };
  }
  return state;
}

/** The other way round; what is as at the start is left out. */
export function writeParams(state, data) {
  const start = wordsOf(startOf(data));
  const changed = Object.entries(wordsOf(state)).filter(([name, value]) => value !== start[name] && value !== null);
  return Object.fromEntries(changed.map(([name, value]) => [name, String(value)]));
}

function wordsOf({ view, seed, side, temperature, truncation, choices, told, hold, plane }) {
  const words = { view, seed, side, temperature, truncation, plane: plane.join() };
  CHOICES.forEach((name, place) => (words[name] = choices[place]));
  TOLD.forEach((name, place) => (words[name] = told[place]));
  return { ...words, hold: hold.value === null ? null : `${hold.dimension}:${hold.value}` };
}
