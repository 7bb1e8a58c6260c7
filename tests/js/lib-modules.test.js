import { globSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../", import.meta.url);

// Node measures the coverage of what has been imported: so a module without a test counts too, as not covered.
for (const path of globSync("vae/frontend/lib/**/*.js", { cwd: ROOT })) {
  test(`${path} can be imported without a page`, async () => {
    await import(new URL(path, ROOT).href);
  });
}
