/**
 * The student's page: the light page's host, and what belongs to the class around it. The class comes after the first
 * picture's modules and asks its server beside them, so that it delays no picture.
 *
 * @import { ImportModule } from "./lab.js"
 */

import { Lab } from "./lab.js";
import { begunAddress, speechlessAddress } from "./address.js";
import { servedEnvironment } from "./served.js";
import { Stage } from "./stage.js";

/**
 * @param {(name: string) => Promise<Uint8Array<ArrayBuffer>>} read the page's data by name
 * @param {ImportModule} importPacked
 */
export default async function start(read, importPacked) {
  const served = await servedEnvironment(read, importPacked);
  const address = speechlessAddress(begunAddress(served.address, served.settings));
  const environment = { ...served, address, hasApp: false };
  const lab = new Lab(environment);
  lab.start();
  const { default: Student } = await import("../../classroom/student/student.js");
  const place = new Stage("lab-class");
  lab.frame.main.before(place.element);
  place.mount("class", Student, environment.settings.styles.class, () => {});
  place.update({ base: environment.base, code: location.pathname.split("/").at(-1), host: hostOf(lab) });
}

/**
 * What the class does with the light page: see Host in classroom/student/student.js.
 *
 * @param {Lab} lab
 */
function hostOf(lab) {
  const { source } = lab.environment,
    { title, main, elements } = lab.frame;
  const dataOf = async (/** @type {string} */ view, /** @type {string} */ model) =>
    (await source.get(view, { model })).data;
  return {
    lab,
    hold: (/** @type {boolean} */ held) => {
      for (const node of [elements[0], lab.controls.element, lab.stage.element]) node.inert = held;
      // What the teacher opens takes no focus; the keyboard can still scroll it.
      focusable(title, !held, -1);
      focusable(main, held, 0);
    },
    speak: () => location.reload(),
    padData: (/** @type {string} */ model) => dataOf("compare", model),
    mapData: (/** @type {string} */ model) => dataOf("explore", model),
    shown: () => ({ page: lab.view.address, model: lab.model, root: lab.stage.place.shadowRoot }),
  };
}

/**
 * @param {HTMLElement} node
 * @param {boolean} may
 * @param {number} tabIndex
 */
function focusable(node, may, tabIndex) {
  if (may) node.tabIndex = tabIndex;
  else node.removeAttribute("tabindex");
}
