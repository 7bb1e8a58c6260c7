import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { hasServer, load, serve } from "../../../vae/frontend/lib/files.js";

const BASE = "file:///home/me/lab.html#";

/** What was fetched. @type {string[]} */
let fetched = [];

beforeEach(() => {
  fetched = [];
  globalThis.fetch = (address) => {
    fetched.push(`${address}`);
    return Promise.resolve(new Response("of the server"));
  };
});

test("what pages ask for comes from the server until the host says that there is none", async () => {
  assert.equal(hasServer(), true);
  assert.equal(await (await load("http://lab/live/encoded?model=a")).text(), "of the server");
  assert.deepEqual(fetched, ["http://lab/live/encoded?model=a"]);

  serve(BASE, (path, query) => new Response(`${path} of ${query.get("model")}`));
  assert.equal(hasServer(), false);
  assert.equal(await (await load(`${BASE}/live/encoded?model=a%26b%3F&v=1`)).text(), "live/encoded of a&b?");
  assert.deepEqual(fetched, ["http://lab/live/encoded?model=a"]);
});

test("files beside the app's address are fetched as ever", async () => {
  serve(BASE, () => new Response("of the host"));
  await load(new URL("blob:null/1"));
  assert.deepEqual(fetched, ["blob:null/1"]);
});
