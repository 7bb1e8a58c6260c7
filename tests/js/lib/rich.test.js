import "../support/page.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { element } from "../../../vae/frontend/lib/dom.js";
import { plainRich, richNodes } from "../../../vae/frontend/lib/rich.js";

/** @import { Rich, RichNode } from "../../../vae/frontend/lib/contract.js" */

const BASE = "https://lab.test/app";

/** @param {...RichNode} nodes */
function html(...nodes) {
  return element("div", {}, ...richNodes(nodes, BASE)).innerHTML;
}

test("a text's tree becomes elements", () => {
  const tree = /** @type {Rich} */ ([
    ["p", "A ", ["em", "b"], ["br"], ["strong", ["code", "c"]]],
    ["ol", ["li", "d"]],
    ["ul", ["li", "e"]],
  ]);
  const words = "<p>A <em>b</em><br><strong><code>c</code></strong></p><ol><li>d</li></ol><ul><li>e</li></ul>";
  assert.equal(html(...tree), words);
  assert.equal(plainRich(tree), "A bcde");
  assert.equal(plainRich([["p", ["a", "https://a.org", "link"]]]), "link");
});

test("markup in a text stays text, and no other element can be made", () => {
  assert.equal(html("<img src=x onerror=alert(1)>"), "&lt;img src=x onerror=alert(1)&gt;");
  assert.equal(html(["script", "alert(1)"], ["svg", ["p", "x"]], ["constructor", "y"]), "alert(1)<p>x</p>y");
});

test("links lead to the web, in a new tab, and to the app's own pages", () => {
  const web = '<a href="https://arxiv.org/abs/1312.6114" target="_blank" rel="noopener noreferrer">paper</a>';
  assert.equal(html(["a", "https://arxiv.org/abs/1312.6114", "paper"]), web);
  const own = html(["a", "Latent_map?checkpoint=mnist-z2&z=0,1", "map"]);
  assert.equal(own, `<a href="${BASE}/Latent_map?checkpoint=mnist-z2&amp;z=0,1">map</a>`);
});

for (const address of [
  "javascript:alert(1)",
  " javascript:alert(1)",
  "data:text/html,x",
  "//evil.example/",
  "https:///x",
  "../c/ABCD",
  "lab/file?model=a",
  "Explore#x",
  "",
]) {
  test(`of a link to “${address}” only the text remains`, () => assert.equal(html(["a", address, "here"]), "here"));
}
