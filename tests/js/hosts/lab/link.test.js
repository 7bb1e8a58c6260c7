import assert from "node:assert/strict";
import { test } from "node:test";

import { fragmentAddress } from "../../../../vae/frontend/hosts/lab/address.js";
import { formatZ, ownLink, parseWhole, parseZ, queryOf, readLink } from "../../../../vae/frontend/hosts/lab/link.js";

const VIEWS = [
  { name: "explore", address: "Explore", title: "Explore", question: "", script: "" },
  { name: "latent_map", address: "Latent_map", title: "Latent map", question: "", script: "" },
  { name: "sampling", address: "Sampling", title: "Sampling", question: "", script: "" },
];

test("a z of a link is as many numbers as the model has dimensions", () => {
  assert.deepEqual(parseZ("0.5,-1.25", 2), [0.5, -1.25]);
  assert.deepEqual(parseZ(" 1 , .5", 2), [1, 0.5]);
  assert.deepEqual(parseZ("1e2,-1000", 2), [100, -1000]);
  for (const text of ["", "1", "1,2,3", "1,x", "1,", "1001,0", "nan,0", "inf,0", "0x10,0", "1e999,0"])
    assert.equal(parseZ(text, 2), null, text);
});

test("a z is written with up to four decimals", () => {
  assert.equal(formatZ([0.5, -1.25, 3, 0.123456, 10]), "0.5,-1.25,3,0.1235,10");
});

test("a whole number is written in digits alone", () => {
  assert.equal(parseWhole("17", 0, 20), 17);
  for (const text of [null, undefined, "", "-1", "21", "1.0", "1e1", "²", " 1", "12345678901"])
    assert.equal(parseWhole(text, 0, 20), null);
});

/** @type {[string, string, string][]} */
const links = [
  ["", "explore", ""],
  ["page=Latent_map&z=1", "latent_map", "z=1"],
  ["view=latent_map&z=1", "latent_map", "z=1"],
  ["page=Sampling&view=two", "sampling", "view=two"],
  ["page=Sampling&view=explore", "sampling", "view=explore"],
  ["view=two", "explore", "view=two"],
  ["page=Training&film=a", "explore", "film=a"],
];
for (const [link, name, left] of links) {
  test(`the link “${link}” leads to ${name}`, () => {
    const { view, query } = readLink(new URLSearchParams(link), VIEWS);
    assert.equal(view.name, name);
    assert.equal(`${query}`, left);
  });
}

test("a link has the view, the model and the view's own parameters, readable", () => {
  assert.equal(queryOf(VIEWS[0], "a b", { z: "1,-2", hold: "0:1" }), "page=Explore&checkpoint=a+b&z=1,-2&hold=0:1");
});

/** @type {[string, string | null][]} */
const clicked = [
  ["https://lab.example/course/Explore?checkpoint=a&z=1", "explore"],
  ["https://lab.example/course/Latent_map", "latent_map"],
  ["https://lab.example/course/Training?checkpoint=a", null],
  ["https://lab.example/course/", null],
  ["https://lab.example/Explore", null],
  ["https://lab.example/course/Explore/deeper", null],
  ["https://evil.example/course/Explore", null],
];
for (const [href, name] of clicked) {
  test(`a click on ${href} leads to ${name ?? "where it says"}`, () => {
    const found = ownLink(new URL(href), "https://lab.example/course", VIEWS);
    assert.equal(found?.view.name ?? null, name);
  });
}

test("a file's own address ends with #, and its links open it again", () => {
  const base = "file:///home/me/a%20lab.html#";
  const found = ownLink(new URL(`${base}/Explore?checkpoint=a&z=0,1`), base, VIEWS);
  assert.deepEqual([found?.view.address, `${found?.query}`], ["Explore", "checkpoint=a&z=0%2C1"]);
  const location = { hash: "#/Explore?checkpoint=a&z=0,1" };
  const window = /** @type {any} */ ({ location });
  assert.equal(`${fragmentAddress(window).read()}`, "page=Explore&checkpoint=a&z=0%2C1");
  location.hash = "#page=Sampling&seed=1";
  assert.equal(`${fragmentAddress(window).read()}`, "page=Sampling&seed=1");
});

test("the language of a link is none of the view's own parameters", () => {
  const { view, query } = readLink(new URLSearchParams("page=Sampling&seed=3&lang=de"), VIEWS);
  assert.deepEqual([view.name, `${query}`], ["sampling", "seed=3"]);
});
