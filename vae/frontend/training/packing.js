/** The bytes of an upload, read from the user's files as they are sent. */

import { crc32 } from "../lib/bytes.js";
import { directory, localHeader, zipBytes } from "../lib/zip.js";

/** @import { Entry } from "../lib/zip.js" */
/** @import { Chosen } from "./selection.js" */

/** @typedef {{total: number, parts: AsyncIterable<Uint8Array<ArrayBuffer>>}} Content total: of bytes in all parts */

const SLICE_BYTES = 2 ** 22;
const FILES_AHEAD = 16; // read at the same time: a small file takes longer to open than to read
const BYTES_AHEAD = 2 ** 25;

/** The file as it is. @param {File} file @returns {Content} */
export function contentOf(file) {
  return { total: file.size, parts: slices(file) };
}

/** @param {File} file */
async function* slices(file) {
  for (let start = 0; start < file.size; start += SLICE_BYTES) {
    yield await bytesOf(file.slice(start, start + SLICE_BYTES), file.name);
  }
}

/**
 * The pictures as one zip, stored as they are: pictures are compressed already.
 *
 * @param {readonly Chosen[]} pictures
 * @param {(done: number) => void} onPicture how many pictures are packed
 * @returns {Content}
 */
export function packed(pictures, onPicture) {
  const entries = pictures.map(({ path, file }) => ({ name: new TextEncoder().encode(path), size: file.size }));
  return { total: zipBytes(entries), parts: packing(pictures, entries, onPicture) };
}

/**
 * @param {readonly Chosen[]} pictures
 * @param {readonly {name: Uint8Array, size: number}[]} entries
 * @param {(done: number) => void} onPicture
 */
async function* packing(pictures, entries, onPicture) {
  /** @type {Entry[]} */
  const written = [];
  for await (const content of contents(pictures)) {
    const entry = { ...entries[written.length], checksum: crc32(content) };
    yield localHeader(entry);
    yield content;
    onPicture(written.push(entry));
  }
  yield directory(written);
}

/** Each picture's bytes, in their order; some are read ahead. @param {readonly Chosen[]} pictures */
async function* contents(pictures) {
  /** @type {Promise<Uint8Array<ArrayBuffer>>[]} */
  const ahead = [];
  let next = 0,
    bytes = 0;
  for (const { file } of pictures) {
    while (next < pictures.length && ahead.length < FILES_AHEAD && (!ahead.length || bytes < BYTES_AHEAD)) {
      const picture = pictures[next++];
      const reading = bytesOf(picture.file, picture.path);
      reading.catch(() => {}); // it is reported when its turn comes
      ahead.push(reading);
      bytes += picture.file.size;
    }
    yield/** @type {Uint8Array<ArrayBuffer>} */ (await ahead.shift());
    bytes -= file.size;
  }
}

/**
 * Throws an Error with the sentence for the user where they cannot be read, or not all.
 *
 * @param {Blob} blob
 * @param {string} path
 */
async function bytesOf(blob, path) {
  const problem = `${path} cannot be read: it was changed or moved, or its disk is gone. Choose the pictures again.`;
  try {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    if (bytes.length === blob.size) return bytes;
  } catch (cause) {
    throw new Error(problem, { cause });
  }
  throw new Error(problem);
}
