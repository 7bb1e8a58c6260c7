/**
 * From the server: layouts of the map as they are computed. Wire format: docstring of vae/server/latent_map/routes.py.
 *
 * @import { ProjectionState, ServiceError } from "../lib/contract.js"
 * @import { Calls, Config, SocketState } from "./projection-files.js"
 */

import { MAP_VERSION } from "../lib/contract.js";
import { messageOf } from "../lib/dom.js";
import { refusalOf } from "../lib/live-client.js";
import { loadProjection } from "./projection-files.js";

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
  /** Whether answers came without a socket, which something between page and server blocks. */
  blocked = false;
  /** Why the server does not let this page connect; "" where it does. */
  refusal = "";

  /**
   * @param {string} url
   * @param {Calls} calls
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
    if (this.blocked) void this.askWithoutSocket();
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
      this.blocked = false;
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
    if (this.connected || this.closed) return;
    if (!reason) return this.askWithoutSocket();
    this.refusal = reason;
    this.close();
    if (this.request && !this.finished) this.onState({ state: "failed", error: reason });
  }

  /** What was computed ahead needs no socket; it comes where none has opened yet. */
  async askWithoutSocket() {
    const { request } = this;
    if (!request || this.finished) return;
    const { version, ...asked } = request;
    /** @type {SocketState} */
    let found;
    try {
      const { state, layout } = await loadProjection(this.url.replace("ws", "http"), asked);
      if (this.request !== request || this.connected || this.closed) return;
      this.blocked = this.finished = true;
      if (layout) this.onLayout(layout, state.dims);
      found = state;
    } catch (error) {
      if (error instanceof TypeError) return; // no answer at all
      found = { state: "lost", reason: messageOf(error) };
    }
    if (this.request === request && !this.connected && !this.closed) this.onState(found);
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
