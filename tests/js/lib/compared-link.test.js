import assert from "node:assert/strict";
import { test } from "node:test";

import { keepCompared } from "../../../vae/frontend/lib/compared-link.js";

test("a link goes on comparing what the page compares", () => {
  const href = "/Explore?checkpoint=a&z=1,2";
  assert.equal(keepCompared(href, "?checkpoint=a&compare=b%2Cc"), `${href}&compare=b,c`);
  assert.equal(keepCompared(href, "?compare=b&x=1"), `${href}&compare=b`);
  assert.equal(keepCompared(href, "?compare=b%26x"), `${href}&compare=b%26x`);
});

test("without a comparison it is the same link", () => {
  assert.equal(keepCompared("/Explore?z=1", ""), "/Explore?z=1");
});
