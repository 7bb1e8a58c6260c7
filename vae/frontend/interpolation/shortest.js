/**
 * The path between two ends along which the picture changes least: the server searches it, as soon as an end moves. Format:
 * docstring of vae/server/gradients/geometry.py.
 */

import { messageOf } from "../lib/dom.js";
import { hasServer } from "../lib/files.js";
import { NewestStream } from "../lib/gradient-stream.js";
import { linear } from "../lib/math.js";
import { t } from "../lib/words.js";

/** @import { End } from "./ends.js" */
/** @import { Space } from "./space.js" */

/**
 * A path and the lengths of all three, in grey levels. done: whether it is the last.
 *
 * @typedef {{points: number[][], shortest: number, straight: number, spherical: number, done: boolean}} Found
 */

const NEEDS_APP = t("The shortest path needs the app, whose server searches for it. Here is the straight one.");

export class Shortest {
  /** The newest: of the ends before until there is one of the present ends. @type {Found | null} */
  found = null;
  searching = false;
  /** Why there is none, "" where nothing is wrong. */
  problem = "";
  /** What is asked for. @type {{space: Space, from: End, to: End} | null} */
  asked = null;

  /**
   * @param {string} base the app's address
   * @param {() => void} onChange there is a shorter path, or a problem
   */
  constructor(base, onChange) {
    this.onChange = onChange;
    /** @type {NewestStream<Found>} */
    this.stream = new NewestStream(`${base}/live/geodesic`, {
      onLine: (found) => this.take(found),
      onEnd: () => {},
      onError: (error) => this.fail(messageOf(error)),
    });
  }

  /**
   * Searches for the path between these ends.
   *
   * @param {string} model
   * @param {Space} space
   * @param {End} from
   * @param {End} to
   */
  ask(model, space, from, to) {
    const { asked } = this;
    if (asked?.space === space && asked.from === from && asked.to === to && !this.problem) return;
    if (asked?.space !== space) this.found = null;
    this.asked = { space, from, to };
    this.searching = true;
    this.problem = "";
    const labels = space.classes ? [from.label, to.label] : null;
    if (hasServer()) this.stream.ask({ model, start: from.z, end: to.z, labels });
    else this.fail(NEEDS_APP);
  }

  /** Ends the search. */
  stop() {
    this.stream.stop();
    this.asked = null;
    this.found = null;
  }

  get points() {
    return this.found?.points ?? null;
  }

  /**
   * z at t on the path: while the path of these ends is not there, on the one before, moved along with its ends.
   *
   * @param {End} from
   * @param {End} to
   * @param {number} where
   */
  at(from, to, where) {
    return this.points ? along(moved(this.points, from.z, to.z), where) : linear(from.z, to.z, where);
  }

  /** @param {Found} found */
  take(found) {
    this.found = found;
    this.searching = !found.done;
    this.onChange();
  }

  /** @param {string} problem */
  fail(problem) {
    this.found = null;
    this.searching = false;
    this.problem = problem;
    this.onChange();
  }
}

/**
 * The point at t on a path of evenly spaced points, straight between them.
 *
 * @param {number[][]} points
 * @param {number} where 0 to 1
 */
export function along(points, where) {
  const at = where * (points.length - 1),
    before = Math.min(points.length - 2, Math.floor(at));
  return linear(points[before], points[before + 1], at - before);
}

/**
 * A path whose ends were moved: each point follows both, the more the nearer they are.
 *
 * @param {number[][]} points
 * @param {number[]} start
 * @param {number[]} end
 */
export function moved(points, start, end) {
  const first = points[0],
    last = points[points.length - 1];
  return points.map((point, i) => {
    const where = i / (points.length - 1);
    return point.map((value, d) => value + (1 - where) * (start[d] - first[d]) + where * (end[d] - last[d]));
  });
}

/**
 * The lengths in words, and what the shortest path saves.
 *
 * @param {Found} found
 */
export function lengthsText({ straight, spherical, shortest, done }) {
  const percent = Math.round(100 * (1 - shortest / straight));
  const saved = percent > 0 ? t`, ${percent} % less than straight` : "";
  const unit = t`grey levels${saved}${done ? "" : t(" so far")}`;
  return t`straight ${straight.toFixed(1)} · spherical ${spherical.toFixed(1)} · shortest ${shortest.toFixed(1)} ${unit}`;
}
