/** How long a picture is when it is compressed. The same as vae/evaluation/pictures/complexity.py, bit for bit. */

/** @import { ImageShape } from "../lib/contract.js" */

const MOST_CODES = 4096,
  MOST_BITS = 12; // of a code
const BINARY_BITS = 2, // of a symbol: GIF's smallest
  GREY_BITS = 8;

/**
 * The picture's length in nats when LZW, the compressor of GIF and TIFF, compresses it alone: black and white pixels for a
 * Bernoulli likelihood, for every other the grey levels, as differences from their left neighbours.
 *
 * @param {Uint8Array} pixels
 * @param {ImageShape} imageShape
 * @param {string} likelihood the model's
 */
export function complexity(pixels, [, , width], likelihood) {
  if (likelihood === "bernoulli") return Math.LN2 * lzwBits(dithered(pixels), BINARY_BITS);
  const differences = pixels.map((value, i) => value - (i % width ? pixels[i - 1] : 0)); // a Uint8Array: modulo 256
  return Math.LN2 * lzwBits(differences, GREY_BITS);
}

/** 1 where a pixel exceeds its threshold, which is the same in every picture. */
function dithered(/** @type {Uint8Array} */ pixels) {
  let state = 0;
  return pixels.map((value) => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return value > Math.floor((state * 255) / 2 ** 32) ? 1 : 0;
  });
}

/**
 * How many bits GIF's LZW needs for these symbols, with its codes of clear and end.
 *
 * @param {Uint8Array} symbols each below 2 ** symbolBits
 * @param {number} symbolBits
 */
export function lzwBits(symbols, symbolBits) {
  const first = (1 << symbolBits) + 2; // code of the first string: after clear and end
  /** @type {Map<number, number>} code of a known string, by its prefix's code and its last symbol */
  const table = new Map();
  let size = symbolBits + 1,
    next = first,
    bits = size,
    code = symbols[0];
  for (let i = 1; i < symbols.length; i++) {
    const place = (code << 8) | symbols[i],
      known = table.get(place);
    if (known !== undefined) {
      code = known;
      continue;
    }
    bits += size;
    code = symbols[i];
    if (next === MOST_CODES) {
      bits += size; // full: it is emptied
      size = symbolBits + 1;
      next = first;
      table.clear();
      continue;
    }
    table.set(place, next++);
    if (next > 1 << size && size < MOST_BITS) size++;
  }
  bits += size;
  const grows = next === 1 << size && size < MOST_BITS; // the decoder makes an entry of the last code, too
  return bits + size + Number(grows);
}
