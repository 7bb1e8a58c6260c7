/** Starts the light page from its modules as they are on the server. */

import start from "./light.js";

const text = document.getElementById("settings")?.textContent ?? "";
void start(
  () => Promise.resolve(new TextEncoder().encode(text)),
  (name) => import(new URL(`../../${name}`, import.meta.url).href),
);
