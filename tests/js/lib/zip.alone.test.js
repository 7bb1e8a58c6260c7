import assert from "node:assert/strict";
import { test } from "node:test";

import { crc32, joined } from "../../../vae/frontend/lib/bytes.js";
import { directory, localHeader, zipBytes } from "../../../vae/frontend/lib/zip.js";
import { python } from "../support/python.js";

/** @param {[name: string, content: Uint8Array][]} files */
function zipOf(files) {
  const entries = files.map(([name, content]) => ({
    name: new TextEncoder().encode(name),
    size: content.length,
    checksum: crc32(content),
  }));
  const parts = entries.flatMap((entry, i) => [localHeader(entry), files[i][1]]);
  const zip = joined([...parts, directory(entries)]);
  assert.equal(zip.length, zipBytes(entries));
  return zip;
}

const READ = `
import io, json, sys, zipfile
archive = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
assert archive.testzip() is None
`;

test("Python reads every name and content, in any script", () => {
  const names = ["a.png", "Äpfel/ß é.jpg", "猫/犬.png", "🌀.gif", 'quote".png', "x".repeat(1024), "a\\b.png"];
  /** @type {[string, Uint8Array][]} */
  const files = names.map((name, i) => [name, Uint8Array.from({ length: 300 * i }, (_, at) => at & 0xff)]);
  const print = "print(json.dumps([[i.orig_filename, list(archive.read(i))] for i in archive.infolist()]))";
  const expected = files.map(([name, content]) => [name, [...content]]);
  assert.deepEqual(python(READ + print, zipOf(files)), expected);
});

test("an empty zip is one, too", () => {
  assert.deepEqual(python(`${READ}print(json.dumps(archive.namelist()))`, zipOf([])), []);
});

for (const count of [65_534, 65_535, 70_000]) {
  test(`Python counts ${count} files`, () => {
    /** @type {[string, Uint8Array][]} */
    const files = Array.from({ length: count }, (_, i) => [`${i}.png`, Uint8Array.of(i & 0xff)]);
    const print = "print(json.dumps([len(archive.infolist()), list(archive.read(archive.infolist()[-1]))]))";
    const program = READ.replace("assert archive.testzip() is None", "") + print;
    assert.deepEqual(python(program, zipOf(files)), [count, [(count - 1) & 0xff]]);
  });
}
