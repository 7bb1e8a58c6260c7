import assert from "node:assert/strict";
import { test } from "node:test";

import { Drive } from "../../../../vae/frontend/hosts/lab/drive.js";

/** A host that shows the last link it was given once `run` is called. */
function labOf() {
  const view = { name: "explore", address: "Explore", title: "", question: "", script: "" };
  /** @type {string[]} */
  const opened = [];
  const lab = {
    view,
    model: "m",
    runs: new Set(),
    replace: (/** @type {URLSearchParams} */ link, afresh = false) => void opened.push(`${link}${afresh ? "!" : ""}`),
  };
  const run = () => lab.runs.forEach((call) => call());
  return { lab, opened, run };
}

test("a link is opened with a new component, and is shown once its view and model are there", () => {
  const { lab, opened, run } = labOf();
  const drive = new Drive(lab);
  let shown = 0;
  drive.open(new URLSearchParams("page=Explore&checkpoint=other&image=3"), () => shown++);
  assert.deepEqual(opened, ["page=Explore&checkpoint=other&image=3!"]);
  run();
  assert.equal(shown, 0);
  lab.model = "other";
  run();
  run();
  assert.equal(shown, 1);
});

test("a link without a model keeps the one that is shown", () => {
  const { lab, opened } = labOf();
  new Drive(lab).open(new URLSearchParams("page=Sampling"));
  assert.deepEqual(opened, ["page=Sampling&checkpoint=m!"]);
});
