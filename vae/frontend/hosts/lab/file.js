/**
 * The start of the file that one takes home.
 *
 * @import { ImportModule } from "./lab.js"
 * @import { Read } from "./blocks.js"
 */

import { Lab } from "./lab.js";
import { takenEnvironment } from "./taken.js";

/**
 * @param {Read} read
 * @param {ImportModule} importModule
 */
export default async function start(read, importModule) {
  new Lab(await takenEnvironment(read, importModule)).start();
}
