import assert from "node:assert/strict";
import { test } from "node:test";

import {
  beginningWith,
  begunAddress,
  keptAddress,
  speechlessAddress,
} from "../../../../vae/frontend/hosts/lab/address.js";

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

test("a lesson stays in the link, and the views do not see it", () => {
  let query = "lesson=two-numbers&lang=de&page=Explore&z=0,1";
  const write = (/** @type {string} */ written) => {
    query = written;
  };
  const address = keptAddress({ read: () => new URLSearchParams(query), write, watch: () => {} }, ["lesson", "lang"]);
  assert.equal(`${address.read()}`, "page=Explore&z=0%2C1");
  address.write("page=Sampling&seed=3", true);
  assert.equal(query, "lesson=two-numbers&lang=de&page=Sampling&seed=3");
  assert.equal(`${address.read()}`, "page=Sampling&seed=3");
});

test("an address without a page begins with the lesson's", () => {
  let query = "checkpoint=m";
  const inner = { read: () => new URLSearchParams(query), write: () => {}, watch: () => {} };
  const address = beginningWith(inner, new URLSearchParams("page=Explore&image=3"));
  assert.equal(`${address.read()}`, "page=Explore&image=3");
  query = "page=Sampling";
  assert.equal(`${address.read()}`, query);
});

test("the page of a class names no language: the class has one", () => {
  /** @type {unknown[]} */
  const written = [];
  const address = {
    read: () => new URLSearchParams(),
    write: (/** @type {unknown[]} */ ...to) => written.push(to),
    watch: () => {},
  };
  speechlessAddress(address).write("page=Explore&lang=de&z=1,2", true);
  assert.deepEqual(written, [["page=Explore&z=1,2", true]]);
});
