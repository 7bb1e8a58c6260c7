import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Broadcast, placeOf } from "../../../vae/frontend/classroom/broadcast.js";
import { emptyState } from "../../../vae/frontend/classroom/state.js";
import { announce } from "../../../vae/frontend/lib/following.js";

/** @import { ConnectionOptions, Status } from "../../../vae/frontend/classroom/connection.js" */
/** @import { ClassSection, Shown } from "../../../vae/frontend/classroom/state.js" */

const BASE = "https://lab.test/x";
/** @type {ClassSection} */
const FOLLOW = {
  ...{ code: "K7PM2X", name: "", model: "a", language: "en", mode: "follow" },
  ...{ frozen: false, joinable: true, closed: false },
};

/** A window of the app, as far as it is used. */
class Page extends EventTarget {
  location = { href: `${BASE}/Explore?checkpoint=a` };
  document = Object.assign(new EventTarget(), { hidden: false });
  addEventListener = super.addEventListener.bind(this);
  removeEventListener = super.removeEventListener.bind(this);
  go = (/** @type {unknown} */ _, /** @type {string} */ __, /** @type {string} */ address) => {
    this.location.href = `${BASE}/${address}`;
  };

  history = { pushState: this.go, replaceState: this.go };
}

/** A connection whose server is this test. */
class Connection {
  state = { ...emptyState(), class: FOLLOW, people: { joined: 2, connected: 2 } };
  /** @type {Status} */
  status = { connected: true, transport: "websocket", since: 0, final: false, sentence: "Connected." };
  /** @type {[name: string, fields: any][]} */
  sent = [];
  problem = "";
  closed = false;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.options = options;
  }

  command(/** @type {string} */ name, /** @type {object} */ fields = {}) {
    this.sent.push([name, fields]);
    if (this.problem) return Promise.reject(new Error(this.problem));
    if (name === "show") this.state.shown = /** @type {Shown} */ (fields);
    return Promise.resolve();
  }

  tell(/** @type {string} */ name, /** @type {object} */ fields = {}) {
    this.sent.push([name, fields]);
  }

  close() {
    this.closed = true;
  }

  /** The server says that this is so now. */
  set(/** @type {Partial<Connection["state"]>} */ change) {
    Object.assign(this.state, change);
    this.options.onState?.(this.state, new Set(Object.keys(change)));
  }
}

let page = new Page();
/** @type {Connection} */
let connection;
/** @type {Broadcast} */
let broadcast;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  mock.method(performance, "now", () => Date.now());
  page = new Page();
  broadcast = begin();
});
afterEach(() => {
  broadcast.end();
  mock.timers.reset();
  mock.restoreAll();
});

function begin() {
  return new Broadcast(BASE, "K7PM2X", /** @type {any} */ (page), (options) => {
    connection = new Connection(options);
    return connection;
  });
}

const live = (/** @type {number[]} */ ...z) => ({ view: "explore", model: "a", z });
const move = (/** @type {number[]} */ ...z) => announce(page, () => live(...z));
const named = (/** @type {string} */ name) => connection.sent.filter(([sent]) => sent === name).map(([, each]) => each);

/** Time passes, and what it brings is done. */
async function pass(/** @type {number} */ ms) {
  mock.timers.tick(ms);
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

test("an address of the app and of the light page say the same, and the class's own pages nothing", () => {
  /** @type {[string, Shown | null][]} */
  const pages = [
    ["Latent_map?checkpoint=a&z=1,2", { page: "Latent_map", params: { checkpoint: "a", z: "1,2" } }],
    ["lab/?page=Latent_map&checkpoint=a&z=1,2", { page: "Latent_map", params: { checkpoint: "a", z: "1,2" } }],
    ["lab/", { page: "Explore", params: {} }],
    ["?checkpoint=a", { page: "Home", params: { checkpoint: "a" } }],
    ["Training", { page: "Training", params: {} }],
    ["Class", null],
    ["c/K7PM2X?page=Explore", null],
  ];
  for (const [address, place] of pages) assert.deepEqual(placeOf([BASE, address].join("/"), BASE), place);
});

test("the class is told at first what this tab shows, and then each other link, once it is whole", async () => {
  await pass(100);
  page.history.pushState(null, "", "Latent_map");
  await pass(100);
  page.history.replaceState(null, "", "Latent_map?checkpoint=a");
  page.history.replaceState(null, "", "Latent_map?checkpoint=a&method=pca");
  await pass(100);
  page.history.replaceState(null, "", "Latent_map?method=pca&checkpoint=a");
  await pass(100);
  assert.deepEqual(named("show"), [
    { page: "Explore", params: { checkpoint: "a" } },
    { page: "Latent_map", params: { checkpoint: "a", method: "pca" } },
  ]);
});

test("a tab that is not in view tells nothing until it is", async () => {
  page.document.hidden = true;
  move(1);
  await pass(100);
  assert.deepEqual(connection.sent, []);
  page.document.hidden = false;
  page.document.dispatchEvent(new Event("visibilitychange"));
  await pass(100);
  assert.equal(named("show").length, 1);
});

test("of what moves, a frame goes every 50 ms, and the last one always", async () => {
  for (let i = 0; i < 12; i++) {
    move(i);
    await pass(10);
  }
  await pass(1000);
  assert.deepEqual(named("live"), [live(0), live(4), live(9), live(11)]);
});

test("a large picture goes less often", async () => {
  announce(page, () => ({ view: "reconstruction", model: "a", picture: "A".repeat(16_000) }));
  await pass(10);
  move(1);
  await pass(150);
  assert.equal(named("live").length, 1);
  await pass(100);
  assert.deepEqual(named("live").at(-1), live(1));
});

test("while each explores or the screens are frozen nothing moves, and then they get what they have missed", async () => {
  await pass(100);
  for (const change of /** @type {const} */ ([{ mode: "explore" }, { frozen: true }])) {
    const { length } = named("live");
    connection.set({ class: { ...FOLLOW, ...change } });
    move(length);
    await pass(1000);
    assert.equal(named("live").length, length);
    connection.set({ class: FOLLOW });
    await pass(1000);
    assert.deepEqual(named("live").at(-1), live(length));
  }
});

test("a student who has come later gets the newest frame, unless this tab has gone on to another page", async () => {
  await pass(100);
  move(1);
  connection.set({ people: { joined: 3, connected: 3 } });
  await pass(1000);
  assert.deepEqual(named("live"), [live(1), live(1)]);
  page.history.replaceState(null, "", "Explore?checkpoint=b");
  await pass(100);
  connection.set({ people: { joined: 4, connected: 4 } });
  await pass(1000);
  assert.equal(named("live").length, 2);
});

test("what the server refuses is said", async () => {
  connection.problem = "This command may have at most 4,096 bytes.";
  await pass(100);
  assert.equal(broadcast.sentence, connection.problem);
  connection.problem = "";
  page.history.replaceState(null, "", "Sampling?checkpoint=a");
  await pass(100);
  assert.equal(broadcast.sentence, "");
});

test("it ends with the class, or when it may teach it no more", async () => {
  let calls = 0;
  broadcast.listeners.add(() => calls++);
  connection.set({ class: { ...FOLLOW, closed: true } });
  assert.deepEqual([broadcast.ended, connection.closed, calls], [true, true, 1]);
  move(1);
  page.history.replaceState(null, "", "Sampling?checkpoint=a");
  await pass(1000);
  assert.deepEqual(connection.sent, []);
  broadcast = begin();
  connection.options.onStatus?.({ ...connection.status, final: true });
  assert.ok(broadcast.ended);
});

test("what is frozen stays what it was, and the class learns on release where the teacher is", async () => {
  await pass(100);
  connection.set({ class: { ...FOLLOW, frozen: true } });
  page.history.replaceState(null, "", "Sampling?checkpoint=a");
  await pass(1000);
  assert.equal(named("show").length, 1);
  connection.set({ class: FOLLOW });
  await pass(100);
  assert.deepEqual(named("show").at(-1), { page: "Sampling", params: { checkpoint: "a" } });
});
