/** Where the parts of the Reconstruction page are. */

import { element } from "../lib/dom.js";
import { homeMenu } from "../lib/download-menu.js";
import { help, timeHelp } from "../lib/glossary.js";
import { t } from "../lib/words.js";

/** @import { Anomaly } from "./anomaly.js" */
/** @import { DamagePanel } from "./damage.js" */
/** @import { Input } from "./input.js" */
/** @import { Meter } from "../lib/live-client.js" */
/** @import { Neighbours } from "./neighbours.js" */
/** @import { Optimise } from "./optimise.js" */
/** @import { Pictures } from "./pictures.js" */
/** @import { PosteriorChart } from "./posterior-chart.js" */
/** @import { PosteriorPlane } from "./posterior-plane.js" */
/** @import { Refill } from "./refill.js" */

/**
 * @typedef {object} Parts
 * @property {Input} input
 * @property {DamagePanel} damagePanel
 * @property {Pictures} pictures
 * @property {Refill} refill
 * @property {Optimise} optimise
 * @property {HTMLElement} codeTitle
 * @property {PosteriorChart} chart
 * @property {PosteriorPlane} plane
 * @property {Neighbours} neighbours
 * @property {HTMLAnchorElement} explore
 * @property {Anomaly} anomaly
 * @property {HTMLDetailsElement} lossDetails
 * @property {HTMLElement} meterText
 * @property {Meter} meter
 */

/** The page's element, with all parts, onto which a picture file may also be dropped. */
export function layOut(/** @type {Parts} */ parts) {
  const { input, pictures, anomaly, lossDetails, meterText, meter } = parts;
  const screen = element("div", { className: "screen" }, given(parts), seen(parts), controls(parts));
  const more = element("div", { className: "more" }, anomaly.element, lossDetails);
  const status = element("p", { className: "status small-print" }, meterText, timeHelp(meter));
  const notices = element("div", { className: "notices" }, element("div", {}, input.message, pictures.notice));
  const root = element("div", { className: "recon" }, screen, more, status, notices);
  root.addEventListener("keydown", (event) => {
    const [target] = event.composedPath();
    const own = target instanceof Element && target.matches("input, select, button, canvas");
    if (own) event.stopPropagation(); // r and c are Streamlit's shortcuts
  });
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void input.upload(file);
  });
  return root;
}

/** What the user gives, and what changes it before the model sees it. */
function given(/** @type {Parts} */ { input: { picker, padPlace, steps }, damagePanel }) {
  const damage = element("section", { className: "damaging" });
  damage.append(element("h2", { title: t("Does the model repair it?") }, t("Damage the image")), damagePanel.element);
  return element("div", { className: "given" }, picker.title, padPlace, steps.element, damage);
}

function seen(/** @type {Parts} */ parts) {
  const { row, numbers } = parts.pictures;
  return element("div", { className: "seen" }, row, numbers, parts.optimise.panel, parts.refill.element, below(parts));
}

function controls(/** @type {Parts} */ { input: { picker }, pictures, optimise, explore }) {
  const images = element("section", {}, element("h2", {}, t("Image")), picker.element);
  const ways = element("div", { className: "ways" }, explore, ...homeMenu());
  return element("div", { className: "controls" }, images, pictures.sampling, optimise.element, ways);
}

function below(/** @type {Parts} */ { codeTitle, chart, plane, neighbours }) {
  const panel = (/** @type {Node | string} */ title, /** @type {Node[]} */ ...content) =>
    element("section", {}, element("h2", {}, title), ...content);
  return element(
    "div",
    { className: "below" },
    panel(codeTitle, chart.element),
    panel(element("span", {}, t("Where it lies"), plane.help), plane.element),
    panel(
      element(
        "span",
        {},
        t("Nearest test images"),
        help("distance of codes", () => neighbours.measured()),
      ),
      ...neighbours.elements,
    ),
  );
}

/**
 * @param {string} title
 * @param {Node[]} content
 */
export function details(title, ...content) {
  return element("details", {}, element("summary", {}, title), ...content);
}
