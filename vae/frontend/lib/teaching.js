/**
 * Which class is taught in this browser, and its chip for the bar of every page. The chip's scripts come from the server, and
 * for teachers alone: neither the light page nor the file has them in it.
 *
 * @typedef {{code: string, elements: HTMLElement[], close(): void}} Chip
 * @typedef {(base: string) => Chip | null} ChipOf base: the app's address, without a slash at its end
 */

import { element } from "./dom.js";

const TEACHING = "latent-lab.teaching";
const CODE = /^[2-9A-HJ-NP-Z]{6}$/;
const CHIP_OF = "latentLabChipOf"; // the window's
/** What the window receives when it changes. */
export const TEACHING_CHANGED = "latent-lab-teaching";

/** @returns {string | null} the class's code; null for none, and where the browser keeps nothing */
export function taught() {
  try {
    const code = localStorage.getItem(TEACHING) ?? "";
    return CODE.test(code) ? code : null;
  } catch {
    return null;
  }
}

/** @param {string | null} code */
export function setTaught(code) {
  try {
    if (code === null) localStorage.removeItem(TEACHING);
    else localStorage.setItem(TEACHING, code);
  } catch {
    // This browser keeps nothing: the bar does without.
  }
  globalThis.dispatchEvent?.(new Event(TEACHING_CHANGED));
}

/** Gives the window what makes the class's chip. @param {ChipOf} chipOf */
export function offerChip(chipOf) {
  Object.assign(globalThis, { [CHIP_OF]: chipOf });
}

/**
 * What makes the class's chip, once the script at this address is there; null where it does not come.
 *
 * @param {string} address
 * @returns {Promise<ChipOf | null>}
 */
export async function loadChip(address) {
  if (!(CHIP_OF in globalThis)) {
    const script = element("script", { type: "module", src: address });
    const ended = new Promise((resolve) => {
      script.onload = script.onerror = resolve;
    });
    document.head.append(script);
    await ended;
  }
  return Reflect.get(globalThis, CHIP_OF) ?? null;
}
