/**
 * From the server: layouts of the map as they are computed. Wire format: docstring of vae/server/latent_map/routes.py.
 *
 * @import { ProjectionConfig, ProjectionState, ServiceError } from "../lib/contract.js"
 *
 * Parameters that are left out have Python's defaults.
 *
 * @typedef {Pick<ProjectionConfig, "method" | "dims" | "axes"> & Partial<ProjectionConfig>} Config
 *
 * The server's states; "failed" also for a refused request, and "lost" while there is no connection.
 *
 * @typedef {ProjectionState | {state: "failed", error: string} | {state: "lost", reason: string}} SocketState
 */

import { MAP_VERSION } from "../lib/contract.js";
import { refusalOf } from "../lib/live-client.js";

const RETRY_MS = 2000;

/** Asks for projections and passes on what comes. A new request replaces the earlier one. */
export class ProjectionSocket {
  /** The newest request. @type {(Config & {version: number, model: string}) | null} */
  request = null;
  /** Whether its first answer has come: layouts that come before belong to an earlier request. */
  answered = false;
  finished = false;
  connected = false; // at least once
  closed = false;
  /** Why the server does not let this page connect; "" where it does. */
  refusal = "";

  /**
   * @param {string} url
   * @param {{onLayout(layout: Float32Array, dims: number): void, onState(state: SocketState): void}} calls
   */
  constructor(url, { onLayout, onState }) {
    this.url = url;
    this.onLayout = onLayout;
    this.onState = onState;
    this.socket = this.connect();
  }

  /** @param {Config & {model: string}} request */
  ask(request) {
    this.request = { version: MAP_VERSION, ...request };
    this.answered = this.finished = false;
    if (this.refusal) this.onState({ state: "failed", error: this.refusal });
    else this.send(this.request);
  }

  /** The page no longer waits for an answer. */
  forget() {
    this.request = null;
    this.cancel();
  }

  cancel() {
    this.send({ version: MAP_VERSION, cancel: true });
  }

  /** @param {object} message */
  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  connect() {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.connected = true;
      if (this.request && !this.finished) this.send(this.request);
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.receive(JSON.parse(data));
      else if (this.request && this.answered) this.onLayout(...layoutOf(data));
    };
    socket.onclose = ({ reason }) => {
      this.answered = false;
      if (this.request && !this.finished) this.onState({ state: "lost", reason });
      const wait = RETRY_MS * (1 + Math.random()); // so that a class does not reconnect all at once
      this.retryTimer = setTimeout(() => {
        this.socket = this.connect();
      }, wait);
      if (!this.connected) void this.stopIfRefused();
    };
    return socket;
  }

  async stopIfRefused() {
    const reason = await refusalOf(this.url);
    if (!reason || this.connected || this.closed) return;
    this.refusal = reason;
    this.close();
    if (this.request && !this.finished) this.onState({ state: "failed", error: reason });
  }

  /** @param {ProjectionState | ServiceError} message */
  receive(message) {
    const { request } = this;
    if (!request) return;
    const { model, method, dims } = { ...request, ...message };
    if (model !== request.model || method !== request.method || dims !== request.dims) return; // of an earlier request
    /** @type {SocketState} */
    const shown = "state" in message ? message : { state: "failed", error: message.error };
    this.answered = shown.state !== "failed" && shown.state !== "cancelled";
    this.finished = shown.state === "done" || !this.answered;
    this.onState(shown);
  }

  close() {
    this.closed = true;
    clearTimeout(this.retryTimer);
    this.socket.onopen = this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
  }
}

/**
 * A binary frame: dims as uint32, then n × dims float32.
 *
 * @param {ArrayBuffer} frame
 * @returns {[Float32Array, number]}
 */
function layoutOf(frame) {
  return [new Float32Array(frame, 4), new DataView(frame).getUint32(0, true)];
}
