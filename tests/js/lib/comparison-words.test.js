import assert from "node:assert/strict";
import { test } from "node:test";

import { apart, difference } from "../../../vae/frontend/lib/comparison-words.js";

const ONE = { words: "β = 1", nats: { reconstruction: 80.27, kl: 19.41, label: 0 } };
const TEN = { words: "β = 10", nats: { reconstruction: 141.22, kl: 3.85, label: 0 } };
const PLAIN = { words: "plain autoencoder", nats: { reconstruction: 74.39, kl: null } };
const GIVEN = { words: "conditional", nats: { reconstruction: 80.28, kl: 17.59, label: Math.log(10) } };

test("a model differs by the nats that it spends on z and on the picture", () => {
  assert.equal(difference(ONE, TEN), "β = 10 spends 15.6 nats less on z and 61.0 more on the picture");
  assert.equal(difference(TEN, ONE), "β = 1 spends 15.6 nats more on z and 61.0 less on the picture");
});

test("a difference that one decimal does not show is none", () => {
  const same = { words: "again", nats: { ...ONE.nats, kl: 19.4 } };
  assert.equal(difference(ONE, same), "again spends as many nats on z and as many on the picture");
});

test("a plain autoencoder has no prior, on either side", () => {
  assert.equal(difference(ONE, PLAIN), "plain autoencoder has no prior and spends 5.9 nats less on the picture");
  const back = "β = 1 spends 19.4 nats on z, where plain autoencoder has no prior, and 5.9 more on the picture";
  assert.equal(difference(PLAIN, ONE), back);
  assert.equal(difference(PLAIN, PLAIN), "plain autoencoder spends as many nats on the picture");
});

test("a conditional model's class is not free", () => {
  const words = "conditional spends 1.8 nats less on z and as many on the picture; its class costs 2.3 nats";
  assert.equal(difference(ONE, GIVEN), words);
  assert.equal(difference(GIVEN, ONE), "β = 1 spends 1.8 nats more on z and as many on the picture");
});

test("each model has the first phrase that no other one has", () => {
  const [a, b, c] = [
    ["β = 1", "10-D · β = 1", "β = 1 · a"],
    ["β = 1", "2-D · β = 1", "β = 1 · b"],
    ["β = 4", "10-D · β = 4", "β = 4 · c"],
  ];
  assert.deepEqual(apart([a, b, c]), ["10-D · β = 1", "2-D · β = 1", "β = 4"]);
  assert.deepEqual(apart([a, [...a.slice(0, 2), "β = 1 · d"]]), ["β = 1 · a", "β = 1 · d"]);
});
