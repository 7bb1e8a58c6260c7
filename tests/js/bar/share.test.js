import assert from "node:assert/strict";
import { test } from "node:test";

import { lightAddress } from "../../../vae/frontend/bar/share.js";

/** @type {[string, string | null][]} */
const pages = [
  ["http://localhost:8501/Explore?checkpoint=a&z=1,2", "http://localhost:8501/lab/?page=Explore&checkpoint=a&z=1,2"],
  ["https://lab.example/course/Latent_map", "https://lab.example/course/lab/?page=Latent_map"],
  ["https://lab.example/course/Sampling?", "https://lab.example/course/lab/?page=Sampling"],
  ["https://lab.example/course/Training?checkpoint=a", null],
  ["https://lab.example/course/", null],
  ["https://lab.example/course/lab/?page=Explore&checkpoint=a", null],
];

for (const [page, light] of pages) {
  test(`what ${page} shows is on the light page at ${light}`, () => {
    assert.equal(lightAddress(new URL(page)), light);
  });
}
