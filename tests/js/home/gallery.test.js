import "../support/page.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Clip, frameAt, frameOf } from "../../../vae/frontend/home/clip.js";
import { Gallery } from "../../../vae/frontend/home/gallery.js";

/** @import { Model } from "../../../vae/frontend/home/models.js" */

const FRAMES = 25;
/** @type {((entries: {isIntersecting: boolean, intersectionRatio: number, target: Element}[]) => void)[]} */
const observers = [];
/** The next picture of each film that plays. @type {((now: number) => void)[]} */
let next = [];
let reduced = false;
Object.assign(globalThis, {
  IntersectionObserver: class {
    constructor(/** @type {any} */ callback) {
      observers.push(callback);
    }
    observe() {}
    disconnect() {}
  },
  matchMedia: () => ({ matches: reduced }),
  requestAnimationFrame: (/** @type {(now: number) => void} */ callback) => next.push(callback),
  cancelAnimationFrame: () => {
    next = [];
  },
});
const fetched = Clip.prototype.fetch;

beforeEach(() => {
  Clip.prototype.fetch = function fetch() {
    const sheet = Object.assign(document.createElement("canvas"), { width: 2 * FRAMES, height: 2 });
    this.sheet = /** @type {any} */ (Object.assign(sheet, { naturalWidth: 2 * FRAMES, naturalHeight: 2 }));
    this.rest();
    return Promise.resolve();
  };
});

afterEach(() => {
  Clip.prototype.fetch = fetched;
  next = [];
  reduced = false;
});

/** @param {string} name @param {string} shows @returns {Model} */
function model(name, shows) {
  const columns = { negative_elbo: "", kl: "", active: "", weights: "" };
  return { name, shows, kind: `kind of ${name}`, words: "", purpose: `why ${name}`, version: 7, columns };
}

/** @param {...Model} models */
function shown(...models) {
  const gallery = new Gallery();
  gallery.show("http://lab/app", models, FRAMES);
  return gallery;
}

/** Brings the first film into view, and waits for its pictures. @param {Gallery} gallery */
async function see(gallery, intersectionRatio = 1) {
  const [[target, clip]] = gallery.clips;
  observers.at(-1)?.([{ target, isIntersecting: true, intersectionRatio }]);
  await clip.load();
  await Promise.resolve();
  return clip;
}

test("a film begins in the middle, goes to one end, to the other, and back", () => {
  const frames = [0, 0.75, 1.5, 2.25, 3, 9].map((seconds) => frameAt(seconds, FRAMES));
  assert.deepEqual(frames, [12, 24, 12, 0, 12, 12]);
});

test("beyond the ends of the way are the ends", () => {
  assert.deepEqual(
    [-1, 0, 0.5, 1, 2].map((share) => frameOf(share, FRAMES)),
    [0, 0, 12, 24, 24],
  );
});

test("models that show the same are one group, each a link to itself in Explore", () => {
  const { element } = shown(model("a b", "Faces"), model("c", "Faces"), model("d", "Letters"));
  const groups = [...element.querySelectorAll(".group")];
  assert.deepEqual(
    groups.map((group) => [group.querySelector("h3")?.textContent, group.querySelectorAll(".tile").length]),
    [
      ["Faces", 2],
      ["Letters", 1],
    ],
  );
  const link = element.querySelector("a");
  assert.equal(link?.href, "http://lab/app/Explore?checkpoint=a%20b");
  assert.equal(link?.ariaLabel, "Faces: kind of a b. Open it in Explore");
  assert.match(element.textContent ?? "", /kind of a bwhy a b/);
});

test("without models there is no gallery", () => {
  assert.equal(shown().element.hidden, true);
});

test("a film is fetched when it comes into view, once, and plays once", async () => {
  const gallery = shown(model("a", "Faces"));
  const [clip] = gallery.clips.values();
  assert.equal(clip.loading, null);
  await see(gallery);
  assert.equal(clip.canvas.dataset.frame, "12");
  next.pop()?.(clip.beganAt + 750);
  assert.equal(clip.canvas.dataset.frame, "24");
  next.pop()?.(clip.beganAt + 3001);
  assert.equal(clip.canvas.dataset.frame, "12");
  assert.deepEqual(next, []);
  const { loading } = clip;
  await see(gallery);
  assert.equal(clip.loading, loading);
});

test("a film at the window's edge is fetched and does not play yet", async () => {
  const clip = await see(shown(model("a", "Faces")), 0.1);
  assert.deepEqual([clip.canvas.dataset.frame, next.length], ["12", 0]);
});

test("the pointer goes along the dimension, also where no motion is wanted; a finger scrolls", async () => {
  reduced = true;
  const { canvas } = await see(shown(model("a", "Faces")));
  assert.equal(next.length, 0);
  canvas.getBoundingClientRect = () => /** @type {any} */ ({ left: 100, width: 200 });
  const point = (/** @type {string} */ type, /** @type {object} */ more) =>
    canvas.dispatchEvent(Object.assign(new Event(type), { pointerType: "mouse", ...more }));
  point("pointermove", { clientX: 300 });
  assert.equal(canvas.dataset.frame, "24");
  point("pointerleave", {});
  assert.equal(canvas.dataset.frame, "12");
  point("pointermove", { clientX: 300, pointerType: "touch" });
  assert.equal(canvas.dataset.frame, "12");
});

test("a model that has just been deleted leaves its place empty", async () => {
  Clip.prototype.fetch = () => Promise.reject(new Error("404"));
  const gallery = shown(model("a", "Faces"));
  const [[target, clip]] = gallery.clips;
  observers.at(-1)?.([{ target, isIntersecting: true, intersectionRatio: 1 }]);
  await assert.rejects(clip.load());
  assert.equal(clip.canvas.dataset.frame, undefined);
});
