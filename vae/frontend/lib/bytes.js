/** Bytes: joined, checked, and written as numbers and text. */

/**
 * Arrays of bytes as one, in their order.
 *
 * @param {readonly Uint8Array[]} parts
 */
export function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The bytes that base64 text stands for. */
export function fromBase64(/** @type {string} */ text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Bytes as base64 text. */
export function toBase64(/** @type {Uint8Array} */ bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Two-byte numbers as little-endian bytes. */
export function u2(/** @type {number[]} */ ...numbers) {
  return Uint8Array.from(numbers.flatMap((number) => [number & 0xff, number >>> 8]));
}

/** Four-byte numbers as little-endian bytes. */
export function u4(/** @type {number[]} */ ...numbers) {
  return joined(numbers.map((number) => u2(number & 0xffff, number >>> 16)));
}

const CRC_OF_BYTE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

/** The checksum of zip files and of films. Source: PKWARE's APPNOTE 4.4.7. */
export function crc32(/** @type {Uint8Array} */ bytes) {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC_OF_BYTE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
