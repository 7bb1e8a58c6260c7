import "../support/page.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { keepOwnLesson } from "../../../vae/frontend/lib/own-lesson.js";
import { fileAddress, takeHome } from "../../../vae/frontend/lib/take-home.js";
import { storage } from "../support/storage.js";

const cases = [
  [
    "https://lab.test/app/Explore?checkpoint=mnist-z10&z=0,1",
    "https://lab.test/app/",
    "https://lab.test/app/lab/file?checkpoint=mnist-z10&z=0%2C1&page=Explore&model=mnist-z10",
  ],
  [
    "https://lab.test/lab/?page=Sampling&checkpoint=a&view=two",
    "https://lab.test/",
    "https://lab.test/lab/file?page=Sampling&checkpoint=a&view=two&model=a",
  ],
];

for (const [page, base, address] of cases) {
  test(`the file of ${page}`, () => assert.equal(fileAddress(new URL(page), base), address));
}

test("from one's own lesson, its text is sent, and the file comes back under the name that the server gives", async () => {
  Object.assign(globalThis, { localStorage: storage() });
  keepOwnLesson("---\ntitle: Mine");
  document.defaultView?.history.replaceState(null, "", "/app?lesson=own&lang=de&page=Explore");
  /** @type {unknown[]} */
  const asked = [];
  globalThis.fetch = (address, init) => {
    asked.push(`${address}`, init?.method, init?.body);
    return Promise.resolve(new Response("Line 1 of the lesson: no.", { status: 400 }));
  };
  await assert.rejects(takeHome, { message: "Line 1 of the lesson: no." });
  document.defaultView?.history.replaceState(null, "", "/app");
  assert.deepEqual(asked, ["https://lab.test/lab/file?lang=de", "POST", "---\ntitle: Mine"]);
});

test("what the server says of a model that cannot be taken home is the reason", async () => {
  const answer = new Response("The checkpoint 'a' cannot be taken home.", { status: 404 });
  globalThis.fetch = () => Promise.resolve(answer);
  await assert.rejects(takeHome, { message: "The checkpoint 'a' cannot be taken home." });
});
