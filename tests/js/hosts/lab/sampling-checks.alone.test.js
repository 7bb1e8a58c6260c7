import assert from "node:assert/strict";
import { test } from "node:test";

import { CHECKS } from "../../../../vae/frontend/hosts/lab/views/sampling-checks.js";
import { python } from "../../support/python.js";

/** @import { SamplingKey } from "../../../../vae/frontend/lib/contract.js" */

const VALUES = [
  ...["", "0", "1", "2", "3", "9", "10", "16", "17", "-1", "8.5", "²", "x", "nan", "1e3", "1e0", "0.1", "0.05", "1.25"],
  ...["1.2345", "2.01", "4", "5", "4294967295", "4294967296", "one", "two", "plane", "three", "prior", "aggregate"],
  ...["image", "image:", "image:0", "image:296", "image:297", "image:²", "class:", "class:3", "class:10", "class:03"],
  ...["0:1.5", "1:-2", "2:0", "0:", "0", "0:1:2", "0:nan", "-1:0", "z0,z1", "z1,pc2", "z0", "z0,z2", "pc0,pc1", ","],
];

const PROGRAM = `
import json, sys
from pathlib import Path
from vae.storage.checkpoints import read_checkpoint
from vae.ui.pages.sampling import CHECKS
from vae.ui.serving.lab import AppData
from vae.lab.answers import answer

checkpoint = read_checkpoint(Path("checkpoints/digits-z2"))
values = json.load(sys.stdin)
fits = {name: [check(value, checkpoint) for value in values] for name, (check, _) in CHECKS.items()}
words = {name: text for name, (_, text) in CHECKS.items()}
json.dump([fits, words, answer(AppData(), checkpoint, "sampling", {})], sys.stdout)
`;

test("the light page takes the settings of a link that the Sampling page takes", () => {
  const [fits, words, { about, data }] = python(PROGRAM, JSON.stringify(VALUES));
  const names = /** @type {SamplingKey[]} */ (Object.keys(CHECKS));
  assert.deepEqual(names, Object.keys(fits));
  for (const name of names) {
    const [check, expected] = CHECKS[name];
    assert.equal(expected, words[name]);
    VALUES.forEach((value, i) => {
      assert.equal(check(value, about, data), fits[name][i], `${name}=${value}`);
    });
  }
});
