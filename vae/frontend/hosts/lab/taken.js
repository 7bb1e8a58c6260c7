/**
 * What the file that one takes home gives the host: settings and data from the page, and no server.
 *
 * @import { Environment, ImportModule } from "./lab.js"
 * @import { Read } from "./blocks.js"
 */

import { load, serve } from "../../lib/files.js";
import { fragmentAddress } from "./address.js";
import { Blocks } from "./blocks.js";
import { Source } from "./source.js";

/**
 * @param {Read} read
 * @param {ImportModule} importModule
 * @returns {Promise<Environment>}
 */
export async function takenEnvironment(read, importModule) {
  const settings = JSON.parse(new TextDecoder().decode(await read("settings")));
  const blocks = new Blocks(read, settings.projections);
  const base = `${location.href.split("#")[0]}#`; // a link beneath it opens this file again
  serve(base, (path, query) => blocks.answer(path, query));
  const source = new Source(base, settings.answers, load);
  const address = fragmentAddress(window);
  const opened = { ...address, read: () => (location.hash ? address.read() : new URLSearchParams(settings.query)) };
  return { base, hasApp: false, settings, source, address: opened, importModule };
}
