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

/**
 * @param {Read} read
 * @param {ImportModule} importModule
 */
export default async function start(read, importModule) {
  const settings = JSON.parse(new TextDecoder().decode(await read("settings")));
  const blocks = new Blocks(read, settings.projections);
  const base = `${location.href.split("#")[0]}#`; // a link beneath it opens this file again
  serve(base, (path, query) => blocks.answer(path, query));
  const source = new Source(base, settings.answers, load);
  const address = fragmentAddress(window);
  const opened = { ...address, read: () => (location.hash ? address.read() : new URLSearchParams(settings.query)) };
  new Lab({ base, hasApp: false, settings, source, address: opened, importModule }).start();
}
