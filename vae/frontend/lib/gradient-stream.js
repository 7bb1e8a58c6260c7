/**
 * Work by gradient steps in the server, whose results arrive as they are found. Format: docstring of
 * vae/server/gradients/streams.py.
 */

import { GRADIENT_VERSION } from "./contract.js";
import { load } from "./files.js";
import { t } from "./words.js";

/** @typedef {Record<string, unknown> & {model: string}} Fields */
/** @template Line @typedef {{onLine(line: Line, fields: Fields): void, onEnd(fields: Fields): void, onError(error: unknown): void}} Calls */

/**
 * Passes on each result until the last. Rejects with the server's sentence, or as fetch does once the signal is aborted.
 *
 * @template Line
 * @param {string} address
 * @param {Fields} fields
 * @param {AbortSignal} signal
 * @param {(line: Line) => void} onLine
 */
export async function streamLines(address, fields, signal, onLine) {
  const body = JSON.stringify({ version: GRADIENT_VERSION, ...fields });
  const response = await load(address, { method: "POST", body, signal });
  if (!response.ok || !response.body) throw new Error(await response.text());
  let rest = "";
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
    rest = /** @type {string} */ (lines.pop()); // until its end has come
    for (const line of lines) take(JSON.parse(line), onLine);
    if (done) return;
  }
}

/**
 * @template Line
 * @param {any} line
 * @param {(line: Line) => void} onLine
 */
function take({ version, error, ...values }, onLine) {
  if (version !== GRADIENT_VERSION) throw new Error(t("The app has been updated: reload the page."));
  if (error) throw new Error(error);
  onLine(/** @type {Line} */ (values));
}

/**
 * The work for the newest request. While a slider is dragged, each request comes before the one before it is done: the
 * newest then waits for the first result of the running one, which it ends, so that there are always results to show.
 *
 * @template Line
 */
export class NewestStream {
  /** @type {AbortController | null} */
  running = null;
  /** @type {Fields | null} */
  waiting = null;

  /**
   * @param {string} address
   * @param {Calls<Line>} calls onEnd: after a request's last result; onError: in place of it
   */
  constructor(address, calls) {
    this.address = address;
    this.calls = calls;
  }

  /** Asks for this in place of what was asked before. @param {Fields} fields */
  ask(fields) {
    this.waiting = fields;
    if (!this.running) this.next();
    else if (this.answered) this.running.abort();
  }

  /** Ends all work. */
  stop() {
    this.waiting = null;
    this.running?.abort();
    this.running = null;
  }

  /** Whether the running request has had a result. */
  answered = false;

  next() {
    const fields = this.waiting;
    if (!fields) return;
    this.waiting = null;
    this.answered = false;
    const running = new AbortController();
    const { signal } = running;
    this.running = running;
    const onLine = (/** @type {Line} */ line) => {
      if (signal.aborted) return;
      this.answered = true;
      this.calls.onLine(line, fields);
      if (this.waiting) running.abort();
    };
    streamLines(this.address, fields, signal, onLine)
      .then(() => signal.aborted || this.calls.onEnd(fields))
      .catch((error) => signal.aborted || this.calls.onError(error))
      .finally(() => {
        if (this.running === running) this.goOn();
      });
  }

  goOn() {
    this.running = null;
    this.next();
  }
}
