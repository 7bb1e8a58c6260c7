/** A worker that packs a GIF: seconds of work, which would stop everything that moves. */

import { gif } from "../lib/gif.js";

onmessage = ({ data: { frames, shape, options } }) => postMessage(gif(frames, shape, options));
