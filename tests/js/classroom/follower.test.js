import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Follower } from "../../../vae/frontend/classroom/follower.js";

/** @import { Followed, Shown } from "../../../vae/frontend/classroom/follower.js" */
/** @import { Live } from "../../../vae/frontend/lib/following.js" */

const VIEWS = [
  { name: "explore", address: "Explore" },
  { name: "latent_map", address: "Latent_map" },
];

/** A host that shows what it is asked for as soon as `run` is called. */
class Host {
  model = "a";
  models = ["a", "b"];
  environment = { settings: { views: VIEWS } };
  /** @type {Set<() => void>} */
  runs = new Set();
  /** @type {string[]} */
  opened = [];
  view = "explore";
  mounted = { view: "explore", model: "a" };
  /** @type {Live[]} */
  followed = [];

  /** @param {URLSearchParams} link */
  replace(link, afresh = false) {
    this.opened.push(`${link}${afresh ? "!" : ""}`);
    this.model = link.get("checkpoint") ?? this.model;
    this.view = VIEWS.find(({ address }) => address === link.get("page"))?.name ?? this.view;
  }

  /** @param {string} view @param {string} model */
  shownAs(view, model) {
    const { mounted } = this;
    const isShown = mounted.view === view && mounted.model === model && this.model === model && this.view === view;
    return isShown ? { follow: (/** @type {Live} */ live) => void this.followed.push(live) } : null;
  }

  run() {
    this.mounted = { view: this.view, model: this.model };
    for (const call of this.runs) call();
  }
}

let host = new Host();
let now = 0;
let follower = new Follower(host, () => now);
beforeEach(() => {
  host = new Host();
  now = 10_000;
  follower = new Follower(host, () => now);
});

/**
 * @param {Shown | null} shown
 * @param {Partial<Followed["class"]>} [changes]
 * @returns {Followed}
 */
function state(shown, changes = {}) {
  return { class: { model: "a", mode: "follow", frozen: false, closed: false, ...changes }, shown, lesson: null };
}
const EXPLORE = { page: "Explore", params: { checkpoint: "a", z: "1,2" } };
const MAP = { page: "Latent_map", params: { checkpoint: "b" } };
const frame = (/** @type {number[]} */ ...z) => ({ view: "explore", model: "a", z });

test("a page that the teacher opens is opened here, once, also where only another part of the state is new", () => {
  follower.take(state(EXPLORE));
  follower.take(state({ ...EXPLORE }, { model: "b" }));
  follower.take(state(MAP));
  assert.deepEqual(host.opened, ["page=Explore&checkpoint=a&z=1%2C2", "page=Latent_map&checkpoint=b"]);
});

test("a link without a model is of the class' model, and one with a new model opens that", () => {
  follower.take(state({ page: "Explore", params: {} }, { model: "b" }));
  follower.take(state({ page: "Explore", params: { checkpoint: "ours" } }));
  assert.deepEqual(host.opened, ["page=Explore&checkpoint=b", "page=Explore&checkpoint=ours"]);
  assert.deepEqual(host.models, ["a", "b", "ours"]);
});

test("what the class's lesson comes to is opened with a new view, what its teacher moves then in the same one", () => {
  const lesson = { phase: "experiment", link: "Explore?checkpoint=a&image=3" };
  const step = { page: "Explore", params: { checkpoint: "a", image: "3" } };
  follower.take({ ...state(step), lesson });
  follower.take({ ...state({ page: "Explore", params: { checkpoint: "a", image: "4" } }), lesson });
  follower.take({ ...state(MAP), lesson: { phase: "explain" } });
  follower.open(step, "a", true);
  assert.deepEqual(
    host.opened.map((link) => link.endsWith("!")),
    [true, false, false, true],
  );
});

test("a frame is followed at once", () => {
  follower.take(state(null));
  follower.live(frame(1));
  follower.live(frame(2));
  assert.deepEqual(host.followed, [frame(1), frame(2)]);
});

test("a frame of another model or view waits for what it belongs to, and only the newest is followed then", () => {
  follower.take(state(MAP));
  const [first, second] = [3, 4].map((x) => ({ view: "latent_map", model: "b", spot: [x] }));
  follower.live(first);
  follower.live(second);
  assert.deepEqual(host.followed, []);
  host.run();
  assert.deepEqual(host.followed, [{ view: "latent_map", model: "b", params: MAP.params }, second]);
});

test("what comes to rest late does not undo a newer frame, but a frame of before that is over", () => {
  follower.take(state(null));
  follower.live(frame(1));
  now += 200;
  follower.take(state(EXPLORE));
  host.run();
  assert.deepEqual(host.followed.at(-1), frame(1));
  now += 1001;
  follower.take(state({ ...EXPLORE, params: { z: "5,6" } }));
  host.run();
  assert.deepEqual(host.followed.at(-1), { view: "explore", model: "a", params: { z: "5,6" } });
});

test("nothing is followed while each explores or the screen is frozen, and all of it afterwards", () => {
  follower.take(state(EXPLORE));
  for (const changes of /** @type {const} */ ([{ mode: "explore" }, { frozen: true }, { closed: true }])) {
    const { length } = host.opened;
    host.followed = [];
    follower.take(state(EXPLORE, changes));
    follower.live(frame(1));
    assert.deepEqual([host.opened.length, host.followed], [length, []], JSON.stringify(changes));
    host.run();
    assert.ok(!host.followed.some((live) => live.view === "explore" && "z" in live));
    follower.take(state(EXPLORE));
    assert.equal(host.opened.length, length + 1);
  }
});

test("a page that is not here is named, and what is shown stays", () => {
  follower.take(state({ page: "Training", params: {} }));
  assert.deepEqual([follower.sentence, host.opened], ["Your teacher is on Training.", []]);
  follower.take(state(EXPLORE));
  assert.equal(follower.sentence, "");
  follower.take(state({ page: "Home", params: {} }));
  assert.equal(follower.sentence, "Your teacher is on Home.");
  follower.take(state({ page: "Home", params: {} }, { mode: "explore" }));
  assert.equal(follower.sentence, "");
});

test("before there is a class nothing happens", () => {
  follower.take({ class: null, shown: null, lesson: null });
  follower.live(frame(1));
  host.run();
  assert.deepEqual([host.opened, host.followed], [[], []]);
});

test("who comes while the screens are frozen sees what the others see, and no more", () => {
  follower.take(state(EXPLORE, { frozen: true }));
  follower.take(state(MAP, { frozen: true }));
  follower.live(frame(1));
  assert.deepEqual([host.opened.length, host.followed], [1, []]);
  follower.take(state(MAP));
  assert.equal(host.opened.length, 2);
});

test("a student who was without a connection is led back, unless each explores by now", () => {
  follower.take(state(EXPLORE));
  host.replace(new URLSearchParams({ page: "Latent_map", checkpoint: "b" }));
  follower.again();
  assert.equal(host.opened.at(-1), "page=Explore&checkpoint=a&z=1%2C2");
  follower.take(state(EXPLORE, { mode: "explore" }));
  follower.again();
  assert.equal(host.opened.length, 3);
});
