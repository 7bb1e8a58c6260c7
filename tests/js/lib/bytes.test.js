import assert from "node:assert/strict";
import { test } from "node:test";
import zlib from "node:zlib";

import { crc32, fromBase64, joined, u2, u4 } from "../../../vae/frontend/lib/bytes.js";

const ALL = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37) & 0xff);

test("arrays are joined in their order, also none and empty ones", () => {
  assert.deepEqual(joined([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]), Uint8Array.of(1, 2, 3));
  assert.deepEqual(joined([]), new Uint8Array(0));
});

test("base64 gives the bytes that Node encoded", () => {
  for (const length of [0, 1, 2, 3, 999]) {
    const bytes = ALL.subarray(0, length);
    assert.deepEqual([...fromBase64(Buffer.from(bytes).toString("base64"))], [...bytes]);
  }
});

test("numbers become little-endian bytes", () => {
  assert.deepEqual([...u2(1, 0x1234, 0xffff)], [1, 0, 0x34, 0x12, 0xff, 0xff]);
  const view = new DataView(u4(0xdeadbeef, 7).buffer);
  assert.deepEqual([view.getUint32(0, true), view.getUint32(4, true)], [0xdeadbeef, 7]);
});

test("the checksum is zlib's", () => {
  for (const length of [0, 1, 255, 1000]) {
    const bytes = ALL.subarray(0, length);
    assert.equal(crc32(bytes), zlib.crc32(bytes));
  }
});
