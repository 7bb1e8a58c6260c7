/** Files that go to the reader's downloads: arrays for NumPy, tables for spreadsheets. */

import { crc32, joined, u2, u4 } from "./bytes.js";
import { element } from "./dom.js";

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

function npy({ data, shape }) {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${DESCRIPTORS[data.constructor.name]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const magic = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0];
  const unpadded = magic.length + 2 + text.length + 1;
  const padded = text.padEnd(text.length + (-unpadded & (NPY_ALIGNMENT - 1)));
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return joined([Uint8Array.from(magic), u2(padded.length + 1), new TextEncoder().encode(`${padded}\n`), bytes]);
}

/** A table. columns: [name, array of values] each; text values are quoted. */
export function csv(columns) {
  const lines = [columns.map(([name]) => name).join(",")];
  for (let i = 0; i < columns[0][1].length; i++) lines.push(columns.map(([, values]) => cell(values[i])).join(","));
  return new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" });
}

/** A spreadsheet takes text that begins with = + - @ for a formula: a quote before it keeps it text. */
function cell(value) {
  if (typeof value === "number") return value;
  return `"${value.replace(/^([=+\-@\t\r])/, "'$1").replaceAll('"', '""')}"`;
}
