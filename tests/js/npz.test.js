import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";

import { npz } from "../../vae/frontend/lib/export.js";

const LOCAL_FILE = 0x04034b50;
const HEADER = 30; // bytes of a zip's local file header before the file's name

/** The first file of an archive without compression: its name, its bytes, and the checksum that the archive names. */
async function firstFile(/** @type {Blob} */ archive) {
  const buffer = await archive.arrayBuffer();
  const view = new DataView(buffer);
  assert.equal(view.getUint32(0, true), LOCAL_FILE);
  const [checksum, size, nameSize] = [view.getUint32(14, true), view.getUint32(18, true), view.getUint16(26, true)];
  const name = new TextDecoder().decode(new Uint8Array(buffer, HEADER, nameSize));
  return { name, bytes: new Uint8Array(buffer, HEADER + nameSize, size), checksum };
}

test("an array becomes a file named after it, with the checksum of its bytes", async () => {
  const { name, bytes, checksum } = await firstFile(npz({ z: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] } }));
  assert.equal(name, "z.npy");
  assert.equal(checksum, crc32(bytes));
});

test("a .npy file names type and shape, and its numbers begin at a multiple of 64 bytes", async () => {
  const { bytes } = await firstFile(npz({ z: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] } }));
  const headerSize = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(10, 10 + headerSize));
  assert.match(header, /'descr': '<f4'.*'shape': \(2, 2\)/);
  assert.equal((10 + headerSize) % 64, 0);
  assert.deepEqual(new Float32Array(bytes.slice(10 + headerSize).buffer), Float32Array.of(1, 2, 3, 4));
});
