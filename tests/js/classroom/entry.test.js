import assert from "node:assert/strict";
import { test } from "node:test";

import { codeOf } from "../../../vae/frontend/classroom/entry/entry.js";

test("a code may be typed in any case, with spaces and hyphens", () => {
  assert.equal(codeOf(" k7p-m2x ").code, "K7PM2X");
  assert.equal(codeOf("K7P M2X").code, "K7PM2X");
});

test("what is no code is told from one, with the reason", () => {
  assert.match(codeOf("").reason, /six letters and digits/);
  assert.match(codeOf("K7PM2").reason, /this has 5/);
  assert.match(codeOf("K7PMOX").reason, /“O” is in no code/);
  for (const typed of ["", "K7PM2", "K7PMOX", "K7PM2XX", "../lab"]) assert.equal(codeOf(typed).code, null);
});
