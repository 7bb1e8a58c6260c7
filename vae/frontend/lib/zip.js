/** The parts of a zip whose files are stored as they are, not compressed. Source: PKWARE's APPNOTE 4.3. */

import { joined, u2, u4 } from "./bytes.js";

/** @typedef {{name: Uint8Array, size: number, checksum: number}} Entry name: in UTF-8; checksum: the content's CRC-32 */

const LOCAL_FILE = 0x04034b50,
  DIRECTORY_ENTRY = 0x02014b50,
  DIRECTORY_END = 0x06054b50,
  DIRECTORY_END_64 = 0x06064b50,
  LOCATOR_64 = 0x07064b50;
const VERSION = 20,
  VERSION_64 = 45,
  NAMES_ARE_UTF8 = 0x800,
  DATE = 0x21; // 1980-01-01, the earliest: the same files make the same zip
const LOCAL_BYTES = 30,
  ENTRY_BYTES = 46,
  END_BYTES = 22,
  END_64_BYTES = 56,
  LOCATOR_64_BYTES = 20;
const MAX_ENTRIES = 0xffff; // more need the longer end

/** What stands before a file's content. */
export function localHeader(/** @type {Entry} */ entry) {
  return joined([u4(LOCAL_FILE), ...about(entry), entry.name]);
}

/**
 * What follows the contents.
 *
 * @param {readonly Entry[]} entries in their order
 */
export function directory(entries) {
  let offset = 0;
  const parts = entries.map((entry) => {
    const part = joined([u4(DIRECTORY_ENTRY), u2(VERSION), ...about(entry), u2(0, 0, 0), u4(0, offset), entry.name]);
    offset += LOCAL_BYTES + entry.name.length + entry.size;
    return part;
  });
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const count = Math.min(entries.length, MAX_ENTRIES);
  const end = [u4(DIRECTORY_END), u2(0, 0, count, count), u4(size, offset), u2(0)];
  return joined([...parts, ...(entries.length < MAX_ENTRIES ? [] : longEnd(entries.length, size, offset)), ...end]);
}

/**
 * The bytes of a zip with these files.
 *
 * @param {readonly Omit<Entry, "checksum">[]} entries
 */
export function zipBytes(entries) {
  const long = entries.length < MAX_ENTRIES ? 0 : END_64_BYTES + LOCATOR_64_BYTES;
  return entries.reduce(
    (sum, { name, size }) => sum + LOCAL_BYTES + ENTRY_BYTES + 2 * name.length + size,
    END_BYTES + long,
  );
}

/** @param {Entry} entry */
function about({ name, size, checksum }) {
  return [u2(VERSION, NAMES_ARE_UTF8, 0, 0, DATE), u4(checksum, size, size), u2(name.length, 0)];
}

/**
 * The end of a directory with more than 65,534 files. No offset here has more than 32 bits.
 *
 * @param {number} count
 * @param {number} size
 * @param {number} offset
 */
function longEnd(count, size, offset) {
  const counts = u4(count, 0, count, 0, size, 0, offset, 0);
  return [
    ...[u4(DIRECTORY_END_64, END_64_BYTES - 12, 0), u2(VERSION_64, VERSION_64), u4(0, 0), counts],
    u4(LOCATOR_64, 0, offset + size, 0, 1),
  ];
}
