/**
 * The light page's start: the host with this page's settings, and its server for the rest.
 *
 * @import { ImportModule } from "./lab.js"
 */

import { Lab } from "./lab.js";
import { servedEnvironment } from "./served.js";

/**
 * @param {(name: string) => Promise<Uint8Array<ArrayBuffer>>} read the page's data by name
 * @param {ImportModule} importPacked
 */
export default async function start(read, importPacked) {
  new Lab({ ...(await servedEnvironment(read, importPacked)), hasApp: true }).start();
}
