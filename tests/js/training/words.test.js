import assert from "node:assert/strict";
import { test } from "node:test";

import { comparison, duration, epochsOf, nats, progressOf, stateOf } from "../../../vae/frontend/training/words.js";

/** @import { Run } from "../../../vae/frontend/training/feed.js" */

const NAMES = { mnist: "MNIST" };
/** @type {Run} */
const RUN = { state: "running", sentence: "" };

test("a state has a sentence: the server's where there is one", () => {
  assert.equal(stateOf(RUN), "Training.");
  assert.equal(stateOf({ ...RUN, sentence: "Step 3." }), "Step 3.");
});

test("a run in the queue has its position", () => {
  const places = [1, 2, 3, 4, 11, 12, 13, 21, 22, 111].map((place) =>
    stateOf({ state: "queued", sentence: "", queue_position: place }),
  );
  assert.equal(places[0], "Waiting. Next in the queue.");
  assert.deepEqual(
    places.slice(1).map((text) => text.split(" ")[1]),
    ["2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "111th"],
  );
});

test("progress names what is known", () => {
  const known = { epoch: 7.9, epochs: 20, images_per_second: 61_234, seconds_left: 11.2, device: "cpu" };
  assert.equal(progressOf({ ...RUN, ...known }), "epoch 7 of 20 · 61,000 images/s · 12 s left · cpu");
  assert.equal(progressOf({ ...RUN, ...known, state: "paused" }), "epoch 7 of 20 · cpu");
  assert.equal(progressOf(RUN), "");
});

test("durations, nats and epochs have the digits that can be read", () => {
  assert.deepEqual([0, 3.14, 12.4, 90, 3700].map(duration), ["0 s", "3.1 s", "12 s", "1 min 30 s", "1 h 1 min"]);
  assert.deepEqual([0, 0.0123, 1.234, 98.76, 123.45].map(nats), ["0.00", "0.012", "1.23", "98.76", "123.5"]);
  assert.deepEqual([0, 0.012, 0.5, 3.44].map(epochsOf), ["0", "0.012", "0.50", "3.4"]);
});

test("two films say what cannot be compared in them", () => {
  const head = (/** @type {object} */ changes) =>
    /** @type {import("../../../vae/frontend/lib/film.js").Head} */ ({
      ...{ dataset: "mnist", plane: "latent", latentDim: 2 },
      ...changes,
    });
  const many = { plane: "principal", latentDim: 10 };
  assert.equal(comparison(head({}), head({}), NAMES), "");
  assert.match(comparison(head({}), head({ dataset: "sprites" }), NAMES), /^Of two data sets, MNIST and sprites: /);
  assert.equal(
    comparison(head({}), head(many), NAMES),
    "The maps have other axes, the latent plane of 2-D and principal components of 10-D: compare pictures and curves.",
  );
  assert.match(
    comparison(head(many), head({ ...many, latentDim: 6 }), NAMES),
    /of 10-D and principal components of 6-D/,
  );
  assert.match(comparison(head(many), head(many), NAMES), /compare their shapes only/);
});
