import "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { csv, download, npz } from "../../../vae/frontend/lib/export.js";
import { python } from "../support/python.js";

const ARRAYS = {
  z: { data: Float32Array.of(1.5, -2, 3, 4), shape: [2, 2] },
  labels: { data: Uint16Array.of(1, 65_535), shape: [2] },
  pixels: { data: Uint8Array.of(0, 255, 7), shape: [1, 3, 1] },
  signed: { data: Int32Array.of(-5), shape: [1] },
  counts: { data: Uint32Array.of(2 ** 31), shape: [1, 1] },
  exact: { data: Float64Array.of(Math.PI), shape: [1] },
  part: { data: Float32Array.of(0, 8, 9, 0).subarray(1, 3), shape: [2] },
  empty: { data: new Float32Array(0), shape: [0] },
};

test("NumPy reads the arrays back, and the archive is whole", async () => {
  const file = new Uint8Array(await npz(ARRAYS).arrayBuffer());
  const program = `
import io, json, sys, zipfile
import numpy as np
file = io.BytesIO(sys.stdin.buffer.read())
assert zipfile.ZipFile(file).testzip() is None
file.seek(0)
arrays = np.load(file)
print(json.dumps({name: [arrays[name].dtype.str, arrays[name].shape, arrays[name].ravel().tolist()] for name in arrays}))`;
  const dtypes = ["<f4", "<u2", "|u1", "<i4", "<u4", "<f8", "<f4", "<f4"];
  const expected = Object.entries(ARRAYS).map(([name, { data, shape }], i) => [name, [dtypes[i], shape, [...data]]]);
  assert.deepEqual(python(program, file), Object.fromEntries(expected));
});

test("an array's numbers begin at a multiple of 64 bytes in its file", async () => {
  const file = new Uint8Array(await npz(ARRAYS).arrayBuffer());
  const program = `
import io, json, sys, zipfile
archive = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
print(json.dumps([(10 + int.from_bytes(archive.read(name)[8:10], "little")) % 64 for name in archive.namelist()]))`;
  assert.deepEqual(new Set(python(program, file)), new Set([0]));
});

test("the same arrays make the same file", async () => {
  assert.deepEqual(await npz(ARRAYS).arrayBuffer(), await npz(ARRAYS).arrayBuffer());
});

test("Python's csv module reads the table back; no text is a formula", async () => {
  const names = ["plain", 'with "quotes", commas', "=1+1", "-2", "@a", "+b", "\tc"];
  const table = csv([
    ["row", [0, 1, 2, 3, 4, 5, 6]],
    ["name", names],
    ["z0", Float32Array.of(0, 0.5, -1, 1e-9, 4, 5, 6)],
  ]);
  const program = `
import csv, io, json, sys
print(json.dumps(list(csv.reader(io.StringIO(sys.stdin.buffer.read().decode(), newline="")))))`;
  /** @type {string[][]} */
  const [head, ...rows] = python(program, await table.text());
  assert.deepEqual(head, ["row", "name", "z0"]);
  assert.deepEqual(
    rows.map(([, name]) => name),
    names.map((name, i) => (i < 2 ? name : `'${name}`)),
  );
  assert.deepEqual(
    rows.map(([row, , z]) => [Number(row), Number(z)]),
    [0, 0.5, -1, Math.fround(1e-9), 4, 5, 6].map((z, i) => [i, z]),
  );
});

test("a download is a click on a link to the blob, which is forgotten later", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const revoke = t.mock.method(URL, "revokeObjectURL", () => {});
  t.mock.method(URL, "createObjectURL", () => "blob:1");
  /** @type {HTMLAnchorElement[]} */
  const clicked = [];
  t.mock.method(
    Object.getPrototypeOf(document.createElement("a")),
    "click",
    /** @this {HTMLAnchorElement} */ function click() {
      clicked.push(this);
    },
  );
  download(new Blob(["x"]), "x.npz");
  assert.deepEqual([clicked[0].href, clicked[0].download, revoke.mock.callCount()], ["blob:1", "x.npz", 0]);
  t.mock.timers.tick(1000);
  assert.deepEqual(revoke.mock.calls[0].arguments, ["blob:1"]);
});
