/**
 * The light page's start: the host with this page's settings, and its server for the rest.
 *
 * @import { ImportModule } from "./lab.js"
 */

import { appAddress } from "../streamlit.js";
import { queryAddress } from "./address.js";
import { Lab } from "./lab.js";
import { Source } from "./source.js";

/**
 * @param {(name: string) => Promise<Uint8Array<ArrayBuffer>>} read the page's data by name
 * @param {ImportModule} importModule
 */
export default async function start(read, importModule) {
  const settings = JSON.parse(new TextDecoder().decode(await read("settings")));
  const base = appAddress(document.baseURI); // which is that of the app, not of this page
  const source = new Source(base, settings.answers, (address) => fetch(address));
  new Lab({ base, hasApp: true, settings, source, address: queryAddress(window), importModule }).start();
}
