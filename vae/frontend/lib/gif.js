/** Pictures as an animated GIF that every program plays. Source: the GIF89a specification, and its LZW. */

import { u2 } from "./bytes.js";

const MOST_CODES = 4096;

/**
 * frames: Uint8Arrays of c × h × w, channels first; each pixel becomes scale × scale. hundredths: of a second, for each
 * frame; loop: for ever, else once. Grey pictures are exact; coloured ones get the 256 colours that serve them best.
 */
export function gif(frames, [channels, height, width], { scale, hundredths, loop }) {
  const { palette, indices } = channels === 3 ? reduced(frames) : { palette: greys(), indices: frames };
  const [wide, high] = [width * scale, height * scale];
  const parts = [text("GIF89a"), u2(wide, high), Uint8Array.of(0xf7, 0, 0), palette]; // 0xf7: 256 colours follow
  if (loop) parts.push(Uint8Array.of(0x21, 0xff, 11), text("NETSCAPE2.0"), Uint8Array.of(3, 1, 0, 0, 0));
  for (const frame of indices) {
    parts.push(Uint8Array.of(0x21, 0xf9, 4, 4), u2(hundredths), Uint8Array.of(0, 0)); // 4: each frame stays
    parts.push(Uint8Array.of(0x2c), u2(0, 0, wide, high), Uint8Array.of(0));
    parts.push(Uint8Array.of(8), blocks(compressed(enlarged(frame, height, width, scale))), Uint8Array.of(0));
  }
  return new Blob([...parts, Uint8Array.of(0x3b)], { type: "image/gif" });
}

function text(letters) {
  return new TextEncoder().encode(letters);
}

function greys() {
  return Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
}

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

/** LZW with codes of 9 to 12 bits; the table begins anew when it is full. */
function compressed(pixels) {
  const clear = 256,
    end = 257;
  const bytes = [];
  const table = new Int16Array(MOST_CODES * 256); // code of a known string, by its beginning's code and its last pixel
  let bits = 0,
    held = 0,
    size,
    next;
  const write = (code) => {
    bits |= code << held;
    for (held += size; held >= 8; held -= 8, bits >>>= 8) bytes.push(bits & 0xff);
  };
  const restart = () => {
    size = 9; // the decoder reads the clear code itself at the old size, hence the caller writes it before
    next = end + 1;
    table.fill(0);
  };
  restart();
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
      write(clear);
      restart();
      continue;
    }
    table[place] = next++;
    if (next > 1 << size && size < 12) size++;
  }
  write(code);
  if (next === 1 << size && size < 12) size++; // the reader makes an entry of the last code, too
  write(end);
  if (held) bytes.push(bits & 0xff);
  return bytes;
}

/** Data in blocks of at most 255 bytes, each after its length. */
function blocks(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.slice(at, at + 255);
    parts.push(block.length, ...block);
  }
  return Uint8Array.from(parts);
}

const BITS = 5; // of each colour that are told apart while colours are chosen

/** The 256 colours of all frames by median cut, and the frames in them. Source: Heckbert 1982. */
function reduced(frames) {
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

function bins(pixels) {
  const size = pixels.length / 3,
    drop = 8 - BITS;
  return Uint16Array.from({ length: size }, (_, i) => {
    const [red, green, blue] = [0, 1, 2].map((channel) => pixels[channel * size + i] >> drop);
    return (red << (2 * BITS)) | (green << BITS) | blue;
  });
}

function level(bin, channel) {
  return (bin >> ((2 - channel) * BITS)) & ((1 << BITS) - 1);
}

/** The middle of the bins' levels, back in 0…255. */
function meanLevel(box, counts, channel) {
  const total = box.reduce((sum, bin) => sum + counts[bin], 0);
  const mean = box.reduce((sum, bin) => sum + counts[bin] * level(bin, channel), 0) / total;
  return Math.round((mean * 255) / ((1 << BITS) - 1));
}

function medianCut(used, counts) {
  const boxes = [widest(used)];
  while (boxes.length < 256) {
    const place = boxes.reduce((best, box, i) => (box.span > boxes[best].span ? i : best), 0);
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

/** A box of colours, the channel in which it is widest, and how wide it is. */
function widest(box) {
  const spans = [0, 1, 2].map((channel) => {
    const levels = box.map((bin) => level(bin, channel));
    return levels.reduce((a, b) => Math.max(a, b)) - levels.reduce((a, b) => Math.min(a, b));
  });
  const channel = spans.indexOf(Math.max(...spans));
  return { bins: box, channel, span: spans[channel] };
}
