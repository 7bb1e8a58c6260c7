/**
 * The latent map in the light page and in the file: its projection, pin and groups, and the link. As vae/ui/pages/latent_map/.
 *
 * @import { ProjectionConfig, Method } from "../../../lib/contract.js"
 * @import { ChoiceControl, Control, NumberControl, Pin, Session, Shown } from "../session.js"
 * @import { About, Source } from "../source.js"
 *
 * What can be chosen of a projection: see vae/lab/answers.py. limits: least, largest and default of each number.
 *
 * @typedef {Record<"perplexity" | "neighbours" | "min_dist" | "seed", [number, number, number]>} Limits
 * @typedef {{methods: [Method, string][], own: Method, limits: Limits}} Projections
 *
 * What the user has chosen of it. method: null for each model's own; axes: null for those that the model uses most.
 *
 * @typedef {object} Choice
 * @property {Method | null} method
 * @property {number} dims
 * @property {(number | null)[]} axes
 * @property {Record<keyof Limits, number>} numbers
 */

import { t, translate } from "../../../lib/words.js";
import { formatZ } from "../link.js";

const PINNED = t("pinned on the map");
const AXES = ["across", "up", "depth"]; // their names in the link
/** @type {Partial<Record<Method, (keyof Limits)[]>>} */
export const USED = { tsne: ["perplexity", "seed"], umap: ["neighbours", "min_dist", "seed"] };
/** @type {Record<keyof Limits, string>} */
const LABELS = {
  perplexity: t("Perplexity: about how many neighbours count"),
  neighbours: t("Neighbours: few show detail, many the whole"),
  min_dist: t("Least distance of points"),
  seed: t("Seed"),
};

/**
 * @param {Session} session
 * @param {Source} source
 * @returns {Promise<Shown>}
 */
export async function show(session, source) {
  const { about } = session;
  const { data, projections } = await source.get("latent_map", { model: about.name });
  const choice = choiceOf(session, projections);
  const pinned = await pinOf(session, source);
  session.pin = pinned;
  const shading = isShaded(session);
  const { explored } = session;
  const label = session.label(null);
  return {
    data: {
      ...data,
      config: configOf(choice, about, projections),
      label,
      z: explored?.model === about.name ? explored.z : null,
      pinned,
      shading,
    },
    controls: [...projectionControls(choice, about, projections), ...session.labelControls(t("Each image's own"))],
    params: {
      ...paramsOf(choice, about, projections),
      ...(pinned && pinned.row !== null ? { image: `${pinned.row}` } : {}),
      ...(pinned ? { z: formatZ(pinned.z) } : {}),
      ...(shading ? { shading: "on" } : {}),
      ...session.labelParams,
    },
  };
}

/**
 * @param {Session} session
 * @param {string} name
 * @param {any} value
 */
export function take(session, name, value) {
  const { about } = session;
  if (name === "shading") session.kept.set("shading", value.shown === true);
  if (name === "groups" && value.model === about.name) session.groups = value;
  if (name !== "pinned" || value.model !== about.name) return;
  session.pin = pinFrom(about.name, value);
  if (!session.pin) return;
  if (session.pin.row !== null) session.chooseImage(session.pin.row);
  else session.choosePlace(PINNED, session.pin.z);
}

/**
 * Whether the map's ground is how much the picture changes per step of z: as chosen, at first as the link says.
 *
 * @param {Session} session
 */
function isShaded({ kept, query, opened, byHistory }) {
  if (opened || byHistory || !kept.has("shading")) kept.set("shading", query.get("shading") === "on");
  return kept.get("shading") === true;
}

/**
 * @param {string} model
 * @param {{z?: unknown, row?: number | null, exact?: boolean, near?: boolean}} sent
 * @returns {Pin | null}
 */
function pinFrom(model, { z, row = null, exact, near }) {
  return Array.isArray(z) ? { model, z, row, exact: exact === true, near: near !== false } : null;
}

/**
 * What is pinned: a link's z or test image, a test image chosen in another view, else what was pinned before. A place
 * means nothing to another model, a test image is one for all models of its data set.
 *
 * @param {Session} session
 * @param {Source} source
 * @returns {Promise<Pin | null>}
 */
async function pinOf(session, source) {
  const { about, pin: before, byHistory, opened } = session;
  const linked = session.followLink();
  const newer = session.isNewer("map");
  const z = byHistory || opened ? session.linkedZ() : null;
  if (z && linked === null) {
    session.choosePlace(PINNED, z);
    return { model: about.name, z, row: null, exact: true, near: true };
  }
  if (byHistory && linked === null) return null;
  const ofModel = before?.model === about.name;
  if (!newer && !(before && before.row !== null && !ofModel)) return ofModel ? before : null;
  const row = session.chosenImage;
  if (row === null) return null;
  const image = await source.get("image", { model: about.name, image: `${row}` });
  return { model: about.name, z: image.z, row, exact: true, near: true };
}

// — the projection —

/**
 * What the user has chosen, at first what the link says.
 *
 * @param {Session} session
 * @param {Projections} projections
 * @returns {Choice}
 */
function choiceOf(session, projections) {
  const before = session.kept.get("latent_map");
  const choice = before && !session.opened && !session.byHistory ? before : linkedChoice(session, projections);
  session.kept.set("latent_map", choice);
  return choice;
}

/**
 * @param {Session} session
 * @param {Projections} projections
 * @returns {Choice}
 */
function linkedChoice({ query }, { methods, limits }) {
  const name = query.get("method");
  const numbers = Object.entries(limits).map(([key, [least, most, usual]]) => {
    const text = query.get(key),
      value = text === null || text.trim() === "" ? Number.NaN : Number(text);
    const fits = value >= least && value <= most && (key === "perplexity" || key === "min_dist" || value % 1 === 0);
    return [key, fits ? value : usual];
  });
  return {
    method: methods.find(([, text]) => text === name)?.[0] ?? null,
    dims: query.get("dims") === "3-D" ? 3 : 2,
    axes: AXES.map((axis) => {
      const found = /^z\[(\d{1,6})\]$/.exec(query.get(axis) ?? "");
      return found ? Number(found[1]) : null;
    }),
    numbers: Object.fromEntries(numbers),
  };
}

/** @param {Choice} choice @param {About} about */
function shownDims({ dims }, { latent_dim: latentDim }) {
  return Math.min(dims, Math.max(2, latentDim));
}

/**
 * The latent dimensions to show; at first those that the model uses most.
 *
 * @param {Choice} choice
 * @param {About} about
 */
export function axesOf(choice, about) {
  const { latent_dim: latentDim, strength } = about;
  const dims = Math.min(shownDims(choice, about), latentDim);
  const strongest = strength
    .map((_, i) => i)
    .sort((a, b) => strength[b] - strength[a])
    .slice(0, dims)
    .sort((a, b) => a - b);
  /** @type {number[]} */
  const axes = [];
  for (let place = 0; place < dims; place++) {
    const free = Array.from({ length: latentDim }, (_, i) => i).filter((i) => !axes.includes(i));
    const wanted = [choice.axes[place], strongest[place]].find((axis) => axis !== null && free.includes(axis));
    axes.push(wanted ?? free[0]);
  }
  return axes;
}

/**
 * @param {Choice} choice
 * @param {About} about
 * @param {Projections} projections
 * @returns {ProjectionConfig}
 */
function configOf(choice, about, { own, limits }) {
  const method = choice.method ?? own;
  const used = new Set(USED[method]);
  const number = (/** @type {keyof Limits} */ key) => (used.has(key) ? choice.numbers[key] : limits[key][2]);
  return {
    method,
    dims: shownDims(choice, about),
    axes: method === "raw" && about.latent_dim > 1 ? axesOf(choice, about) : [],
    perplexity: number("perplexity"),
    neighbours: number("neighbours"),
    min_dist: number("min_dist"),
    seed: number("seed"),
  };
}

/**
 * @param {Choice} choice
 * @param {About} about
 * @param {Projections} projections
 */
function paramsOf(choice, about, { methods, own, limits }) {
  const method = choice.method ?? own;
  /** @type {Record<string, string>} */
  const params = {};
  if (method !== own) params.method = methods.find(([id]) => id === method)?.[1] ?? "";
  if (choice.dims !== 2) params.dims = `${choice.dims}-D`;
  if (method === "raw" && about.latent_dim > 1) {
    const usual = axesOf({ ...choice, axes: [null, null, null] }, about);
    axesOf(choice, about).forEach((axis, place) => {
      if (axis !== usual[place]) params[AXES[place]] = `z[${axis}]`;
    });
  }
  for (const key of USED[method] ?? [])
    if (choice.numbers[key] !== limits[key][2]) params[key] = `${choice.numbers[key]}`;
  return params;
}

/**
 * @param {Choice} choice
 * @param {About} about
 * @param {Projections} projections
 * @returns {Control[]}
 */
function projectionControls(choice, about, { methods, own, limits }) {
  const method = choice.method ?? own;
  /** @type {Control[]} */
  const controls = [
    {
      kind: "row",
      label: t("Projection"),
      value: method,
      options: methods.map(([id, name]) => /** @type {[Method, string]} */ ([id, translate(name)])),
      take: (value) => {
        choice.method = /** @type {Method} */ (value);
      },
    },
    {
      kind: "row",
      label: t("Dimensions"),
      value: `${choice.dims}`,
      options: [
        ["2", "2-D"],
        ["3", "3-D"],
      ],
      take: (value) => {
        choice.dims = Number(value);
      },
    },
  ];
  if (method === "raw" && offersAxes(choice, about)) controls.push(axesPanel(choice, about));
  const used = USED[method];
  if (used) {
    const fields = used.map((key) => numberControl(choice, key, limits[key]));
    controls.push({ kind: "panel", label: t("Parameters"), controls: fields });
  }
  const { latent_dim: latentDim } = about;
  if (shownDims(choice, about) < choice.dims) {
    const text =
      latentDim > 1
        ? t`z has ${latentDim} dimensions: drawn in the plane.`
        : t("z has 1 dimension: drawn in the plane.");
    controls.push({ kind: "note", text });
  }
  return controls;
}

/**
 * Where the map shows all dimensions there is nothing to choose, but a link may turn the plane.
 *
 * @param {Choice} choice
 * @param {About} about
 */
function offersAxes(choice, about) {
  const { latent_dim: latentDim } = about;
  if (latentDim < 2) return false;
  return latentDim !== shownDims(choice, about) || choice.axes.some((axis) => axis !== null);
}

/**
 * @param {Choice} choice
 * @param {About} about
 * @returns {Control}
 */
function axesPanel(choice, about) {
  const axes = axesOf(choice, about);
  const controls = axes.map((axis, place) => {
    const free = Array.from({ length: about.latent_dim }, (_, i) => i).filter((i) => !axes.slice(0, place).includes(i));
    /** @type {ChoiceControl} */
    const control = {
      kind: "select",
      label: AXES[place][0].toUpperCase() + AXES[place].slice(1),
      value: `${axis}`,
      options: free.map((i) => [`${i}`, `z[${i}]`]),
      take: (value) => {
        choice.axes = choice.axes.with(place, Number(value));
      },
    };
    return control;
  });
  return { kind: "panel", label: t("Axes"), controls };
}

/**
 * @param {Choice} choice
 * @param {keyof Limits} key
 * @param {[number, number, number]} limits
 * @returns {NumberControl}
 */
function numberControl(choice, key, [least, most]) {
  return {
    kind: "number",
    label: LABELS[key],
    value: choice.numbers[key],
    least,
    most,
    whole: key === "neighbours" || key === "seed",
    by: key === "min_dist" ? 0.01 : 1,
    take: (value) => {
      choice.numbers[key] = value;
    },
  };
}
