/**
 * Which of the models differ in β alone, and where a dial over them begins.
 *
 * @import { ModelData } from "./models.js"
 *
 * A family, the plain autoencoder first, then by β.
 *
 * @typedef {{key: string, words: string, members: ModelData[]}} Family
 */

import { betaText } from "./models.js";

/**
 * The families of two members or more, the largest first. Of two models with one β it takes the first.
 *
 * @param {readonly ModelData[]} models
 * @returns {Family[]}
 */
export function familiesOf(models) {
  /** @type {Map<string, Map<number | null, ModelData>>} */
  const byKey = new Map();
  for (const model of models) {
    if (model.family === null) continue;
    const members = byKey.get(model.family) ?? new Map();
    byKey.set(model.family, members);
    if (!members.has(model.beta)) members.set(model.beta, model);
  }
  const families = [...byKey].map(([key, members]) => {
    const sorted = [...members.values()].sort((a, b) => (a.beta ?? -1) - (b.beta ?? -1));
    return { key, words: (sorted.find(({ beta }) => beta !== null) ?? sorted[0]).family_words, members: sorted };
  });
  return families.filter(({ members }) => members.length > 1).sort((a, b) => b.members.length - a.members.length);
}

/**
 * The family on the dial: the one that was chosen, else that of the chosen model, else the largest; null without any.
 *
 * @param {readonly Family[]} families
 * @param {string | null} chosen its key
 * @param {string} model its name
 */
export function familyOf(families, chosen, model) {
  const isOf = (/** @type {Family} */ { members }) => members.some((member) => member.model === model);
  return families.find(({ key }) => key === chosen) ?? families.find(isOf) ?? families[0] ?? null;
}

/**
 * Where the dial stands: at the β of the link, else at the chosen model, else at β = 1 or, without it, in the middle.
 *
 * @param {readonly ModelData[]} members
 * @param {string | null} beta as `betaText` has it
 * @param {string} model its name
 */
export function placeOf(members, beta, model) {
  const places = [
    members.findIndex((member) => betaText(member) === beta),
    members.findIndex((member) => member.model === model),
    members.findIndex((member) => member.beta === 1),
  ];
  return places.find((place) => place >= 0) ?? Math.floor((members.length - 1) / 2);
}
