/** Beside the pictures, while the shortest path is followed: the lengths of the paths, and the map on which they lie. */

import { element, say } from "../lib/dom.js";
import { help } from "../lib/glossary.js";
import { t } from "../lib/words.js";
import { vectorEnd } from "./ends.js";
import { PathMap } from "./path-map.js";
import { lengthsText, Shortest } from "./shortest.js";
import { PATHS } from "./strips.js";

/** @import { Page } from "./ends.js" */
/** @import { PathLine } from "./path-map.js" */
/** @import { Curve } from "./space.js" */

const LINE_POINTS = 33; // of a path on the map
const LENGTH = t(
  "How much the picture changes along a path: the root mean square over its values, from one picture to the next, in grey levels of 255. The shortest is found by an optimiser; a still shorter one may exist.",
);

export class Geometry {
  /**
   * @param {Page} page
   * @param {object} calls
   * @param {() => void} calls.onFound there is a shorter path than before
   * @param {() => void} calls.onMove an end is about to move
   * @param {(curve: Curve, count: number) => number[][]} calls.codes so many along a curve
   */
  constructor(page, { onFound, onMove, codes }) {
    this.page = page;
    this.onFound = onFound;
    this.onMove = onMove;
    this.codes = codes;
    this.shortest = new Shortest(page.data.base, () => this.take());
    this.map = new PathMap(page.palette, { onMove: (end, z) => this.move(end, z) });
    this.lengths = element("p", { className: "lengths", role: "status", title: LENGTH });
    const sign = help("length of a path", () => this.measured());
    const place = element("div", { className: "lengths-place" }, this.lengths, sign);
    this.element = element("div", { className: "geometry", hidden: true }, place, this.map.element);
  }

  /** Searches for the path between the present ends, and shows what there is. */
  show() {
    const { space, ends, data } = this.page;
    this.element.hidden = false;
    this.shortest.ask(data.model, space, ends.from, ends.to);
    this.draw();
  }

  hide() {
    this.element.hidden = true;
    this.shortest.stop();
  }

  /** A shorter path, or a reason why there is none. */
  take() {
    if (this.element.hidden) return;
    this.draw();
    if (!this.shortest.problem) this.onFound();
  }

  draw() {
    const { page, shortest, lengths } = this,
      { found, problem, searching } = shortest;
    say(lengths, problem || (found ? lengthsText(found) : t("Searching for the shortest path…")));
    lengths.dataset.state = searching ? "searching" : "done"; // for tests
    this.map.show(page.space, page.ends, this.lines());
  }

  /** The shortest path's length, for the formula. */
  measured() {
    const { found } = this.shortest;
    return found && { length: `${found.shortest.toFixed(1)} grey levels` };
  }

  /** The paths on the map. @returns {PathLine[]} */
  lines() {
    const { page, shortest } = this;
    return PATHS.flatMap(({ name, colour }) => {
      if (name === "pixels" || (name === "shortest" && !shortest.points)) return [];
      const points = this.codes(name, LINE_POINTS).map((code) => code.slice(0, page.space.latentDim));
      return [{ colour: page.palette[colour], points }];
    });
  }

  /**
   * An end was moved on the map.
   *
   * @param {"from" | "to"} key
   * @param {number[]} z
   */
  move(key, z) {
    this.onMove();
    this.page.setEnd(key, vectorEnd(z, "z", t("moved on the map"), this.page.ends[key].label));
  }
}
