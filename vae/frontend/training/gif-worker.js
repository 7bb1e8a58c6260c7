/** A worker that packs a GIF: it takes seconds, during which the page must stay responsive. */

import { gif } from "../lib/gif.js";

addEventListener("message", ({ data: { frames, shape, options } }) => postMessage(gif(frames, shape, options)));
