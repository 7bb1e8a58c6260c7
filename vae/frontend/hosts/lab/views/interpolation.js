/**
 * Interpolation in the light page and in the file: its state, and what it takes over from other views. As
 * vae/ui/pages/interpolation.py.
 *
 * @import { Params } from "../link.js"
 * @import { Session, Shown } from "../session.js"
 * @import { Source } from "../source.js"
 */

import { t } from "../../../lib/words.js";
import { parseWhole } from "../link.js";

/**
 * @param {Session} session
 * @param {Source} source
 * @returns {Promise<Shown>}
 */
export async function show(session, source) {
  const { about } = session;
  const [{ data, keys, longest }, compared] = await Promise.all([
    source.get("interpolation", { model: about.name }),
    session.comparedData(source, "interpolation"),
  ]);
  const state = stateOf(session, { keys, longest });
  return {
    data: { ...data, ...compared, image: session.shownImage, pins: pinsOf(session), lassos: lassosOf(session), state },
    controls: session.compareControls(),
    params: { ...state, ...session.compareParams },
  };
}

/**
 * Keeps the state. A new first end is all views' test image, a new place Explore's.
 *
 * @param {Session} session
 * @param {string} name
 * @param {any} value
 */
export function take(session, name, value) {
  if (name !== "state") return;
  const { place, ...state } = value;
  const before = session.kept.get("interpolation") ?? {};
  session.kept.set("interpolation", state);
  if (place?.model !== session.about.name) return;
  const row = firstRow(state, session);
  if (row !== null && row !== firstRow(before, session)) session.chooseImage(row);
  else if (place.z) session.choosePlace(t("picture of Interpolation"), place.z);
}

/**
 * The state of a new link, else that of before. The first end is the test image of all views; another one than a test
 * image stays until a test image is chosen in another view.
 *
 * @param {Session} session
 * @param {{keys: string[], longest: number}} limits
 * @returns {Params}
 */
function stateOf(session, limits) {
  const fresh = session.opened || session.byHistory;
  const linked = fresh ? known(session.query, limits) : {};
  const isLinked = Object.keys(linked).length > 0;
  /** @type {Params} */
  const state = isLinked ? linked : { ...session.kept.get("interpolation") };
  const row = firstRow(state, session);
  if (isLinked && row !== null && session.linkDecides) session.chooseImage(row);
  const newer = session.isNewer("interpolation"),
    shown = session.shownImage;
  const chosenSince = newer && !isLinked && session.chosenImage !== null;
  if (row !== shown && (row !== null || chosenSince)) state.from = `${shown}`;
  session.kept.set("interpolation", state);
  return state;
}

/**
 * The test image that is the first end, where one is.
 *
 * @param {Params} state
 * @param {Session} session
 */
function firstRow({ from = "" }, { about }) {
  return parseWhole(from.split("@")[0], 0, about.test_images - 1);
}

/**
 * @param {URLSearchParams} query
 * @param {{keys: string[], longest: number}} limits
 * @returns {Params}
 */
function known(query, { keys, longest }) {
  return Object.fromEntries([...query].filter(([key, value]) => keys.includes(key) && value.length <= longest));
}

/**
 * The z of other views for this model, each with a title.
 *
 * @param {Session} session
 */
function pinsOf({ about, explored, pin }) {
  const pins = [];
  if (explored?.model === about.name && explored.z) pins.push({ title: t("z from Explore"), z: explored.z });
  if (pin?.model === about.name) pins.push({ title: t("pinned on the map"), z: pin.z });
  return pins;
}

/**
 * The groups of test images selected on the map, by name.
 *
 * @param {Session} session
 */
function lassosOf({ about, groups }) {
  const { model, A = [], B = [] } = groups;
  if (model !== about.name) return {};
  return { ...(A.length ? { A } : {}), ...(B.length ? { B } : {}) };
}
