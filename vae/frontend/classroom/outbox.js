/**
 * A client's commands on their way: kept until the server has replied, and sent again after a lost connection.
 *
 * @import { Transport } from "./transports.js"
 *
 * @typedef {{version: number, id: string, do: string} & Record<string, unknown>} Command
 * @typedef {{command: Command, sent: boolean, resolve: (fields: any) => void, reject: (error: Error) => void}} Waiting
 */

import { CLASS_VERSION } from "../lib/contract.js";
import { t } from "../lib/words.js";
import { Refusal } from "./transports.js";

// Done twice they would do more than done once.
const ONCE = new Set(["ask", "co_teacher", "train"]);
const LOST = t("The connection was lost before the answer came. Look whether it was done before you do it again.");
const AGAIN_MS = 2000; // after a request that failed

export class Outbox {
  /** @type {Map<string, Waiting>} by the command's id, in their order */
  waiting = new Map();
  /** @type {Transport | null} */
  transport = null;
  /** By their name: what is on its way, and the newest that follows it. @type {Map<string, Command | null>} */
  telling = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  prefix = Math.random().toString(36).slice(2, 8); // tells this page's commands from those before a reload
  count = 0;

  /**
   * @param {string} name
   * @param {object} fields
   * @returns {Command}
   */
  commandOf(name, fields) {
    return { version: CLASS_VERSION, id: `${this.prefix}-${this.count++}`, do: name, ...fields };
  }

  /**
   * Sends a command as soon as there is a connection. Resolves to the reply's fields, rejects with the server's sentence.
   *
   * @param {string} name
   * @param {object} fields
   * @returns {Promise<any>}
   */
  add(name, fields) {
    const command = this.commandOf(name, fields);
    return new Promise((resolve, reject) => {
      this.waiting.set(command.id, { command, sent: false, resolve, reject });
      this.pump();
    });
  }

  /**
   * Sends what needs no reply, and drops it where there is no connection. Where one of this name is still on its way, the
   * newest follows it.
   *
   * @param {string} name
   * @param {object} fields
   */
  tell(name, fields) {
    const { transport } = this;
    if (!transport) return;
    const command = this.commandOf(name, fields);
    if (!transport.pipelined && this.telling.has(name)) {
      this.telling.set(name, command);
      return;
    }
    this.telling.set(name, null);
    const next = () => {
      const newest = this.telling.get(name);
      this.telling.delete(name);
      if (newest && this.transport === transport) this.tell(name, newest);
    };
    transport.send(command).then(next, next);
  }

  /** The commands go this way from now on. */
  use(/** @type {Transport} */ transport) {
    this.transport = transport;
    this.telling.clear();
    this.pump();
  }

  /** Takes a reply. */
  take(/** @type {{reply: string, error?: string} & Record<string, unknown>} */ { reply, error, ...fields }) {
    const waiting = this.waiting.get(reply);
    if (!waiting) return;
    this.waiting.delete(reply);
    if (error === undefined) waiting.resolve(fields);
    else waiting.reject(new Error(error));
    this.pump();
  }

  /** The connection is lost: what has no reply is sent again, unless it must not be. */
  pause() {
    this.transport = null;
    clearTimeout(this.timer);
    for (const waiting of this.waiting.values()) this.returned(waiting);
  }

  /** Nothing more will be sent. */
  end(/** @type {string} */ sentence) {
    this.transport = null;
    clearTimeout(this.timer);
    for (const { reject } of this.waiting.values()) reject(new Error(sentence));
    this.waiting.clear();
  }

  /** Whether a command that must not be sent twice has no reply yet. */
  get isDelicate() {
    return [...this.waiting.values()].some(({ command, sent }) => sent && ONCE.has(command.do));
  }

  pump() {
    const { transport } = this;
    if (!transport) return;
    for (const waiting of this.waiting.values()) {
      if (!waiting.sent) {
        waiting.sent = true;
        transport.send(waiting.command).catch((error) => this.failed(transport, waiting, error));
      }
      if (!transport.pipelined) return;
    }
  }

  /**
   * @param {Transport} transport
   * @param {Waiting} waiting
   * @param {unknown} error
   */
  failed(transport, waiting, error) {
    if (transport !== this.transport || !this.waiting.has(waiting.command.id)) return;
    if (error instanceof Refusal && error.final) {
      this.take({ reply: waiting.command.id, error: error.message });
      return;
    }
    if (error instanceof Refusal) waiting.sent = false;
    else this.returned(waiting);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pump(), AGAIN_MS);
  }

  returned(/** @type {Waiting} */ waiting) {
    const { command, sent, reject } = waiting;
    waiting.sent = false;
    if (!sent || !ONCE.has(command.do)) return;
    this.waiting.delete(command.id);
    reject(new Error(LOST));
  }
}
