import assert from "node:assert/strict";
import { test } from "node:test";

import { keepLink, linkOf, takeLink } from "../../../vae/frontend/lib/teacher-link.js";

test("only what looks like a teacher's link is one", () => {
  assert.deepEqual(linkOf("#k7pm2x.abcdefgh_-1"), { code: "K7PM2X", secret: "abcdefgh_-1" });
  for (const hash of ["", "#", "#what-students-see", "#K7PM2X", "#K7PM2X.short", "#K7PM2X.<script>alert"]) {
    assert.equal(linkOf(hash), null, hash);
  }
});

test("a link is given once, and leaves the address", () => {
  /** @type {unknown[]} */
  const addresses = [];
  const history = { state: { k: 1 }, replaceState: (/** @type {unknown[]} */ ...args) => void addresses.push(args) };
  const location = { hash: "#K7PM2X.abcdefgh", pathname: "/lab/Class", search: "?checkpoint=m" };
  keepLink({ location, history });
  assert.deepEqual(addresses, [[{ k: 1 }, "", "/lab/Class?checkpoint=m"]]);
  assert.deepEqual(takeLink(), { code: "K7PM2X", secret: "abcdefgh" });
  assert.equal(takeLink(), null);
});

test("another address stays as it is", () => {
  const history = { state: null, replaceState: () => assert.fail("changed") };
  keepLink({ location: { hash: "#top", pathname: "/Class", search: "" }, history });
  assert.equal(takeLink(), null);
});
