/** A selection as files that other programs read: CSV, and NPZ (NumPy's zip of arrays). */

import { element } from "./live.js";

/** columns: [name, array of values] each; text values are quoted. */
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

/** arrays: {name: {data: typed array, shape}}. Source: NumPy's NEP 1, and the zip format without compression. */
export function npz(arrays) {
  const encoder = new TextEncoder();
  const parts = [], directory = [];
  let offset = 0;
  for (const [name, array] of Object.entries(arrays)) {
    const file = encoder.encode(`${name}.npy`), body = npy(array);
    const common = [20, 0, 0, 0, 0x21]; // version, flags, stored, time, date 1980-01-01
    const local = record(0x04034b50, common, crc32(body), body.length, file.length, 0);
    const place = [0, 0, 0, 0, 0, 0, offset & 0xffff, offset >>> 16]; // no comment, disk 0, no attributes, offset
    const central = record(0x02014b50, [20, ...common], crc32(body), body.length, file.length, ...place);
    parts.push(local, file, body);
    directory.push(central, file);
    offset += local.length + file.length + body.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0), count = directory.length / 2;
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  for (const at of [8, 10]) end.setUint16(at, count, true);
  end.setUint32(12, size, true);
  end.setUint32(16, offset, true);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** A zip header: signature, two-byte fields, checksum and sizes, then more two-byte fields. */
function record(signature, before, checksum, size, ...after) {
  const view = new DataView(new ArrayBuffer(16 + 2 * (before.length + after.length)));
  view.setUint32(0, signature, true);
  before.forEach((value, i) => view.setUint16(4 + 2 * i, value, true));
  const at = 4 + 2 * before.length;
  [checksum, size, size].forEach((value, i) => view.setUint32(at + 4 * i, value, true));
  after.forEach((value, i) => view.setUint16(at + 12 + 2 * i, value, true));
  return new Uint8Array(view.buffer);
}

const KINDS = { Float32Array: "<f4", Int32Array: "<i4", Uint16Array: "<u2" };

function npy({ data, shape }) {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${KINDS[data.constructor.name]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const length = Math.ceil((11 + text.length) / 64) * 64;
  const bytes = new Uint8Array(length + data.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, (length - 10) & 0xff, (length - 10) >> 8]);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 11)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return bytes;
}

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

/** Hands the blob to the reader's downloads. */
export function download(blob, name) {
  const href = URL.createObjectURL(blob);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}
