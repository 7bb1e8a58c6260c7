/** Pictures as an animated GIF that every program repeats for ever. Source: the GIF89a specification and its LZW. */

import { u2 } from "./bytes.js";

/** @import { ImageShape } from "./contract.js" */

/**
 * scale: each pixel becomes scale × scale. hundredths: of a second, for each frame.
 *
 * @typedef {{scale: number, hundredths: number}} GifOptions
 *
 * Colours of five bits per channel. channel: the one in which their levels differ most, by `span`.
 *
 * @typedef {{bins: number[], channel: number, span: number}} ColourBox
 */

const MOST_CODES = 4096;
const FOR_EVER = 0; // repetitions, as the extension of Netscape counts them

/**
 * An animation of frames of c × h × w pixels, channels first. Grey pictures are exact; coloured ones share 256 colours
 * chosen by median cut.
 *
 * @param {readonly Uint8Array[]} frames
 * @param {ImageShape} shape
 * @param {GifOptions} options
 */
export function gif(frames, [channels, height, width], { scale, hundredths }) {
  const { palette, indices } = channels === 3 ? reduced(frames) : { palette: greys(), indices: frames };
  const [wide, high] = [width * scale, height * scale];
  const parts = [text("GIF89a"), u2(wide, high), Uint8Array.of(0xf7, 0, 0), palette]; // 0xf7: 256 colours follow
  parts.push(Uint8Array.of(0x21, 0xff, 11), text("NETSCAPE2.0"), Uint8Array.of(3, 1), u2(FOR_EVER), Uint8Array.of(0));
  for (const frame of indices) {
    parts.push(Uint8Array.of(0x21, 0xf9, 4, 4), u2(hundredths), Uint8Array.of(0, 0)); // 4: each frame stays
    parts.push(Uint8Array.of(0x2c), u2(0, 0, wide, high), Uint8Array.of(0));
    parts.push(Uint8Array.of(8), blocks(compressed(enlarged(frame, height, width, scale))), Uint8Array.of(0));
  }
  return new Blob([...parts, Uint8Array.of(0x3b)], { type: "image/gif" });
}

function text(/** @type {string} */ letters) {
  return new TextEncoder().encode(letters);
}

function greys() {
  return Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
}

/**
 * @param {Uint8Array | Uint16Array} indices
 * @param {number} height
 * @param {number} width
 * @param {number} scale
 */
function enlarged(indices, height, width, scale) {
  const wide = width * scale;
  const large = new Uint8Array(wide * height * scale);
  for (let y = 0; y < height; y++) {
    const first = y * scale * wide;
    for (let x = 0; x < width; x++) large.fill(indices[y * width + x], first + x * scale, first + (x + 1) * scale);
    for (let k = 1; k < scale; k++) large.copyWithin(first + k * wide, first, first + wide);
  }
  return large;
}

/** LZW with codes of 9 to 12 bits; the table is emptied when it is full. */
function compressed(/** @type {Uint8Array} */ pixels) {
  const clear = 256,
    end = 257;
  /** @type {number[]} */
  const bytes = [];
  const table = new Int16Array(MOST_CODES * 256); // code of a known string, by its prefix's code and its last pixel
  let bits = 0,
    held = 0,
    size = 9,
    next = end + 1;
  const write = (/** @type {number} */ value) => {
    bits |= value << held;
    for (held += size; held >= 8; held -= 8, bits >>>= 8) bytes.push(bits & 0xff);
  };
  write(clear);
  let code = pixels[0];
  for (let i = 1; i < pixels.length; i++) {
    const place = (code << 8) | pixels[i];
    if (table[place]) {
      code = table[place];
      continue;
    }
    write(code);
    code = pixels[i];
    if (next === MOST_CODES) {
      write(clear); // still at the old size: the decoder changes its own after it has read this
      size = 9;
      next = end + 1;
      table.fill(0);
      continue;
    }
    table[place] = next++;
    if (next > 1 << size && size < 12) size++;
  }
  write(code);
  if (next === 1 << size && size < 12) size++; // the decoder makes an entry of the last code, too
  write(end);
  if (held) bytes.push(bits & 0xff);
  return bytes;
}

/** Data in blocks of at most 255 bytes, each after its length. */
function blocks(/** @type {readonly number[]} */ bytes) {
  /** @type {number[]} */
  const parts = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.slice(at, at + 255);
    parts.push(block.length, ...block);
  }
  return Uint8Array.from(parts);
}

const BITS = 5; // of each channel; colours that differ only in the other three are chosen together

/** The 256 colours of all frames by median cut, and the frames in them. Source: Heckbert 1982. */
function reduced(/** @type {readonly Uint8Array[]} */ frames) {
  const counts = new Uint32Array(1 << (3 * BITS));
  const binned = frames.map(bins);
  for (const frame of binned) for (const bin of frame) counts[bin]++;
  const used = Array.from(counts.keys()).filter((bin) => counts[bin]);
  const palette = new Uint8Array(768);
  const indexOf = new Uint8Array(counts.length);
  medianCut(used, counts).forEach((box, index) => {
    palette.set(
      [0, 1, 2].map((channel) => meanLevel(box, counts, channel)),
      3 * index,
    );
    for (const bin of box) indexOf[bin] = index;
  });
  return { palette, indices: binned.map((frame) => frame.map((bin) => indexOf[bin])) };
}

/** The colour of each pixel, at BITS per channel. */
function bins(/** @type {Uint8Array} */ pixels) {
  const size = pixels.length / 3,
    drop = 8 - BITS;
  return Uint16Array.from({ length: size }, (_, i) => {
    const [red, green, blue] = [0, 1, 2].map((channel) => pixels[channel * size + i] >> drop);
    return (red << (2 * BITS)) | (green << BITS) | blue;
  });
}

function level(/** @type {number} */ bin, /** @type {number} */ channel) {
  return (bin >> ((2 - channel) * BITS)) & ((1 << BITS) - 1);
}

/**
 * The mean level of a box's pixels, in 0…255.
 *
 * @param {readonly number[]} box
 * @param {Uint32Array} counts
 * @param {number} channel
 */
function meanLevel(box, counts, channel) {
  const total = box.reduce((sum, bin) => sum + counts[bin], 0);
  const mean = box.reduce((sum, bin) => sum + counts[bin] * level(bin, channel), 0) / total;
  return Math.round((mean * 255) / ((1 << BITS) - 1));
}

/** The colours that occur, in at most 256 boxes. */
function medianCut(/** @type {number[]} */ used, /** @type {Uint32Array} */ counts) {
  const boxes = [widest(used)];
  while (boxes.length < 256) {
    const place = boxes.reduce((best, { span: candidate }, i) => (candidate > boxes[best].span ? i : best), 0);
    const { bins: box, channel, span } = boxes[place];
    if (span === 0) break; // every box is one colour
    box.sort((a, b) => level(a, channel) - level(b, channel));
    const half = box.reduce((sum, bin) => sum + counts[bin], 0) / 2;
    let cut = 0;
    for (let sum = 0; sum < half && cut < box.length - 1; cut++) sum += counts[box[cut]];
    boxes.splice(place, 1, widest(box.slice(0, Math.max(1, cut))), widest(box.slice(Math.max(1, cut))));
  }
  return boxes.map(({ bins: box }) => box);
}

/**
 * A box of colours, the channel in which it is widest, and how wide it is there.
 *
 * @returns {ColourBox}
 */
function widest(/** @type {number[]} */ box) {
  const spans = [0, 1, 2].map((each) => {
    const levels = box.map((bin) => level(bin, each));
    return levels.reduce((a, b) => Math.max(a, b)) - levels.reduce((a, b) => Math.min(a, b));
  });
  const channel = spans.indexOf(Math.max(...spans));
  return { bins: box, channel, span: spans[channel] };
}
