import assert from "node:assert/strict";
import { test } from "node:test";

import { begunAddress } from "../../../../vae/frontend/hosts/lab/address.js";

const VIEWS = [
  { name: "explore", address: "Explore" },
  { name: "sampling", address: "Sampling" },
];

test("an address that says nothing stands for what the server has made the page with", () => {
  let query = "";
  const address = { read: () => new URLSearchParams(query), write: () => {}, watch: () => {} };
  const begun = begunAddress(address, { model: "m", views: VIEWS, styles: { bar: "", sampling: "" } });
  assert.equal(`${begun.read()}`, "page=Sampling&checkpoint=m");
  query = "page=Explore&checkpoint=other";
  assert.equal(`${begun.read()}`, query);
});

test("without any view of its own the page begins with the first", () => {
  const address = { read: () => new URLSearchParams(), write: () => {}, watch: () => {} };
  const begun = begunAddress(address, { model: "m", views: VIEWS, styles: {} });
  assert.equal(`${begun.read()}`, "page=Explore&checkpoint=m");
});
