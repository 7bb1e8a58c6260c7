/**
 * The start of the file that one takes home: the host with the data in the page, and no server.
 *
 * @import { ImportModule } from "./lab.js"
 * @import { Read } from "./blocks.js"
 */

import { load, serve } from "../../lib/files.js";
import { fragmentAddress } from "./address.js";
import { Blocks } from "./blocks.js";
import { Lab } from "./lab.js";
import { Source } from "./source.js";

const BASE = "lab:"; // of addresses that mean something in the page alone

/**
 * @param {Read} read
 * @param {ImportModule} importModule
 */
export default async function start(read, importModule) {
  const settings = JSON.parse(new TextDecoder().decode(await read("settings")));
  const blocks = new Blocks(read, settings.projections);
  serve(BASE, (path, query) => blocks.answer(path, query));
  const source = new Source(BASE, settings.answers, load);
  const address = fragmentAddress(window);
  const opened = { ...address, read: () => (location.hash ? address.read() : new URLSearchParams(settings.query)) };
  new Lab({ base: BASE, hasApp: false, settings, source, address: opened, importModule }).start();
}
