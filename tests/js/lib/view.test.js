import { send } from "../support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { componentOf, watchSize } from "../../../vae/frontend/lib/view.js";

test("a component makes its view from the first data and passes later ones on", () => {
  /** @type {unknown[]} */
  const calls = [];
  class View {
    constructor(/** @type {unknown[]} */ ...made) {
      calls.push(["made", ...made]);
    }
    update(/** @type {string} */ data) {
      calls.push(["updated", data]);
    }
    close() {
      calls.push("closed");
    }
  }
  const [parent, toPython] = [document.createElement("div"), () => {}];
  const Component = componentOf(View);
  new Component(parent, toPython).close(); // before any data there is nothing to close
  const component = new Component(parent, toPython);
  for (const data of ["first", "second"]) component.update(data);
  component.close();
  assert.deepEqual(calls, [["made", parent, toPython, "first"], ["updated", "second"], "closed"]);
});

test("a size is watched until it no longer matters", (t) => {
  const [resize, observe, disconnect] = [t.mock.fn(), t.mock.fn(), t.mock.fn()];
  Object.assign(globalThis, {
    ResizeObserver: class {
      observe = observe;
      disconnect = disconnect;
    },
    addEventListener: document.addEventListener.bind(document),
    removeEventListener: document.removeEventListener.bind(document),
  });
  const node = document.createElement("div");
  const unwatch = watchSize(node, resize);
  assert.deepEqual(observe.mock.calls[0].arguments, [node]);
  send(document, "resize");
  unwatch();
  send(document, "resize");
  assert.deepEqual([resize.mock.callCount(), disconnect.mock.callCount()], [1, 1]);
});
