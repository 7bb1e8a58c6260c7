/** Where the parts of the Compare page are. */

import { element } from "../lib/dom.js";
import { homeMenu } from "../lib/download-menu.js";
import { help } from "../lib/glossary.js";
import { t } from "../lib/words.js";

/** @import { CloudMap } from "./cloud.js" */
/** @import { Dial } from "./dial.js" */
/** @import { DimensionTable } from "./dimensions.js" */
/** @import { Input } from "./input.js" */
/** @import { Values } from "../lib/explained.js" */
/** @import { Plane } from "./plane.js" */

/**
 * @typedef {object} Parts
 * @property {Dial} dial
 * @property {Input} input
 * @property {Plane} plane
 * @property {CloudMap} cloud
 * @property {DimensionTable} dimensions
 * @property {HTMLCanvasElement} output
 * @property {HTMLElement} outputTitle
 * @property {HTMLElement} cloudTitle
 * @property {HTMLElement} imageNumbers
 * @property {HTMLElement} testNumbers
 * @property {HTMLElement} differenceText
 * @property {() => Values | null} measured of the test images
 * @property {() => Values | null} measuredImage
 * @property {() => Values | null} measuredCollapsed
 * @property {HTMLElement} noFamily
 * @property {HTMLElement} notice
 * @property {HTMLSelectElement} familyField
 * @property {HTMLAnchorElement} explore
 */

/** The page's element, with all parts. @param {Parts} page */
export function layOut(page) {
  const { dial, input, plane, cloud, dimensions } = page;
  const figure = (/** @type {Node} */ title, /** @type {Node[]} */ ...content) =>
    element("figure", {}, element("figcaption", {}, title), ...content);
  const numbers = element(
    "div",
    { className: "nats" },
    withHelp(
      page.imageNumbers,
      help("−ELBO", () => page.measuredImage()),
    ),
    withHelp(
      page.testNumbers,
      help("active dimensions", () => page.measured()),
    ),
    page.differenceText,
  );
  const pictures = element(
    "div",
    { className: "pictures" },
    figure(input.title, input.padPlace),
    figure(page.outputTitle, page.output),
    figure(page.cloudTitle, cloud.element),
    numbers,
  );
  const ways = element("div", { className: "ways" }, page.explore, ...homeMenu());
  const controls = element("div", { className: "given" }, input.picker, ways);
  const seen = element("div", { className: "seen" });
  seen.append(dial.element, page.noFamily, pictures, controls);
  const measured = () => page.measured();
  const heading = element("h2", {}, t("Rate and distortion"), help("rate", measured), help("distortion", measured));
  const family = element("label", { className: "family-choice" }, page.familyField);
  const legend = element(
    "p",
    { className: "small-print plane-note" },
    t("● a model, mean of the test images · □ this image under each model · dashed: equal −ELBO, lower left is better"),
    ...[t(" · floor"), help("least possible error", () => page.measured())],
    ...[t(" · collapsed"), help("error of a collapsed model", () => page.measuredCollapsed())],
  );
  const right = element("div", { className: "right" });
  right.append(element("div", { className: "plane-head" }, heading, family), plane.element, legend);
  const root = element("div", { className: "compare" });
  root.append(element("div", { className: "screen" }, seen, right), dimensions.element);
  root.append(element("div", { className: "notices" }, element("div", {}, input.message, page.notice)));
  root.addEventListener("keydown", (event) => {
    const [target] = event.composedPath();
    const own = target instanceof Element && target.matches("input, select, button, canvas, [role=button]");
    if (own) event.stopPropagation(); // r and c are Streamlit's shortcuts
  });
  return root;
}

/** @param {HTMLElement} text @param {HTMLElement} sign */
function withHelp(text, sign) {
  return element("div", { className: "with-help" }, text, sign);
}
