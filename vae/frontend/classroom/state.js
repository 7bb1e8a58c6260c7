/**
 * What a client knows of its class: sections, kept up to date by the server's messages. Format: docstring of
 * vae/classroom/messages.py.
 *
 * @typedef {readonly [channels: number, height: number, width: number]} Shape
 *
 * mode: whether students follow the teacher. frozen: whether their screens stay as they are.
 *
 * @typedef {{code: string, name: string, model: string, mode: "follow" | "explore", frozen: boolean, joinable: boolean,
 *            closed: boolean}} ClassSection
 *
 * What the teacher shows: a page's address and the parameters of its link.
 *
 * @typedef {{page: string, params: Record<string, string>}} Shown
 *
 * counts: votes for each option, by round. moved: how many went from option i to option j. Both are null until they are
 * shown, correct until it is revealed. shown, revealed: for teachers.
 *
 * @typedef {{id: number, text: string, options: string[], round: 1 | 2, open: boolean, counts: number[][] | null,
 *            moved: number[][] | null, correct: number | null, shown?: boolean, revealed?: boolean}} Question
 *
 * An approved drawing: picture as base64 of uint8, mean and logvar of q(z|x).
 *
 * @typedef {{label: string, picture: string, shape: Shape, mean: number[], logvar: number[]}} MapDrawing
 * @typedef {"waiting" | "approved" | "hidden"} DrawingState
 *
 * votes: the choice in each round, null where there is none.
 *
 * @typedef {{seat: number, name: string, votes: (number | null)[],
 *            drawings: Record<string, {state: DrawingState, label: string}>}} Me
 * @typedef {"websocket" | "events" | "poll"} TransportName
 * @typedef {{name: string, connected: boolean, transport: TransportName | null, silent: boolean, simulated: boolean,
 *            votes: (number | null)[], drawings: number}} Seat
 * @typedef {{address: string, http: boolean, socket_seconds: number, latency_ms: number, transport: TransportName,
 *            agent: string}} CheckReport
 * @typedef {{page: string, model: string, shape: Shape, pixels: string}} Tile
 *
 * Sections of items are objects by id; a client has only the sections of its role.
 *
 * @typedef {object} ClassState
 * @property {ClassSection | null} class
 * @property {Shown | null} shown
 * @property {{joined: number, connected: number} | null} people
 * @property {Question | null} question
 * @property {{answered: number, of: number} | null} progress of the present round
 * @property {Record<string, MapDrawing>} map
 * @property {{kind: "drawing" | "tile", picture: string, shape: Shape, caption: string}[]} presented
 * @property {Me | null} me a student's own
 * @property {Record<string, Seat>} seats the teacher's, as all that follow
 * @property {Record<string, MapDrawing & {seat: number, state: DrawingState}>} drawings
 * @property {{counts: number[][], moved: number[][] | null, correct: number | null} | null} tally
 * @property {Record<string, CheckReport>} check
 * @property {{students: number} | null} rehearsal
 *
 * full: all that was known before is void. set: sections as they are now. items: of a section, null for one that is gone.
 *
 * @typedef {{seq?: number, full?: boolean, set?: Record<string, unknown>,
 *            items?: Record<string, Record<string, unknown>>}} Update
 */

/** @returns {ClassState} */
export function emptyState() {
  const none = { class: null, shown: null, people: null, question: null, progress: null, me: null };
  return { ...none, map: {}, presented: [], seats: {}, drawings: {}, tally: null, check: {}, rehearsal: null };
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
