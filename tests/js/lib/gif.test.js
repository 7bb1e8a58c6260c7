import assert from "node:assert/strict";
import { test } from "node:test";

import { gif } from "../../../vae/frontend/lib/gif.js";
import { python } from "../support/python.js";

/** @import { ImageShape } from "../../../vae/frontend/lib/contract.js" */

const OPTIONS = { scale: 1, hundredths: 15 };

/** The codes of LZW's data, decoded as the specification says, appendix F. */
function decompressed(/** @type {Uint8Array} */ data, /** @type {number} */ minimumSize) {
  const [clear, end] = [1 << minimumSize, (1 << minimumSize) + 1];
  let [size, bits, held, at] = [minimumSize + 1, 0, 0, 0];
  /** @type {number[][]} */
  let table = [];
  /** @type {number[]} */
  let before = [];
  /** @type {number[]} */
  const pixels = [];
  for (;;) {
    for (; held < size; held += 8) bits |= data[at++] << held;
    const code = bits & ((1 << size) - 1);
    bits >>>= size;
    held -= size;
    if (code === end) break;
    if (code === clear) {
      table = Array.from({ length: end + 1 }, (_, i) => (i < clear ? [i] : []));
      size = minimumSize + 1;
      before = [];
      continue;
    }
    const entry = table[code] ?? [...before, before[0]];
    if (before.length && table.length < 4096) table.push([...before, entry[0]]);
    if (table.length === 1 << size && size < 12) size++;
    pixels.push(...entry);
    before = entry;
  }
  assert.equal(at, data.length);
  return pixels;
}

/** What a GIF shows: size, repetitions (undefined: it plays once, 0: for ever), and each frame's delay and red, green and blue pixels. */
async function read(/** @type {Blob} */ blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const u2 = (/** @type {number} */ place) => bytes[place] | (bytes[place + 1] << 8);
  let at = 13 + 768;
  const palette = bytes.subarray(13, at);
  const found = {
    width: u2(6),
    height: u2(8),
    delays: /** @type {number[]} */ ([]),
    repetitions: /** @type {number | undefined} */ (undefined),
  };
  /** @type {Uint8Array[]} */
  const frames = [];
  const takeBlocks = () => {
    const parts = [];
    for (; bytes[at]; at += bytes[at] + 1) parts.push(...bytes.subarray(at + 1, at + 1 + bytes[at]));
    at++;
    return Uint8Array.from(parts);
  };
  while (bytes[at] !== 0x3b) {
    if (bytes[at] === 0x21) {
      const kind = bytes[at + 1];
      at += 2;
      const [start, content] = [at, takeBlocks()];
      if (kind === 0xf9) found.delays.push(u2(start + 2));
      else {
        assert.equal(new TextDecoder().decode(content.subarray(0, 11)), "NETSCAPE2.0");
        assert.deepEqual([bytes[start], content.length, content[11]], [11, 14, 1]);
        found.repetitions = content[12] | (content[13] << 8);
      }
    } else {
      assert.deepEqual([bytes[at], u2(at + 5), u2(at + 7)], [0x2c, found.width, found.height]);
      at += 11;
      const indices = decompressed(takeBlocks(), bytes[at - 1] || 8);
      frames.push(Uint8Array.from(indices.flatMap((index) => [...palette.subarray(3 * index, 3 * index + 3)])));
    }
  }
  assert.equal(new TextDecoder().decode(bytes.subarray(0, 6)), "GIF89a");
  assert.equal(at, bytes.length - 1);
  return { ...found, frames };
}

function noise(/** @type {number} */ length, seed = 1) {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

test("grey pictures come back exactly, each pixel scale × scale", async () => {
  const frames = [Uint8Array.of(0, 50, 100, 150, 200, 255), Uint8Array.of(1, 2, 3, 4, 5, 6)];
  const found = await read(gif(frames, [1, 2, 3], { ...OPTIONS, scale: 2 }));
  assert.deepEqual([found.width, found.height, found.delays], [6, 4, [15, 15]]);
  for (const [k, frame] of frames.entries()) {
    for (let i = 0; i < 24; i++) {
      const source = frame[3 * Math.floor(i / 12) + Math.floor((i % 6) / 2)];
      assert.deepEqual([...found.frames[k].subarray(3 * i, 3 * i + 3)], [source, source, source]);
    }
  }
});

test("an animation repeats for ever", async () => {
  for (const n of [1, 2, 30]) {
    const frames = Array.from({ length: n }, () => Uint8Array.of(9));
    assert.equal((await read(gif(frames, [1, 1, 1], OPTIONS))).repetitions, 0);
  }
});

for (const [kind, pixels] of /** @type {const} */ ([
  ["noise, which fills the table of codes several times", noise(128 * 128)],
  ["one grey, whose strings grow longest", new Uint8Array(128 * 128).fill(7)],
  ["a ramp", Uint8Array.from({ length: 128 * 128 }, (_, i) => i & 0xff)],
])) {
  test(`LZW keeps ${kind}`, async () => {
    const { frames } = await read(gif([pixels], [1, 128, 128], OPTIONS));
    assert.deepEqual(
      frames[0].filter((_, i) => i % 3 === 0),
      pixels,
    );
  });
}

test("LZW keeps every length around the sizes at which codes grow", async () => {
  for (let length = 250; length < 270; length++) {
    const { frames } = await read(gif([noise(length)], [1, 1, length], OPTIONS));
    assert.deepEqual(
      frames[0].filter((_, i) => i % 3 === 0),
      noise(length),
    );
  }
});

test("pictures of few colours keep them within the five bits that are compared", async () => {
  /** @type {ImageShape} */
  const shape = [3, 2, 2];
  const colours = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ];
  const frame = Uint8Array.from({ length: 12 }, (_, i) => colours[i % 4][Math.floor(i / 4)]);
  const { frames } = await read(gif([frame], shape, OPTIONS));
  assert.deepEqual([...frames[0]], colours.flat());
});

test("pictures of many colours are near to what they were", async () => {
  const frame = noise(3 * 64 * 64);
  const { frames } = await read(gif([frame], [3, 64, 64], OPTIONS));
  let worst = 0,
    sum = 0;
  for (let i = 0; i < frame.length; i++) {
    const difference = Math.abs(frames[0][3 * (i % 4096) + Math.floor(i / 4096)] - frame[i]);
    worst = Math.max(worst, difference);
    sum += difference;
  }
  assert.ok(worst < 64, `${worst}`);
  assert.ok(sum / frame.length < 16, `${sum / frame.length}`);
});

test("Pillow reads the same pictures", async () => {
  const frames = [noise(30 * 20), noise(30 * 20, 2)];
  const file = new Uint8Array(await gif(frames, [1, 20, 30], OPTIONS).arrayBuffer());
  const program = `
import io, json, sys
from PIL import Image, ImageSequence
image = Image.open(io.BytesIO(sys.stdin.buffer.read()))
frames = [list(frame.convert("L").tobytes()) for frame in ImageSequence.Iterator(image)]
print(json.dumps({"frames": frames, "duration": image.info["duration"], "loop": image.info["loop"]}))`;
  assert.deepEqual(python(program, file), { frames: frames.map((frame) => [...frame]), duration: 150, loop: 0 });
});
