/**
 * Explore in the light page and in the file: where it starts, and z in the link. As vae/ui/pages/explore.py.
 *
 * @import { Place, Session, Shown } from "../session.js"
 * @import { Source, TestImage } from "../source.js"
 *
 * @typedef {{id: number, model: string, image: number, place: Place | null, title: string, z: number[],
 *            label: number}} Start
 */

import { t, translate } from "../../../lib/words.js";
import { formatZ } from "../link.js";

let begun = 0; // on this page: the component outlives a session, and goes to the start of each of them
const INPUTS = ["image", "percentile", "z"]; // what can be the same for models side by side: see explore/same-input.js

/**
 * @param {Session} session
 * @param {Source} source
 * @returns {Promise<Shown>}
 */
export async function show(session, source) {
  const { about } = session;
  chooseImage(session);
  const row = session.shownImage;
  const [{ data }, image, compared] = await Promise.all([
    source.get("explore", { model: about.name }),
    source.get("image", { model: about.name, image: `${row}` }),
    session.comparedData(source, "explore"),
  ]);
  const start = startOf(session, image);
  const z = session.explored?.z ?? null;
  /** @type {Record<string, any>} */
  const beside = compared.compare ? await besideOf(session, source, compared, start.z === image.z ? row : null) : {};
  const label = session.label(start.label);
  return {
    data: { ...data, ...beside, start: { id: `${start.id}`, title: translate(start.title), z: start.z }, z, label },
    controls: [imageControl(session, row), ...session.labelControls(own(session, start)), ...session.compareControls()],
    params: {
      ...(session.chosenImage === null ? {} : { image: `${row}` }),
      ...(z ? { z: formatZ(z) } : {}),
      ...session.labelParams,
      ...session.compareParams,
      ...(beside.input && beside.input !== INPUTS[0] ? { input: beside.input } : {}),
    },
  };
}

/**
 * @param {Session} session
 * @param {string} name
 * @param {any} value
 */
export function take(session, name, value) {
  const start = session.kept.get("explore");
  if (name === "input") session.kept.set("same input", value);
  if (name === "label") session.labelName = session.about.class_names[value.label] ?? "";
  if (name === "z" && session.explored && value.start === `${start?.id}`) session.explored.z = value.z;
}

/**
 * What comparing adds to the component's data: the others' own start at this test image, and what is the same input for all.
 *
 * @param {Session} session
 * @param {Source} source
 * @param {Record<string, any>} compared
 * @param {number | null} row null where the start is no test image's mean
 * @returns {Promise<Record<string, any>>}
 */
async function besideOf(session, source, compared, row) {
  const startAt = (/** @type {string} */ model) => {
    if (row === null) return null;
    return source.get("image", { model, image: `${row}` }).catch(() => null); // a file may have fewer images of it
  };
  /** @type {({z: number[]} | null)[]} */
  const starts = await Promise.all(compared.compare.map((/** @type {any} */ { model }) => startAt(model)));
  const compare = compared.compare.map((/** @type {any} */ other, /** @type {number} */ i) => {
    const start = starts[i];
    return { ...other, start: start && { z: start.z } };
  });
  const linked = session.query.get("input") ?? "";
  if (session.linkDecides && (session.byHistory || INPUTS.includes(linked))) session.kept.set("same input", linked);
  const chosen = session.kept.get("same input");
  return { ...compared, compare, input: INPUTS.includes(chosen) ? chosen : INPUTS[0] };
}

/** @param {Session} session */
function chooseImage(session) {
  if (session.followLink() === null && session.byHistory) session.forgetImage();
}

/**
 * The start of before, or a new one: of a link, of what was chosen since in any view, or of another model.
 *
 * @param {Session} session
 * @param {TestImage} image
 * @returns {Start}
 */
function startOf(session, image) {
  const { about, chosenPlace: place, byHistory } = session;
  /** @type {Start | undefined} */
  const before = session.kept.get("explore");
  const linked = session.opened && session.query.has("z");
  const same = before?.model === about.name && before.image === image.row && before.place === place;
  if (before && same && !byHistory && !linked) return before;
  const z = !before || byHistory || linked ? session.linkedZ() : null;
  const id = ++begun;
  /** @type {Start} */
  let start = { id, model: about.name, image: image.row, place, title: image.title, z: image.z, label: image.label };
  let now = z;
  if (place && z === null && !byHistory) {
    start = { ...start, title: place.title, z: place.z, label: place.label ?? start.label };
    now = place.z;
  }
  session.kept.set("explore", start);
  session.explored = { model: about.name, z: now };
  return start;
}

/**
 * @param {Session} session
 * @param {Start} start
 */
function own({ about }, { label }) {
  return t`the picture's own: ${about.class_names[label]}`;
}

/**
 * @param {Session} session
 * @param {number} row
 * @returns {import("../session.js").NumberControl}
 */
function imageControl(session, row) {
  const last = session.about.test_images - 1;
  return {
    kind: "number",
    label: t`Start from test image (0 to ${last.toLocaleString("en")})`,
    help: t("Its mean μ of q(z|x) becomes z. It is the test image of the other views, too."),
    value: row,
    least: 0,
    most: last,
    whole: true,
    take: (value) => session.chooseImage(value),
  };
}
