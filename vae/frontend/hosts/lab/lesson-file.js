/**
 * The start of the file that one takes home with a lesson.
 *
 * @import { ImportModule } from "./lab.js"
 * @import { Read } from "./blocks.js"
 */

import { startLesson } from "./lesson.js";
import { takenEnvironment } from "./taken.js";

/**
 * @param {Read} read
 * @param {ImportModule} importModule
 */
export default async function start(read, importModule) {
  await startLesson(await takenEnvironment(read, importModule));
}
