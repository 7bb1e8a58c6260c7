/**
 * Compare in the light page and in the file: its models, the dial, the compared models. As vae/ui/pages/compare.py.
 *
 * @import { Session, Shown } from "../session.js"
 * @import { Source } from "../source.js"
 *
 * Where the dial stands; null where nothing is chosen.
 *
 * @typedef {{beta: string | null, family: string | null}} Dial
 */

import { comparable } from "../compared.js";

/**
 * @param {Session} session
 * @param {Source} source
 * @returns {Promise<Shown>}
 */
export async function show(session, source) {
  const { about } = session,
    first = about.name;
  session.followCompared();
  const own = session.showsOwnPicture();
  const dial = dialOf(session);
  const { compared } = session;
  const names = comparable(first, session.models).map(({ name }) => name);
  const [{ data: chosen }, ...found] = await Promise.all(
    [first, ...names].map((model) => source.get("compare", { model })),
  );
  const others = found.map(({ data }) => data);
  const answered = session.kept.get("compare answered") ?? null;
  const matches = await matchesOf(source, [chosen, ...others], [first, ...compared]);
  return {
    data: {
      ...chosen,
      others,
      image: session.shownImage,
      own,
      beta_chosen: dial.beta,
      family_chosen: dial.family,
      compared,
      matches,
      answered,
    },
    controls: session.compareControls(),
    params: {
      ...(own || session.chosenImage === null ? {} : { image: `${session.chosenImage}` }),
      ...(dial.beta === null ? {} : { beta: dial.beta }),
      ...(dial.family === null ? {} : { family: dial.family }),
      ...session.compareParams,
    },
  };
}

/**
 * Takes the dial, the compared models, and the picture once the user has chosen one, null for a drawing.
 *
 * @param {Session} session
 * @param {string} name
 * @param {{model: string, image?: number | null, beta: string | null, family: string | null, compared: string[],
 *          number: string}} value
 */
export function take(session, name, { model, image, beta, family, compared, number }) {
  if (name !== "choice" || model !== session.about.name) return;
  session.kept.set("compare answered", number);
  session.kept.set("dial", { beta, family });
  if (image === null) session.showOwnPicture();
  else if (image !== undefined && (image !== session.shownImage || session.isOwnPictureNewest))
    session.chooseImage(image);
  session.comparedNames = compared;
}

/**
 * The dial of a new link, else that of before.
 *
 * @param {Session} session
 * @returns {Dial}
 */
function dialOf({ kept, query, opened, byHistory }) {
  const [beta, family] = [query.get("beta"), query.get("family")];
  const linked = byHistory || (opened && (beta !== null || family !== null));
  if (linked || !kept.has("dial")) kept.set("dial", { beta, family });
  return kept.get("dial");
}

/**
 * For each model that may stand on the dial, the dimensions of the compared ones that follow its own.
 *
 * @param {Source} source
 * @param {{model: string, family: string | null}[]} models
 * @param {string[]} columns the names of the compared ones
 * @returns {Promise<Record<string, Record<string, unknown>>>}
 */
async function matchesOf(source, models, columns) {
  const isFamily = (/** @type {string | null} */ key) =>
    key !== null && models.filter(({ family }) => family === key).length > 1;
  const stops = models.filter(({ family }, i) => i === 0 || isFamily(family));
  const rows = stops.map(async ({ model }) => {
    const asked = columns.filter((other) => other !== model);
    const found = await Promise.all(asked.map((other) => source.get("match", { model, with: other })));
    return [model, Object.fromEntries(asked.map((other, i) => [other, found[i].match]))];
  });
  return Object.fromEntries(await Promise.all(rows));
}
