/** Which request is computed next: the newest of each slot, and background work only when the user rests. */

/**
 * A request of a slot. rows: of a vector or an image each. done, parts: what has been answered. id: of its last piece.
 *
 * @template Reply
 * @typedef {object} Job
 * @property {string} slot
 * @property {boolean} background
 * @property {number} n
 * @property {number} done
 * @property {number} id
 * @property {(reply: Reply | null) => void} resolve
 */

const REST_MS = 150;

/** @template {Job<any>} J */
export class Schedule {
  /** @type {Map<string, J>} */
  waiting = new Map(); // by slot
  /** @type {Map<string, J>} */
  inFlight = new Map(); // by slot
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  lastForeground = -Infinity;
  nextId = 1;

  /**
   * @param {(job: J) => boolean} isReady
   * @param {(job: J) => void} send
   */
  constructor(isReady, send) {
    this.isReady = isReady;
    this.send = send;
  }

  /** Takes a job in, in place of the one that waits in its slot. */
  add(/** @type {J} */ job) {
    this.waiting.get(job.slot)?.resolve(null);
    this.waiting.set(job.slot, job);
    if (!job.background) this.lastForeground = performance.now();
    this.pump();
  }

  /** Sends every job that may be sent now. A timer or an answer calls this again for the rest. */
  pump() {
    clearTimeout(this.timer);
    for (const job of [...this.waiting.values()].sort((a, b) => Number(a.background) - Number(b.background))) {
      if (this.inFlight.has(job.slot) || (job.background && this.inFlight.size) || !this.isReady(job)) continue;
      const wait = job.background ? this.lastForeground + REST_MS - performance.now() : 0;
      if (wait > 0) {
        this.timer = setTimeout(() => this.pump(), wait);
        return;
      }
      this.waiting.delete(job.slot);
      this.inFlight.set(job.slot, job);
      job.id = this.nextId++ >>> 0;
      this.send(job);
    }
  }

  /** The job whose piece has this number, which is no longer in flight; undefined if it was dropped. */
  take(/** @type {number} */ id) {
    const job = [...this.inFlight.values()].find((candidate) => candidate.id === id);
    if (job) this.inFlight.delete(job.slot);
    return job;
  }

  /** Lets what is in flight wait again; it ends where a newer job is in its slot. */
  sendAgain() {
    for (const job of this.inFlight.values()) {
      if (this.waiting.has(job.slot)) job.resolve(null);
      else this.waiting.set(job.slot, job);
    }
    this.inFlight.clear();
  }

  /** Ends all jobs, or those that this holds for. */
  drop(/** @type {(job: J) => boolean} */ which = () => true) {
    for (const jobs of [this.waiting, this.inFlight]) {
      for (const job of [...jobs.values()].filter(which)) {
        jobs.delete(job.slot);
        job.resolve(null);
      }
    }
  }

  stop() {
    clearTimeout(this.timer);
    this.drop();
  }
}
