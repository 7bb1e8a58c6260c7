/**
 * The three ways to a class: a WebSocket, server-sent events, long polling. Each passes on the server's messages in their
 * order, and takes commands; connection.js chooses among them.
 *
 * @import { TransportName } from "./state.js"
 *
 * @typedef {{base: string, code: string, role: string, seat: string | null, fetch: typeof globalThis.fetch,
 *            WebSocket: typeof globalThis.WebSocket}} Place
 *
 * onEnd: the way is lost. sentence: the server's reason, "" where there is none; final: it will not change its mind.
 *
 * @typedef {{onMessage(message: any): void, onEnd(sentence: string, final: boolean): void}} Calls
 *
 * send: a command, whose reply comes as a message; rejects with a Refusal, or otherwise where the network is in the way.
 * pipelined: whether the next command may be sent before the reply.
 *
 * @typedef {object} Transport
 * @property {TransportName} name
 * @property {boolean} pipelined
 * @property {(command: {id: string}) => Promise<void>} send
 * @property {() => void} close
 */

import { CLASS_SECONDS, CLASS_VERSION } from "../lib/contract.js";
import { t, translate } from "../lib/words.js";

const SECONDS_OF_A_POLL = CLASS_SECONDS.poll + 10; // it is answered after the first of these at the latest
const QUIET_EVENTS_S = 3 * CLASS_SECONDS.events; // three signs of life have not come

/** What the server does not do, in its own words. */
export class Refusal extends Error {
  /**
   * @param {string} sentence
   * @param {number} status
   */
  constructor(sentence, status) {
    super(translate(sentence));
    this.status = status;
  }

  /** Whether asking again is of no use: too many requests, and a server that is busy, pass. */
  get final() {
    return this.status < 500 && this.status !== 429 && this.status !== 408;
  }
}

/** @type {Record<TransportName, (place: Place, after: number | null, calls: Calls) => Transport>} */
export const TRANSPORTS = { websocket: openSocket, events: openEvents, poll: openPoll };

/**
 * @param {Place} place
 * @param {number | null} after
 * @param {Calls} calls
 * @returns {Transport}
 */
function openSocket({ base, code, role, seat, WebSocket }, after, { onMessage, onEnd }) {
  const socket = new WebSocket(`${base.replace("http", "ws")}/c/${code}/socket`);
  let problem = "";
  let final = false;
  socket.onopen = () => socket.send(JSON.stringify({ version: CLASS_VERSION, role, seat, after }));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (!("error" in message) || "reply" in message) return onMessage(message);
    problem = translate(message.error);
    final = message.final === true;
  };
  socket.onclose = () => onEnd(problem, final);
  return {
    name: "websocket",
    pipelined: true,
    send: (command) => {
      if (socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error(t("The socket is closed.")));
      socket.send(JSON.stringify(command));
      return Promise.resolve();
    },
    close: () => {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}

/**
 * @param {Place} place
 * @param {number | null} after
 * @param {Calls} calls
 * @returns {Transport}
 */
function openEvents(place, after, calls) {
  const read = async (/** @type {Patience} */ patience) => {
    const { signal } = patience;
    const response = await place.fetch(address(place, "events", { after }), asked(place, signal));
    if (!response.ok || !response.body) throw await refusalOf(response);
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (let rest = ""; ; ) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      patience.start();
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = /** @type {string} */ (blocks.pop()); // until its end has come
      for (const block of blocks) takeEvent(block, signal, calls);
    }
  };
  return overHttp("events", place, calls, (signal) => within(signal, QUIET_EVENTS_S, read));
}

/**
 * @param {string} block lines of one event
 * @param {AbortSignal} signal
 * @param {Calls} calls
 */
function takeEvent(block, signal, calls) {
  const lines = block.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  if (!lines.length || signal.aborted) return;
  const message = JSON.parse(lines.map((line) => line.slice(5).trimStart()).join("\n"));
  if ("error" in message && !("reply" in message)) throw new Refusal(message.error, message.final ? 403 : 503);
  calls.onMessage(message);
}

/**
 * @param {Place} place
 * @param {number | null} after
 * @param {Calls} calls
 * @returns {Transport}
 */
function openPoll(place, after, calls) {
  return overHttp("poll", place, calls, async (signal) => {
    /** @type {number | null} of what has no number, as the last answer had it */
    let mark = null;
    /** @type {number | null} of tiles */
    let tile = null;
    for (let seq = after; !signal.aborted; ) {
      const answer = await within(signal, SECONDS_OF_A_POLL, async (patience) => {
        const where = address(place, "poll", { after: seq, mark, tile });
        const response = await place.fetch(where, asked(place, patience.signal));
        if (!response.ok) throw await refusalOf(response);
        return await response.json();
      });
      const { messages } = answer;
      mark = answer.mark ?? null;
      tile = answer.tile ?? null;
      if (!messages.length && !signal.aborted) calls.onMessage({}); // a sign of life
      for (const message of messages) {
        if (signal.aborted) return;
        seq = message.seq ?? seq;
        calls.onMessage(message);
      }
    }
  });
}

/**
 * A way that reads by `read` and sends each command by a request of its own.
 *
 * @param {TransportName} name
 * @param {Place} place
 * @param {Calls} calls
 * @param {(signal: AbortSignal) => Promise<void>} read until the way is lost
 * @returns {Transport}
 */
function overHttp(name, place, { onMessage, onEnd }, read) {
  const ending = new AbortController();
  const { signal } = ending;
  const end = (/** @type {unknown} */ error) => {
    if (signal.aborted) return;
    ending.abort();
    onEnd(error instanceof Refusal ? error.message : "", error instanceof Refusal && error.final);
  };
  read(signal).then(() => end(null), end);
  return {
    name,
    pipelined: false,
    send: (command) =>
      within(signal, SECONDS_OF_A_POLL, async (patience) => {
        const options = { ...asked(place, patience.signal), method: "POST", body: JSON.stringify(command) };
        const response = await place.fetch(address(place, "commands"), options);
        if (!response.ok) throw await refusalOf(response);
        if (response.status !== 204) onMessage(await response.json());
      }),
    close: () => ending.abort(),
  };
}

/**
 * @param {Place} place
 * @param {string} what
 * @param {Record<string, number | null>} [known] null: nothing
 */
function address({ base, code, role }, what, known = {}) {
  const query = new URLSearchParams({ role });
  for (const [name, number] of Object.entries(known)) if (number !== null) query.set(name, `${number}`);
  return `${base}/c/${code}/${what}?${query}`;
}

/**
 * @param {Place} place
 * @param {AbortSignal} signal
 * @returns {RequestInit}
 */
function asked({ seat }, signal) {
  return { signal, cache: "no-store", headers: seat === null ? {} : { Authorization: `Bearer ${seat}` } };
}

/** @param {Response} response */
export async function refusalOf(response) {
  const ours = response.headers.get("content-type")?.startsWith("text/plain");
  const text = ours ? await response.text() : "";
  return new Refusal(text || t`The server answered with status ${response.status}. Reload the page.`, response.status);
}

/** A signal that is aborted with another one, or when so many seconds have passed. */
class Patience {
  ending = new AbortController();

  /**
   * @param {AbortSignal} outer
   * @param {number} seconds
   */
  constructor(outer, seconds) {
    this.outer = outer;
    this.seconds = seconds;
    this.abort = () => this.ending.abort();
    outer.addEventListener("abort", this.abort);
    if (outer.aborted) this.abort();
    this.start();
  }

  get signal() {
    return this.ending.signal;
  }

  /** Begins the seconds again. */
  start() {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.abort, this.seconds * 1000);
  }

  end() {
    clearTimeout(this.timer);
    this.outer.removeEventListener("abort", this.abort);
  }
}

/**
 * What `use` makes with a signal of its own; its patience ends with it.
 *
 * @template T
 * @param {AbortSignal} outer
 * @param {number} seconds
 * @param {(patience: Patience) => Promise<T>} use
 */
async function within(outer, seconds, use) {
  const patience = new Patience(outer, seconds);
  try {
    return await use(patience);
  } finally {
    patience.end();
  }
}
