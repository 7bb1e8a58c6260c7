import assert from "node:assert/strict";
import { test } from "node:test";

import { addressIn } from "../../../../vae/frontend/hosts/lab/language.js";

test("a page's address in another language keeps all else, and English has no name", () => {
  const page = "https://lab.example/lab/?page=Sampling&seed=3";
  assert.equal(addressIn(page, "de"), `${page}&lang=de`);
  assert.equal(addressIn(`${page}&lang=de`, "es"), `${page}&lang=es`);
  assert.equal(addressIn(`${page}&lang=de`, "en"), page);
});
