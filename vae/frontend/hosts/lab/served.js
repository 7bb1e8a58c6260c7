/**
 * What the pages of the server give the host: settings from the page, and the server for the rest.
 *
 * @import { Environment, ImportModule } from "./lab.js"
 * @import { View } from "./link.js"
 */

import { queryAddress } from "./address.js";
import { addressesOf } from "./packed.js";
import { Source } from "./source.js";

/**
 * packed, of the settings: the names of the modules that are in the page.
 *
 * @param {(name: string) => Promise<Uint8Array<ArrayBuffer>>} read the page's data by name
 * @param {ImportModule} importPacked a module of the page by its name, any other by its address
 * @returns {Promise<Omit<Environment, "hasApp">>}
 */
export async function servedEnvironment(read, importPacked) {
  const settings = JSON.parse(new TextDecoder().decode(await read("settings")));
  const base = new URL(".", document.baseURI).href.slice(0, -1); // the app's, by the page's base element
  const source = new Source(base, settings.answers, (address) => fetch(address));
  const importModule = async (/** @type {string} */ name) => {
    if (settings.packed.includes(name)) return await importPacked(name);
    const view = settings.views.find((/** @type {View} */ { script }) => script === name);
    const { modules } = await source.files(view.name);
    return await importPacked(addressesOf(modules, base).get(name) ?? "");
  };
  return { base, settings, source, address: queryAddress(window), importModule };
}
