/** A lesson for the tests, as vae.lessons makes it. @import { Lesson } from "../../../vae/frontend/lib/contract.js" */

import { readFileSync } from "node:fs";

/** @type {Lesson} */
export const LESSON = JSON.parse(readFileSync(new URL("two-numbers.json", import.meta.url), "utf-8"));
