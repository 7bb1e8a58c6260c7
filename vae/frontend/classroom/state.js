/**
 * What a client knows of its class: sections, kept up to date by the server's messages. Format: docstring of
 * vae/classroom/messages/protocol.py.
 *
 * @import * as contract from "../lib/contract.js"
 *
 * @typedef {contract.ImageShape} Shape
 * @typedef {contract.ClassSection} ClassSection
 * @typedef {contract.ClassShown} Shown
 * @typedef {contract.ClassQuestion & Partial<contract.TeacherQuestion>} Question shown, revealed: for teachers
 * @typedef {contract.ClassDrawing} MapDrawing
 * @typedef {contract.MyDrawing["state"]} DrawingState
 * @typedef {contract.ClassMe} Me
 * @typedef {contract.ClassSeat} Seat
 * @typedef {contract.ClassReport} CheckReport
 * @typedef {contract.ClassTile} Tile
 * @typedef {NonNullable<Seat["transport"]>} TransportName
 *
 * Sections of items are objects by id; a client has only the sections of its role.
 *
 * @typedef {object} ClassState
 * @property {ClassSection | null} class
 * @property {Shown | null} shown
 * @property {contract.ClassPeople | null} people
 * @property {Question | null} question
 * @property {contract.ClassProgress | null} progress
 * @property {contract.ClassLesson | null} lesson as far as its phase has come
 * @property {Record<string, MapDrawing>} map
 * @property {contract.ClassPiece[]} presented
 * @property {Me | null} me a student's own
 * @property {Record<string, Seat>} seats the teacher's, as all that follow
 * @property {Record<string, contract.TeacherDrawing>} drawings
 * @property {contract.ClassTally | null} tally
 * @property {Record<string, CheckReport>} check
 * @property {contract.ClassRehearsal | null} rehearsal
 * @property {contract.Lesson | null} plan the whole lesson
 *
 * full: all that was known before is void. set: sections as they are now. items: of a section, null for one that is gone.
 *
 * @typedef {{seq?: number, full?: boolean, set?: Record<string, unknown>,
 *            items?: Record<string, Record<string, unknown>>}} Update
 */

/** @returns {ClassState} */
export function emptyState() {
  const none = { class: null, shown: null, people: null, question: null, progress: null, lesson: null };
  const teachers = { seats: {}, drawings: {}, tally: null, check: {}, rehearsal: null, plan: null };
  return { ...none, map: {}, presented: [], me: null, ...teachers };
}

/** The sections, and the number of the newest change among them. */
export class Sections {
  state = emptyState();
  /** @type {number | null} to ask later for what came after it */
  seq = null;

  /**
   * Takes a message. What has changed is a new object, the rest stays the same one.
   *
   * @param {Update} update
   * @returns {Set<string>} the sections that have changed
   */
  take({ seq, full = false, set = {}, items = {} }) {
    const before = full ? emptyState() : this.state;
    /** @type {Record<string, any>} */
    const after = { ...before, ...set };
    for (const [section, changes] of Object.entries(items)) {
      const kept = { ...after[section], ...changes };
      after[section] = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== null));
    }
    const sections = full ? Object.keys({ ...this.state, ...after }) : [...Object.keys(set), ...Object.keys(items)];
    this.state = /** @type {ClassState} */ (after);
    if (seq !== undefined) this.seq = seq;
    return new Set(sections);
  }
}
