import assert from "node:assert/strict";
import { test } from "node:test";

import { addressesOf } from "../../../../vae/frontend/hosts/lab/packed.js";

test("a module's text names what it imports by the addresses that these have in the page", async () => {
  const addresses = addressesOf(
    {
      assets: { "lib/weights.bin": "live/frontend/1/lib/weights.bin" },
      modules: [
        ["lib/a.js", ["export const a = 2;"]],
        ["b.js", ['import { a } from "', "lib/a.js", '"; export default [a, "', "lib/weights.bin", '"];']],
      ],
    },
    "https://lab.example/course",
  );
  const text = await (await fetch(addresses.get("b.js") ?? "")).text();
  assert.equal(
    text,
    `import { a } from "${addresses.get("lib/a.js")}"; export default [a, "https://lab.example/course/live/frontend/1/lib/weights.bin"];`,
  );
});
