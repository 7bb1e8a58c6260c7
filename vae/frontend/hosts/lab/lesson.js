/**
 * The light page with a lesson beside it: `/lab/?lesson=NAME&lang=`. The player comes after the first picture's modules.
 *
 * @import { Lesson } from "../../lib/contract.js"
 * @import { Environment, ImportModule, Settings } from "./lab.js"
 *
 * What the page brings of its lesson. name: as in the link; lesson: null where the browser has its text, or for the reason in
 * `problem`.
 *
 * @typedef {{name: string, lesson: Lesson | null, problem: string}} BroughtLesson
 */

import { element, messageOf } from "../../lib/dom.js";
import { load } from "../../lib/files.js";
import { t } from "../../lib/words.js";
import { linkAt, progressIn } from "../../lessons/course.js";
import { ProgressStore } from "../../lessons/progress.js";
import { OWN_NAME, ownLesson } from "../../lib/own-lesson.js";
import { beginningWith, keptAddress } from "./address.js";
import { Drive } from "./drive.js";
import { Lab } from "./lab.js";
import { addressIn } from "./language.js";
import { servedEnvironment } from "./served.js";
import { Stage } from "./stage.js";

const KEPT_PARAMS = ["lesson"]; // of the link, at each step

/**
 * @param {(name: string) => Promise<Uint8Array<ArrayBuffer>>} read the page's data by name
 * @param {ImportModule} importPacked
 */
export default async function start(read, importPacked) {
  await startLesson({ ...(await servedEnvironment(read, importPacked)), hasApp: true });
}

/** Shows the page, and the lesson beside it. @param {Environment} environment */
export async function startLesson(environment) {
  const { settings, base } = environment;
  const brought = /** @type {Settings & {brought: BroughtLesson}} */ (settings).brought;
  const store = new ProgressStore(() => localStorage);
  const isOpened = environment.address.read().has("page");
  const linkOf = (/** @type {Lesson} */ lesson) =>
    linkAt(lesson, progressIn(store.get(keyOf(brought.name, lesson)), lesson));
  const begun = brought.lesson ? linkOf(brought.lesson) : new URLSearchParams();
  const address = beginningWith(keptAddress(environment.address, KEPT_PARAMS), begun);
  const lab = new Lab({ ...environment, address });
  const host = hostOf(lab);
  host.hold(true);
  lab.start();
  const [{ default: Player }, found] = await Promise.all([
    import("../../lessons/player.js"),
    lessonOf(brought, base, settings.language),
  ]);
  const place = new Stage("lab-lesson");
  lab.frame.main.before(place.element);
  place.mount("lesson", Player, settings.styles.lesson, () => {});
  if (found.lesson && !brought.lesson && !isOpened) host.open(linkOf(found.lesson));
  const key = found.lesson ? keyOf(brought.name, found.lesson) : "";
  place.update({ base, ...found, key, isOpened, host, store, findNext: () => nextOf(lab, brought) });
}

/** Under which the progress of a lesson is kept: of one's own, each title by itself. @param {string} name @param {Lesson} lesson */
function keyOf(name, { title }) {
  return name === OWN_NAME ? `${OWN_NAME}: ${title}` : name;
}

/**
 * The lesson of the page, or the one whose text the Lessons page has left in this browser.
 *
 * @param {BroughtLesson} brought
 * @param {string} base
 * @param {string} language
 * @returns {Promise<{lesson: Lesson | null, problem: string}>}
 */
async function lessonOf({ name, lesson, problem }, base, language) {
  if (lesson || name !== OWN_NAME) return { lesson, problem };
  try {
    const body = ownLesson();
    if (body === null) throw new Error(t("This browser has no lesson of your own. Write one on the Lessons page."));
    const response = await load(`${base}/lab/lesson?${new URLSearchParams({ lang: language })}`, {
      method: "POST",
      body,
    });
    if (!response.ok) throw new Error(await response.text());
    const answer = await response.json();
    return { lesson: answer.lesson ?? null, problem: answer.problem ?? "" };
  } catch (error) {
    return { lesson: null, problem: messageOf(error) };
  }
}

/**
 * The lesson after this one, where the server knows its lessons.
 *
 * @param {Lab} lab
 * @param {BroughtLesson} brought
 */
async function nextOf({ environment: { base, hasApp, settings } }, { name }) {
  if (!hasApp) return null;
  const { lessonAfter } = await import("../../lessons/ending.js");
  const response = await load(`${base}/lab/lessons?${new URLSearchParams({ lang: settings.language })}`);
  if (!response.ok) return null;
  const next = lessonAfter((await response.json()).lessons, name);
  const query = new URLSearchParams({ lesson: next?.name ?? "" });
  return next && { title: next.title, href: addressIn(`${base}/lab/?${query}`, settings.language) };
}

/** On a phone the lesson takes a part of the window: the rest is for the view, without the title above it. @param {Lab} lab */
function toStage({ frame: { main }, stage }) {
  const isNarrow = matchMedia("(max-width: 899.98px)").matches;
  main.scrollTop = isNarrow ? stage.element.offsetTop : 0;
}

/**
 * What the lesson does with the light page: see Host in lessons/player.js.
 *
 * @param {Lab} lab
 */
function hostOf(lab) {
  const { settings, base, hasApp } = lab.environment;
  const drive = new Drive(lab);
  const why = t("Commit your prediction first: this page is then yours to try.");
  const held = element("p", { className: "lesson-held" }, why);
  lab.stage.element.before(held);
  return {
    base,
    models: lab.models,
    app: hasApp,
    has: (/** @type {string} */ page) => settings.views.some(({ address }) => address === page),
    open: (/** @type {URLSearchParams} */ link) => drive.open(link, () => toStage(lab)),
    hold: (/** @type {boolean} */ isHeld) => {
      for (const node of [lab.controls.element, lab.stage.element]) node.inert = isHeld;
      held.hidden = !isHeld;
      document.documentElement.toggleAttribute("data-lesson-held", isHeld);
    },
  };
}
