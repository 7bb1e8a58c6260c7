/**
 * Explore in the light page and in the file: where it starts, and z in the link. As vae/ui/pages/explore.py.
 *
 * @import { Place, Session, Shown } from "../session.js"
 * @import { Source, TestImage } from "../source.js"
 *
 * @typedef {{id: number, model: string, image: number, place: Place | null, title: string, z: number[],
 *            label: number}} Start
 */

import { formatZ } from "../link.js";

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
  const label = session.label(start.label);
  return {
    data: { ...data, ...compared, start: { id: `${start.id}`, title: start.title, z: start.z }, z, label },
    controls: [imageControl(session, row), ...session.labelControls(own(session, start)), ...session.compareControls()],
    params: {
      ...(session.chosenImage === null ? {} : { image: `${row}` }),
      ...(z ? { z: formatZ(z) } : {}),
      ...session.labelParams,
      ...session.compareParams,
    },
  };
}

/**
 * @param {Session} session
 * @param {string} name
 * @param {{start: string, z: number[]}} value
 */
export function take(session, name, value) {
  const start = session.kept.get("explore");
  if (name === "z" && session.explored && value.start === `${start?.id}`) session.explored.z = value.z;
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
  const id = before ? before.id + 1 : 0;
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
  return `the picture's own: ${about.class_names[label]}`;
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
    label: `Start from test image (0 to ${last.toLocaleString("en")})`,
    help: "Its mean μ of q(z|x) becomes z. It is the test image of the other views, too.",
    value: row,
    least: 0,
    most: last,
    whole: true,
    take: (value) => session.chooseImage(value),
  };
}
