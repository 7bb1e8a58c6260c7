/** The worker in which a local model runs, so that the page stays responsive. */

import { Engine, transferable } from "./engine.js";

const engine = new Engine();

// Without it, as in Node's tests, nothing is to be answered.
globalThis.addEventListener?.("message", async ({ data }) => {
  const answer = await engine.answer(data);
  postMessage(answer, { transfer: transferable(answer) });
});
