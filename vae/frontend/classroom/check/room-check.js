/**
 * What gets through between a phone and the app: pages, a WebSocket that is held for a minute, and the other ways where
 * that one fails. The teacher sees each report at once.
 *
 * @import { TransportName } from "../state.js"
 * @import { Place, Transport } from "../transports.js"
 *
 * http: whether requests are answered; httpMs: how long that takes, the median. socket: "open" while it is held, "held"
 * after a minute, "cut" if it ended before, "none" where it brought nothing. seconds: so long it has held. latency: from a
 * message to its answer on the socket, the median of `answers`, in ms. way: the best one that works. problem: what the server says.
 *
 * @typedef {object} Findings
 * @property {boolean | null} http
 * @property {number | null} httpMs
 * @property {"waiting" | "open" | "held" | "cut" | "none"} socket
 * @property {number} seconds
 * @property {number | null} latency
 * @property {number} answers
 * @property {TransportName | null} way
 * @property {boolean} done
 * @property {string} problem
 */

import { CLASS_VERSION } from "../../lib/contract.js";
import { translate } from "../../lib/words.js";
import { TRANSPORTS } from "../transports.js";

export const HELD_SECONDS = 60; // proxies that cut do it within a minute
const BEAT_SECONDS = 5;
const PINGS = 5;
const FIRST_MESSAGE_MS = 3000,
  FIRST_POLL_MS = 6000;
const SILENCE_MS = 10_000; // a message without an answer: cut, though nobody says so

export class RoomCheck {
  /** @type {Findings} */
  findings = {
    http: null,
    httpMs: null,
    socket: "waiting",
    seconds: 0,
    latency: null,
    answers: 0,
    way: null,
    done: false,
    problem: "",
  };
  /** @type {number[]} */
  latencies = [];
  /** What waits for an answer: when it was sent, by its id. @type {Map<string, number>} */
  sent = new Map();
  /** @type {Set<ReturnType<typeof setTimeout>>} */
  timers = new Set();

  /**
   * @param {Place} place
   * @param {(findings: Findings) => void} onChange
   */
  constructor(place, onChange) {
    this.place = place;
    this.onChange = onChange;
  }

  async run() {
    await this.ping();
    if (this.findings.http) {
      await this.holdSocket();
      const { socket, problem } = this.findings;
      if (socket !== "held" && !problem) await this.tryOthers();
    }
    this.take({ done: true });
  }

  /** @param {Partial<Findings>} news */
  take(news) {
    this.findings = { ...this.findings, ...news };
    this.onChange(this.findings);
  }

  /** Whether requests are answered, and how fast; the first one also opens the connection and does not count. */
  async ping() {
    const { base, code, fetch } = this.place;
    /** @type {number[]} */
    const times = [];
    try {
      for (let k = 0; k < PINGS; k++) {
        const began = performance.now();
        const response = await fetch(`${base}/c/${code}/ping`, { cache: "no-store" });
        if (!response.ok) return this.take({ http: false, problem: translate(await response.text()) });
        times.push(performance.now() - began);
      }
      this.take({ http: true, httpMs: median(times.slice(1)), way: "poll" });
    } catch {
      this.take({ http: false });
    }
  }

  /** Holds a WebSocket for a minute, with a report every five seconds; its answer is the measurement. */
  holdSocket() {
    return new Promise((/** @type {(value: void) => void} */ resolve) => {
      let openedAt = 0;
      const end = (/** @type {Partial<Findings>} */ news) => {
        for (const timer of this.timers) clearTimeout(timer);
        transport.close();
        this.take(news);
        resolve();
      };
      const lose = () => end(openedAt ? { socket: "cut", way: "poll" } : { socket: "none" });
      const beat = () => {
        const seconds = Math.round((performance.now() - openedAt) / 1000);
        this.take({ seconds, socket: "open", way: "websocket" });
        this.report(transport).catch(lose);
        const silence = this.after(SILENCE_MS, lose);
        answered = () => {
          clearTimeout(silence);
          if (seconds >= HELD_SECONDS) end({ socket: "held" });
          else this.after(1000 * BEAT_SECONDS, beat);
        };
      };
      let answered = () => {};
      const transport = TRANSPORTS.websocket(this.place, null, {
        onMessage: (message) => {
          if (!openedAt) {
            openedAt = performance.now();
            clearTimeout(first);
            beat();
          }
          if (this.takeReply(message)) answered();
        },
        onEnd: (sentence, final) => (final ? end({ socket: "none", problem: sentence }) : lose()),
      });
      const first = this.after(FIRST_MESSAGE_MS, lose);
    });
  }

  /** The first of the other ways that brings a message; by it goes the report. */
  async tryOthers() {
    for (const way of /** @type {const} */ (["events", "poll"])) {
      const transport = await this.opened(way);
      if (!transport) continue;
      this.take({ way });
      await this.report(transport).catch(() => this.take({ way: null }));
      return transport.close();
    }
    this.take({ way: null });
  }

  /**
   * A way, once it has brought a message; null where it brings none.
   *
   * @param {"events" | "poll"} way
   * @returns {Promise<Transport | null>}
   */
  opened(way) {
    return new Promise((resolve) => {
      const give = (/** @type {Transport | null} */ found) => {
        clearTimeout(timer);
        if (!found) transport.close();
        resolve(found);
      };
      const transport = TRANSPORTS[way](this.place, null, {
        onMessage: () => give(transport),
        onEnd: () => give(null),
      });
      const timer = this.after(way === "poll" ? FIRST_POLL_MS : FIRST_MESSAGE_MS, () => give(null));
    });
  }

  /**
   * Tells the teacher what has been found so far.
   *
   * @param {Transport} transport
   */
  report(transport) {
    const { seconds, latency, httpMs } = this.findings,
      id = `check ${this.sent.size + 1}`;
    const measured = { http: true, socket_seconds: seconds, latency_ms: latency ?? httpMs ?? 0 };
    this.sent.set(id, performance.now());
    return transport.send(/** @type {any} */ ({ version: CLASS_VERSION, id, do: "report", ...measured }));
  }

  /** Whether a message answers a report; then it is measured. */
  takeReply(/** @type {{reply?: string}} */ { reply }) {
    const sentAt = this.sent.get(reply ?? "");
    if (sentAt === undefined) return false;
    this.latencies.push(performance.now() - sentAt);
    this.take({ latency: median(this.latencies), answers: this.latencies.length });
    return true;
  }

  /**
   * @param {number} ms
   * @param {() => void} then
   */
  after(ms, then) {
    const timer = setTimeout(then, ms);
    this.timers.add(timer);
    return timer;
  }
}

/** The upper one of two in the middle, rounded to whole ms, at least one of which has passed. */
function median(/** @type {readonly number[]} */ times) {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.max(1, Math.round(sorted[sorted.length >> 1]));
}
