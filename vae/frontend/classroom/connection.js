/**
 * A client's connection to its class: what it knows, commands, what the teacher moves. It finds by itself the best way
 * that works (a WebSocket, else server-sent events, else polling), and comes back by itself.
 *
 *   const connection = new Connection({ base, code: "K7PM2X", role: "student", seat: token,
 *     onState: (state, changed) => { if (changed.has("question")) … },
 *     onStatus: ({ sentence }) => … });
 *   await connection.command("vote", { question: 3, round: 1, choice: 0 });    // waits while there is no connection
 *
 * @import { ClassState, Tile, TransportName } from "./state.js"
 * @import { Place, Transport } from "./transports.js"
 *
 * connected: whether the class answers. transport: the way that is in use or tried. since: when `connected` became so, in
 * ms of performance.now(). final: the server lets this client in no more, for the reason in `sentence`.
 *
 * @typedef {{connected: boolean, transport: TransportName, since: number, final: boolean, sentence: string}} Status
 *
 * base: the app's address, without a slash at its end. seat: a student's token. storage: where it keeps for a reload that
 * WebSockets are cut here.
 *
 * @typedef {object} ConnectionOptions
 * @property {string} base
 * @property {string} code
 * @property {"student" | "teacher" | "presenter" | "projector" | "check"} role
 * @property {string | null} [seat]
 * @property {(state: ClassState, changed: Set<string>) => void} [onState]
 * @property {(live: any) => void} [onLive]
 * @property {(tiles: Record<string, Tile>) => void} [onTiles]
 * @property {(status: Status) => void} [onStatus]
 * @property {typeof globalThis.fetch} [fetch]
 * @property {typeof globalThis.WebSocket} [WebSocket]
 * @property {Kept} [storage]
 */

import { CLASS_SECONDS } from "../lib/contract.js";
import { t } from "../lib/words.js";
import { Kept } from "./kept.js";
import { Outbox } from "./outbox.js";
import { Sections } from "./state.js";
import { TRANSPORTS } from "./transports.js";

/** @type {readonly TransportName[]} the best first */
const WAYS = ["websocket", "events", "poll"];
const FIRST_MESSAGE_MS = 3000;
const CUTS_MS = 90_000; // a way that is lost twice within it does not work
const AVOIDED_MS = 600_000;
const PATIENT_ROUNDS = 3; // of sockets alone, where they have worked
const FIRST_PROBE_MS = 30_000; // for a better way than the one in use
const SIGN_MS = CLASS_SECONDS.beat * 1000; // between two signs of life
const SILENCE_MS = 10_000; // after one
const AWAKE_SILENCE_MS = 3000; // and after the page was asleep
const NETWORK = ["online", "offline"]; // the browser's events, which need not be true
const FIRST_RETRY_MS = 500,
  LAST_RETRY_MS = 8000;
/** @type {Record<TransportName, string>} */
const CONNECTED = {
  websocket: t("Connected."),
  events: t("Connected by server-sent events: WebSockets do not get through here."),
  poll: t("Connected by polling: nothing faster gets through here."),
};
const CONNECTING = t("Connecting to the class…");
const LOST = t("No connection to the class. It comes back by itself.");

export class Connection {
  outbox = new Outbox();
  sections = new Sections();
  /** @type {Transport | null} */
  transport = null;
  /** @type {Transport | null} a better one that is tried beside it */
  probe = null;
  working = false; // whether the transport has brought a message
  wasConnected = false;
  socketsWork = false; // one has brought a message
  stopped = false;
  rounds = 0; // of all ways in vain
  probes = 0; // in vain
  heardAt = 0;
  /** When a way was lost that had worked, by way. @type {number[][]} */
  cuts = WAYS.map(() => []);
  /** @type {Record<string, ReturnType<typeof setTimeout>>} */
  timers = {};

  constructor(/** @type {ConnectionOptions} */ options) {
    const { base, code, role, seat = null, fetch = (...asked) => globalThis.fetch(...asked) } = options;
    const nothing = () => {};
    this.calls = { onState: nothing, onLive: nothing, onTiles: nothing, onStatus: nothing, ...options };
    this.storage = options.storage ?? new Kept(() => sessionStorage);
    /** @type {Place} */
    this.place = { base, code, role, seat, fetch, WebSocket: options.WebSocket ?? globalThis.WebSocket };
    const now = performance.now();
    this.avoidedUntil = WAYS.map((way) => (this.storage.get(avoided(way)) ? now + AVOIDED_MS : 0));
    /** @type {Status} */
    this.status = {
      connected: false,
      transport: WAYS[0],
      since: performance.now(),
      final: false,
      sentence: CONNECTING,
    };
    this.wake = () => this.awake();
    for (const type of NETWORK) globalThis.addEventListener?.(type, this.wake);
    globalThis.document?.addEventListener("visibilitychange", this.wake);
    this.open(this.best);
  }

  /** All that this client knows. */
  get state() {
    return this.sections.state;
  }

  /** Whether every command has its reply. */
  get isIdle() {
    return this.outbox.waiting.size === 0;
  }

  /**
   * Has a command done; it waits while there is no connection. Rejects with the server's sentence.
   *
   * @param {string} name
   * @param {object} [fields]
   * @returns {Promise<any>} the reply's fields
   */
  command(name, fields = {}) {
    if (this.stopped) return Promise.reject(new Error(this.status.sentence || t("The connection is closed.")));
    if (this.working) this.expect(SILENCE_MS);
    return this.outbox.add(name, fields);
  }

  /**
   * Sends what needs no reply; it is lost where there is no connection.
   *
   * @param {string} name
   * @param {object} [fields]
   */
  tell(name, fields = {}) {
    this.outbox.tell(name, fields);
  }

  close(sentence = t("The connection is closed.")) {
    this.stopped = true;
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    for (const type of NETWORK) globalThis.removeEventListener?.(type, this.wake);
    globalThis.document?.removeEventListener("visibilitychange", this.wake);
    this.leave();
    this.outbox.end(sentence);
  }

  // — ways —

  get best() {
    const now = performance.now();
    const way = this.avoidedUntil.findIndex((until) => until <= now);
    return way < 0 ? WAYS.length - 1 : way;
  }

  open(/** @type {number} */ way) {
    const name = WAYS[way];
    this.say({ transport: name });
    const after = name === "poll" ? null : this.sections.seq; // without a number the first poll is answered at once
    const transport = TRANSPORTS[name](this.place, after, {
      onMessage: (message) => this.transport === transport && this.take(message),
      onEnd: (sentence, final) => this.transport === transport && this.end(sentence, final),
    });
    this.transport = transport;
    this.after("first", FIRST_MESSAGE_MS * (name === "poll" ? 2 : 1), () => this.lose());
  }

  leave() {
    const { transport, probe } = this;
    this.transport = this.probe = null;
    this.working = false;
    this.outbox.pause();
    transport?.close();
    probe?.close();
    for (const name of ["first", "sign", "silence", "probe"]) clearTimeout(this.timers[name]);
  }

  /** A way ended by itself. Where the server said why, the network has not cut it. */
  end(/** @type {string} */ sentence, /** @type {boolean} */ final) {
    if (this.working && this.transport && !sentence) this.countCut(WAYS.indexOf(this.transport.name));
    this.lose(sentence, final);
  }

  lose(sentence = "", final = false) {
    const { working, transport } = this;
    const way = WAYS.indexOf(transport?.name ?? WAYS[0]);
    this.leave();
    if (final) return this.refuse(sentence);
    const waits = way === 0 && this.socketsWork && this.rounds < PATIENT_ROUNDS; // for an app that starts again
    if (!working && !sentence && !waits && way + 1 < WAYS.length) return this.open(way + 1);
    this.say({ connected: false, sentence: sentence || (this.wasConnected ? LOST : CONNECTING) });
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.rounds++);
    // With jitter, so that the phones of a class do not all return at once.
    this.after("retry", wait * (0.25 + 0.75 * Math.random()), () => this.open(this.best));
  }

  refuse(/** @type {string} */ sentence) {
    this.close(sentence);
    this.say({ connected: false, final: true, sentence });
  }

  countCut(/** @type {number} */ way) {
    const now = performance.now();
    const cuts = [...this.cuts[way].filter((at) => now - at < CUTS_MS), now];
    this.cuts[way] = cuts;
    if (cuts.length < 2 || way === WAYS.length - 1) return;
    this.cuts[way] = [];
    this.avoidedUntil[way] = now + AVOIDED_MS;
    if (way === 0) this.socketsWork = false;
    this.storage.set(avoided(WAYS[way]), "yes");
  }

  /** Tries a better way than the one in use, later and beside it. */
  planProbe() {
    if (this.transport?.name === WAYS[0]) return;
    const wait = Math.min(AVOIDED_MS, FIRST_PROBE_MS * 2 ** this.probes);
    this.after("probe", Math.max(wait, this.avoidedUntil[0] - performance.now()), () => this.tryBetter());
  }

  tryBetter() {
    const fail = () => {
      if (this.probe !== probe) return;
      this.probe = null;
      probe.close();
      this.probes++;
      this.planProbe();
    };
    const probe = TRANSPORTS[WAYS[0]](this.place, this.sections.seq, {
      onMessage: (message) => {
        if (this.transport === probe) this.take(message);
        else if (this.outbox.isDelicate) fail();
        else if (this.probe === probe) this.change(probe, message);
      },
      onEnd: (sentence, final) => (this.transport === probe ? this.end(sentence, final) : fail()),
    });
    this.probe = probe;
    this.after("first", FIRST_MESSAGE_MS, fail);
  }

  /**
   * @param {Transport} better
   * @param {any} message
   */
  change(better, message) {
    this.probe = null;
    this.leave();
    this.transport = better;
    this.probes = 0;
    this.storage.set(avoided(better.name), ""); // until it is lost twice again
    this.take(message);
  }

  // — messages —

  take(/** @type {any} */ message) {
    this.heardAt = performance.now();
    clearTimeout(this.timers.silence);
    const { transport } = this;
    const first = !this.working && transport !== null;
    if (first) {
      this.working = this.wasConnected = true;
      this.socketsWork ||= transport.name === "websocket";
      this.rounds = 0;
      clearTimeout(this.timers.first);
      this.say({ connected: true, transport: transport.name, sentence: CONNECTED[transport.name] });
      this.planSign();
      this.planProbe();
    }
    this.pass(message);
    if (first && this.transport === transport) this.outbox.use(transport);
  }

  pass(/** @type {any} */ message) {
    const { onState, onLive, onTiles } = this.calls;
    if ("reply" in message) this.outbox.take(message);
    if ("live" in message) onLive(message.live);
    if ("tiles" in message) onTiles(message.tiles);
    if (!("set" in message || "items" in message || "full" in message || "seq" in message)) return;
    const changed = this.sections.take(message);
    if (changed.size) onState(this.state, changed);
  }

  // — signs of life —

  planSign() {
    this.after("sign", SIGN_MS, () => {
      if (!globalThis.document?.hidden) this.sign(SILENCE_MS);
      this.planSign();
    });
  }

  /** Says that this client is there. Whatever the server says then is a sign that it is there, too. */
  sign(/** @type {number} */ patience) {
    const { transport } = this;
    if (!transport) return;
    void transport.send(this.outbox.commandOf("seen", {})).catch(() => {});
    this.expect(patience);
  }

  /** Gives a socket up that brings nothing for so long: one without a network does not close. */
  expect(/** @type {number} */ patience) {
    if (this.transport?.name === "websocket") this.after("silence", patience, () => this.lose());
  }

  /** The page was asleep, or the network is another one: finds out at once whether the connection still holds. */
  awake() {
    if (this.stopped || globalThis.document?.hidden) return;
    if (this.transport?.name === "websocket" && this.working) this.sign(AWAKE_SILENCE_MS);
    else if (this.working || !this.transport) this.again();
  }

  again() {
    clearTimeout(this.timers.retry);
    this.leave();
    this.rounds = 0;
    this.open(this.best);
  }

  // — status —

  /** @param {Partial<Status>} news */
  say(news) {
    const before = this.status;
    const now = { ...before, ...news };
    if (now.connected !== before.connected) now.since = performance.now();
    this.status = now;
    const { connected, sentence, final } = now;
    if (connected !== before.connected || sentence !== before.sentence || final) this.calls.onStatus(now);
  }

  /**
   * @param {string} name
   * @param {number} ms
   * @param {() => void} then
   */
  after(name, ms, then) {
    clearTimeout(this.timers[name]);
    this.timers[name] = setTimeout(then, ms);
  }
}

function avoided(/** @type {TransportName} */ way) {
  return `${way} avoided`;
}
