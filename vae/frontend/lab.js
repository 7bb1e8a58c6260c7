/** What several pages of the lab need: many pictures on one canvas, and files that go to the reader's downloads. */

import { element } from "./live.js";

const DESCRIPTORS = {
  Uint8Array: "|u1", Uint16Array: "<u2", Uint32Array: "<u4", Int32Array: "<i4", Float32Array: "<f4", Float64Array: "<f8",
};
const NPY_ALIGNMENT = 64;
const LOCAL_FILE = 0x04034b50, DIRECTORY_ENTRY = 0x02014b50, DIRECTORY_END = 0x06054b50;
const ZIP_VERSION = 20, DATE = 0x21; // 1980-01-01, the earliest: the same arrays make the same file

/**
 * Draws n pictures (uint8, channels first) row by row, `gap` transparent pixels between them; `frame` counts the
 * drawings, for tests and the benchmark, as drawPicture's does.
 */
export function drawGrid(canvas, pixels, [channels, height, width], n, columns, gap = 1) {
  const sheetWidth = columns * (width + gap) - gap, sheetHeight = Math.ceil(n / columns) * (height + gap) - gap;
  if (canvas.width !== sheetWidth || canvas.height !== sheetHeight) {
    Object.assign(canvas, { width: sheetWidth, height: sheetHeight });
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(sheetWidth, sheetHeight);
  const rgba = image.data, size = height * width;
  const green = channels === 3 ? size : 0, blue = 2 * green;
  for (let i = 0; i < n; i++) {
    let from = i * channels * size;
    const corner = Math.floor(i / columns) * (height + gap) * sheetWidth + (i % columns) * (width + gap);
    for (let y = 0; y < height; y++) {
      let to = 4 * (corner + y * sheetWidth);
      for (let x = 0; x < width; x++, from++, to += 4) {
        rgba[to] = pixels[from];
        rgba[to + 1] = pixels[from + green];
        rgba[to + 2] = pixels[from + blue];
        rgba[to + 3] = 255;
      }
    }
  }
  context.putImageData(image, 0, 0);
  canvas.dataset.frame = Number(canvas.dataset.frame ?? 0) + 1;
}

/** The canvas as a PNG, each of its pixels scale × scale. */
export function pngOf(canvas, scale) {
  const large = element("canvas", { width: canvas.width * scale, height: canvas.height * scale });
  const context = large.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return new Promise((resolve) => large.toBlob(resolve, "image/png"));
}

/** Hands a blob to the reader's downloads. */
export function download(blob, name) {
  const href = URL.createObjectURL(blob);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

/**
 * Arrays as NumPy's .npz: a zip, without compression, of one .npy each. arrays: {name: {data: typed array, shape}}.
 * Sources: NumPy's NEP 1 for .npy, PKWARE's APPNOTE 4.3 for zip.
 */
export function npz(arrays) {
  const files = [], entries = [];
  let offset = 0;
  for (const [name, array] of Object.entries(arrays)) {
    const title = new TextEncoder().encode(`${name}.npy`), content = npy(array);
    const { length } = content, checksum = crc32(content);
    const about = [u2(ZIP_VERSION, 0, 0, 0, DATE), u4(checksum, length, length), u2(title.length, 0)];
    const header = joined(u4(LOCAL_FILE), ...about, title);
    files.push(header, content);
    entries.push(joined(u4(DIRECTORY_ENTRY), u2(ZIP_VERSION), ...about, u2(0, 0, 0), u4(0, offset), title));
    offset += header.length + length;
  }
  const directory = joined(...entries);
  const end = joined(u4(DIRECTORY_END), u2(0, 0, entries.length, entries.length), u4(directory.length, offset), u2(0));
  return new Blob([...files, directory, end], { type: "application/zip" });
}

function npy({ data, shape }) {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${DESCRIPTORS[data.constructor.name]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const magic = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0];
  const unpadded = magic.length + 2 + text.length + 1;
  const padded = text.padEnd(text.length + (-unpadded & (NPY_ALIGNMENT - 1)));
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return joined(Uint8Array.from(magic), u2(padded.length + 1), new TextEncoder().encode(`${padded}\n`), bytes);
}

/** Two-byte numbers as little-endian bytes; u4: four-byte numbers. */
function u2(...numbers) {
  return Uint8Array.from(numbers.flatMap((number) => [number & 0xff, number >>> 8]));
}

function u4(...numbers) {
  return joined(...numbers.map((number) => u2(number & 0xffff, number >>> 16)));
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const CRC_OF_BYTE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) crc = CRC_OF_BYTE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
