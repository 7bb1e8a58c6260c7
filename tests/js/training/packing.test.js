import assert from "node:assert/strict";
import { test } from "node:test";

import { joined } from "../../../vae/frontend/lib/bytes.js";
import { contentOf, packed } from "../../../vae/frontend/training/packing.js";
import { python } from "../support/python.js";

const READ = `
import io, json, sys, zipfile
archive = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
assert archive.testzip() is None
print(json.dumps({name: len(archive.read(name)) for name in archive.namelist()}))`;

/** @param {import("../../../vae/frontend/training/packing.js").Content} content */
async function bytesOf({ total, parts }) {
  const found = [];
  for await (const part of parts) found.push(part);
  const whole = joined(found);
  assert.equal(whole.length, total);
  return whole;
}

/** @param {number} count */
function pictures(count) {
  return Array.from({ length: count }, (_, i) => ({
    path: `pets/${i % 3}/${i}.jpg`,
    file: new File([new Uint8Array(i % 700).fill(i)], `${i}.jpg`),
  }));
}

test("all 2,400 pictures are in the zip, whole, and counted on the way", async () => {
  const chosen = pictures(2400);
  /** @type {number[]} */
  const counted = [];
  const zip = await bytesOf(packed(chosen, (done) => counted.push(done)));
  assert.deepEqual(python(READ, zip), Object.fromEntries(chosen.map(({ path, file }) => [path, file.size])));
  assert.deepEqual(
    counted,
    chosen.map((_, i) => i + 1),
  );
});

test("large files are not all read at once", async () => {
  let open = 0,
    most = 0;
  const chosen = pictures(40).map(({ path }) => {
    const file = {
      size: 2 ** 24,
      async arrayBuffer() {
        most = Math.max(most, ++open);
        await Promise.resolve();
        return { byteLength: 0 };
      },
    };
    return { path, file: /** @type {any} */ (file) };
  });
  await assert.rejects(bytesOf(packed(chosen, () => {}))); // they are not as long as they say
  assert.equal(most, 2);
});

test("a zip of the user's is read in slices", async () => {
  const bytes = Uint8Array.from({ length: 5 * 2 ** 20 }, (_, i) => (i * 7) & 0xff);
  const { total, parts } = contentOf(new File([bytes], "a.zip"));
  const found = [];
  for await (const part of parts) found.push(part);
  assert.equal(found.length, 2);
  assert.equal(total, bytes.length);
  assert.ok(Buffer.from(joined(found)).equals(Buffer.from(bytes)));
});

test("a file that has gone, or changed, is named", async () => {
  const gone = { size: 3, arrayBuffer: () => Promise.reject(new DOMException("gone", "NotFoundError")) };
  const changed = { size: 3, arrayBuffer: () => Promise.resolve(new ArrayBuffer(2)) };
  for (const file of [gone, changed]) {
    const chosen = [...pictures(2), { path: "pets/last.jpg", file: /** @type {any} */ (file) }];
    await assert.rejects(bytesOf(packed(chosen, () => {})), /^Error: pets\/last\.jpg cannot be read/);
  }
});
