/** What a teacher has chosen, in this browser: the address that students are given. */

import { Kept } from "../kept.js";

const ADDRESS = "address";
const kept = new Kept(() => localStorage);

/** The app's address for students; "" where none was chosen. */
export function chosenAddress() {
  return kept.get(ADDRESS) ?? "";
}

/** @param {string} address */
export function chooseAddress(address) {
  kept.set(ADDRESS, address);
}
