/**
 * Reconstruction in the light page and in the file: its image and another data set to compare with. As
 * vae/ui/pages/reconstruction.py.
 *
 * @import { Control, Session, Shown } from "../session.js"
 * @import { Source } from "../source.js"
 */

import { t } from "../../../lib/words.js";

/**
 * @param {Session} session
 * @param {Source} source
 * @returns {Promise<Shown>}
 */
export async function show(session, source) {
  const { about } = session,
    model = about.name;
  const [{ data, others }, compared] = await Promise.all([
    source.get("reconstruction", { model }),
    session.comparedData(source, "reconstruction"),
  ]);
  const own = session.showsOwnPicture();
  const name = otherOf(session, others);
  const other = name ? (await source.get("other", { model, other: name })).other : null;
  const image = session.chosenImage;
  const label = session.label(null);
  return {
    data: { ...data, ...compared, label, image, own, other },
    controls: [
      ...session.labelControls(t("its own, or the most likely")),
      ...(others.length ? [otherControl(session, others, name)] : []),
      ...session.compareControls(),
    ],
    params: {
      ...(own || image === null ? {} : { image: `${image}` }),
      ...(name ? { other: name } : {}),
      ...session.labelParams,
      ...session.compareParams,
    },
  };
}

/**
 * Takes the test image that the user has chosen, or that the user shows an own picture.
 *
 * @param {Session} session
 * @param {string} name
 * @param {{model: string, image: number | null}} value
 */
export function take(session, name, value) {
  if (name !== "choice" || value.model !== session.about.name) return;
  if (value.image !== null) session.chooseImage(value.image);
  else session.showOwnPicture();
}

/**
 * Another data set to show the model; "" for none.
 *
 * @param {Session} session
 * @param {string[]} others
 * @returns {string}
 */
function otherOf(session, others) {
  if (session.opened || session.byHistory) session.kept.set("other", session.query.get("other") ?? "");
  const name = session.kept.get("other") ?? "";
  return others.includes(name) ? name : "";
}

/**
 * @param {Session} session
 * @param {string[]} others
 * @param {string} value
 * @returns {Control}
 */
function otherControl(session, others, value) {
  return {
    kind: "select",
    label: t("Compare with data set"),
    help: t(
      "Images that the model was not trained on, below the pictures: reconstructed, and scored against the test images.",
    ),
    value,
    options: [["", t("none")], ...others.map((name) => /** @type {[string, string]} */ ([name, name]))],
    take: (name) => {
      session.kept.set("other", name);
    },
  };
}
