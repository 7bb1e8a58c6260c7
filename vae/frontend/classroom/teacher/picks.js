/**
 * What the teacher picks to present, drawings and tiles in one order.
 *
 * @typedef {{kind: "drawing" | "seat", id: string}} Pick
 */

export const MOST = 4; // more are not compared

/** @type {(a: Pick, b: Pick) => boolean} */
const same = (a, b) => a.kind === b.kind && a.id === b.id;

export class Picks {
  /** @type {Pick[]} */
  all = [];

  /** The place of a pick from 1 on; 0 for what is not picked. @param {Pick} pick */
  place(pick) {
    return this.all.findIndex((each) => same(each, pick)) + 1;
  }

  /** Picks it, or no more; of more than MOST the first ones go. @param {Pick} pick */
  toggle(pick) {
    this.all = this.place(pick) ? this.all.filter((each) => !same(each, pick)) : [...this.all, pick].slice(-MOST);
  }

  /**
   * Moves a pick one place on.
   *
   * @param {Pick} pick
   * @param {-1 | 1} step
   */
  move(pick, step) {
    const at = this.place(pick) - 1,
      to = at + step;
    if (at < 0 || to < 0 || to >= this.all.length) return;
    const next = [...this.all];
    [next[at], next[to]] = [next[to], next[at]];
    this.all = next;
  }

  clear() {
    this.all = [];
  }

  /** Leaves out what is no longer there. @param {(pick: Pick) => boolean} exists */
  keep(exists) {
    this.all = this.all.filter(exists);
  }

  /** As the command `present` has them. @returns {({drawing: number} | {seat: number})[]} */
  get pieces() {
    return this.all.map(({ kind, id }) => (kind === "drawing" ? { drawing: Number(id) } : { seat: Number(id) }));
  }
}
