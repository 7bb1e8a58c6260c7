/** Files that the browser downloads: arrays for NumPy, tables for spreadsheets. */

import { crc32, joined, u2 } from "./bytes.js";
import { element } from "./dom.js";
import { directory, localHeader } from "./zip.js";

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
const REVOKE_MS = 1000; // the browser has begun the download by then

/** Lets the browser download a blob under this name. */
export function download(/** @type {Blob} */ blob, /** @type {string} */ name) {
  const href = URL.createObjectURL(blob);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), REVOKE_MS);
}

/**
 * Arrays as NumPy's .npz: a zip, without compression, of one .npy each. Source: NumPy's NEP 1 for .npy.
 *
 * @param {Record<string, NamedArray>} arrays
 */
export function npz(arrays) {
  const files = Object.entries(arrays).map(([name, array]) => {
    const content = npy(array);
    return { name: new TextEncoder().encode(`${name}.npy`), size: content.length, checksum: crc32(content), content };
  });
  const parts = files.flatMap((file) => [localHeader(file), file.content]);
  return new Blob([...parts, directory(files)], { type: "application/zip" });
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
