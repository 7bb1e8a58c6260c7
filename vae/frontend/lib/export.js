/** Files that the browser downloads: arrays for NumPy, tables for spreadsheets. */

import { crc32, joined, u2, u4 } from "./bytes.js";
import { element } from "./dom.js";

/**
 * @typedef {Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>
 *   | Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>} Numbers
 * @typedef {{data: Numbers, shape: readonly number[]}} NamedArray
 * @typedef {ArrayLike<number> | ArrayLike<string>} Column
 */

/** @type {Record<string, string>} */
const DESCRIPTORS = {
  Uint8Array: "|u1",
  Uint16Array: "<u2",
  Uint32Array: "<u4",
  Int32Array: "<i4",
  Float32Array: "<f4",
  Float64Array: "<f8",
};
const NPY_ALIGNMENT = 64;
const LOCAL_FILE = 0x04034b50,
  DIRECTORY_ENTRY = 0x02014b50,
  DIRECTORY_END = 0x06054b50;
const ZIP_VERSION = 20,
  DATE = 0x21; // 1980-01-01, the earliest: the same arrays make the same file
const REVOKE_MS = 1000; // the browser has begun the download by then

/** Lets the browser download a blob under this name. */
export function download(/** @type {Blob} */ blob, /** @type {string} */ name) {
  const href = URL.createObjectURL(blob);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), REVOKE_MS);
}

/**
 * Arrays as NumPy's .npz: a zip, without compression, of one .npy each. Sources: NumPy's NEP 1 for .npy, PKWARE's
 * APPNOTE 4.3 for zip.
 *
 * @param {Record<string, NamedArray>} arrays
 */
export function npz(arrays) {
  const files = [],
    entries = [];
  let offset = 0;
  for (const [name, array] of Object.entries(arrays)) {
    const title = new TextEncoder().encode(`${name}.npy`),
      content = npy(array);
    const { length } = content,
      checksum = crc32(content);
    const about = [u2(ZIP_VERSION, 0, 0, 0, DATE), u4(checksum, length, length), u2(title.length, 0)];
    const header = joined([u4(LOCAL_FILE), ...about, title]);
    files.push(header, content);
    entries.push(joined([u4(DIRECTORY_ENTRY), u2(ZIP_VERSION), ...about, u2(0, 0, 0), u4(0, offset), title]));
    offset += header.length + length;
  }
  const directory = joined(entries);
  const end = joined([
    u4(DIRECTORY_END),
    u2(0, 0, entries.length, entries.length),
    u4(directory.length, offset),
    u2(0),
  ]);
  return new Blob([...files, directory, end], { type: "application/zip" });
}

/** @param {NamedArray} array */
function npy({ data, shape }) {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${DESCRIPTORS[data.constructor.name]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const magic = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0];
  const unpadded = magic.length + 2 + text.length + 1;
  const padded = text.padEnd(text.length + (-unpadded & (NPY_ALIGNMENT - 1)));
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return joined([Uint8Array.from(magic), u2(padded.length + 1), new TextEncoder().encode(`${padded}\n`), bytes]);
}

/**
 * A table. Text values are quoted.
 *
 * @param {readonly (readonly [name: string, values: Column])[]} columns of equal length
 */
export function csv(columns) {
  const lines = [columns.map(([name]) => name).join(",")];
  for (let i = 0; i < columns[0][1].length; i++) lines.push(columns.map(([, values]) => cell(values[i])).join(","));
  return new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" });
}

/** A spreadsheet takes text that begins with = + - @ for a formula: a quote before it keeps it text. */
function cell(/** @type {number | string} */ value) {
  if (typeof value === "number") return value;
  return `"${value.replace(/^([=+\-@\t\r])/, "'$1").replaceAll('"', '""')}"`;
}
