/** From the server: layouts of the map as they are computed. */

const VERSION = 1;
const RETRY_MS = 2000;

/**
 * Asks for projections and hands on what comes: onLayout(Float32Array, dims), onState({state, …}) as the server words
 * it, besides {state: "lost"} while there is no connection. A new request replaces the earlier one.
 */
export class ProjectionSocket {
  constructor(url, { onLayout, onState }) {
    Object.assign(this, { url, onLayout, onState, asked: null });
    this.connect();
  }

  ask(request) {
    this.asked = { version: VERSION, ...request };
    this.answered = this.finished = false;
    this.send(this.asked);
  }

  /** Nothing of what was asked is wanted any more. */
  forget() {
    this.asked = null;
    this.cancel();
  }

  cancel() {
    this.send({ version: VERSION, cancel: true });
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  connect() {
    this.socket = new WebSocket(this.url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.asked && !this.finished && this.send(this.asked);
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.hear(JSON.parse(data));
      else if (this.asked && this.answered) this.take(data);
    };
    this.socket.onclose = ({ reason }) => {
      this.answered = false;
      if (this.asked && !this.finished) this.onState({ state: "lost", reason });
      const wait = RETRY_MS * (1 + Math.random()); // a class does not knock at once
      this.retryTimer = setTimeout(() => this.connect(), wait);
    };
  }

  take(frame) {
    this.onLayout(new Float32Array(frame, 4), new DataView(frame).getUint32(0, true));
  }

  /** The first text to a request comes before any layout of it: until then, layouts belong to an earlier one. */
  hear(message) {
    if (!this.asked) return;
    const state = message.error === undefined ? message.state : "failed";
    const named = ["model", "method", "dims"].filter((key) => key in message);
    if (named.some((key) => message[key] !== this.asked[key])) return; // of an earlier request
    this.answered = state !== "failed" && state !== "cancelled";
    this.finished = state === "done" || !this.answered;
    this.onState({ ...message, state });
  }

  close() {
    clearTimeout(this.retryTimer);
    this.socket.onopen = this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
  }
}
