/**
 * The film of a training in the light page and in the file: which film, which beside it, which frame. As
 * vae/ui/pages/training/selection.py.
 *
 * @import { Listed } from "../compared.js"
 * @import { ChoiceControl, Control, Session, Shown } from "../session.js"
 * @import { Source } from "../source.js"
 *
 * asked, of: the film that a link or the user chose, and the model for which. frame, id: see training/player.js; frameOf: of
 * which film it is, null for the one that is shown next.
 *
 * @typedef {{asked: string | null, of: string, frame: number | null, id: number, frameOf: string | null}} Kept
 */

import { hasServer } from "../../../lib/files.js";
import { t } from "../../../lib/words.js";
import { offers } from "../compared.js";
import { parseWhole } from "../link.js";

const LAST_FRAME = 999; // that a link can name
const NONE = ""; // no film beside
let links = 0; // opened on this page: the player outlives a session, and goes to the frame of each of them

/**
 * @param {Session} session
 * @param {Source} source
 * @returns {Promise<Shown>}
 */
export async function show(session, source) {
  const { name: model } = session.about,
    { data: own } = await source.get("training", { model });
  const filmed = session.models.filter((listed) => listed.film),
    names = filmed.map(({ name }) => name);
  const kept = keptOf(session, names),
    { asked } = kept;
  const film = asked ?? [model, own.most_telling, ...names].find((name) => names.includes(name)) ?? model;
  if (kept.frameOf !== null && kept.frameOf !== film) kept.frame = null;
  kept.frameOf = film;
  const curves = film === model && !names.includes(film);
  const other = session.comparedNames.find((name) => name !== film && names.includes(name));
  const beside = curves ? null : (other ?? null);
  const shown = [...(curves ? [] : [film]), ...(beside === null ? [] : [beside])];
  const models = shown.filter((name) => names.includes(name));
  const found = await Promise.all(models.map((name) => source.get("training", { model: name })));
  const told = curves ? [own] : found.map(({ data }) => data);
  return {
    data: {
      ...own,
      films: shown.map((name) => {
        const at = models.indexOf(name);
        return at < 0 ? { kind: "run", name } : { kind: "checkpoint", name, version: found[at].data.film };
      }),
      history: curves ? own.history : null,
      references:
        told.length >= shown.length && told.every(({ references }) => references.length) ? own.references : [],
      words: Object.fromEntries(told.map(({ model: name, words }) => [name, words])),
      frame: { id: kept.id, n: kept.frame },
    },
    controls: [
      ...filmControls(session, filmed, film),
      ...(curves ? [] : besideControls(session, filmed, film, beside)),
    ],
    params: {
      ...(asked !== null && (asked !== model || curves) ? { film } : {}),
      ...(beside === null ? {} : { compare: beside }),
      ...(kept.frame === null ? {} : { frame: `${kept.frame}` }),
    },
    notes: names.includes(model) ? [] : [noteOf(model, film, names)],
  };
}

/**
 * Takes the frame at which the user rests. A run's new state is shown by the component alone.
 *
 * @param {Session} session
 * @param {string} name
 * @param {any} value
 */
export function take(session, name, value) {
  if (name === "frame") session.kept.get("training").frame = value.n;
}

/**
 * What is chosen: as a new link says, else as before. Another model shows its own film.
 *
 * @param {Session} session
 * @param {string[]} names of the films that are here
 * @returns {Kept}
 */
function keptOf(session, names) {
  const { about, opened, byHistory, query } = session;
  /** @type {Kept} */
  const kept = session.kept.get("training") ?? { asked: null, of: about.name, frame: null, id: 0, frameOf: null };
  if (opened || byHistory) {
    const beside = query.get("compare") ?? query.get("beside"); // as the Training page has it
    if (beside !== null || byHistory) session.comparedNames = beside?.split(",") ?? [];
    Object.assign(kept, {
      asked: askedFilm(session, names),
      frame: linkedFrame(session),
      id: ++links,
      frameOf: null,
    });
  } else if (kept.of !== about.name) kept.asked = null;
  kept.of = about.name;
  session.kept.set("training", kept);
  return kept;
}

/**
 * The film that the link asks for. One of an unknown name may be of a run, which the server knows.
 *
 * @param {Session} session
 * @param {string[]} names
 */
function askedFilm(session, names) {
  const film = session.query.get("film"),
    isModel = session.models.some(({ name }) => name === film);
  if (film === null || film === session.about.name || names.includes(film) || (!isModel && hasServer())) return film;
  session.warnings.push(t`This link asks for the film of “${film.slice(0, 80)}”, which is not here.`);
  return null;
}

/** @param {Session} session */
function linkedFrame(session) {
  const text = session.query.get("frame"),
    frame = parseWhole(text, 1, LAST_FRAME);
  if (text !== null && frame === null)
    session.warnings.push(t`This link's frame is no whole number from 1 to ${LAST_FRAME}; it is ignored.`);
  return frame;
}

/**
 * The choice of the film, where it is not simply the model's own.
 *
 * @param {Session} session
 * @param {Listed[]} filmed
 * @param {string} film
 * @returns {Control[]}
 */
function filmControls(session, filmed, film) {
  const { name: model } = session.about,
    films = offers(filmed);
  if (film === model && (!films.length || films.some(([name]) => name === model))) return [];
  const isListed = (/** @type {string} */ wanted) => films.some(([name]) => name === wanted);
  /** @type {[string, string][]} */
  const others = [
    ...(isListed(model) ? [] : [/** @type {[string, string]} */ ([model, t`${model}: curves only`])]),
    ...(isListed(film) || film === model ? [] : [/** @type {[string, string]} */ ([film, film])]), // of a run
  ];
  const choose = (/** @type {string} */ name) => {
    session.kept.get("training").asked = name;
  };
  return [{ kind: "select", label: t("Film of"), value: film, options: [...others, ...films], take: choose }];
}

/**
 * The choice of the film beside it, where there is any.
 *
 * @param {Session} session
 * @param {Listed[]} filmed
 * @param {string} film
 * @param {string | null} beside
 * @returns {Control[]}
 */
function besideControls(session, filmed, film, beside) {
  const others = offers(filmed).filter(([name]) => name !== film);
  if (!others.length) return [];
  /** @type {ChoiceControl} */
  const choice = {
    kind: "select",
    label: t("The film of"),
    value: beside ?? NONE,
    options: [[NONE, t("No other model")], ...others],
    take: (name) => {
      session.comparedNames = name === NONE ? [] : [name];
    },
  };
  return [{ kind: "panel", label: t("Compare with"), controls: [choice] }];
}

/**
 * Why it is not the chosen model's film, and of which models there are films.
 *
 * @param {string} model
 * @param {string} film
 * @param {string[]} names
 */
function noteOf(model, film, names) {
  const without = hasServer() ? t`No film was kept of ${model}.` : t`This file has no film of ${model}.`;
  if (!names.length) return without;
  const instead = film === model ? t("These are its curves.") : t`This is the film of ${film}.`;
  const others = names.filter((name) => name !== film);
  return `${without} ${instead} ${others.length ? t`There are films of ${listOf(others)}, too.` : ""}`.trim();
}

/**
 * "a, b and c".
 *
 * @param {string[]} names
 */
function listOf(names) {
  return names.length > 1 ? t`${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
}
