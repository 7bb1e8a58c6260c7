/**
 * Sampling in the light page and in the file: its settings, noise and sources. As vae/ui/pages/sampling.py.
 *
 * @import { SamplingKey } from "../../../lib/contract.js"
 * @import { Session, Shown } from "../session.js"
 * @import { About, Source } from "../source.js"
 * @import { Offer } from "./sampling-checks.js"
 *
 * @typedef {Partial<Record<SamplingKey, string>>} Params
 */

import { t } from "../../../lib/words.js";
import { CHECKS } from "./sampling-checks.js";

const KEYS = /** @type {SamplingKey[]} */ (Object.keys(CHECKS));

/**
 * @param {Session} session
 * @param {Source} source
 * @returns {Promise<Shown>}
 */
export async function show(session, source) {
  const { about } = session,
    model = about.name;
  const { data } = await source.get("sampling", { model });
  const params = paramsOf(session, data);
  const seed = params.seed ?? "0";
  const { source: left, against: right } = data.default_sources;
  const first = params.source ?? left;
  const chosen = [...new Set([first, params.against ?? right])];
  const [compared, { noises, note }, ...sources] = await Promise.all([
    session.comparedData(source, "sampling"),
    source.get("noise", { model, seed }),
    ...chosen.map((name) => source.get("source", { model, source: name })),
  ]);
  const others = /** @type {any[]} */ (compared.compare ?? []);
  return {
    data: {
      ...data,
      ...compared,
      ...(others.length ? { compare: await withSources(source, others, data.latent_dim, first, seed) } : {}),
      params,
      image: session.shownImage,
      noises,
      sources: Object.fromEntries(chosen.map((name, i) => [name, sources[i].source])),
    },
    controls: session.compareControls(),
    params: { .../** @type {Record<string, string>} */ (params), seed, ...session.compareParams },
    notes: note ? [note] : [],
  };
}

/**
 * The data of the models beside the first: with the first one's source where they have it, and noise of their own size.
 * Of equal size, the noise is the first one's.
 *
 * @param {Source} source
 * @param {any[]} compare
 * @param {number} latentDim of the first
 * @param {string} name of its source
 * @param {string} seed
 */
function withSources(source, compare, latentDim, name, seed) {
  return Promise.all(
    compare.map(async (data) => {
      const { model, kl, test_images, latent_dim: own } = data;
      const has = CHECKS.source[0](name, /** @type {About} */ ({ prior: kl !== null, test_images }), data);
      const [found, noise] = await Promise.all([
        has ? source.get("source", { model, source: name }) : null,
        own === latentDim ? null : source.get("noise", { model, seed }),
      ]);
      return { ...data, sources: found ? { [name]: found.source } : {}, ...(noise && { noises: noise.noises }) };
    }),
  );
}

/**
 * Keeps the settings, of which a new test image is that of all views, or the z of the picture picked for Explore.
 *
 * @param {Session} session
 * @param {string} name
 * @param {any} value
 */
export function take(session, name, value) {
  const { about } = session;
  if (name === "params") {
    const params = known(value);
    session.kept.set("sampling", params);
    const setting = imageSetting(params);
    const row = setting ? Number(setting[1]) : null;
    if (row !== null && row < about.test_images && row !== session.shownImage) session.chooseImage(row);
  } else if (name === "picked" && value.model === about.name) {
    session.choosePlace(t("picture of Sampling"), value.z, value.label);
  }
}

/**
 * The settings; those that do not fit the model are left out and so have their defaults. A test image whose posterior is
 * shown is that of all views.
 *
 * @param {Session} session
 * @param {Offer} offer
 */
function paramsOf(session, offer) {
  const { about } = session;
  const linked = known(Object.fromEntries(session.query));
  const fromLink =
    !session.kept.has("sampling") || session.byHistory || (session.opened && KEYS.some((key) => key in linked));
  if (fromLink) takeLink(session, linked, offer);
  /** @type {Params} */
  const stored = session.kept.get("sampling");
  const params = fitting(stored, about, offer);
  const setting = imageSetting(params);
  if (setting) {
    const [name, row] = setting;
    if (fromLink && session.linkDecides) session.chooseImage(Number(row));
    params[name] = stored[name] = `image:${session.shownImage}`;
  }
  return params;
}

/**
 * @param {Session} session
 * @param {Params} linked
 * @param {Offer} offer
 */
function takeLink(session, linked, offer) {
  session.kept.set("sampling", linked);
  const fit = fitting(linked, session.about, offer);
  for (const name of KEYS) {
    if (!(name in linked) || name in fit) continue;
    session.warnings.push(t`This link's “${name}” is not ${CHECKS[name][1]}; it is ignored.`);
  }
}

/**
 * @param {Params} params
 * @param {About} about
 * @param {Offer} offer
 */
export function fitting(params, about, offer) {
  /** @type {Params} */
  const fit = {};
  for (const name of KEYS) {
    const value = params[name];
    if (value !== undefined && CHECKS[name][0](value, about, offer)) fit[name] = value;
  }
  return fit;
}

/**
 * The setting whose posterior is that of a test image, and the image's number; of two the first.
 *
 * @param {Params} params
 * @returns {["source" | "against", string] | null}
 */
function imageSetting(params) {
  for (const name of /** @type {const} */ (["source", "against"])) {
    const [kind, row] = (params[name] ?? "").split(":");
    if (kind === "image") return [name, row];
  }
  return null;
}

/** @param {Record<string, unknown>} values @returns {Params} */
function known(values) {
  return Object.fromEntries(KEYS.filter((key) => values[key] !== undefined).map((key) => [key, `${values[key]}`]));
}
