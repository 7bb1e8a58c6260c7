import assert from "node:assert/strict";
import { test } from "node:test";

import { checkSize, droppedFiles, filesOf, megabytes, selectionOf } from "../../../vae/frontend/training/selection.js";

const SUFFIXES = [".png", ".jpg"];
const MOST = { bytes: 1000, pictures: 5 };

/** @param {string[]} paths */
function chosen(...paths) {
  return paths.map((path) => ({ path, file: new File(["some"], path.split("/").at(-1) ?? "") }));
}

/** @param {string[]} paths */
function picturesOf(...paths) {
  const selection = selectionOf(chosen(...paths), SUFFIXES, MOST);
  assert.ok(selection.kind === "pictures");
  return selection;
}

/** A file or folder as a browser gives it in a drop; it lists a hundred files at a time. @returns {any} */
function entry(/** @type {string} */ fullPath, /** @type {any[] | null} */ inside = null) {
  if (!inside) {
    const file = (/** @type {(file: File) => void} */ take) => take(new File(["some"], fullPath));
    return { isFile: true, fullPath, file };
  }
  const createReader = () => {
    const left = [...inside];
    return { readEntries: (/** @type {(some: any[]) => void} */ take) => take(left.splice(0, 100)) };
  };
  return { isFile: false, fullPath, createReader };
}

test("the paths of a chosen folder are kept, and a file without one has its name", () => {
  const inFolder = Object.assign(new File([], "1.png"), { webkitRelativePath: "pets/cat/1.png" });
  const alone = Object.assign(new File([], "2.png"), { webkitRelativePath: "" });
  assert.deepEqual(
    filesOf([inFolder, alone]).map(({ path }) => path),
    ["pets/cat/1.png", "2.png"],
  );
});

test("every file of a dropped folder is found, however many there are", async () => {
  const cats = Array.from({ length: 1234 }, (_, i) => entry(`/pets/cat/${i}.png`));
  const folder = entry("/pets", [entry("/pets/cat", cats), entry("/pets/dog", [entry("/pets/dog/0.png")])]);
  const items = [folder, entry("/alone.png")].map((found) => ({ webkitGetAsEntry: () => found }));
  const paths = (await droppedFiles(/** @type {any} */ ({ items }))).map(({ path }) => path);
  assert.equal(paths.length, 1236);
  assert.deepEqual([paths[0], ...paths.slice(-2)], ["pets/cat/0.png", "pets/dog/0.png", "alone.png"]);
});

test("a dropped file that cannot be read is named", async () => {
  const refused = (/** @type {unknown} */ _, /** @type {(error: Error) => void} */ refuse) => refuse(new Error("gone"));
  const folder = entry("/pets", [{ isFile: true, fullPath: "/pets/a.png", file: refused }]);
  const items = [{ webkitGetAsEntry: () => folder }];
  await assert.rejects(droppedFiles(/** @type {any} */ ({ items })), /^Error: pets\/a\.png cannot be read/);
});

test("a drop without entries is taken as its files", async () => {
  const items = [{ webkitGetAsEntry: () => null }];
  const found = await droppedFiles(/** @type {any} */ ({ items, files: [new File([], "a.png")] }));
  assert.deepEqual(
    found.map(({ path }) => path),
    ["a.png"],
  );
});

test("pictures are told by their ending in any case; what is left out is counted by ending", () => {
  const { pictures, leftOut, name } = picturesOf(
    ...["pets/a.png", "pets/cat/B.JPG", "pets/c.heic", "pets/d.HEIC", "pets/README", "pets/e.tar.gz"],
  );
  assert.deepEqual(
    pictures.map(({ path }) => path),
    ["pets/a.png", "pets/cat/B.JPG"],
  );
  const counts = [
    [".heic", 2],
    ["no ending", 1],
    [".gz", 1],
  ];
  assert.deepEqual([...leftOut], counts);
  assert.equal(name, "pets");
});

test("what systems put into folders does not count", () => {
  const junk = ["p/.DS_Store", "p/._a.png", "p/.git/b.png", "__MACOSX/p/a.png", "p/Thumbs.db", "p/desktop.ini"];
  const { pictures, leftOut } = picturesOf("p/a.png", ...junk);
  assert.deepEqual([pictures.length, leftOut.size], [1, 0]);
  assert.throws(() => selectionOf(chosen(...junk), SUFFIXES, MOST), /Choose a folder with pictures/);
  assert.throws(() => selectionOf([], SUFFIXES, MOST), /Choose a folder with pictures/);
});

test("one zip alone is sent as it is, one in a folder is no picture", () => {
  const selection = selectionOf(chosen("Pets.ZIP"), SUFFIXES, MOST);
  assert.deepEqual([selection.kind, selection.name], ["zip", "Pets.ZIP"]);
  assert.throws(() => selectionOf(chosen("a.zip", "b.png"), SUFFIXES, MOST), /one zip alone/);
  assert.throws(() => selectionOf(chosen("a.zip", "b.zip"), SUFFIXES, MOST), /one zip alone/);
  assert.deepEqual([...picturesOf("p/a.zip", "p/b.png").leftOut], [[".zip", 1]]);
  assert.throws(() => selectionOf([{ path: "a.zip", file: new File([], "a.zip") }], SUFFIXES, MOST), /is empty/);
  const large = { path: "a.zip", file: new File([new Uint8Array(1001)], "a.zip") };
  assert.throws(() => selectionOf([large], SUFFIXES, MOST), /server\.maxUploadSize/);
});

test("files of which none is a picture, or too many are, are refused with what is accepted", () => {
  assert.throws(() => selectionOf(chosen("p/a.txt", "p/b"), SUFFIXES, MOST), /None of the 2 files.*\.png, \.jpg\.$/);
  const many = chosen(...Array.from({ length: 6 }, (_, i) => `p/${i}.png`));
  assert.throws(() => selectionOf(many, SUFFIXES, MOST), /6 pictures are too many: choose at most 5\./);
});

test("photos of one name each keep a place of their own", () => {
  const { pictures, name } = picturesOf("image.jpg", "image.jpg", "image (2).jpg", "image.jpg");
  const expected = ["image.jpg", "image (2).jpg", "image (2) (2).jpg", "image (3).jpg"];
  assert.deepEqual(
    pictures.map(({ path }) => path),
    expected,
  );
  assert.equal(name, "Pictures");
  assert.equal(picturesOf("cat/1.png", "dog/1.png").name, "Several folders");
});

test("accents are written one way", () => {
  assert.equal(picturesOf("A\u0308pfel/1.png").pictures[0].path, "\u00c4pfel/1.png");
});

test("a name that no zip reader takes is refused", () => {
  for (const path of [`${"x".repeat(70_000)}.png`, "a\0b.png"]) {
    assert.throws(() => selectionOf(chosen(path), SUFFIXES, MOST), /Rename it/);
  }
});

test("an upload that is too large is refused with the option that allows it", () => {
  assert.doesNotThrow(() => checkSize(1000, "pets", MOST));
  assert.throws(() => checkSize(300 * 2 ** 20, "pets", { ...MOST, bytes: 200 * 2 ** 20 }), {
    message: /^pets has 300 MB, and at most 200 MB can be uploaded\..*server\.maxUploadSize/,
  });
  assert.equal(megabytes(2.9 * 2 ** 20), "2.9 MB");
});
