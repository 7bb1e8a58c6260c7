import assert from "node:assert/strict";
import { test } from "node:test";

import { titleOf } from "../../../vae/frontend/reconstruction/remarks.js";

const UNTOUCHED = { empty: false, canUndo: false };

test("a title is a sentence's start, and a file keeps the name that it has", () => {
  const image = titleOf({ kind: "test", index: 1234, noise: null }, UNTOUCHED, "7", "");
  assert.equal(image, "Test image 1,234 · class 7");
  assert.equal(titleOf({ kind: "upload", title: "img_7.jpeg" }, UNTOUCHED, "", ""), "img_7.jpeg");
  assert.equal(titleOf({ kind: "drawing" }, { empty: true, canUndo: false }, "", ""), "An empty pad: draw on it.");
  assert.equal(
    titleOf({ kind: "upload", title: "img_7.jpeg" }, { empty: false, canUndo: true }, "", ""),
    "img_7.jpeg, drawn on",
  );
});
